"""Latched faults of lifts and doors: reset once a person has looked, never before."""

from vendtower.domain.job import Verb
from vendtower.domain.machine import DoorState, MachineSnapshot
from vendtower.domain.modes import Request
from vendtower.domain.places import Bay, OnLift
from vendtower.flows.auxiliary import clear_mailbox, run_auxiliary
from vendtower.flows.modes import refusal
from vendtower.flows.tower import Tower

LATCHED = "drive_fault"
"""Inhibit of a lift that takes no job until its fault is reset."""
RESET_SHOWS_S = 3.0
"""How long a fault that was reset may still be shown."""


def latched_faults(machine: MachineSnapshot) -> dict[OnLift | Bay, str]:
    """Every lift and bay that wants its fault reset, with a sentence."""
    found: dict[OnLift | Bay, str] = {
        OnLift(number): f"lift {number} has a latched fault"
        for number, lift in machine.lifts.items()
        if LATCHED in lift.inhibits
    }
    for number, bay in machine.bays.items():
        if bay.outer_door is DoorState.STUCK:
            found[Bay(number)] = f"the outer door of bay {number} is stuck"
        elif bay.inner_door is DoorState.STUCK:
            found[Bay(number)] = f"the inner door of bay {number} is stuck"
    return found


async def reset_latched_faults(tower: Tower) -> None:
    """For ever: let the PLC forget faults at which a person has looked (``faults_seen``).

    A reset moves nothing and touches no safety function.
    """
    while True:
        heard = tower.bell.rings
        for place in sorted(tower.faults_seen, key=str):
            await _reset(tower, place)
        await tower.bell.wait_beyond(heard, 1.0)


async def _reset(tower: Tower, place: OnLift | Bay) -> None:
    machine = tower.machine()
    if machine is None or refusal(tower, Request.FAULT_RESET) is not None:
        return
    # Taken at once: somebody who looks again while this reset fails is heard again.
    tower.faults_seen.discard(place)
    if place in latched_faults(machine):
        async with tower.auxiliary:
            await clear_mailbox(tower)
            await run_auxiliary(
                tower,
                Verb.RESET_FAULT,
                place,
                request=Request.FAULT_RESET,
                duration_s=0.0,
                correlation_id=tower.chance.new_id(),
            )
        await tower.until(lambda: _is_reset(tower, place), RESET_SHOWS_S)


def _is_reset(tower: Tower, place: OnLift | Bay) -> bool | None:
    machine = tower.machine()
    return None if machine is None or place in latched_faults(machine) else True
