"""Watches every device that can interrupt the tower, and takes a person's word that it is over."""

from vendtower.domain.alarm import AlarmKey
from vendtower.domain.alarm_catalogue import plc_code
from vendtower.domain.errors import IllegalEvent
from vendtower.domain.interruption import (
    CABINET,
    GATES,
    STREET_DOOR,
    UNEXPLAINED,
    Device,
    Interruption,
    InterruptionBack,
    InterruptionConfirmed,
    InterruptionEvent,
    InterruptionGone,
    InterruptionKind,
    InterruptionState,
)
from vendtower.domain.machine import (
    BayReport,
    DoorState,
    MachineSnapshot,
    MachineState,
    is_paused,
)
from vendtower.domain.modes import OperatingMode
from vendtower.domain.pickup import VisitState
from vendtower.domain.places import Bay
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.hold_order import HOLD_TAKEN_S, HoldOrder
from vendtower.flows.mode_change import NotNow
from vendtower.flows.modes import open_interruptions, operating_mode
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault, NewEvent

NAMELESS_S = 0.6
"""An open stop chain is the cabinet's when no other device has told itself after this long."""
UNEXPLAINED_S = 1.0
"""A machine that is held tells its reason in this time, or a person's word lets it go on."""
STAYS_HELD = "the machine stays held by order of staff: `vendtower machine unhold` lets it go on"
ESTOP_CODE = plc_code(0)
CHAIN, FIRE = "estop_chain", "fire"


class InterruptionWatch:
    """What it remembers beside the journal is only the last look."""

    def __init__(self, tower: Tower) -> None:
        self._tower = tower
        self._chain_open_s: float | None = None
        self._shut_before: dict[int, bool] = {}
        self.hold_order = HoldOrder(tower)
        self._held_s: float | None = None
        self._unwritten: set[Device] = set()
        """What began and could not be written; it may be over by now."""

    async def watch(self) -> None:
        """For ever: look at everything that happens."""
        tower = self._tower
        while True:
            heard = tower.bell.rings
            await self.look()
            due_s = (
                None if self._chain_open_s is None else self._chain_open_s + NAMELESS_S,
                None if self._held_s is None else self._held_s + UNEXPLAINED_S,
                self.hold_order.due_s,
            )
            await tower.changed(
                heard, min((at_s for at_s in due_s if at_s is not None), default=None)
            )

    async def look(self) -> None:
        """One look; every turn is journaled in one transaction."""
        machine = self._tower.machine()
        self.hold_order.look(machine)
        if machine is None:
            return
        active = self._active(machine) | self._unwritten
        turns = _turns(self._tower, active)
        if turns:
            try:
                await self._tower.book.record(lambda: _change(self._tower, active))
            except JournalFault:
                # Nothing moves while the journal cannot be written; the next look tries again. By
                # then a door may be shut, and who went through it is inside.
                self._unwritten |= {each.device for each, event in turns if event is None}
                return
        self._unwritten.clear()

    def _active(self, machine: MachineSnapshot) -> set[Device]:
        """Every device that shows itself now."""
        faults = machine.safety_faults
        found = {Device("door", place) for word, place in GATES.items() if word in faults}
        if FIRE in faults:
            found.add(Device("fire", "tower"))
        pressed = {Device("e-stop", f"bay {bay.number}") for bay in _pressed(machine)}
        pressed |= {
            Device("e-stop", f"kiosk {number}") for number in self._tower.alarm_facts.estops_sensed
        }
        alarms = {AlarmKey(plc_code(a.code), a.source) for a in machine.alarms if a.active}
        pressed |= {
            Device("e-stop", key.source)
            for key in alarms
            if key.code == ESTOP_CODE and key.source.startswith(("lift ", "bay "))
        }
        if self._is_the_cabinets(machine, pressed):
            pressed.add(Device("e-stop", CABINET))
        found |= pressed | self._street_doors(machine)
        return found | self._unexplained(machine, found)

    def _unexplained(self, machine: MachineSnapshot, found: set[Device]) -> set[Device]:
        """A machine that stands held for nothing that shows itself, and by nobody's order.

        It counts as over at the next look, so that whoever has looked can confirm it.
        """
        tower = self._tower
        explained = tower.hold_ordered or tower.unhold_wanted or machine.tripped
        if (
            machine.state is not MachineState.HELD
            or explained
            or found
            or open_interruptions(tower)
        ):
            self._held_s = None
            return set()
        now_s = tower.clock.monotonic_s()
        held_s = now_s if self._held_s is None else self._held_s
        # Whoever has just let it go on is not asked before the PLC could show that.
        self._held_s = max(held_s, tower.resumed_s + HOLD_TAKEN_S)
        return {UNEXPLAINED} if now_s - self._held_s >= UNEXPLAINED_S else set()

    def _is_the_cabinets(self, machine: MachineSnapshot, others: set[Device]) -> bool:
        """The chain's word comes before the devices' own: it is theirs when they tell in time."""
        now_s = self._tower.clock.monotonic_s()
        known = Device("e-stop", CABINET)
        stands = any(
            each.device == known and each.state is InterruptionState.ACTIVE
            for each in open_interruptions(self._tower)
        )
        if CHAIN not in machine.safety_faults:
            # Released before anybody could tell whose it was: somebody has to look all the same.
            nameless = self._chain_open_s is not None and not stands
            self._chain_open_s = None
            return nameless
        if others:
            self._chain_open_s = None
            return stands
        if self._chain_open_s is None:
            self._chain_open_s = now_s
        return stands or now_s - self._chain_open_s >= NAMELESS_S

    def _burns(self, machine: MachineSnapshot) -> bool:
        kinds = {each.device.kind for each in open_interruptions(self._tower)}
        return FIRE in machine.safety_faults or InterruptionKind.FIRE in kinds

    def _street_doors(self, machine: MachineSnapshot) -> set[Device]:
        """Street doors that stand open although nobody was let through."""
        found = set()
        for number, bay in machine.bays.items():
            device = Device("door", f"{STREET_DOOR} {number}")
            shut = bay.outer_door is DoorState.CLOSED
            opened = self._shut_before.get(number, True) and not shut
            self._shut_before[number] = shut
            stands = any(
                each.device == device and each.state is InterruptionState.ACTIVE
                for each in open_interruptions(self._tower)
            )
            # On fire the PLC releases every exit.
            nobodys = opened and not _has_errand(self._tower, bay) and not self._burns(machine)
            if not shut and (stands or nobodys):
                found.add(device)
        return found


def _pressed(machine: MachineSnapshot) -> list[BayReport]:
    return [bay for bay in machine.bays.values() if bay.estop_pressed]


def _has_errand(tower: Tower, bay: BayReport) -> bool:
    """Whether somebody is let through this door, or staff have it in hand."""
    if operating_mode(tower) is not OperatingMode.AUTOMATIC:
        return True
    visits = {VisitState.HANDING_OVER, VisitState.REFERRED_TO_STAFF}
    jobs = tower.book.open_jobs()
    return (
        tower.book.dropoff_at(bay.number) is not None
        or any(v.bay == bay.number and v.state in visits for v in tower.book.open_visits())
        or any(case.bay == bay.number for case in tower.book.open_cases())
        or any(job.mailbox == 0 and job.destination == Bay(bay.number) for job in jobs)
    )


def _turns(
    tower: Tower, active: set[Device]
) -> list[tuple[Interruption, InterruptionEvent | None]]:
    """Every interruption that begins (None) or turns now."""
    utc = tower.clock.utc()
    known = {each.device: each for each in open_interruptions(tower)}
    turns: list[tuple[Interruption, InterruptionEvent | None]] = []
    number = max((each.number for each in tower.book.facts(Interruption)), default=0)
    for device in sorted(active - known.keys()):
        number += 1
        turns.append((Interruption(number, device, utc), None))
    for device, each in known.items():
        if device in active and each.state is InterruptionState.GONE:
            turns.append((each, InterruptionBack(utc)))
        elif device not in active and each.state is InterruptionState.ACTIVE:
            turns.append((each, InterruptionGone(utc)))
    return turns


def _change(tower: Tower, active: set[Device]) -> Change | None:
    facts, events = [], []
    for before, event in _turns(tower, active):
        fact = before if event is None else before.apply(event)
        events.append(_told(tower, fact))
        if isinstance(event, InterruptionGone) and _led_on_since(tower, fact):
            fact = fact.apply(InterruptionConfirmed(tower.led_on_by, tower.clock.utc()))
            events.append(_told(tower, fact))
        facts.append(fact)
    return Change(standing=tuple(facts), events=tuple(events)) if facts else None


def _led_on_since(tower: Tower, fact: Interruption) -> bool:
    """Whether a person has led the machine on between a stop's release and this look at it.

    That is only taken while no safety word is tripped: they have looked after the release.
    """
    estop = fact.device.kind is InterruptionKind.ESTOP
    return estop and tower.reset_wanted and bool(tower.led_on_by)


def _told(tower: Tower, fact: Interruption) -> NewEvent:
    return tell(
        tower,
        "interruption",
        {
            InterruptionState.ACTIVE: "Began",
            InterruptionState.GONE: "Gone",
            InterruptionState.CONFIRMED: "Confirmed",
        }[fact.state],
        subject=f"interruption/{fact.number}",
        correlation_id=tower.chance.new_id(),
        data={
            "number": fact.number,
            "kind": fact.device.kind_name,
            "place": fact.device.place,
            "state": fact.words,
            "by": fact.confirmed_by,
            "note": fact.note,
        },
    )


async def confirm_interruption(tower: Tower, number: int, by: str, note: str) -> ControlAnswer:
    """A named person has looked: this device is over, and what it protects is clear."""

    def decide() -> Change:
        found = tower.book.standing.get(f"interruption {number}")
        if not isinstance(found, Interruption):
            raise NotNow(f"interruption {number} does not exist")
        if not by.strip():
            raise NotNow("it is confirmed by a named person: no name was given")
        machine = tower.machine()
        if machine is None:
            raise NotNow("the machine's state is not known now; try again when the PLC is back")
        if found.state is InterruptionState.ACTIVE:
            raise NotNow(f"{found}: it is confirmed once it is over")
        confirmed = found.apply(InterruptionConfirmed(by, tower.clock.utc(), note))
        return Change(standing=(confirmed,), events=(_told(tower, confirmed),))

    try:
        await tower.book.record(decide)
    except (NotNow, IllegalEvent, JournalFault) as why:
        return NotDone(str(why))
    left = open_interruptions(tower)
    machine = tower.machine()
    paused = not left and machine is not None and is_paused(machine)
    if paused and not tower.hold_ordered:
        tower.unhold_wanted = True
    tower.bell.ring()
    if paused and tower.hold_ordered:
        return Done(f"confirmed by {by}; {STAYS_HELD}")
    still = "; ".join(str(each) for each in left)
    return Done(f"confirmed by {by}; " + (f"still: {still}" if still else "nothing else holds"))


def acknowledge_estops(tower: Tower, by: str) -> Change:
    """Who leads the machine on has looked at every emergency stop that is released."""
    utc = tower.clock.utc()
    facts = [
        each.apply(InterruptionConfirmed(by, utc))
        for each in open_interruptions(tower)
        if each.device.kind is InterruptionKind.ESTOP and each.state is InterruptionState.GONE
    ]
    return Change(standing=tuple(facts), events=tuple(_told(tower, fact) for fact in facts))
