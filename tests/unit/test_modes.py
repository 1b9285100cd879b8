"""The whole table of modes against every entry point, and the page that is made from it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import NOON, Watched, watched
from tests.unit.journal.records import reservation
from vendtower.daemon.modes_document import document
from vendtower.domain.alarm import AlarmKey
from vendtower.domain.case import Settlement
from vendtower.domain.job import Verb
from vendtower.domain.jog import JogAxis
from vendtower.domain.machine import MachineCommand
from vendtower.domain.maintenance import MaintenanceSession
from vendtower.domain.modes import (
    CHOSEN_BY_PEOPLE,
    MODE_TABLE,
    PLC_MODES,
    ModeChoice,
    OperatingMode,
    Request,
    refusal,
)
from vendtower.domain.override import Person
from vendtower.domain.places import Slot
from vendtower.flows import dispatch, doors, dropoff_flow, mode_change, modes, service, windows
from vendtower.flows.case_answers import Particulars
from vendtower.flows.controls import AcknowledgeAlarm, ControlAnswer, NotDone
from vendtower.flows.desk_controls import DeskControls
from vendtower.flows.intake import NotAdmitted, admit
from vendtower.flows.jog import JogDesk
from vendtower.flows.machine_desk import MachineDesk
from vendtower.flows.mode_change import NotNow
from vendtower.flows.overrides import OverrideDesk
from vendtower.flows.picture import draw
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change

PAGE = Path(__file__).parents[2] / "docs" / "modes.md"
BY = "technician on duty"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock here is moved by hand: nobody waits for the PLC to follow."""
    monkeypatch.setattr(mode_change, "PLC_FOLLOWS_S", 0.0)


def why(answer: ControlAnswer) -> str:
    return answer.reason if isinstance(answer, NotDone) else ""


async def of_admit(tower: Tower) -> str:
    try:
        await admit(tower, "NOBODY", 1, None, BY)
    except NotAdmitted as refused:
        return str(refused)
    return ""


async def of_door(tower: Tower, request: Request) -> str:
    return await doors.ask_once(
        tower, 1, doors.OPENED, lambda _bay: "the door stays", request=request
    )


async def of_order(tower: Tower, *, home: bool) -> str:
    """The dispatcher itself, asked behind the desk's back."""
    dispatcher = dispatch.Dispatcher(tower)
    desk = MachineDesk(tower)
    asked = desk.home_lift(7, BY) if home else desk.move_car("NOBODY", Slot(1), BY)
    return await _answered(dispatcher, tower, asked)


async def _answered(
    dispatcher: dispatch.Dispatcher, tower: Tower, asked: Awaitable[ControlAnswer]
) -> str:
    async def serve() -> None:
        await dispatcher.dispatch()

    running = asyncio.create_task(serve())
    try:
        return why(await asked)
    finally:
        running.cancel()


async def of_jog(tower: Tower) -> str:
    try:
        await JogDesk(tower).begin(1, JogAxis.HOIST, True, BY)
    except NotNow as refused:
        return str(refused)
    return ""


async def of_override(tower: Tower) -> str:
    return why(await OverrideDesk(tower).ask("nothing", "x", 1, Person(BY)))


async def said(*reasons: str) -> str:
    return "; ".join(reasons)


def latched(tower: Tower) -> str:
    return modes.refusal(tower, Request.FAULT_RESET) or ""


async def _desk(tower: Tower, ask: Callable[[MachineDesk], Awaitable[ControlAnswer]]) -> str:
    return why(await ask(MachineDesk(tower)))


async def _settle(tower: Tower) -> str:
    return why(
        await DeskControls(tower).settle_case(99, Settlement.CONTINUE, BY, "", Particulars())
    )


async def _stock(tower: Tower) -> str:
    return why(await DeskControls(tower).load_stock([], BY))


async def _alarm(tower: Tower) -> str:
    return why(await DeskControls(tower).ask_of_alarm(AcknowledgeAlarm(AlarmKey("P00")), BY))


ENTRY_POINTS: dict[Request, Callable[[Tower], Awaitable[str]]] = {
    Request.CHECK_IN: lambda t: said(*draw(t).out_of_service_why),
    Request.HAND_OVER: lambda t: of_door(t, Request.HAND_OVER),
    Request.ADMIT_CAR: of_admit,
    Request.DRIVE_IN: lambda t: said(dropoff_flow.why_not_free(t, 1) or ""),
    Request.CAR_MOVE: lambda t: said(*service.hindrances(t)),
    Request.HOME_BY_ITSELF: lambda t: said(*service.hindrances(t, Request.HOME_BY_ITSELF)),
    Request.DOOR_BY_ITSELF: lambda t: of_door(t, Request.DOOR_BY_ITSELF),
    Request.STAFF_MOVE: lambda t: of_order(t, home=False),
    Request.STAFF_HOME: lambda t: of_order(t, home=True),
    Request.STAFF_DOOR: lambda t: _desk(t, lambda d: d.drive_door(99, Verb.OPEN_OUTER_DOOR, BY)),
    Request.JOG: of_jog,
    Request.OVERRIDE: of_override,
    Request.FAULT_RESET: lambda t: said(latched(t)),
    Request.MACHINE_RESET: lambda t: _desk(t, lambda d: d.command(MachineCommand.RESET, BY)),
    Request.MACHINE_RESUME: lambda t: _desk(t, lambda d: d.command(MachineCommand.START, BY)),
    Request.MACHINE_STOP: lambda t: _desk(t, lambda d: d.command(MachineCommand.STOP, BY)),
    Request.SETTLE_CASE: _settle,
    Request.LOAD_STOCK: _stock,
    Request.ALARM: _alarm,
    Request.CHANGE_MODE: lambda t: _desk(t, lambda d: d.change_mode(OperatingMode.MANUAL, BY)),
    Request.MAINTENANCE: lambda t: _desk(t, lambda d: d.end_maintenance("", "")),
}
NOT_ASKED = {Request.RESERVATION: "moves nothing and is taken in every mode"}


async def put_into(at: Watched, mode: OperatingMode) -> None:
    """As a person would have left it, the PLC in the mode that goes with it."""
    at.tower.recovered = mode is not OperatingMode.START_UP
    if mode is not OperatingMode.START_UP:
        chosen = ModeChoice(mode, BY, NOON)
        await at.tower.book.record(lambda: Change(standing=(chosen,)))
    plc_mode = PLC_MODES[mode]
    if plc_mode is not None:
        at.plc.shown = replace(at.plc.shown, mode=plc_mode)


@pytest.mark.parametrize("request_", ENTRY_POINTS, ids=lambda each: each.name)
@pytest.mark.parametrize("mode", OperatingMode, ids=lambda each: each.name)
async def test_every_mode_against_every_entry_point(
    mode: OperatingMode, request_: Request, tmp_path: Path
) -> None:
    async with watched(tmp_path / "journal.sqlite") as at:
        await put_into(at, mode)
        reason = await ENTRY_POINTS[request_](at.tower)
        refused = refusal(mode, request_)
        assert (refused is None) is (mode in MODE_TABLE[request_])
        if refused is None:
            assert f"{request_.value}: " not in reason
        else:
            assert refused in reason


def test_every_request_has_its_row_and_its_entry_point() -> None:
    assert set(MODE_TABLE) == set(Request)
    wired = {*ENTRY_POINTS, *NOT_ASKED, *LATER}
    assert wired == set(Request)
    assert MODE_TABLE[Request.RESERVATION] == frozenset(OperatingMode)


LATER: set[Request] = set()


def test_nothing_moves_by_itself_but_in_automatic() -> None:
    by_itself = {
        Request.CAR_MOVE,
        Request.HOME_BY_ITSELF,
        Request.DOOR_BY_ITSELF,
        Request.HAND_OVER,
        Request.DRIVE_IN,
    }
    for request in by_itself:
        assert MODE_TABLE[request] == {OperatingMode.AUTOMATIC}


def test_a_stop_is_taken_in_every_mode() -> None:
    assert MODE_TABLE[Request.MACHINE_STOP] == frozenset(OperatingMode)


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), (
        "run python -m vendtower.daemon.modes_document > docs/modes.md"
    )


async def test_the_plc_in_another_mode_is_a_hindrance(tmp_path: Path) -> None:
    async with watched(tmp_path / "journal.sqlite") as at:
        for mode in CHOSEN_BY_PEOPLE:
            await put_into(at, mode)
            others = {other for other in PLC_MODES.values() if other not in {None, PLC_MODES[mode]}}
            for other in others:
                assert other is not None
                at.plc.shown = replace(at.plc.shown, mode=other)
                assert any("machine mode is" in why for why in service.hindrances(at.tower))


async def test_a_mode_survives_a_restart_and_start_up_goes_before_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with watched(path) as at:
        await put_into(at, OperatingMode.MANUAL)
    async with watched(path) as after:
        assert modes.operating_mode(after.tower) is OperatingMode.MANUAL
        after.tower.recovered = False
        assert modes.operating_mode(after.tower) is OperatingMode.START_UP


async def test_a_session_keeps_automatic_away_and_is_ended_by_name(tmp_path: Path) -> None:
    async with watched(tmp_path / "journal.sqlite") as at:
        desk = MachineDesk(at.tower)
        assert "session" in why(await desk.change_mode(OperatingMode.MAINTENANCE, BY))
        assert why(await desk.begin_maintenance(BY, "rope", 30)) == ""
        assert modes.operating_mode(at.tower) is OperatingMode.MAINTENANCE
        assert "runs already" in why(await desk.begin_maintenance("operator on duty", "x", 5))
        assert "is not over" in why(await desk.change_mode(OperatingMode.AUTOMATIC, BY))
        assert why(await desk.change_mode(OperatingMode.SEMI_AUTOMATIC, BY)) == ""
        assert "no name" in why(await desk.end_maintenance(" ", ""))
        assert why(await desk.end_maintenance("operator on duty", "done")) == ""
        assert modes.operating_mode(at.tower) is OperatingMode.AUTOMATIC
        [session] = at.tower.book.facts(MaintenanceSession)
        assert (session.holder, session.ended_by) == (BY, "operator on duty")
        assert "no maintenance session runs" in why(await desk.end_maintenance(BY, ""))


async def test_a_session_that_lasts_too_long_is_an_alarm(tmp_path: Path) -> None:
    async with watched(tmp_path / "journal.sqlite") as at:
        await MachineDesk(at.tower).begin_maintenance(BY, "rope", 1)
        await at.look()
        assert at.state("C60") == "normal"
        await at.look(61.0)
        assert at.state("C60") == "unacknowledged"
        await MachineDesk(at.tower).end_maintenance(BY, "")
        await at.last(2.0)
        assert at.state("C60") != "unacknowledged"


def test_overlap_of_a_session_with_a_window() -> None:
    session = MaintenanceSession(
        number=1,
        holder=BY,
        reason="rope",
        began_utc=NOON,
        planned_end_utc=NOON + timedelta(hours=1),
        mode_before=OperatingMode.AUTOMATIC,
        ended_utc=NOON + timedelta(minutes=30),
    )
    hour = timedelta(hours=1)
    within = [
        session.within(NOON - hour, NOON + hour, NOON + hour),
        session.within(NOON + timedelta(minutes=20), NOON + hour, NOON + hour),
        session.within(NOON + hour, NOON + 2 * hour, NOON + hour),
        session.within(NOON - hour, NOON, NOON + hour),
    ]
    assert [each.total_seconds() / 60 for each in within] == [30, 10, 0, 0]


async def test_what_maintenance_took_of_a_window_is_given_back(tmp_path: Path) -> None:
    async with watched(tmp_path / "journal.sqlite") as at:
        tower, grace = at.tower, timedelta(seconds=at.tower.site.policies.late_s)
        booked = replace(reservation("R-1"), starts_at=NOON, ends_at=NOON + timedelta(hours=1))
        assert windows.closes_at(tower, booked) == booked.ends_at + grace
        desk = MachineDesk(tower)
        await desk.begin_maintenance(BY, "rope", 30)
        at.clock.now_s += 7200
        assert windows.closes_at(tower, booked) is None, "a window closes during maintenance"
        await desk.end_maintenance(BY, "")
        closes = windows.closes_at(tower, booked)
        assert closes is not None
        # The session had begun with the window: all of it is given back.
        assert closes == booked.ends_at + grace + min(
            timedelta(hours=2), booked.ends_at + grace - NOON
        )
