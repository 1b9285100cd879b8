"""What the PLC does by itself on fire: lifts go to their fire level, and the exits are released.

Only while the fire detection is all that has tripped: an emergency stop or any other safety
function keeps everything where it is.
"""

from __future__ import annotations

from firmware_bridge.meanings import SafetyB
from hardware_sim.plant.axis import AxisName
from hardware_sim.plant.door import DoorPosition
from hardware_sim.plc.lift_control import LiftControl
from hardware_sim.plc.machine import ALL_A, ALL_B, Machine

FIRE_SHARE = 0.5
"""Share of its speed at which a lift goes to its fire level."""
AT_LEVEL_MM = 1.0
AGAIN_S = 1.0
"""Between two starts of a lift that does not move."""


def fire_alone(machine: Machine) -> bool:
    """Whether fire, and nothing else, has tripped."""
    others = machine.safety_b() | SafetyB.BRAKE_TEST | SafetyB.FIRE
    burning = not machine.safety_b() & SafetyB.FIRE
    return burning and machine.safety_a() == ALL_A and others == ALL_B


class FireDuty:
    """Brings the machine to where it should stand while it burns; a lift that stays is sent again.

    A door is sent once: it comes, or it is stuck and a person's business, as at any other time.
    """

    def __init__(self) -> None:
        self._again_s: dict[int, float] = {}
        """From when on a lift that has not set out may be sent once more."""

    def due_s(self) -> float | None:
        """When a lift that was sent has to be looked at again."""
        return min(self._again_s.values(), default=None)

    def act(self, machine: Machine) -> None:
        """Send what has come to rest; called in every scan while it burns."""
        for number, lift in machine.lifts.items():
            if self._again_s.get(number, 0.0) <= machine.field.now_s:
                self._again_s.pop(number, None)
                self._send(machine, lift)
        for number, bay in machine.bays.items():
            closed = machine.field.door_position(number, "outer") is DoorPosition.CLOSED
            if closed and bay.shut("inner") and not bay.stuck and not bay.on_its_way("outer"):
                bay.drive("outer", opening=True)

    def _send(self, machine: Machine, lift: LiftControl) -> None:
        number, field = lift.number, machine.field
        height_mm = lift.view.lift.fire_height_mm
        off_mm = abs(field.position(number, AxisName.HOIST) - height_mm)
        at_rest = lift.job is None and not field.moving(number)
        if at_rest and off_mm > AT_LEVEL_MM and field.shuttle_in(number) and lift.view.doors_shut():
            field.move(number, AxisName.HOIST, height_mm, FIRE_SHARE)
            self._again_s[number] = field.now_s + AGAIN_S
