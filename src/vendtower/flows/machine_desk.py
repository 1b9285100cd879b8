"""What a named person may ask of the machine itself: modes, PackML commands, single movements."""

import asyncio
from contextlib import suppress
from typing import Protocol

from vendtower.domain.job import Verb
from vendtower.domain.machine import LinkState, MachineCommand
from vendtower.domain.modes import OperatingMode, Request
from vendtower.domain.places import Bay, Slot
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.door_order import order_door
from vendtower.flows.hold_order import resumed
from vendtower.flows.interruptions import confirm_interruption
from vendtower.flows.machine_reset import NOT_KNOWN, STOPPED_SINCE, reset_machine
from vendtower.flows.maintenance import begin_maintenance, end_maintenance
from vendtower.flows.mode_change import change_mode
from vendtower.flows.modes import held_by_another, open_interruptions, refusal
from vendtower.flows.staff_orders import OrderRefused, StaffOrder
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault, NewEvent

ORDER_ANSWER_S = 5.0
"""The dispatcher answers an order at once; a longer silence means that it does not run."""
RESUMING = {MachineCommand.START, MachineCommand.UNHOLD}
STOPPING = {MachineCommand.HOLD, MachineCommand.STOP, MachineCommand.ABORT}
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
        """Open or close the street door of a bay that nobody uses.

        Answers when it stands there, or why not; when the PLC's line stays away, that it does.
        """
        ...

    async def confirm_stop(self, number: int, by: str, note: str) -> ControlAnswer:
        """Take a person's word that an e-stop, a door, fire or a pause is over."""
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
        if command is MachineCommand.RESET:
            return await reset_machine(self._tower, by)
        if not by.strip():
            return NotDone("the machine is commanded by a named person: no name was given")
        if why := self._why_not(command):
            return NotDone(why)
        return await (self._stop if command in STOPPING else self._go_on)(command, by)

    async def _stop(self, command: MachineCommand, by: str) -> ControlAnswer:
        """To stop, nothing has to be written first: no disk holds it up."""
        self._forget_going_on(command)
        event = self._given(command, by)
        writing = asyncio.ensure_future(self._written(event))
        answer = await self._passed_on(command)
        await asyncio.wait({writing}, timeout=ORDER_ANSWER_S)
        return answer

    async def _written(self, event: NewEvent) -> None:
        with suppress(JournalFault):
            await self._tower.book.record(lambda: Change(events=(event,)))

    async def _go_on(self, command: MachineCommand, by: str) -> ControlAnswer:
        """What forbids it is looked at where it is written, and a stop since then overrules it."""
        tower = self._tower
        stops_ordered = tower.stops_ordered
        event = self._given(command, by)
        forbidden: list[str] = []

        def decide() -> Change | None:
            if why := self._why_not(command):
                forbidden.append(why)
            return None if forbidden else Change(events=(event,))

        try:
            await tower.book.record(decide)
        except JournalFault as fault:
            return NotDone(str(fault))
        if tower.stops_ordered != stops_ordered:
            forbidden.append(STOPPED_SINCE)
        if forbidden:
            return NotDone(forbidden[0])
        tower.led_on_by = by
        asked_s = tower.clock.monotonic_s()
        answer = await self._passed_on(command)
        if command in RESUMING and isinstance(answer, Done):
            resumed(tower, asked_s)
        return answer

    async def _passed_on(self, command: MachineCommand) -> ControlAnswer:
        plc = self._tower.plc
        if not await plc.command(command):
            return NotDone(
                f"{command.value}: the PLC has not confirmed it; the link is "
                f"{plc.link.state.value}. Use the emergency stop if something has to stop"
            )
        return Done(f"the PLC was told to {command.value}; what it makes of it shows in the state")

    def _forget_going_on(self, command: MachineCommand) -> None:
        """Whoever stops the machine overrules an earlier word by which it may go on by itself.

        What was not sent is not obeyed: with the line down an order to hold explains no pause.
        """
        tower = self._tower
        tower.stops_ordered += 1
        tower.reset_wanted = tower.unhold_wanted = False
        if command is MachineCommand.HOLD and tower.plc.link.state is LinkState.UP:
            tower.hold_ordered_s = tower.clock.monotonic_s()
        tower.bell.ring()

    def _given(self, command: MachineCommand, by: str) -> NewEvent:
        machine = self._tower.machine()
        return tell(
            self._tower,
            "machine",
            "CommandGiven",
            subject="machine",
            correlation_id=self._tower.chance.new_id(),
            data={
                "by": by,
                "command": command.value,
                "state": "unknown" if machine is None else machine.state.value,
            },
        )

    def _why_not(self, command: MachineCommand) -> str | None:
        tower = self._tower
        if command in RESUMING:
            machine = tower.machine()
            if machine is None:
                return NOT_KNOWN
            if machine.tripped:
                return f"safety: {', '.join(sorted(machine.tripped))}"
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
        if why := refusal(tower, order.request) or held_by_another(tower, order.by):
            return NotDone(why)
        tower.staff_orders.append(order)
        tower.bell.ring()
        try:
            return Done(await asyncio.wait_for(order.begun, ORDER_ANSWER_S))
        except OrderRefused as why_refused:
            return NotDone(str(why_refused))
        except TimeoutError:
            late = "journal takes long over it" if order.taken else "dispatcher does not answer"
            return NotDone(f"the {late}; nothing is begun by this order")

    async def drive_door(self, bay: int, verb: Verb, by: str) -> ControlAnswer:
        """Ask for the street door's end state once; the PLC's interlocks decide."""
        return await order_door(self._tower, bay, verb, by)
