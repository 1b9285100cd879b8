"""What the board should show against what it has confirmed; the difference is asked for."""

from __future__ import annotations

from firmware_bridge.kiosk_board.catalogue import MessageId
from firmware_bridge.kiosk_board.fields import Body
from firmware_bridge.kiosk_board.messages import (
    Buzzer,
    Lamps,
    LedRing,
    RingMotion,
    SetLamps,
    Traffic,
    TrafficAspect,
)
from vendtower.ports.kiosk_board import KioskSignals, RingPattern, TrafficLight

BUZZER_RENEWED_S = 1.0
BUZZER_MS = 2000
"""Outlives a renewal that the line delays, and ends soon after a controller that stopped."""

RINGS = {
    RingPattern.OUT_OF_SERVICE: LedRing(RingMotion.OUT_OF_SERVICE, 0, 0, 0, 1000),
    RingPattern.WELCOME: LedRing(RingMotion.BREATHE, 255, 255, 255, 4000),
    RingPattern.LOOK_HERE: LedRing(RingMotion.BLINK, 255, 255, 255, 1000),
    RingPattern.WORKING: LedRing(RingMotion.SPIN, 0, 96, 255, 1500),
    RingPattern.DONE: LedRing(RingMotion.STEADY, 0, 255, 64, 1000),
    RingPattern.REFUSED: LedRing(RingMotion.STEADY, 255, 128, 0, 1000),
    RingPattern.ATTENTION: LedRing(RingMotion.BLINK, 255, 128, 0, 500),
}
_ASPECTS = {TrafficLight.RED: TrafficAspect.RED, TrafficLight.GREEN: TrafficAspect.GREEN}
SAFE = KioskSignals(RingPattern.OUT_OF_SERVICE, TrafficLight.RED)


class Presentation:
    """Remembers the wanted end state over every broken line."""

    def __init__(self) -> None:
        self.wanted = SAFE
        self._confirmed: dict[MessageId, Body] = {}
        self._buzzer_due_s = 0.0

    def forget(self) -> None:
        """The board may show anything: confirm all of it anew."""
        self._confirmed.clear()

    def next_request(self, now_s: float) -> tuple[MessageId, Body] | None:
        """What to ask for now, None while the board shows what it should."""
        for message_id, body in self._bodies().items():
            if self._confirmed.get(message_id) != body:
                return message_id, body
            if message_id is MessageId.BUZZER and self.wanted.buzzer and now_s >= self.due_s():
                return message_id, body
        return None

    def _bodies(self) -> dict[MessageId, Body]:
        return {
            MessageId.TRAFFIC: Traffic(_ASPECTS[self.wanted.traffic]),
            MessageId.LED_RING: RINGS[self.wanted.ring],
            MessageId.SET_LAMPS: SetLamps(
                Lamps.CABINET, Lamps.CABINET if self.wanted.cabinet_lamp else Lamps(0)
            ),
            MessageId.BUZZER: Buzzer(BUZZER_MS if self.wanted.buzzer else 0),
        }

    def confirm(self, message_id: MessageId, body: Body, now_s: float) -> None:
        """The board did as asked."""
        self._confirmed[message_id] = body
        if message_id is MessageId.BUZZER:
            self._buzzer_due_s = now_s + BUZZER_RENEWED_S

    def due_s(self) -> float:
        """When a sounding buzzer has to be renewed; infinite while it is silent."""
        return self._buzzer_due_s if self.wanted.buzzer else float("inf")
