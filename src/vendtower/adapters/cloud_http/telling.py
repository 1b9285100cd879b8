"""What the tower sends: its boot report, and its events as a CloudEvents 1.0 batch."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from vendtower.ports.reservation_cloud import BootReport, OutboxEvent

BATCH_TYPE = "application/cloudevents-batch+json; charset=utf-8"
SEQUENCE_DIGITS = 20


def boot_body(report: BootReport) -> bytes:
    """The JSON body of a boot report."""
    return _json(
        {
            "software_version": report.software_version,
            "site_sha256": report.site_sha256,
            "layout": {
                "levels": report.levels,
                "slots": report.slots,
                "lifts": report.lifts,
                "bays": report.bays,
            },
            "capabilities": list(report.capabilities),
            "public_key": report.public_key,
            "time": rfc3339(report.utc),
        }
    )


def batch_body(tower_id: str, events: Sequence[OutboxEvent]) -> tuple[bytes, Mapping[str, str]]:
    """The batch of those events that can be written as JSON, and why the others cannot.

    The batch is ``[]`` when none can. The second value maps event id to reason.
    """
    parts: list[bytes] = []
    hopeless: dict[str, str] = {}
    for event in events:
        try:
            parts.append(_json(cloud_event(tower_id, event)))
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            hopeless[event.event_id] = f"event {event.event_id}: cannot be written as JSON: {error}"
    return b"[" + b",".join(parts) + b"]", hopeless


def cloud_event(tower_id: str, event: OutboxEvent) -> dict[str, object]:
    """One event in the CloudEvents JSON format; the same at every delivery."""
    told: dict[str, object] = {
        "specversion": "1.0",
        "id": event.event_id,
        "source": f"/towers/{tower_id}",
        "type": event.event_type,
        "time": rfc3339(event.utc),
        "datacontenttype": "application/json",
        # Fixed width: the sequence extension wants texts that compare like the numbers.
        "sequence": f"{event.sequence:0{SEQUENCE_DIGITS}d}",
        "clockquality": event.clock_quality.value,
        "data": dict(event.data),
    }
    # CloudEvents attributes are absent rather than empty.
    if event.subject:
        told["subject"] = event.subject
    if event.correlation_id:
        told["correlationid"] = event.correlation_id
    return told


def rfc3339(moment: datetime) -> str:
    """The time in UTC with microseconds; raises ``ValueError`` for one without a zone."""
    if moment.tzinfo is None:
        raise ValueError(f"time {moment.isoformat()} has no zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
