"""What has to agree before a lift may take a returned car: no witness counts alone."""

from dataclasses import replace

import pytest

from tests.unit.web.tower_sample import bay_report
from vendtower.domain.clearance import (
    STEADY_KG,
    WEIGHT_TOLERANCE_KG,
    Confirmation,
    Doubt,
    Stillness,
    doubt_about,
    evidence_of,
    vouching_hindrance,
)
from vendtower.domain.machine import BayActivity, BayReport, DoorState
from vendtower.domain.vehicle import may_weigh

KNOWN_KG = 1600
CLEAR = replace(bay_report(1), presence=True, weight_kg=KNOWN_KG, activity=BayActivity.READY)


def test_a_clear_bay_is_not_doubted() -> None:
    assert doubt_about(CLEAR, KNOWN_KG) is None
    assert len(evidence_of(CLEAR, KNOWN_KG)) >= 3


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ({"person_inside": True}, Doubt.PERSON_INSIDE),
        ({"estop_pressed": True}, Doubt.NOT_SEALED),
        ({"curtain_clear": False}, Doubt.NOT_SEALED),
        ({"outer_door": DoorState.OPENING}, Doubt.NOT_SEALED),
        ({"outer_locked": False}, Doubt.NOT_SEALED),
        ({"inner_door": DoorState.UNKNOWN}, Doubt.NOT_SEALED),
        ({"inner_locked": False}, Doubt.NOT_SEALED),
        ({"presence": False}, Doubt.SENSORS_DISAGREE),
        ({"weight_kg": KNOWN_KG + WEIGHT_TOLERANCE_KG + 1}, Doubt.WEIGHT_DIFFERS),
        ({"weight_kg": KNOWN_KG - WEIGHT_TOLERANCE_KG - 1}, Doubt.WEIGHT_DIFFERS),
        ({"weight_kg": 0}, Doubt.WEIGHT_DIFFERS),
        ({"weight_kg": 0, "presence": False}, Doubt.SENSORS_DISAGREE),
    ],
)
def test_any_one_witness_against_it_is_enough(change: dict[str, object], doubt: Doubt) -> None:
    bay: BayReport = replace(CLEAR, **change)  # type: ignore[arg-type]  # fields by name
    found = doubt_about(bay, KNOWN_KG)
    assert found is not None
    assert found[0] is doubt
    assert "bay 1" in found[1]
    assert Stillness(CLEAR).broken_by(bay, KNOWN_KG) == found[1]
    confirmed = Confirmation(Stillness(CLEAR), KNOWN_KG, 10.0, ())
    assert confirmed.lapsed(bay, 10.5, 60.0) == found[1]


@pytest.mark.parametrize("kg", [-WEIGHT_TOLERANCE_KG, 0, WEIGHT_TOLERANCE_KG])
def test_a_tank_of_fuel_is_no_doubt(kg: int) -> None:
    assert doubt_about(replace(CLEAR, weight_kg=KNOWN_KG + kg), KNOWN_KG) is None


def test_what_was_said_holds_while_nothing_changes() -> None:
    confirmed = Confirmation(Stillness(CLEAR), KNOWN_KG, 10.0, ())
    assert confirmed.lapsed(replace(CLEAR, weight_kg=KNOWN_KG + STEADY_KG), 69.0, 60.0) is None
    moved = confirmed.lapsed(replace(CLEAR, weight_kg=KNOWN_KG - STEADY_KG - 1), 11.0, 60.0)
    assert moved == "scale moved from 1600 kg to 1589 kg"
    old = confirmed.lapsed(CLEAR, 70.5, 60.0)
    assert old == "the confirmation is older than 60 s"
    unseen = confirmed.lapsed(None, 11.0, 60.0)
    assert unseen == "the sensors were out of sight for a while"
    other = confirmed.lapsed(replace(CLEAR, activity=BayActivity.MEASURING), 11.0, 60.0)
    assert other == "bay was ready and is measuring"


@pytest.mark.parametrize(
    ("papers_kg", "off_kg", "may"),
    [
        (800, 100, True),
        (800, 101, False),
        (1000, 100, True),
        (2000, 200, True),
        (2000, 201, False),
        (1600, 0, True),
    ],
)
def test_a_hundred_kilograms_or_a_tenth_is_still_the_same_car(
    papers_kg: int, off_kg: int, may: bool
) -> None:
    assert may_weigh(papers_kg + off_kg, papers_kg) is may
    assert may_weigh(papers_kg - off_kg, papers_kg) is may
    vouched = vouching_hindrance(replace(CLEAR, weight_kg=papers_kg + off_kg), papers_kg)
    assert (vouched is None) is may
    if vouched is not None:
        assert f"{papers_kg + off_kg} kg, the car's papers say {papers_kg} kg" in vouched


@pytest.mark.parametrize(
    "change",
    [
        {"person_inside": True},
        {"estop_pressed": True},
        {"curtain_clear": False},
        {"outer_locked": False},
        {"inner_door": DoorState.OPENING},
        {"presence": False},
        {"weight_kg": 0},
    ],
)
def test_a_word_for_the_weight_covers_nothing_else(change: dict[str, object]) -> None:
    heavier = replace(CLEAR, weight_kg=KNOWN_KG + 60)
    assert vouching_hindrance(heavier, KNOWN_KG) is None
    bay: BayReport = replace(heavier, **change)  # type: ignore[arg-type]  # fields by name
    assert vouching_hindrance(bay, KNOWN_KG) is not None
