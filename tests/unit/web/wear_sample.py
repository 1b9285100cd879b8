"""Counters and parts to show, and a record of what was signed off."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from vendtower.domain.site_parts import Counter, PartSpec
from vendtower.domain.wear import Care, Meter, PartState, SignOff, part_state
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.ports.journal import MeterDay

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BY = "technician on duty"


def spec(part_id: str, **more: object) -> PartSpec:
    base = {"id": part_id, "name": part_id.title(), "check": f"look at the {part_id}"}
    return PartSpec.model_validate({**base, **more})


def state(part: PartSpec, days_ago: float) -> PartState:
    first = SignOff(part.id, Care.FIRST_SEEN, NOW - timedelta(days=days_ago), "", "", 0, 0)
    made = part_state(part, [first], {}, NOW, warn_share=0.85)
    assert made is not None
    return made


ROPES = state(spec("ropes", lift=1, critical=True, inspect_days=90), 99)
PIT = state(spec("pit", inspect_days=31), 1)


class RecordingWear:
    """Fulfils ``WearControls``."""

    def __init__(self) -> None:
        self.signed: list[tuple[str, str, str, bool]] = []

    def meters(self) -> Sequence[Meter]:
        return [Meter("lift 1", Counter.CYCLES, 812.0, 12.0, NOW)]

    def parts(self) -> Sequence[PartState]:
        return [ROPES, PIT]

    def blocking(self, state: PartState) -> bool:
        return state is ROPES

    async def days(self, days: int) -> Sequence[MeterDay]:
        totals = (800.0, 812.0)
        lines = [MeterDay(f"2026-03-0{n}", "lift 1 cycles", t) for n, t in enumerate(totals, 1)]
        return lines[-days:]

    async def records(self, limit: int) -> Sequence[SignOff]:
        return [SignOff("ropes", Care.REPLACED, NOW, BY, "new set", 500.0, 20.5)][:limit]

    async def sign(self, part_id: str, by: str, note: str, *, replaced: bool) -> ControlAnswer:
        if part_id not in {"ropes", "pit"}:
            return NotDone(f"part {part_id!r}: the site file has no such part")
        self.signed.append((part_id, by, note, replaced))
        return Done(f"part {part_id}: signed off by {by}")
