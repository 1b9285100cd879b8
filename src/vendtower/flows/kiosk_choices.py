"""How a customer at a kiosk identifies: what they type or hold to it, and that no camera looks."""

from vendtower.domain.card import CardHeld
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.tower import Tower
from vendtower.ports.screens import KioskPhase

BEFORE_THE_CAMERA = frozenset({KioskPhase.CHECKING_IN, KioskPhase.VERIFYING})
KEYS_COUNT = frozenset({KioskPhase.FREE, KioskPhase.CHECKING_IN, KioskPhase.REFUSED})
"""A key also wakes a free kiosk, and goes on after a refusal."""
CARD_COUNTS = frozenset({KioskPhase.FREE, KioskPhase.CHECKING_IN})
"""Not after a refusal: a reader tells of a card that stays on it again and again."""


def take_other_way(tower: Tower, kiosk: int) -> ControlAnswer:
    """End the look for a face in favour of the route without one."""
    if kiosk not in tower.kiosks:
        return NotDone(f"kiosk {kiosk} is not in the site file")
    found = tower.kiosks[kiosk]
    if found.phase not in BEFORE_THE_CAMERA:
        return NotDone(f"kiosk {kiosk} is not looking for a face: it is {found.phase.value}")
    found.other_way.set()
    tower.bell.ring()
    return Done(f"kiosk {kiosk} goes on without a face")


def press_key(tower: Tower, kiosk: int, key: str) -> ControlAnswer:
    """Take one key; what was typed so far is on no screen and in no record."""
    if kiosk not in tower.kiosks:
        return NotDone(f"kiosk {kiosk} is not in the site file")
    found = tower.kiosks[kiosk]
    if found.phase not in KEYS_COUNT:
        return NotDone(f"kiosk {kiosk} takes no code now: it is {found.phase.value}")
    try:
        found.typed = found.typed.after(key)
    except ValueError as error:
        return NotDone(f"kiosk {kiosk}: {error}")
    if found.phase is not KioskPhase.CHECKING_IN:
        found.touched.set()
    tower.bell.ring()
    return Done(f"kiosk {kiosk} took the key")


def hold_card(tower: Tower, kiosk: int, number: str) -> None:
    """Take a card that was held to the reader, where somebody may say who they are.

    Anywhere else it is nothing: the number is not kept.
    """
    found = tower.kiosks[kiosk]
    if found.phase not in CARD_COUNTS:
        return
    found.card = CardHeld(number)
    if found.phase is KioskPhase.FREE:
        found.touched.set()
    tower.bell.ring()
