"""Remembers a stop of the machine that is not the loss of our heartbeat, until it is led on."""

from dataclasses import replace

from vendtower.domain.machine import MachineSnapshot, PcLink
from vendtower.domain.machine_stop import STANDING_STILL, StopSeen
from vendtower.flows.modes import stop_seen
from vendtower.flows.service import MOVING_STATES
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault

THE_MACHINE = "the machine"
"""Who led on a machine that was led on at its own panel."""
STOP_COMMAND = "stop_command"
"""Error of a job that the cabinet's stop key, or a stop by command, has ended."""


async def note_stop(tower: Tower) -> None:
    """Journal that the machine has stopped, or that it goes on again."""
    if _turn(tower) is None:
        return
    try:
        await tower.book.record(lambda: _turn(tower))
    except JournalFault:
        # Nothing moves while the journal cannot be written; the next look tries again.
        return
    # Whoever has looked has looked before this.
    tower.led_on_by = ""


def stopped_by_somebody(tower: Tower, machine: MachineSnapshot) -> bool:
    """Whether a stop stands that was not our own silence, so far as anybody can tell.

    Either it was seen, or a job that nobody has settled yet was ended by a stop command while
    this controller was away.
    """
    if stop_seen(tower) is not None:
        return True
    asked = {case.job_id for case in tower.book.open_cases()}
    asked |= {job.job_id for job in map(tower.book.open_job, machine.lifts) if job is not None}
    return any(
        lift.job.error == STOP_COMMAND and lift.job.done_job in asked
        for lift in machine.lifts.values()
    )


def _turn(tower: Tower) -> Change | None:
    machine, known = tower.machine(), stop_seen(tower)
    if machine is None or not machine.session_accepted or machine.pc_link is not PcLink.OK:
        return None
    if machine.state in STANDING_STILL:
        return None if known is not None else _stopped(tower, machine)
    if known is None or machine.state not in MOVING_STATES:
        return None
    if not tower.led_on_by and machine.boot_id != known.boot_id:
        # The PLC has only forgotten it: whoever pressed the key has not been asked.
        return None
    by = tower.led_on_by or THE_MACHINE
    fact = replace(known, led_on_by=by, led_on_utc=tower.clock.utc())
    return _told(tower, fact, "MachineLedOn", {"by": by})


def _stopped(tower: Tower, machine: MachineSnapshot) -> Change:
    fact = StopSeen(machine.state, machine.boot_id, tower.clock.utc())
    return _told(tower, fact, "MachineStopped", {"state": machine.state.value})


def _told(tower: Tower, fact: StopSeen, name: str, data: dict[str, object]) -> Change:
    event = tell(
        tower,
        "machine",
        name,
        subject="machine",
        correlation_id=tower.chance.new_id(),
        data=data,
        owed=False,
    )
    return Change(standing=(fact,), events=(event,))
