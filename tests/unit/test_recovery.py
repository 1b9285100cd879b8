"""The recovery table: every combination of journal, PLC words and sensors."""

from dataclasses import replace
from itertools import product

import pytest

from tests.unit.web.tower_sample import lift_report, snapshot
from vendtower.domain.job import OPEN_JOB_STATES, Fate, Job, JobState, PlcMark, Verb
from vendtower.domain.machine import LoadState, MachineSnapshot
from vendtower.domain.places import Bay, OnLift, Place, Slot
from vendtower.domain.recovery import (
    AT_WORK,
    ENDED_BY_WORDS,
    SENSOR_WORDS,
    STILL_OPEN,
    JournalSays,
    Question,
    Ruling,
    SensorsSay,
    is_for_the_sensors,
    journal_says,
    judge,
    place_seen,
    sensors_say,
)

ALL = list(product(JournalSays, Fate, SensorsSay))
OPEN = [each for each in ALL if each[0] is not JournalSays.ENDED]

JOB = Job(
    job_id=5,
    mailbox=1,
    seq=2,
    verb=Verb.FETCH,
    source=Slot(3),
    destination=Bay(1),
    vin="VIN",
    expected_weight_kg=0,
    expected_height_mm=0,
    valid_s=2.0,
    deadline_s=30.0,
    correlation_id="c",
    before=PlcMark(1, 1, 0),
)


def rulings(ruling: Ruling) -> set[tuple[JournalSays, Fate, SensorsSay]]:
    return {each for each in ALL if judge(*each).ruling is ruling}


@pytest.mark.parametrize("combination", ALL, ids=lambda c: "-".join(part.value for part in c))
def test_every_combination_has_one_verdict(
    combination: tuple[JournalSays, Fate, SensorsSay],
) -> None:
    verdict = judge(*combination)
    assert (verdict.question is not None) == (verdict.ruling is Ruling.ASK)


def test_the_product_is_whole() -> None:
    assert len(ALL) == 4 * 13 * 9


def test_only_a_job_that_the_plc_has_is_followed() -> None:
    assert rulings(Ruling.FOLLOW) == {each for each in OPEN if each[1] in AT_WORK}


def test_a_car_has_arrived_only_by_two_unlike_witnesses() -> None:
    agreeing = {SensorsSay.AT_DESTINATION, SensorsSay.NO_CAR}
    assert rulings(Ruling.ARRIVED) == {
        each for each in OPEN if each[1] is Fate.FINISHED and each[2] in agreeing
    }


def test_a_new_job_is_free_only_where_three_witnesses_have_nothing_begun() -> None:
    agreeing = {SensorsSay.AT_SOURCE, SensorsSay.AT_SOURCE_AT_LEAST, SensorsSay.NO_CAR}
    assert rulings(Ruling.NOT_BEGUN) == {
        each
        for each in OPEN
        if each[0] is JournalSays.ASKED
        and each[1] in {Fate.NEVER_TAKEN, Fate.REFUSED}
        and each[2] in agreeing
    }


def test_waiting_ends() -> None:
    """Only what will say more is waited for: the PLC's words, or sensors that are not read."""
    for _, plc, sensors in rulings(Ruling.LOOK_AGAIN):
        assert plc in {Fate.UNHEARD, Fate.PENDING} or sensors is SensorsSay.UNREAD


def test_a_motion_that_was_broken_off_goes_to_a_person_wherever_the_car_is_seen() -> None:
    broken = {Fate.ABORTED, Fate.FAILED, Fate.RESTARTED, Fate.UNKNOWN, Fate.LATE}
    for journal, plc, sensors in OPEN:
        if plc in broken:
            assert judge(journal, plc, sensors).ruling is Ruling.ASK


def test_a_contradiction_goes_to_a_person_although_the_car_seems_in_place() -> None:
    for journal in (JournalSays.ACCEPTED, JournalSays.ACTIVE):
        for plc in (Fate.NEVER_TAKEN, Fate.REFUSED):
            assert judge(journal, plc, SensorsSay.AT_SOURCE).question is Question.CONTRADICTED


def test_an_ended_job_asks_nothing() -> None:
    assert all(judge(*each).ruling is Ruling.CLOSED for each in ALL if each not in OPEN)


def test_every_question_is_asked_somewhere_and_every_ruling_given() -> None:
    verdicts = {judge(*each) for each in ALL}
    assert {verdict.question for verdict in verdicts} == {*Question, None}
    assert {verdict.ruling for verdict in verdicts} == set(Ruling)
    assert set(SENSOR_WORDS) == set(SensorsSay)


def test_words_that_end_a_job_and_words_that_do_not() -> None:
    for journal, plc in product(set(JournalSays) - {JournalSays.ENDED}, Fate):
        open_for_all = all(judge(journal, plc, s).ruling in STILL_OPEN for s in SensorsSay)
        assert open_for_all == (plc not in ENDED_BY_WORDS)
        sensors_matter = plc in {Fate.FINISHED, Fate.NEVER_TAKEN, Fate.REFUSED}
        contradicted = journal is not JournalSays.ASKED and plc is not Fate.FINISHED
        assert is_for_the_sensors(journal, plc) == (sensors_matter and not contradicted)


def test_what_the_journal_says() -> None:
    said = {state: journal_says(replace(JOB, state=state)) for state in JobState}
    open_ = {state: says for state, says in said.items() if says is not JournalSays.ENDED}
    assert open_ == {
        JobState.PLANNED: JournalSays.ASKED,
        JobState.ACCEPTED: JournalSays.ACCEPTED,
        JobState.STARTED: JournalSays.ACTIVE,
    }
    assert set(open_) == OPEN_JOB_STATES


def machine(*, slot: bool, lift: LoadState, presence: bool, weight_kg: int) -> MachineSnapshot:
    shown = snapshot(replace(lift_report(), load=lift))
    bay = replace(shown.bays[1], presence=presence, weight_kg=weight_kg)
    return replace(
        shown,
        bays={**shown.bays, 1: bay},
        occupied_slots=frozenset({3} if slot else ()),
        doubtful_slots=frozenset(),
    )


EMPTY, CAR = LoadState.EMPTY, LoadState.CAR


@pytest.mark.parametrize(
    ("slot", "lift", "presence", "weight_kg", "says", "place"),
    [
        (True, EMPTY, False, 0, SensorsSay.AT_SOURCE, Slot(3)),
        (False, CAR, False, 0, SensorsSay.ON_LIFT, OnLift(1)),
        (False, LoadState.SHIFTED, False, 0, SensorsSay.ON_LIFT, OnLift(1)),
        (False, EMPTY, True, 1800, SensorsSay.AT_DESTINATION, Bay(1)),
        (False, EMPTY, False, 0, SensorsSay.NOWHERE, None),
        (True, CAR, False, 0, SensorsSay.SEVERAL, None),
        (True, EMPTY, True, 1800, SensorsSay.AT_SOURCE_AT_LEAST, None),
        (True, EMPTY, True, 0, SensorsSay.AT_SOURCE_AT_LEAST, None),
        (False, CAR, True, 1800, SensorsSay.SEVERAL, None),
        (False, EMPTY, True, 0, SensorsSay.IN_DOUBT, None),
        (True, LoadState.UNKNOWN, False, 0, SensorsSay.IN_DOUBT, None),
    ],
)
def test_what_the_sensors_say(
    *,
    slot: bool,
    lift: LoadState,
    presence: bool,
    weight_kg: int,
    says: SensorsSay,
    place: Place | None,
) -> None:
    seen = sensors_say(JOB, machine(slot=slot, lift=lift, presence=presence, weight_kg=weight_kg))
    assert seen is says
    assert place_seen(JOB, seen) == place


def test_sensors_of_a_doubtful_slot_unread_and_not_asked() -> None:
    shown = machine(slot=True, lift=EMPTY, presence=False, weight_kg=0)
    assert sensors_say(JOB, replace(shown, doubtful_slots=frozenset({3}))) is SensorsSay.IN_DOUBT
    assert sensors_say(JOB, None) is SensorsSay.UNREAD
    assert sensors_say(replace(JOB, vin=None), None) is SensorsSay.NO_CAR


def test_a_car_that_is_brought_on_from_the_lift_is_at_its_source_there() -> None:
    on = replace(JOB, source=OnLift(1))
    seen = sensors_say(on, machine(slot=False, lift=CAR, presence=False, weight_kg=0))
    assert (seen, place_seen(on, seen)) == (SensorsSay.AT_SOURCE, OnLift(1))
