"""What a named person may ask of the machine itself: modes, PackML commands, single movements."""

import asyncio
from typing import Protocol

from vendtower.domain.job import Verb
from vendtower.domain.machine import BayReport, DoorState, MachineCommand
from vendtower.domain.maintenance import same_person
from vendtower.domain.modes import OperatingMode, Request
from vendtower.domain.pickup import VisitState
from vendtower.domain.places import Bay, Slot
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.doors import CLOSED, OPENED, DoorGoal, ask_once, report
from vendtower.flows.interruptions import confirm_interruption
from vendtower.flows.machine_reset import NOT_KNOWN, reset_machine
from vendtower.flows.maintenance import begin_maintenance, end_maintenance
from vendtower.flows.mode_change import change_mode
from vendtower.flows.modes import maintenance_session, open_interruptions, refusal
from vendtower.flows.service import hindrances, in_motion
from vendtower.flows.staff_orders import OrderRefused, StaffOrder
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault

ORDER_ANSWER_S = 5.0
"""The dispatcher answers an order at once; a longer silence means that it does not run."""
DOOR_SHOWS_S = 1.5
"""How long the end state of a door may take to be read after its job has ended."""
RESUMING = {MachineCommand.START, MachineCommand.UNHOLD}
RESETTING = {MachineCommand.RESET, MachineCommand.CLEAR}


class MachineControls(Protocol):
    """Every call answers with a sentence that a person can act on; none raises."""

    async def change_mode(self, mode: OperatingMode, by: str) -> ControlAnswer: ...

    async def command(self, command: MachineCommand, by: str) -> ControlAnswer:
        """Give the machine a PackML command; RESET is the whole way back after a stop."""
        ...

    async def begin_maintenance(self, by: str, reason: str, minutes: int) -> ControlAnswer: ...

    async def end_maintenance(self, by: str, note: str) -> ControlAnswer: ...

    async def move_car(self, vin: str, destination: Slot | Bay, by: str) -> ControlAnswer:
        """Move one car; answers when the job is journaled or refused, not when it has ended."""
        ...

    async def home_lift(self, lift: int, by: str) -> ControlAnswer:
        """Bring an empty lift home; answers as ``move_car`` does."""
        ...

    async def drive_door(self, bay: int, verb: Verb, by: str) -> ControlAnswer:
        """Open or close the street door of a bay that nobody uses."""
        ...

    async def confirm_stop(self, number: int, by: str, note: str) -> ControlAnswer:
        """Take a person's word that an e-stop, a door or fire is over."""
        ...


class MachineDesk:
    """The tower's own answer to each of them."""

    def __init__(self, tower: Tower) -> None:
        self._tower = tower

    async def change_mode(self, mode: OperatingMode, by: str) -> ControlAnswer:
        """Choose another operating mode."""
        return await change_mode(self._tower, mode, by)

    async def begin_maintenance(self, by: str, reason: str, minutes: int) -> ControlAnswer:
        """Keep customers away, for somebody who works at the machine."""
        return await begin_maintenance(self._tower, by, reason, minutes)

    async def end_maintenance(self, by: str, note: str) -> ControlAnswer:
        """Give the tower back."""
        return await end_maintenance(self._tower, by, note)

    async def command(self, command: MachineCommand, by: str) -> ControlAnswer:
        """Journal who asks, and pass the command to the PLC, which decides."""
        tower = self._tower
        if command is MachineCommand.RESET:
            return await reset_machine(tower, by)
        if not by.strip():
            return NotDone("the machine is commanded by a named person: no name was given")
        if why := self._why_not(command):
            return NotDone(why)
        machine = tower.machine()
        event = tell(
            tower,
            "machine",
            "CommandGiven",
            subject="machine",
            correlation_id=tower.chance.new_id(),
            data={
                "by": by,
                "command": command.value,
                "state": "unknown" if machine is None else machine.state.value,
            },
        )
        try:
            await tower.book.record(lambda: Change(events=(event,)))
        except JournalFault as fault:
            # To stop, nothing has to be written first.
            if command in RESUMING | RESETTING:
                return NotDone(str(fault))
        if command in RESUMING | RESETTING:
            tower.led_on_by = by
        if not await tower.plc.command(command):
            return NotDone(
                f"{command.value}: the PLC has not confirmed it; the link is "
                f"{tower.plc.link.state.value}. Use the emergency stop if something has to stop"
            )
        return Done(f"the PLC was told to {command.value}; what it makes of it shows in the state")

    def _why_not(self, command: MachineCommand) -> str | None:
        tower = self._tower
        if command in RESUMING:
            machine = tower.machine()
            if machine is None:
                return NOT_KNOWN
            if machine.safety_faults:
                return f"safety: {', '.join(sorted(machine.safety_faults))}"
            if held := "; ".join(str(each) for each in open_interruptions(tower)):
                return f"{held}: confirm it first (vendtower stops)"
            return refusal(tower, Request.MACHINE_RESUME)
        if command in RESETTING:
            return refusal(tower, Request.MACHINE_RESET)
        return refusal(tower, Request.MACHINE_STOP)

    async def confirm_stop(self, number: int, by: str, note: str) -> ControlAnswer:
        """Forget one device that had interrupted the tower."""
        return await confirm_interruption(self._tower, number, by, note)

    async def move_car(self, vin: str, destination: Slot | Bay, by: str) -> ControlAnswer:
        """Let the dispatcher begin one movement now, or say why not."""
        return await self._order(StaffOrder(by, vin=vin, destination=destination))

    async def home_lift(self, lift: int, by: str) -> ControlAnswer:
        """Let the dispatcher bring a lift home now, or say why not."""
        return await self._order(StaffOrder(by, lift=lift))

    async def _order(self, order: StaffOrder) -> ControlAnswer:
        tower = self._tower
        if not order.by.strip():
            return NotDone("a movement is ordered by a named person: no name was given")
        if why := refusal(tower, order.request) or _held_by_another(tower, order.by):
            return NotDone(why)
        tower.staff_orders.append(order)
        tower.bell.ring()
        try:
            return Done(await asyncio.wait_for(order.begun, ORDER_ANSWER_S))
        except OrderRefused as why_refused:
            return NotDone(str(why_refused))
        except TimeoutError:
            if order.taken:
                return NotDone("it takes long to begin: look at `vendtower jobs` what came of it")
            return NotDone("the dispatcher does not answer; nothing is begun by this order")

    async def drive_door(self, bay: int, verb: Verb, by: str) -> ControlAnswer:
        """Ask for the street door's end state once; the PLC's interlocks decide."""
        tower = self._tower
        if not by.strip():
            return NotDone("a door is ordered by a named person: no name was given")
        why = "; ".join(hindrances(tower, Request.STAFF_DOOR)) or _held_by_another(tower, by)
        if why:
            return NotDone(why)
        if all(each.number != bay for each in tower.site.bays):
            return NotDone(f"bay {bay} is not in the site file")
        goal = OPENED if verb is Verb.OPEN_OUTER_DOOR else CLOSED
        event = tell(
            tower,
            "staff",
            "DoorOrdered",
            subject=f"bay/{bay}",
            correlation_id=tower.chance.new_id(),
            data={"by": by, "verb": verb.value},
            owed=False,
        )
        try:
            await tower.book.record(lambda: Change(events=(event,)))
        except JournalFault as fault:
            return NotDone(str(fault))
        why = await ask_once(
            tower, bay, goal, lambda seen: _kept(tower, seen, verb), request=Request.STAFF_DOOR
        )
        # The door's switches are read a moment after the job's words.
        stands = await tower.until(lambda: _reached(tower, bay, goal), DOOR_SHOWS_S)
        return (
            NotDone(f"bay {bay}: {why}")
            if stands is None
            else Done(f"bay {bay}: {verb.value} done")
        )


def _reached(tower: Tower, bay: int, goal: DoorGoal) -> bool | None:
    seen = report(tower, bay)
    return True if seen is not None and goal.reached(seen) else None


def _kept(tower: Tower, bay: BayReport, verb: Verb) -> str | None:
    """Why the street door stays as it is: the shaft is open to the bay, or it has somebody in it.

    A technician opens for whoever is inside, and shuts nobody in; to somebody at the kiosk of
    whom nobody knows yet who they are, the door of their car is not opened either.
    """
    if bay.inner_door is not DoorState.CLOSED or not bay.inner_locked:
        return f"its inner door is {bay.inner_door.value}, not closed and locked"
    if Bay(bay.number) in in_motion(tower):
        return "a lift's job touches it"
    if bay.person_inside:
        return "somebody is inside" if verb is Verb.CLOSE_OUTER_DOOR else None
    return None if verb is Verb.CLOSE_OUTER_DOOR else _not_recognised_yet(tower, bay.number)


def _not_recognised_yet(tower: Tower, bay: int) -> str | None:
    """Whoever stands at the bay's kiosk and has not been recognised, while their car is in it."""
    for visit in tower.book.open_visits():
        waits = visit.state is VisitState.AT_KIOSK and visit.bay == bay
        if waits and tower.book.ledger.where(visit.vin) == Bay(bay):
            return (
                f"car {visit.vin} of reservation {visit.reservation_id} is in it, and whoever is "
                "at the kiosk for it has not been recognised yet: that comes first"
            )
    return None


def _held_by_another(tower: Tower, by: str) -> str:
    """Whoever works at the machine is the only one who moves anything meanwhile."""
    session = maintenance_session(tower)
    if session is None or same_person(session.holder, by):
        return ""
    return f"maintenance by {session.holder} is not over ({session.reason})"
