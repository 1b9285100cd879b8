"""What the answers to a question about the ledger say before anybody gives one."""

from dataclasses import replace

import pytest

from tests.unit.web.test_settlements import only
from tests.unit.web.tower_sample import open_case
from vendtower.domain.case import CaseKind, Settlement
from vendtower.domain.places import Slot

CASE = replace(open_case(), kind=CaseKind.LEDGER, lift=None, job_id=None, places=(Slot(5),))


@pytest.mark.parametrize(
    ("settlement", "wants"),
    [
        (Settlement.PLACES_AGREE, set()),
        (Settlement.SENSOR_WRONG, set()),
        (Settlement.COMPARE_AGAIN, set()),
        (Settlement.CAR_OUTSIDE, set()),
        (Settlement.CAR_IN_SLOT, {"slot"}),
        (Settlement.CAR_IN_BAY, {"bay"}),
        (Settlement.CAR_IDENTIFIED, {"car"}),
    ],
)
def test_what_has_to_be_given_beside_it(settlement: Settlement, wants: set[str]) -> None:
    answer = only(CASE, settlement)
    given = {"slot": answer.wants_slot, "bay": answer.wants_bay, "car": answer.wants_car}
    assert {name for name, wanted in given.items() if wanted} == wants


def test_a_place_that_is_released_may_be_used_and_a_wrong_sensor_releases_none() -> None:
    assert only(CASE, Settlement.PLACES_AGREE).may_move
    assert "slot 5" in " ".join(only(CASE, Settlement.PLACES_AGREE).consequences)
    assert not only(CASE, Settlement.SENSOR_WRONG).may_move


def test_an_answer_about_a_place_resets_no_machine() -> None:
    held = replace(CASE, lift=1)
    assert not any("reset" in line for line in only(held, Settlement.PLACES_AGREE).consequences)
