"""The customers of the demonstration and what they have booked."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from hardware_sim.cloud.bookings import BookedCar
from hardware_sim.demo.visitor import Visitor
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER, PORTRAITS
from hardware_sim.world import SimulatedWorld

NAMES = {GRACE_HOPPER: "Grace", EILEEN_COLLINS: "Eileen"}
CARD_BYTES = 7
"""Most cards of ISO 14443 have a number of this length."""
LANGUAGES = {GRACE_HOPPER: "en", EILEEN_COLLINS: "fr"}


def book(world: SimulatedWorld, portrait: str, car: BookedCar, kiosk: int) -> Visitor:
    """Reserve a car in the cloud for the next hour; the customer agreed to be recognised
    and has a card to bring the car back with.
    """
    now = datetime.now(UTC)
    card = secrets.token_hex(CARD_BYTES)
    booked = world.cloud.add_reservation(
        car,
        starts_at=now - timedelta(minutes=5),
        ends_at=now + timedelta(hours=1),
        language=LANGUAGES[portrait],
        face_consent=True,
        portrait=PORTRAITS[portrait].jpeg(),
        greeting=NAMES[portrait],
        cards=[card],
    )
    return Visitor(NAMES[portrait], portrait, booked.code, kiosk, car.vin, card=card)
