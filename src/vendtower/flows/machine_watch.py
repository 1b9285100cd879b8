"""Keeps an eye on the machine: rings the bell, lends the permits, ends the latch of a lost link."""

import asyncio

from vendtower.domain.machine import (
    PAUSED,
    ControlMode,
    MachineCommand,
    MachineSnapshot,
    MachineState,
    PcLink,
    is_paused,
)
from vendtower.domain.modes import OperatingMode, Request
from vendtower.flows.machine_stops import note_stop, stopped_by_somebody
from vendtower.flows.modes import open_interruptions, operating_mode, refusal
from vendtower.flows.service import MOVING_STATES
from vendtower.flows.storing import watch_confirmations
from vendtower.flows.tower import Tower

COMMAND_PAUSE_S = 1.0
"""The PLC is given this long to act on a command before another one."""
NOT_STOPPED = MOVING_STATES | PAUSED


async def watch_machine(tower: Tower) -> None:
    """For ever: pass on what the PLC says, and keep the leases in line with the journal."""
    silence = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(_hear(tower, silence), name="machine's news")
        group.create_task(_lead(tower), name="machine's leases")
        group.create_task(_notice_silence(tower, silence), name="machine's silence")


async def _hear(tower: Tower, silence: asyncio.Event) -> None:
    """For ever: ring for what the PLC says anew; that it was looked at is told beside that."""
    told: object = None
    while True:
        await tower.plc.wait_news()
        before, told = told, (tower.plc.link, tower.plc.snapshot)
        heard_again = silence.is_set() and tower.machine() is not None
        if told != before or heard_again:
            silence.clear()
            watch_confirmations(tower)
            tower.bell.ring()
        tower.looks.ring()
        tower.plc.follow(_something_moves(tower))


async def _lead(tower: Tower) -> None:
    """For ever: permits, mode and commands, by all that is known."""
    commanded_s = float("-inf")
    while True:
        heard = tower.bell.rings
        lend_permits(tower)
        tower.plc.request_mode(_mode_to_ask(tower))
        await note_stop(tower)
        command, due_s = wanted_command(tower), commanded_s + COMMAND_PAUSE_S
        if command is not None and tower.clock.monotonic_s() >= due_s:
            commanded_s = tower.clock.monotonic_s()
            await tower.plc.command(command)
            due_s = commanded_s + COMMAND_PAUSE_S
        await tower.changed(heard, None if command is None else due_s)


async def _notice_silence(tower: Tower, silence: asyncio.Event) -> None:
    """For ever: ring when the machine's data become too old to count, and no later."""
    while True:
        heard = tower.bell.rings
        if tower.machine() is None:
            await tower.bell.wait_beyond(heard)
            continue
        await tower.plc.wait_older_than(tower.site.policies.snapshot_age_s_max)
        if tower.machine() is None:
            silence.set()
            watch_confirmations(tower)
            tower.bell.ring()


def _something_moves(tower: Tower) -> bool:
    return bool(tower.book.open_jobs()) or any(
        kiosk.visit_id is not None or kiosk.dropoff_id is not None
        for kiosk in tower.kiosks.values()
    )


def lend_permits(tower: Tower) -> None:
    """Tell the PLC which lifts may move, as it is known now."""
    tower.plc.permit(_permitted(tower))


def _permitted(tower: Tower) -> set[int]:
    """Lifts that no open question keeps still; none while somebody works at the machine."""
    if operating_mode(tower) is OperatingMode.MAINTENANCE:
        return set()
    held = {case.lift for case in tower.book.open_cases()}
    return {lift.number for lift in tower.site.lifts} - held - _told_to_stop(tower)


def _told_to_stop(tower: Tower) -> set[int]:
    """Lifts of which a person has stopped the job by its permit; once it has ended, a case holds
    them.
    """
    for lift, job_id in list(tower.permits_withheld.items()):
        job = tower.book.jobs.get(job_id)
        if job is None or not job.is_open:
            del tower.permits_withheld[lift]
    return set(tower.permits_withheld)


def _mode_to_ask(tower: Tower) -> ControlMode | None:
    """The PLC's mode that a person has just asked for, until the PLC shows it."""
    machine = tower.machine()
    if machine is not None and machine.mode is tower.mode_wanted:
        tower.mode_wanted = None
    return tower.mode_wanted


def wanted_command(tower: Tower) -> MachineCommand | None:
    """The command that ends a latch which is ours to end; None in every other case.

    Ours is the loss of our own heartbeat: nothing can move by it, since a new job is only asked
    for once a person has settled what became of the old one. Any other stop is led on only
    after a person has settled its case or reset the machine (``reset_wanted``); so is the loss
    of our heartbeat when a stop was seen before it, because one command would end both. A
    safety function is never reset.
    """
    machine = tower.machine()
    if machine is None or not machine.session_accepted:
        return None
    if machine.tripped:
        # Whoever has looked has looked before this; somebody has to look again.
        tower.reset_wanted = tower.unhold_wanted = False
        return None
    if tower.unhold_wanted:
        tower.unhold_wanted = is_paused(machine)
        held = open_interruptions(tower) or refusal(tower, Request.MACHINE_RESUME)
        if machine.state is MachineState.HELD and not held:
            return MachineCommand.UNHOLD
    ours = machine.pc_link is not PcLink.OK
    if not tower.reset_wanted:
        # Ends our latch, and the stop that our silence brought; an abort stays for a person.
        return MachineCommand.RESET if ours and _only_ours(tower, machine) else None
    if machine.state is MachineState.ABORTED:
        return MachineCommand.CLEAR
    if ours or machine.state is MachineState.STOPPED or _lift_stopped(machine):
        return MachineCommand.RESET
    if machine.state in NOT_STOPPED:
        # There is nothing left to lead on: a stop that comes later is another one.
        tower.reset_wanted = False
    return None


def _only_ours(tower: Tower, machine: MachineSnapshot) -> bool:
    """Whether the machine stands for our silence alone, so far as anybody can tell.

    A stop that is still on its way is waited for: the reset would end the latch and not the
    stop.
    """
    if machine.state in {MachineState.STOPPING, MachineState.ABORTING, MachineState.ABORTED}:
        return False
    return not stopped_by_somebody(tower, machine)


def _lift_stopped(machine: MachineSnapshot) -> bool:
    return any(lift.state is MachineState.STOPPED for lift in machine.lifts.values())
