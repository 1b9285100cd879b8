"""The contract's four operations."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

from hardware_sim.cloud.bookings import PAGE_LIMIT_MAX, UnknownCursor, told_booking
from hardware_sim.cloud.checks import NotOfContract, check_batch, check_boot_report
from hardware_sim.cloud.failing import fail
from hardware_sim.cloud.faults import Operation
from hardware_sim.cloud.problems import Problem, problem_answer
from hardware_sim.cloud.state import CloudState, TowerRecord

BODY_BYTES_MAX = 1024 * 1024
EVIDENCE_BYTES_MAX = 4 * 1024 * 1024
EVIDENCE_TYPES = frozenset({"image/jpeg", "image/svg+xml"})
BATCH_TYPE = "application/cloudevents-batch+json"

Work = Callable[[web.Request, TowerRecord], Awaitable[object]]


def contract_app(state: CloudState, stopping: asyncio.Event) -> web.Application:
    """The tower side; `stopping` lets go of requests that hang on purpose."""
    contract = _Contract(state, stopping)
    app = web.Application(client_max_size=BODY_BYTES_MAX)
    base = "/v1/towers/{tower}"
    app.router.add_post(f"{base}/boot", contract.serve(Operation.BOOT, contract.boot))
    app.router.add_get(
        f"{base}/reservations", contract.serve(Operation.RESERVATIONS, contract.reservations)
    )
    app.router.add_post(f"{base}/events", contract.serve(Operation.EVENTS, contract.events))
    app.router.add_put(
        f"{base}/evidence/{{sha256}}", contract.serve(Operation.EVIDENCE, contract.evidence)
    )
    return app


class _Contract:
    def __init__(self, state: CloudState, stopping: asyncio.Event) -> None:
        self._state = state
        self._stopping = stopping

    def serve(
        self, operation: Operation, work: Work
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The operation behind the token, and behind the fault that waits for it."""

        async def answer(request: web.Request) -> web.Response:
            try:
                return web.json_response(await work(request, self._authorised(request)))
            except Problem as problem:
                return problem_answer(problem)
            except web.HTTPRequestEntityTooLarge:
                title = f"Expected at most {BODY_BYTES_MAX} bytes"
                return problem_answer(Problem(413, "too-large", title))

        async def serve(request: web.Request) -> web.StreamResponse:
            self._state.requests[operation.value] += 1
            fault = self._state.faults.take(operation)
            if fault is None:
                return await answer(request)
            return await fail(fault, request, answer, self._stopping)

        return serve

    def _authorised(self, request: web.Request) -> TowerRecord:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        tower = request.match_info["tower"]
        towers = self._state.towers
        owners = {name for name, record in towers.items() if _same(given, record.token)}
        if scheme.lower() != "bearer" or not owners:
            raise Problem(401, "unauthorized", "The bearer token is missing or not valid")
        if tower not in towers:
            raise Problem(404, "unknown-tower", f"There is no tower {tower}")
        if tower not in owners:
            raise Problem(403, "forbidden", "The token is not for this tower")
        return towers[tower]

    async def boot(self, request: web.Request, record: TowerRecord) -> object:
        """Keep the report; accepted unless the cloud was told to refuse."""
        report = await _json_body(request, "application/json")
        try:
            record.boots.append(check_boot_report(report))
        except NotOfContract as error:
            raise Problem(422, "not-of-contract", "No boot report", str(error)) from error
        refusal = self._state.boot_refusal
        record.booted = refusal is None
        return {
            "accepted": record.booted,
            "reason": refusal or "",
            "server_time": self._state.utc().isoformat(),
        }

    async def reservations(self, request: web.Request, record: TowerRecord) -> object:
        """A page of the tower's change log."""
        if not record.booted:
            raise Problem(409, "boot-required", "A boot report has to come first")
        limit = request.query.get("limit", str(PAGE_LIMIT_MAX))
        if not limit.isdecimal() or not 1 <= int(limit) <= PAGE_LIMIT_MAX:
            raise Problem(400, "bad-request", f"limit: expected 1 to {PAGE_LIMIT_MAX}")
        try:
            page = record.log.page(
                request.query.get("cursor"),
                int(limit),
                lambda booking: told_booking(booking, record.public_key, self._state.seal),
            )
        except UnknownCursor as error:
            title = "Ask again without a cursor"
            raise Problem(410, "unknown-cursor", title, str(error)) from error
        return {"changes": page.changes, "cursor": page.cursor, "more": page.more}

    async def events(self, request: web.Request, record: TowerRecord) -> object:
        """Apply the batch whole, or refuse it whole when it is not of the contract."""
        del record
        batch = await _json_body(request, BATCH_TYPE)
        tower = request.match_info["tower"]
        try:
            checked = check_batch(batch, tower)
        except NotOfContract as error:
            raise Problem(422, "not-of-contract", "No batch of events", str(error)) from error
        return self._state.events.take(tower, checked)

    async def evidence(self, request: web.Request, record: TowerRecord) -> object:
        """Keep one file under the hash of its content."""
        sha256 = request.match_info["sha256"]
        if request.content_type not in EVIDENCE_TYPES:
            expected = " or ".join(sorted(EVIDENCE_TYPES))
            raise Problem(415, "media-type", f"Found {request.content_type}, expected {expected}")
        content = await _limited(request, EVIDENCE_BYTES_MAX)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Problem(422, "not-of-contract", "The content has another hash than the path")
        record.evidence[sha256] = (request.content_type, content)
        return {"sha256": sha256}


async def _limited(request: web.Request, bytes_max: int) -> bytes:
    """A body that may be larger than other operations'."""
    content = bytearray()
    async for part in request.content.iter_chunked(64 * 1024):
        content += part
        if len(content) > bytes_max:
            raise Problem(413, "too-large", f"Expected at most {bytes_max} bytes")
    return bytes(content)


def _same(given: str, token: str) -> bool:
    return secrets.compare_digest(given.encode(), token.encode())


async def _json_body(request: web.Request, content_type: str) -> object:
    if request.content_type != content_type:
        found = request.content_type
        raise Problem(415, "media-type", f"Found {found}, expected {content_type}")
    try:
        value: object = json.loads((await request.read()).decode())
    except (ValueError, RecursionError) as error:
        raise Problem(400, "bad-request", "The body is not JSON", str(error)) from error
    return value
