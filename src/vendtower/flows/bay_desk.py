"""What people may ask at the screen beside a bay, while a car is handed over or comes back."""

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
