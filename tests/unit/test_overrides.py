"""Overrides: two people, one hindrance of software's own, and an end."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import CountingChance, Watched, plc_alarm, watched
from vendtower.domain.hindrance import ImposedBy
from vendtower.domain.modes import Request
from vendtower.domain.override import Override, OverrideState, Person
from vendtower.flows.controls import ControlAnswer, NotDone
from vendtower.flows.overrides import OverrideDesk
from vendtower.flows.service import hindrances, standing_hindrances

FIRST, SECOND = Person("technician on duty", "tech"), Person("operator on duty", "oper")
FLOW = "flow board 1"


def why(answer: ControlAnswer) -> str:
    return answer.reason if isinstance(answer, NotDone) else ""


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path / "journal.sqlite") as tower:
        tower.tower.faults["board 1"] = "no such device"
        yield tower


@pytest.fixture
def desk(at: Watched) -> OverrideDesk:
    return OverrideDesk(at.tower)


async def test_two_people_lift_one_hindrance_until_its_end(at: Watched, desk: OverrideDesk) -> None:
    at.tower.book.boot_accepted = False
    assert len(hindrances(at.tower)) == 2
    assert not why(await desk.ask(FLOW, "board is in repair", 30, FIRST))
    assert len(hindrances(at.tower)) == 2, "lifted by one person alone"
    assert not why(await desk.confirm(1, SECOND))
    assert hindrances(at.tower) == ("the cloud has never accepted this tower",)
    await at.look()
    assert at.state("C65") == "unacknowledged"
    at.clock.now_s += 30 * 60 - 1
    await desk.look()
    assert len(hindrances(at.tower)) == 1
    at.clock.now_s += 2
    assert len(hindrances(at.tower)) == 2, "an override outlives its end"
    await desk.look()
    [over] = at.tower.book.facts(Override)
    assert (over.state, over.ended_by) == (OverrideState.ENDED, None)


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (Person(" Technician  on DUTY ", "oper"), "a second person"),
        (Person("operator on duty", "tech"), "both came from login tech"),
        (Person("operator on duty"), "from a login of their own"),
        (Person("", "oper"), "no name"),
    ],
)
async def test_one_person_is_not_two(desk: OverrideDesk, second: Person, said: str) -> None:
    await desk.ask(FLOW, "board is in repair", 30, FIRST)
    assert said in why(await desk.confirm(1, second))


async def test_logins_that_are_not_known_are_not_compared(desk: OverrideDesk) -> None:
    await desk.ask(FLOW, "board is in repair", 30, replace(FIRST, login=None))
    assert not why(await desk.confirm(1, replace(SECOND, login=None)))


async def test_nothing_of_the_machine_or_of_safety_is_lifted(
    at: Watched, desk: OverrideDesk
) -> None:
    at.plc.shown = replace(at.plc.shown, safety_faults=frozenset({"slack_rope"}))
    at.tower.faults["invariant (dispatch)"] = "two cars in one place"
    others = [
        each
        for each in standing_hindrances(at.tower, Request.CAR_MOVE)
        if each.imposed_by is not ImposedBy.SOFTWARE
    ]
    assert {each.key for each in others} >= {"safety slack_rope", "flow invariant (dispatch)"}
    for each in others:
        assert "nobody here can lift it" in why(await desk.ask(each.key, "x", 30, FIRST))
    assert "may be lifted: flow board 1" in why(await desk.ask("flow nothing", "x", 30, FIRST))


async def test_a_fatal_alarm_is_not_lifted(at: Watched, desk: OverrideDesk) -> None:
    at.plc_says(plc_alarm(0))
    await at.look()
    assert any("alarm P00" in text for text in hindrances(at.tower))
    assert "nobody here can lift it" in why(await desk.ask("fatal alarm", "x", 30, FIRST))


async def test_what_nobody_confirms_is_over(at: Watched, desk: OverrideDesk) -> None:
    await desk.ask(FLOW, "board is in repair", 60, FIRST)
    at.clock.now_s += 16 * 60
    await desk.look()
    assert "not asked" in why(await desk.confirm(1, SECOND))


async def test_it_survives_a_restart_and_is_ended_by_name(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with watched(path) as at:
        at.tower.faults["board 1"] = "no such device"
        desk = OverrideDesk(at.tower)
        await desk.ask(FLOW, "board is in repair", 30, FIRST)
        await desk.confirm(1, SECOND)
    async with watched(path) as after:
        after.tower.chance = CountingChance(100)
        after.tower.faults["board 1"] = "no such device"
        assert hindrances(after.tower) == ()
        assert not why(await OverrideDesk(after.tower).end(1, SECOND))
        assert hindrances(after.tower)
        [over] = after.tower.book.facts(Override)
        assert over.confirmed_by == over.ended_by == SECOND
        assert "not allowed" in why(await OverrideDesk(after.tower).end(1, SECOND))
