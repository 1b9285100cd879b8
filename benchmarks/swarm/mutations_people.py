"""Rules about people, doors and faces, broken on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from benchmarks.swarm.mutation import Break, Reached, replaced
from hardware_sim.plant.door import DoorPosition
from hardware_sim.plc.bay_control import BayControl
from vendtower.domain import bay_rules, clearance, envelope
from vendtower.domain.clearance import Doubt
from vendtower.domain.identity import IdentityMethod
from vendtower.domain.machine import BayReport
from vendtower.domain.pickup_events import (
    AttemptsExhausted,
    CarPresented,
    IdentityRefused,
    IdentityVerified,
    VisitEvent,
)
from vendtower.flows import clearing, pickup_flow
from vendtower.flows.patience import Patience
from vendtower.flows.verification import lapsed, verified_now

FLOWS = "vendtower.flows"
HEIGHT_MM_MAX = 1600


@contextmanager
def one_sensor_bay_clear(reached: Reached) -> Iterator[None]:
    """The presence sensor alone says that the car has driven off."""
    both = bay_rules.departure_evidence

    def departure_evidence(bay: BayReport) -> tuple[str, ...] | None:
        if not bay.presence and both(bay) is None:
            reached()
        return None if bay.presence else ("presence sensor clear",)

    flows = ("hand_over", "pickup_flow")
    with replaced(departure_evidence, *(f"{FLOWS}.{flow}.departure_evidence" for flow in flows)):
        yield


def door_for_anybody(reached: Reached) -> Break:
    """Whatever the camera says counts as the customer's face."""
    verdict = pickup_flow._verdict  # noqa: SLF001 # a rule is broken from outside here

    def anybody(result: Any, visit: Any, tower: Any) -> VisitEvent:
        if not isinstance(verdict(result, visit, tower), IdentityVerified):
            reached()
        return verified_now(tower, IdentityMethod.FACE_WITH_CODE, None)

    return patch.object(pickup_flow, "_verdict", anybody)


def tries_not_counted(reached: Reached) -> Break:
    """A face may be refused as often as somebody likes to try."""
    verdict = pickup_flow._verdict  # noqa: SLF001 # a rule is broken from outside here

    def endless(result: Any, visit: Any, tower: Any) -> VisitEvent | None:
        found = verdict(result, visit, tower)
        if not isinstance(found, AttemptsExhausted):
            return found
        reached()
        return IdentityRefused(found.reason, found.record)

    return patch.object(pickup_flow, "_verdict", endless)


@contextmanager
def scale_not_asked(reached: Reached) -> Iterator[None]:
    """A parked car is clear as soon as nobody is seen, whatever it weighs."""
    doubt_about = clearance.doubt_about

    def without_scale(bay: BayReport, known_kg: int) -> tuple[Doubt, str] | None:
        doubt = doubt_about(bay, known_kg)
        if doubt is None or doubt[0] not in {Doubt.SENSORS_DISAGREE, Doubt.WEIGHT_DIFFERS}:
            return doubt
        reached()
        return None

    with replaced(
        without_scale, "vendtower.domain.clearance.doubt_about", f"{FLOWS}.clearing.doubt_about"
    ):
        yield


def nobody_is_asked(reached: Reached) -> Break:
    """The sensors alone say that nobody is left with a parked car; no person is asked."""
    confirmed = clearing._confirmed  # noqa: SLF001 # a rule is broken from outside here

    async def unasked(dropoff: Any, tower: Any, patience: Patience, stillness: Any) -> Any:
        reached()
        await tower.until(lambda: None, clearing.STEADY_S)
        patience.kiosk.confirmed_by = "nobody"
        return confirmed(dropoff, tower, patience.kiosk, stillness)

    return patch.object(clearing, "_ask", unasked)


def plc_closes_on_somebody(reached: Reached) -> Break:
    """A street door that closes goes on although the curtain in its way is broken."""

    def unguarded(bay: BayControl) -> None:
        closing = bay._field.door_position(bay.number, "outer") is DoorPosition.CLOSING  # noqa: SLF001 # a rule is broken from outside here
        if closing and not bay.sees("curtain_clear"):
            reached()

    return patch.object(BayControl, "_guard_closing", unguarded)


def plc_opens_unasked(reached: Reached) -> Break:
    """The PLC opens the street door for whoever stands there, once a car stands in the bay."""
    guard = BayControl._guard_closing  # noqa: SLF001 # a rule is broken from outside here

    def unasked(bay: BayControl) -> None:
        guard(bay)
        if bay.sees("presence") and bay.shut("outer") and bay.shut("inner"):
            reached()
            bay.drive("outer", opening=True)

    return patch.object(BayControl, "_guard_closing", unasked)


@contextmanager
def presented_too_soon(reached: Reached) -> Iterator[None]:
    """The street door is asked for as soon as the bay's sensors show a car behind the customer."""
    arrived = pickup_flow._car_arrived  # noqa: SLF001 # a rule is broken from outside here

    def too_soon(visit: Any, tower: Any) -> VisitEvent | None:
        bay = pickup_flow._bay_report(visit, tower)  # noqa: SLF001
        if bay is None or not bay.presence or bay.sealed:
            return arrived(visit, tower)
        reached()
        return CarPresented(bay.number)

    with (
        patch.object(pickup_flow, "_car_arrived", too_soon),
        patch.object(pickup_flow, "opening_hindrance", lambda *_: None),
        patch.object(pickup_flow, "stands_in_its_bay", lambda *_: True),
    ):
        yield


def door_left_open(reached: Reached) -> Break:
    """A departure ends with the car, and nobody waits for the street door to close."""

    async def not_closed(*_given: Any) -> None:
        reached()

    return patch(f"{FLOWS}.hand_over._close", not_closed)


def gauge_not_believed(reached: Reached) -> Break:
    """No car counts as higher than 1,600 mm, whatever the gauge has measured."""
    measured = envelope.measured

    def lower(bay: BayReport) -> envelope.Measurement:
        found = measured(bay)
        if found.height_mm > HEIGHT_MM_MAX:
            reached()
        return replace(found, height_mm=min(found.height_mm, HEIGHT_MM_MAX), profile=())

    return patch(f"{FLOWS}.dropoff_flow.measured", lower)


@contextmanager
def verified_for_ever(reached: Reached) -> Iterator[None]:
    """Who was verified once is served whenever the car comes."""

    def never(tower: Any, visit: Any, *longer_s: float) -> bool:
        if lapsed(tower, visit, *longer_s):
            reached()
        return False

    flows = ("pickup_flow", "key_exchange")
    with replaced(never, *(f"{FLOWS}.{flow}.lapsed" for flow in flows)):
        yield


@contextmanager
def wall_clock_for_patience(reached: Reached) -> Iterator[None]:
    """How long a person may take is told from the wall clock, which may be set at any time."""
    begin = Patience.begin

    def by_the_wall(_kind: type[Patience], tower: Any, kiosk: Any, limit_s: float) -> Patience:
        patience = begin(tower, kiosk, limit_s)
        patience.began_s = tower.clock.utc().timestamp()
        return patience

    def left_by_the_wall(patience: Patience, share: float = 1.0) -> float:
        now_s = patience.tower.clock.utc().timestamp()
        if abs(now_s - patience.began_s) > 2 * patience.limit_s:
            reached()
        return max(0.0, patience.limit_s * share - (now_s - patience.began_s))

    with (
        patch.object(Patience, "begin", classmethod(by_the_wall)),
        patch.object(Patience, "left_s", left_by_the_wall),
    ):
        yield
