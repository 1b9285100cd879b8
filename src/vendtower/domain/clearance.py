"""Whether a bay with a parked car is clear of people: what has to agree before a lift may move.

Three things of unlike kinds are asked for in every cycle: the person detector sees nobody; the
scale shows the car's known weight, and neither it nor the presence sensor changes; and a person
outside says so. None of them can move a lift alone. The PLC guards the lift by its own rules all
the while.
"""

from dataclasses import dataclass, replace
from enum import Enum

from vendtower.domain.machine import BayReport
from vendtower.domain.vehicle import SAME_CAR_KG, SAME_CAR_SHARE, may_weigh

WEIGHT_TOLERANCE_KG = 40
"""A car may differ from its known weight by this: a tank of fuel and a bag, less than an adult.

A small child or an animal weighs less than that. For them the person detector and the driver's
word have to do, which is why the scale is never asked alone.
"""
STEADY_KG = 10
"""The scale may wander by this while nobody gets in or out: wind, and a settling suspension."""


class Doubt(Enum):
    """What speaks against a clear bay."""

    PERSON_INSIDE = "person_inside"
    """Somebody is seen: the door opens again for them."""
    NOT_SEALED = "not_sealed"
    """A door or the light curtain is not as it has to be."""
    SENSORS_DISAGREE = "sensors_disagree"
    """Unlike sensors tell different stories: a question for staff."""
    WEIGHT_DIFFERS = "weight_differs"
    """Nothing speaks against it but the scale, which does not show the known weight."""


def doubt_about(bay: BayReport, known_kg: int) -> tuple[Doubt, str] | None:
    """The first thing that speaks against a clear bay, in words; None when nothing does."""
    where = f"bay {bay.number}"
    if bay.person_inside:
        return Doubt.PERSON_INSIDE, f"{where}: the person detector sees somebody"
    if bay.estop_pressed:
        return Doubt.NOT_SEALED, f"{where}: e-stop pressed"
    if not bay.curtain_clear:
        return Doubt.NOT_SEALED, f"{where}: light curtain is broken"
    if not bay.sealed:
        doors = f"inner {bay.inner_door.value}, outer {bay.outer_door.value}"
        return Doubt.NOT_SEALED, f"{where}: doors are {doors}; expected both closed and locked"
    if not bay.presence:
        return (
            Doubt.SENSORS_DISAGREE,
            f"{where}: presence sensor sees no car, scale shows {bay.weight_kg} kg",
        )
    if abs(bay.weight_kg - known_kg) > WEIGHT_TOLERANCE_KG:
        found = f"person detector sees nobody, scale shows {bay.weight_kg} kg"
        expected = f"{known_kg} kg, {WEIGHT_TOLERANCE_KG} kg more or less at most"
        return Doubt.WEIGHT_DIFFERS, f"{where}: {found}, expected {expected}"
    return None


def vouching_hindrance(bay: BayReport, papers_kg: int) -> str | None:
    """Why nobody may vouch for the weight that the scale shows now; None when a person may.

    Their word stands for the known weight and for nothing else that a clear bay takes.
    """
    doubt = doubt_about(bay, bay.weight_kg)
    if doubt is not None:
        return doubt[1]
    if not may_weigh(bay.weight_kg, papers_kg):
        return (
            f"bay {bay.number}: scale shows {bay.weight_kg} kg, the car's papers say {papers_kg} "
            f"kg; more than {SAME_CAR_KG} kg and {SAME_CAR_SHARE:.0%} apart it is the scale, or "
            "another car"
        )
    return None


def evidence_of(bay: BayReport, known_kg: int) -> tuple[str, ...]:
    """What the sensors say for a clear bay; call it only while there is no doubt."""
    return (
        "person detector sees nobody",
        f"scale at {bay.weight_kg} kg, known {known_kg} kg",
        "presence sensor sees the car",
        "both doors closed and locked",
    )


@dataclass(frozen=True)
class Stillness:
    """A bay about which a person is asked; what they say holds while it stays like this."""

    first: BayReport

    def broken_by(self, bay: BayReport | None, known_kg: int) -> str | None:
        """What has changed since the question; None while nothing has.

        ``bay`` is None when nothing is known of it: whatever happened meanwhile, nobody saw it.
        """
        if bay is None:
            return "the sensors were out of sight for a while"
        doubt = doubt_about(bay, known_kg)
        if doubt is not None:
            return doubt[1]
        if abs(bay.weight_kg - self.first.weight_kg) > STEADY_KG:
            return f"scale moved from {self.first.weight_kg} kg to {bay.weight_kg} kg"
        if bay.activity is not self.first.activity:
            return f"bay was {self.first.activity.value} and is {bay.activity.value}"
        return None


@dataclass(frozen=True)
class Confirmation:
    """A person said that nobody is left inside, and what the sensors showed then.

    Lives in memory alone: after a restart nobody can say what the sensors showed meanwhile, so
    the question is asked anew.
    """

    stillness: Stillness
    known_kg: int
    at_s: float
    """Monotonic time of the confirmation."""
    evidence: tuple[str, ...]
    broken: str = ""
    """What has changed since, though it may be as before again; empty while nothing has."""

    def after(self, bay: BayReport | None) -> "Confirmation":
        """As it counts after this look; ``bay`` is None when nothing is known of it."""
        why = self.broken or self.stillness.broken_by(bay, self.known_kg)
        return replace(self, broken=why) if why else self

    def lapsed(self, bay: BayReport | None, now_s: float, valid_s: float) -> str | None:
        """Why it no longer counts; None while it does."""
        if now_s - self.at_s > valid_s:
            return f"the confirmation is older than {valid_s:.0f} s"
        return self.after(bay).broken or None
