"""How long a person is kept before a camera that gives no usable picture."""

from vendtower.domain.identity import CaptureHint
from vendtower.flows.tower import Kiosk, Tower

BLIND_S = 5.0
"""After this long without a usable picture the way on is the keypad, and staff."""


class CameraWait:
    """One look through one kiosk's camera; a picture in between begins the time anew."""

    def __init__(self, tower: Tower, kiosk: Kiosk) -> None:
        self._tower = tower
        self._kiosk = kiosk
        self._since_s: float | None = None

    def given_up(self) -> bool:
        """Whether the camera has given nothing for too long; to be asked again and again."""
        if self._kiosk.hint is not CaptureHint.CAMERA_UNAVAILABLE:
            self._since_s = None
            return False
        now_s = self._tower.clock.monotonic_s()
        if self._since_s is None:
            self._since_s = now_s
        return now_s - self._since_s >= BLIND_S
