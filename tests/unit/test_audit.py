"""The audit's findings, place by place."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.unit.web.tower_sample import car, lift_report, snapshot
from vendtower.domain.audit import Audit, Finding, PlaceAudit, audited, unsettled_cars
from vendtower.domain.ledger import Ledger
from vendtower.domain.ledger_check import Contradiction, difference_at, disagreements
from vendtower.domain.machine import LoadState, MachineSnapshot
from vendtower.domain.places import Bay, OnLift, Place, Slot, Unsettled

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
SLOTS = (1, 2, 3, 4)
LEDGER = Ledger([car(1, Slot(1)), car(2, Slot(2)), car(3, Bay(2)), car(4, Unsettled())])


def machine() -> MachineSnapshot:
    """Slot 1 agrees, slot 2 is missing its car, slot 3 has one nobody knows, slot 4 doubts."""
    shown = snapshot(lift_report(load=LoadState.CAR))
    bay = replace(shown.bays[2], presence=True, weight_kg=1800)
    return replace(
        shown,
        bays={**shown.bays, 2: bay},
        occupied_slots=frozenset({1, 3}),
        doubtful_slots=frozenset({4}),
    )


def found(**more: dict[Place, str]) -> dict[Place, PlaceAudit]:
    given: dict[str, dict[Place, str]] = {"in_question": {}, "in_use": {}, **more}
    places = audited(
        LEDGER, machine(), SLOTS, in_question=given["in_question"], in_use=given["in_use"]
    )
    return {each.place: each for each in places}


EXPECTED: dict[Place, tuple[Finding, str | None, bool | None]] = {
    Slot(1): (Finding.AGREES, car(1, Slot(1)).vehicle.vin, True),
    Slot(2): (Finding.CAR_MISSING, car(2, Slot(2)).vehicle.vin, False),
    Slot(3): (Finding.UNKNOWN_CAR, None, True),
    Slot(4): (Finding.IN_DOUBT, None, None),
    Bay(1): (Finding.AGREES, None, False),
    Bay(2): (Finding.AGREES, car(3, Bay(2)).vehicle.vin, True),
    OnLift(1): (Finding.UNKNOWN_CAR, None, True),
}


def test_every_place_is_found_as_it_is() -> None:
    seen = {place: (each.finding, each.vin, each.seen) for place, each in found().items()}
    assert seen == EXPECTED
    assert found()[Slot(2)].words.startswith("slot 2: the ledger has car")
    assert found()[Slot(1)].words == ""


@pytest.mark.parametrize("place", EXPECTED)
def test_what_is_asked_about_or_in_use_is_not_judged(place: Place) -> None:
    asked = found(in_question={place: "case 7 is open"})[place]
    used = found(in_use={place: "an open job touches it"})[place]
    assert asked.finding is Finding.IN_QUESTION
    assert asked.words.startswith("case 7 is open")
    assert (used.finding, used.words) == (Finding.NOT_JUDGED, "an open job touches it")
    both = found(in_question={place: "case 7 is open"}, in_use={place: "a job"})[place]
    assert both.finding is Finding.IN_QUESTION


@pytest.mark.parametrize("finding", Finding)
def test_only_places_that_agree_or_are_in_use_are_sound(finding: Finding) -> None:
    place = PlaceAudit(Slot(1), None, False, finding, "")
    assert Audit(NOON, (place,), ()).sound == (finding in {Finding.AGREES, Finding.NOT_JUDGED})


def test_a_car_nobody_can_find_and_sensors_nobody_can_read_are_not_sound() -> None:
    assert unsettled_cars(LEDGER) == (car(4, Unsettled()).vehicle.vin,)
    assert Audit(NOON, (), ()).sound
    assert not Audit(NOON, (), ("VIN",)).sound
    assert not Audit(NOON, (), (), "the line is down").sound


def test_differences_are_the_sentences_that_hold_places() -> None:
    told = disagreements(LEDGER, machine(), SLOTS, {Slot(3)})
    assert set(told) == {Slot(2), Slot(4), OnLift(1)}
    difference = difference_at(LEDGER, machine(), Slot(3))
    assert difference is not None
    assert difference.contradiction is Contradiction.UNKNOWN_CAR
    assert difference_at(LEDGER, machine(), Slot(1)) is None
