"""Counts what wears, keeps the counters in the journal, and tells which parts are due."""

from collections.abc import Iterator

from vendtower.domain.alarm import AlarmKey
from vendtower.domain.alarm_catalogue import OwnAlarm
from vendtower.domain.machine import BayReport, DoorState, LiftReport, MachineSnapshot
from vendtower.domain.site_parts import Counter
from vendtower.domain.wear import (
    Care,
    Due,
    Jump,
    Meter,
    PartState,
    SignOff,
    part_state,
    read_on,
    reading_of,
)
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault, NewEvent

WRITE_S = 60.0
"""Counters of the PLC are written this often at most: they are not lost meanwhile."""

_DOORS = ((Counter.INNER_DOOR, "inner_door"), (Counter.OUTER_DOOR, "outer_door"))
_AJAR = frozenset({DoorState.OPENING, DoorState.OPEN})


class WearWatch:
    """The counters of one tower. Door openings are counted while the controller looks."""

    def __init__(self, tower: Tower) -> None:
        self._tower = tower
        self._written_s = float("-inf")
        self._shut: dict[tuple[int, Counter], bool] = {}
        self._openings: dict[tuple[int, Counter], int] = {}
        """Seen and not written yet."""

    async def watch(self) -> None:
        """For ever: look whenever something has changed."""
        tower = self._tower
        while True:
            heard = tower.bell.rings
            await self.look()
            await tower.changed(heard, self._written_s + WRITE_S)

    async def look(self) -> None:
        """Count, and write what has changed."""
        machine = self._tower.machine()
        if machine is None:
            return
        for bay in machine.bays.values():
            self._count_doors(bay)
        now_s = self._tower.clock.monotonic_s()
        if now_s - self._written_s < WRITE_S and not self._openings and not self._unseen():
            return
        try:
            await self._write(machine)
        except JournalFault:
            return  # the alarm watch tells of it; what was counted is kept for the next time
        self._written_s = now_s

    async def _write(self, machine: MachineSnapshot) -> None:
        tower = self._tower
        openings = dict(self._openings)
        jumps: list[Jump] = []

        def decide() -> Change | None:
            meters = {meter.key: meter for meter in self._read_lifts(machine, jumps)}
            meters |= {meter.key: meter for meter in self._doors(machine, openings)}
            changed = tuple(
                meter for key, meter in meters.items() if _moved(tower.book.meters.get(key), meter)
            )
            sign_offs = self._first_seen({**tower.book.meters, **meters})
            if not changed and not sign_offs:
                return None
            events = tuple(_jump_event(tower, jump) for jump in jumps)
            return Change(meters=changed, sign_offs=sign_offs, events=events)

        await tower.book.record(decide)
        for door, count in openings.items():
            self._openings[door] -= count
            if not self._openings[door]:
                del self._openings[door]
        for jump in jumps:
            alarm = AlarmKey(OwnAlarm.COUNTER_JUMPED.value, jump.meter.place)
            tower.alarm_facts.happened.append((alarm, str(jump)))
            tower.bell.ring()

    def _count_doors(self, bay: BayReport) -> None:
        for counter, name in _DOORS:
            door: DoorState = getattr(bay, name)
            key = bay.number, counter
            if door is DoorState.CLOSED:
                self._shut[key] = True
            elif door in _AJAR and self._shut.get(key):
                self._shut[key] = False
                self._openings[key] = self._openings.get(key, 0) + 1

    def _read_lifts(self, machine: MachineSnapshot, jumps: list[Jump]) -> Iterator[Meter]:
        utc = self._tower.clock.utc()
        for number, lift in machine.lifts.items():
            place = f"lift {number}"
            for counter, shown in _shown(lift):
                before = self._tower.book.meters.get(f"{place} {counter.value}")
                meter, jump = read_on(before, place, counter, shown, utc)
                if jump is not None:
                    jumps.append(jump)
                yield meter

    def _doors(
        self, machine: MachineSnapshot, openings: dict[tuple[int, Counter], int]
    ) -> Iterator[Meter]:
        utc = self._tower.clock.utc()
        for number in machine.bays:
            for counter, _ in _DOORS:
                before = self._tower.book.meters.get(f"bay {number} {counter.value}")
                total = (before.total if before else 0.0) + openings.get((number, counter), 0)
                yield Meter(f"bay {number}", counter, total, total, utc)

    def _unseen(self) -> bool:
        book = self._tower.book
        return any(part.id not in book.sign_offs for part in self._tower.site.parts)

    def _first_seen(self, meters: dict[str, Meter]) -> tuple[SignOff, ...]:
        """A part that is new in the site file begins its record here."""
        tower = self._tower
        found = []
        for part in tower.site.parts:
            if part.id not in tower.book.sign_offs:
                count, hours = reading_of(part, meters)
                found.append(
                    SignOff(part.id, Care.FIRST_SEEN, tower.clock.utc(), "", "", count, hours)
                )
        return tuple(found)


def part_states(tower: Tower) -> tuple[PartState, ...]:
    """Every part of the site file that was seen, as it stands now."""
    now = tower.clock.utc()
    share = tower.site.policies.part_warning_share
    book = tower.book
    states = (
        part_state(part, book.sign_offs.get(part.id, ()), book.meters, now, warn_share=share)
        for part in tower.site.parts
    )
    return tuple(state for state in states if state is not None)


def blocking_parts(tower: Tower) -> list[str]:
    """Why overdue parts forbid new movements; empty where the operator only wants a warning."""
    return [
        f"{state.spec.place}: {state}; critical, nothing new moves before its sign-off"
        for state in part_states(tower)
        if blocks(tower, state)
    ]


def blocks(tower: Tower, state: PartState) -> bool:
    """Whether new movements wait for this part's sign-off."""
    wanted = tower.site.policies.overdue_parts == "block"
    return wanted and state.spec.critical and state.worst is Due.OVERDUE


def _shown(lift: LiftReport) -> tuple[tuple[Counter, float], ...]:
    return (
        (Counter.CYCLES, float(lift.cycles)),
        (Counter.STARTS, float(lift.exec_count)),
        (Counter.HOURS, lift.run_time_h),
        (Counter.ENERGY_KWH, lift.energy_kwh),
    )


def _moved(before: Meter | None, after: Meter) -> bool:
    return before is None or (before.total, before.shown) != (after.total, after.shown)


def _jump_event(tower: Tower, jump: Jump) -> NewEvent:
    return tell(
        tower,
        "counter",
        "Jumped",
        subject=jump.meter.place,
        correlation_id=jump.meter.key,
        data={
            "counter": jump.meter.counter.value,
            "from": jump.meter.shown,
            "to": jump.shown,
            "total": jump.meter.total,
        },
        owed=False,
    )
