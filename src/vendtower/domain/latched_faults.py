"""Faults that the PLC keeps until they are reset: of which lifts and doors, by its own words."""

from vendtower.domain.machine import DoorState, MachineSnapshot
from vendtower.domain.places import Bay, OnLift

DRIVE_FAULT = "drive_fault"
"""Inhibit of a lift that takes no job until its fault is reset."""


def latched_faults(machine: MachineSnapshot) -> dict[OnLift | Bay, str]:
    """Every lift and bay that wants its fault reset, with a sentence."""
    found: dict[OnLift | Bay, str] = {
        OnLift(number): f"lift {number} has a latched fault"
        for number, lift in machine.lifts.items()
        if DRIVE_FAULT in lift.inhibits
    }
    for number, bay in machine.bays.items():
        if bay.outer_door is DoorState.STUCK:
            found[Bay(number)] = f"the outer door of bay {number} is stuck"
        elif bay.inner_door is DoorState.STUCK:
            found[Bay(number)] = f"the inner door of bay {number} is stuck"
    return found
