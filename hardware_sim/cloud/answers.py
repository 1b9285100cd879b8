"""What the cloud answers to each operation of the contract, as values; HTTP is told elsewhere."""

import hashlib
import json
import secrets
from collections.abc import Mapping

from hardware_sim.cloud.bookings import PAGE_LIMIT_MAX, UnknownCursor
from hardware_sim.cloud.checks import NotOfContract, check_batch, check_boot_report
from hardware_sim.cloud.problems import Problem
from hardware_sim.cloud.state import CloudState, TowerRecord
from hardware_sim.cloud.telling import ListTelling

BODY_BYTES_MAX = 1024 * 1024
EVIDENCE_BYTES_MAX = 4 * 1024 * 1024
EVIDENCE_TYPES = frozenset({"image/jpeg", "image/svg+xml"})
BATCH_TYPE = "application/cloudevents-batch+json"


def authorised(state: CloudState, tower: str, scheme: str, token: str) -> TowerRecord:
    """The tower of this path, if the token is its own; raises `Problem` otherwise."""
    owners = {name for name, record in state.towers.items() if _same(token, record.token)}
    if scheme.lower() != "bearer" or not owners:
        raise Problem(401, "unauthorized", "The bearer token is missing or not valid")
    if tower not in state.towers:
        raise Problem(404, "unknown-tower", f"There is no tower {tower}")
    if tower not in owners:
        raise Problem(403, "forbidden", "The token is not for this tower")
    return state.towers[tower]


def boot(state: CloudState, record: TowerRecord, report: object) -> object:
    """Keep the report; accepted unless the cloud was told to refuse."""
    try:
        record.boots.append(check_boot_report(report))
    except NotOfContract as error:
        raise Problem(422, "not-of-contract", "No boot report", str(error)) from error
    refusal = state.boot_refusal
    record.booted = refusal is None
    return {
        "accepted": record.booted,
        "reason": refusal or "",
        "server_time": state.utc().isoformat(),
    }


def reservations(state: CloudState, record: TowerRecord, query: Mapping[str, str]) -> object:
    """A page of the tower's change log."""
    if not record.booted:
        raise Problem(409, "boot-required", "A boot report has to come first")
    limit = query.get("limit", str(PAGE_LIMIT_MAX))
    if not limit.isdecimal() or not 1 <= int(limit) <= PAGE_LIMIT_MAX:
        raise Problem(400, "bad-request", f"limit: expected 1 to {PAGE_LIMIT_MAX}")
    asked = query.get("cursor")
    telling = ListTelling(record.teller, record.public_key, state.seal)
    try:
        page = record.log.page(asked, int(limit), telling)
    except UnknownCursor as error:
        title = "Ask again without a cursor"
        raise Problem(410, "unknown-cursor", title, str(error)) from error
    return record.teller.page(page, asked)


def events(state: CloudState, tower: str, batch: object) -> object:
    """Apply the batch whole, or refuse it whole when it is not of the contract."""
    try:
        checked = check_batch(batch, tower)
    except NotOfContract as error:
        raise Problem(422, "not-of-contract", "No batch of events", str(error)) from error
    return state.events.take(tower, checked)


def evidence(record: TowerRecord, sha256: str, media_type: str, content: bytes) -> object:
    """Keep one file under the hash of its content."""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Problem(422, "not-of-contract", "The content has another hash than the path")
    record.evidence[sha256] = (media_type, content)
    return {"sha256": sha256}


def check_evidence_type(media_type: str) -> None:
    """Raise `Problem` for a kind of file that the contract does not take."""
    if media_type not in EVIDENCE_TYPES:
        expected = " or ".join(sorted(EVIDENCE_TYPES))
        raise Problem(415, "media-type", f"Found {media_type}, expected {expected}")


def json_body(content_type: str, body: bytes, expected: str) -> object:
    """The JSON value of a body; raises `Problem` when it is none of this type."""
    if content_type != expected:
        raise Problem(415, "media-type", f"Found {content_type}, expected {expected}")
    try:
        value: object = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise Problem(400, "bad-request", "The body is not JSON", str(error)) from error
    return value


def _same(given: str, token: str) -> bool:
    return secrets.compare_digest(given.encode(), token.encode())
