"""The tower's answers about counters, parts and sign-offs."""

from collections.abc import Sequence

from vendtower.domain.wear import Care, Due, Meter, PartState, SignOff, reading_of
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.flows.wear_watch import blocks, part_states
from vendtower.ports.journal import Change, JournalFault, MeterDay

_URGENCY = list(Due)


class WearDesk:
    """Fulfils ``WearControls``."""

    def __init__(self, tower: Tower) -> None:
        self._tower = tower

    def meters(self) -> Sequence[Meter]:
        """Every counter as it stands."""
        book = self._tower.book
        return [book.meters[key] for key in sorted(book.meters)]

    def parts(self) -> Sequence[PartState]:
        """Every part as it stands, the most urgent first."""

        def urgency(state: PartState) -> tuple[int, float]:
            share = max(state.inspection_share, state.life_share)
            return -_URGENCY.index(state.worst), -share

        return sorted(part_states(self._tower), key=urgency)

    def blocking(self, state: PartState) -> bool:
        """Whether new movements wait for this part's sign-off."""
        return blocks(self._tower, state)

    async def days(self, days: int) -> Sequence[MeterDay]:
        """The counters at the end of each of the last days."""
        return await self._tower.book.journal.meter_days(days)

    async def records(self, limit: int) -> Sequence[SignOff]:
        """What was done about parts, newest first."""
        return await self._tower.book.journal.sign_offs(limit)

    async def sign(self, part_id: str, by: str, note: str, *, replaced: bool) -> ControlAnswer:
        """A named person has inspected the part, or fitted a new one."""
        tower = self._tower
        part = next((each for each in tower.site.parts if each.id == part_id), None)
        if part is None:
            known = ", ".join(each.id for each in tower.site.parts) or "none"
            return NotDone(f"part {part_id!r}: the site file has no such part; it has {known}")
        if not by.strip():
            return NotDone("parts are signed off by a named person: no name was given")
        care = Care.REPLACED if replaced else Care.INSPECTED

        def decide() -> Change:
            count, hours = reading_of(part, tower.book.meters)
            line = SignOff(part.id, care, tower.clock.utc(), by, note, count, hours)
            event = tell(
                tower,
                "part",
                "Replaced" if replaced else "Inspected",
                subject=part.place,
                correlation_id=part.id,
                data={
                    "part": part.id,
                    "name": part.name,
                    "by": by,
                    "note": note,
                    "count": count,
                    "hours": hours,
                },
                owed=False,
            )
            return Change(sign_offs=(line,), events=(event,))

        try:
            await tower.book.record(decide)
        except JournalFault as fault:
            return NotDone(f"part {part_id}: nothing was signed off: {fault}")
        done = "replaced" if replaced else "inspected"
        return Done(f"part {part.name} ({part.id}): {done}, signed off by {by}")
