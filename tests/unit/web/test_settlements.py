"""Nobody settles a case without knowing what moves."""

from dataclasses import replace

import pytest

from tests.unit.web.tower_sample import lift_report, open_case, snapshot
from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.machine import MachineSnapshot, MachineState
from vendtower.web.settlements import Answer, answers_of

RUNNING = snapshot()
HARMLESS = (Settlement.TRY_AGAIN, Settlement.CAR_IN_SLOT, Settlement.CAR_IN_BAY)


def only(case: Case, settlement: Settlement, machine: MachineSnapshot | None = RUNNING) -> Answer:
    [answer] = answers_of(replace(case, choices=(settlement,)), machine)
    return answer


@pytest.mark.parametrize("settlement", Settlement)
def test_every_answer_has_a_meaning(settlement: Settlement) -> None:
    answer = only(open_case(), settlement)
    assert answer.meaning
    assert answer.wants_slot == (settlement is Settlement.CAR_IN_SLOT)


@pytest.mark.parametrize("settlement", Settlement)
@pytest.mark.parametrize("held", [{"lift": 1}, {"lift": None, "bay": 2}])
def test_whatever_releases_something_may_move(
    settlement: Settlement, held: dict[str, int | None]
) -> None:
    case = replace(open_case(), **held)  # type: ignore[arg-type]  # fields by name
    answer = only(case, settlement)
    assert answer.may_move
    assert any("released" in line for line in answer.consequences)


@pytest.mark.parametrize("settlement", [Settlement.CONTINUE, Settlement.CUSTOMER_VERIFIED])
def test_what_sets_something_going_may_move(settlement: Settlement) -> None:
    assert only(replace(open_case(), lift=None), settlement).may_move


@pytest.mark.parametrize("settlement", HARMLESS)
def test_a_record_alone_moves_nothing_while_the_machine_runs(settlement: Settlement) -> None:
    answer = only(replace(open_case(), lift=None), settlement)
    assert not answer.may_move
    assert answer.consequences


@pytest.mark.parametrize("settlement", Settlement)
@pytest.mark.parametrize(
    "machine",
    [
        None,
        replace(RUNNING, state=MachineState.STOPPED),
        replace(RUNNING, state=MachineState.ABORTED),
        snapshot(replace(lift_report(), state=MachineState.STOPPED)),
    ],
)
def test_a_stopped_machine_may_move_after_any_answer_about_a_movement(
    settlement: Settlement, machine: MachineSnapshot | None
) -> None:
    answer = only(replace(open_case(), lift=1), settlement, machine)
    assert answer.may_move
    assert any("stop is reset" in line for line in answer.consequences)


def test_an_answer_about_a_person_resets_no_machine() -> None:
    stopped = replace(RUNNING, state=MachineState.STOPPED)
    answer = only(replace(open_case(), lift=None), Settlement.TRY_AGAIN, stopped)
    assert not any("reset" in line for line in answer.consequences)


@pytest.mark.parametrize(("machine", "now"), [(RUNNING, "1600 kg"), (None, "not known now")])
def test_whoever_vouches_for_a_weight_reads_the_figure(
    machine: MachineSnapshot | None, now: str
) -> None:
    if machine is not None:
        machine = replace(machine, bays={1: replace(machine.bays[1], weight_kg=1600)})
    case = replace(open_case(), kind=CaseKind.DROP_OFF, lift=None, bay=1)
    answer = only(case, Settlement.WEIGHT_IS_RIGHT, machine)
    assert f"(now: {now})" in answer.consequences[0]
    assert any("asked again" in line for line in answer.consequences)
    assert answer.may_move
