"""Per error of a job, what may be done about it: every code of the contract has its entry."""

import pytest

from firmware_bridge.meanings import DoneResult
from vendtower.domain.alarm_catalogue import Recovery
from vendtower.domain.case import Settlement
from vendtower.domain.job import Fate
from vendtower.domain.job_errors import (
    JOB_ERRORS,
    choices_after,
    error_of,
    job_error,
    refusal_after,
)
from vendtower.domain.places import Bay, OnLift, Place, Slot
from vendtower.domain.recovery import JournalSays, Ruling, SensorsSay, judge

CONTRACT = [each.name.lower() for each in DoneResult if each.name not in {"NONE", "DONE"}]
PLACES: list[Place | None] = [None, Slot(3), Bay(1), OnLift(1)]


def test_every_error_of_the_contract_and_no_other_has_an_entry() -> None:
    asked = {
        fate
        for fate in Fate
        for journal in JournalSays
        for sensors in SensorsSay
        if judge(journal, fate, sensors).ruling is Ruling.ASK
    }
    own = {fate.value for fate in asked - {Fate.FAILED, Fate.ABORTED}}
    assert set(JOB_ERRORS) == {*CONTRACT, *own}


@pytest.mark.parametrize("name", JOB_ERRORS)
def test_an_entry_says_what_to_do_and_lets_a_person_confirm(name: str) -> None:
    entry = job_error(name)
    assert entry.action.endswith(".")
    assert Recovery.CONFIRM_PHYSICAL_STATE in entry.recoveries


@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize("name", [*JOB_ERRORS, "99"])
def test_only_what_the_entry_allows_is_offered(name: str, place: Place | None) -> None:
    allowed, offered = set(job_error(name).recoveries), choices_after(name, place)
    resumes = bool(allowed & {Recovery.RETRY, Recovery.FIX_THEN_RESUME})
    assert (Settlement.CONTINUE in offered) == (resumes and place is not None)
    assert (Settlement.CAR_OUTSIDE in offered) == (Recovery.ABORT in allowed)
    assert {Settlement.CAR_IN_SLOT, Settlement.CAR_IN_BAY} <= set(offered)
    on_lift = isinstance(place, OnLift)
    # Wherever it was seen, a car can be said to stand where it does by the time somebody looks.
    assert (Settlement.CAR_ON_LIFT in offered) == (not (on_lift and resumes))


@pytest.mark.parametrize("name", ["load_mismatch", "place_state", "99"])
def test_nothing_is_repeated_that_would_fail_again(name: str) -> None:
    for place in PLACES:
        assert Settlement.CONTINUE not in choices_after(name, place)
    offered = choices_after(name, None)
    assert "car_in_slot" in refusal_after(name, Settlement.CONTINUE, offered)


def test_under_which_name_an_end_is_found() -> None:
    assert error_of(Fate.FAILED, "door_stuck") == "door_stuck"
    assert error_of(Fate.ABORTED, "abort_requested") == "abort_requested"
    assert error_of(Fate.LATE, "still running after 90 s") == "late"
    assert error_of(Fate.FINISHED, "") == "finished"
