"""What people may ask at the screen beside a bay, while a car is handed over or comes back."""

from dataclasses import replace

from vendtower.domain.condition import Entered, Moment
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.tower import Tower
from vendtower.ports.screens import KioskPhase


def ask_for_key(tower: Tower, kiosk: int) -> ControlAnswer:
    """Release the key's compartment once more; every condition is looked at anew."""
    found = tower.kiosks.get(kiosk)
    if found is None:
        return NotDone(f"kiosk {kiosk} is not in the site file")
    if found.phase not in {KioskPhase.KEY_TAKE, KioskPhase.KEY_BACK}:
        return NotDone(f"kiosk {kiosk} has no key to exchange now: it is {found.phase.value}")
    found.key_asked = True
    tower.bell.ring()
    return Done(f"kiosk {kiosk}: the compartment is released once more")


def note_condition(tower: Tower, kiosk: int, typed: Entered) -> ControlAnswer:
    """Take what a person entered of the car's condition, while the kiosk asks for it."""
    found = tower.kiosks.get(kiosk)
    if found is None:
        return NotDone(f"kiosk {kiosk} is not in the site file")
    if found.phase is not KioskPhase.CONDITION:
        return NotDone(f"kiosk {kiosk} does not ask for that now: it is {found.phase.value}")
    if found.reason == Moment.HAND_OVER.value:
        # Nobody sits in the car yet who could read its instruments.
        typed = replace(typed, odometer_km=None, energy_percent=None)
    if not typed.strokes and not typed.accepted:
        return NotDone(f"kiosk {kiosk}: neither signed nor accepted")
    found.condition_typed = typed
    tower.bell.ring()
    return Done(f"kiosk {kiosk}: the car's condition is noted")
