"""A sentence that stays on a kiosk's screen for a while."""

from vendtower.flows.tower import Kiosk, Tower
from vendtower.ports.screens import KioskPhase

NOTICE_S = 6.0
"""How long a refusal or a farewell stays on the screen, unless somebody touches it."""


async def notice(tower: Tower, kiosk: Kiosk) -> None:
    """Leave what is shown until the time is over or somebody wants to go on.

    Whoever touches a refusal wants to try again, and not to touch a second time.
    """
    kiosk.touched.clear()
    touched = await tower.until(lambda: True if kiosk.touched.is_set() else None, NOTICE_S)
    kiosk.again = bool(touched) and kiosk.phase is KioskPhase.REFUSED
