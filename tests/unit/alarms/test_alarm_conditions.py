"""Each of the controller's own conditions, made true and made false again."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import NOON, Watched, quiet_machine, watched
from tests.unit.journal.records import vehicle
from tests.unit.web.tower_sample import bay_report, lift_report
from vendtower.daemon.board_signals import hear_board
from vendtower.domain.alarm import AlarmKey
from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.dropoff import Dropoff, DropoffState
from vendtower.domain.identity import CaptureHint
from vendtower.domain.job import Job, JobState, PlcMark, Verb
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.machine import LinkState, LoadState, PcLink, PlcLink
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.places import Bay, Slot
from vendtower.domain.travel_time import order_limit_s
from vendtower.flows.desk_controls import DeskControls
from vendtower.ports.clock import ClockQuality
from vendtower.ports.journal import Change
from vendtower.ports.kiosk_board import BoardEvent, BoardLink, KioskSignals, Tampered
from vendtower.ports.screens import KioskPhase

CAR = LedgerLine(vehicle("VIN1"), Slot(9))


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path / "journal.sqlite") as tower:
        await tower.look()
        yield tower


def with_cars(at: Watched, *slots: int) -> None:
    at.plc.shown = replace(quiet_machine(), occupied_slots=frozenset(slots))


async def record(at: Watched, change: Change) -> None:
    await at.tower.book.record(lambda: change)


async def test_a_plc_of_another_site(at: Watched) -> None:
    at.plc.link = PlcLink(LinkState.READ_ONLY, "site 7, expected 3")
    await at.look(0.2)
    assert at.state("C02") == "unacknowledged"
    assert at.state("C01") == "normal"


async def test_machine_data_that_is_old(at: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(at.plc), "read_at_s", at.clock.now_s - 5.0)
    await at.last(3.0)
    assert at.codes() == {"C03"}


async def test_a_link_that_the_plc_holds_against_us(at: Watched) -> None:
    at.plc.shown = replace(at.plc.shown, pc_link=PcLink.LOST)
    await at.last(9.0)
    assert at.state("C04") == "normal"
    await at.last(2.0)
    assert at.state("C04") == "unacknowledged"


async def test_a_cloud_that_is_away_and_one_that_refuses(at: Watched) -> None:
    at.tower.cloud_reachable, at.tower.cloud_note = False, "connection refused"
    await at.last(299.0, 10.0)
    assert at.codes() == set()
    await at.last(20.0, 10.0)
    assert at.codes() == {"C10"}
    at.tower.alarm_facts.cloud_refusal = "cloud: HTTP status 401"
    await at.last(20.0, 1.0)
    assert at.state("C11") == "unacknowledged"
    assert at.state("C10") == "returned"


async def test_faces_that_cannot_be_verified(at: Watched) -> None:
    await at.tower.identity.close()  # type: ignore[attr-defined]  # the scripted one has a life
    await at.last(25.0)
    assert at.codes() == {"C20"}


async def test_a_camera_is_known_from_check_ins(at: Watched) -> None:
    kiosk = at.tower.kiosks[2]
    kiosk.phase, kiosk.hint = KioskPhase.CHECKING_IN, CaptureHint.CAMERA_UNAVAILABLE
    await at.last(2.0)
    assert at.state("C21", "kiosk 2") == "unacknowledged"
    for hint in (None, CaptureHint.SHOW_CODE_OR_FACE):
        kiosk.hint = hint
        await at.last(10.0)
        assert at.state("C21", "kiosk 2") == "unacknowledged"
    kiosk.hint = CaptureHint.HOLD_STILL
    await at.last(6.0)
    assert at.state("C21", "kiosk 2") == "returned"
    kiosk.hint = CaptureHint.CAMERA_UNAVAILABLE
    await at.last(2.0)
    kiosk.phase, kiosk.hint = KioskPhase.VERIFYING, None
    await at.last(6.0)
    assert at.state("C21", "kiosk 2") == "returned"
    kiosk.phase, kiosk.hint = KioskPhase.CHECKING_IN, CaptureHint.CAMERA_UNAVAILABLE
    await at.last(2.0)
    kiosk.phase, kiosk.hint = KioskPhase.STAFF_ROUTE, None
    await at.last(6.0)
    assert at.state("C21", "kiosk 2") == "unacknowledged", "a typed code proves no camera"
    at.tower.alarm_facts.cameras_seen.add(2)
    await at.last(6.0)
    assert at.state("C21", "kiosk 2") == "returned"


class OneBoard:
    """Reports what the test has lined up, then ends the listening."""

    def __init__(self, *events: BoardEvent) -> None:
        self._events = list(events)

    async def show(self, signals: KioskSignals) -> None:
        raise AssertionError(f"nobody shows {signals} here")

    async def next_event(self) -> BoardEvent:
        if not self._events:
            raise EOFError
        return self._events.pop(0)


async def hear(at: Watched, *events: BoardEvent) -> None:
    with pytest.raises(EOFError):
        await hear_board(at.tower, DeskControls(at.tower), OneBoard(*events))


async def test_a_board_that_is_lost_and_found(at: Watched) -> None:
    await hear(at, BoardLink(1, up=False, reason="no answer"))
    await at.last(6.0)
    assert at.state("C22", "kiosk 1") == "unacknowledged"
    await hear(at, BoardLink(1, up=True))
    await at.last(3.0)
    assert at.state("C22", "kiosk 1") == "returned"


async def test_a_kiosk_that_was_opened_stands_until_somebody_has_looked(at: Watched) -> None:
    await hear(at, Tampered(2))
    await at.last(2.0)
    assert at.state("C23", "kiosk 2") == "latched"


async def test_a_call_button(at: Watched) -> None:
    at.plc.shown = replace(
        at.plc.shown, bays={**at.plc.shown.bays, 2: replace(bay_report(2), call_pressed=True)}
    )
    await at.look(0.2)
    assert at.state("C24", "bay 2") == "unacknowledged"


async def test_the_computer(at: Watched) -> None:
    at.host.free_bytes, at.clock.believed = 10**8, ClockQuality.UNSYNCHRONIZED
    await at.last(15.0, 1.0)
    assert at.codes() == {"C31"}
    await at.last(310.0, 10.0)
    assert at.codes() == {"C31", "C32"}
    at.host.free_bytes, at.clock.believed = None, ClockQuality.UNKNOWN
    await at.last(80.0, 1.0)
    assert {at.state("C31"), at.state("C32")} == {"returned"}


async def test_flows_and_invariants(at: Watched) -> None:
    at.tower.faults |= {
        "dispatch": "ValueError: odd",
        "invariant (dispatch)": "InvariantBroken: two cars",
        "stop": "the daemon was asked to stop",
    }
    await at.look(0.2)
    assert at.state("C33", "flow dispatch") == "unacknowledged"
    assert at.state("C34", "dispatch") == "unacknowledged"
    assert at.codes() == {"C33", "C34"}


async def test_ledger_and_sensors_disagree_at_a_place(at: Watched) -> None:
    with_cars(at, 12)
    await at.last(11.0)
    found = at.alarm("C40", "slot 12")
    assert found is not None
    assert found.text == "slot 12: the sensors see a car, the ledger has none there"
    with_cars(at)
    await at.last(3.0)
    assert at.state("C40", "slot 12") == "returned"


async def test_a_ledger_that_is_not_filled_in_is_one_alarm(at: Watched) -> None:
    with_cars(at, *range(1, 31))
    await at.last(11.0)
    assert [(alarm.code, alarm.source) for alarm in at.tower.alarms] == [("C40", "tower")]
    text = at.tower.alarms[0].text
    assert text.startswith("more than 5 places; for instance slot 1: the sensors see a car")
    assert len(text) <= 400
    with_cars(at, 1, 2)
    await at.last(12.0)
    assert at.state("C40", "tower") == "returned"
    assert at.state("C40", "slot 2") == "unacknowledged"


def job(at: Watched) -> Job:
    return Job(
        job_id=1,
        mailbox=1,
        seq=1,
        verb=Verb.FETCH,
        source=Slot(9),
        destination=Bay(1),
        vin="VIN1",
        expected_weight_kg=1800,
        expected_height_mm=1500,
        valid_s=2.0,
        deadline_s=60.0,
        correlation_id="v-1",
        before=PlcMark(at.plc.shown.boot_id, 0, 0),
        state=JobState.STARTED,
    )


async def test_a_job_that_does_not_end(at: Watched) -> None:
    await record(at, Change(jobs=(job(at),), ledger=(CAR,)))
    await at.last(59.0, 1.0)
    assert at.codes() == set(), "a lift under way is neither late nor stranded"
    await at.last(5.0, 1.0)
    assert at.state("C41", "lift 1") == "unacknowledged"
    await record(at, Change(jobs=(job(at).become(JobState.DONE),), ledger=(CAR,)))
    with_cars(at, 9)
    await at.last(2.0)
    assert at.state("C41", "lift 1") == "returned"


@pytest.mark.parametrize(
    ("kind", "code", "source"),
    [
        (CaseKind.MOVEMENT, "C42", "lift 1"),
        (CaseKind.HAND_OVER, "C43", "bay 2"),
        (CaseKind.DROP_OFF, "C43", "bay 2"),
    ],
)
async def test_open_cases(at: Watched, kind: CaseKind, code: str, source: str) -> None:
    case = Case(1, kind, "Where?", (Settlement.CONTINUE,), NOON, "c", lift=1, bay=2)
    await record(at, Change(cases=(case,)))
    await at.look(0.2)
    assert at.state(code, source) == "unacknowledged"
    await record(at, Change(cases=(replace(case, settlement=Settlement.CONTINUE),)))
    await at.last(1.5)
    assert at.state(code, source) == "returned"


async def test_a_question_about_a_customer_is_no_alarm(at: Watched) -> None:
    case = Case(1, CaseKind.IDENTITY, "Who?", (Settlement.TRY_AGAIN,), NOON, "c")
    await record(at, Change(cases=(case,)))
    await at.last(2.0)
    assert at.codes() == set()


def waiting_visit(at: Watched) -> Visit:
    return Visit(
        "v-1",
        "R-1",
        "VIN1",
        VisitState.VERIFIED,
        bay=1,
        arrived_utc=NOON,
        arrived_monotonic_s=at.clock.now_s,
    )


async def test_an_order_beside_an_idle_lift_and_then_overdue(at: Watched) -> None:
    with_cars(at, 9)
    await record(at, Change(visits=(waiting_visit(at),), ledger=(CAR,)))
    await at.last(15.0, 1.0)
    assert at.codes() == set()
    await at.last(10.0, 1.0)
    assert at.codes() == {"C45"}
    limit_s = order_limit_s(at.tower.site, 1)
    await at.last(limit_s - 20.0, 5.0)
    assert at.state("C44", "bay 1") == "unacknowledged"
    delivered = replace(CAR, where=Bay(1))
    await record(at, Change(ledger=(delivered,)))
    in_bay = replace(bay_report(1), presence=True, weight_kg=1800)
    at.plc.shown = replace(quiet_machine(), bays={1: in_bay, 2: bay_report(2)})
    await at.last(3.0)
    assert {at.state("C44", "bay 1"), at.state("C45", "bay 1")} == {"returned"}


async def test_an_order_beside_lifts_that_take_no_job(at: Watched) -> None:
    with_cars(at, 9)
    ready = at.plc.shown.lifts[1]
    at.plc.shown = replace(
        at.plc.shown, lifts={1: replace(ready, ready=False, inhibits=frozenset({"drive_fault"}))}
    )
    await record(at, Change(visits=(waiting_visit(at),), ledger=(CAR,)))
    await at.last(15.0, 1.0)
    assert at.codes() == set()
    await at.last(10.0, 1.0)
    assert at.codes() == {"C45"}
    text = at.tower.book.alarms[AlarmKey("C45", "bay 1")].text
    assert text.endswith("while lift 1 takes no job (drive_fault)")
    at.plc.shown = replace(at.plc.shown, lifts={1: replace(ready, ready=False, standstill=False)})
    await at.last(3.0)
    assert at.state("C45", "bay 1") == "returned"


async def test_a_car_in_a_bay_beside_lifts_that_take_no_job(at: Watched) -> None:
    """The drop-off that is cleared and never fetched: staff are told, and not asked alone."""
    parked = Dropoff("d-1", CAR.vehicle, 1, NOON, 1800, DropoffState.CLEARED)
    in_bay = replace(bay_report(1), presence=True, weight_kg=1800)
    ready = at.plc.shown.lifts[1]
    unable = replace(ready, ready=False, inhibits=frozenset({"no_permit"}))
    at.plc.shown = replace(quiet_machine(), lifts={1: unable}, bays={1: in_bay, 2: bay_report(2)})
    await record(at, Change(dropoffs=(parked,), ledger=(replace(CAR, where=Bay(1)),)))
    await at.last(15.0, 1.0)
    assert at.codes() == set()
    await at.last(10.0, 1.0)
    assert at.codes() == {"C45"}
    text = at.tower.book.alarms[AlarmKey("C45", "bay 1")].text
    assert text.endswith("waits on bay 1 while lift 1 takes no job (no_permit)")
    measured = replace(parked, state=DropoffState.MEASURED)
    await record(at, Change(dropoffs=(measured,)))
    await at.last(3.0)
    assert at.state("C45", "bay 1") == "returned"


async def test_an_order_from_before_a_reboot_is_told_by_the_wall_clock(at: Watched) -> None:
    before = replace(
        waiting_visit(at),
        arrived_monotonic_s=at.clock.now_s + 9_000.0,
        arrived_utc=at.clock.utc() - timedelta(hours=1),
    )
    await record(at, Change(visits=(before,)))
    await at.look(0.2)
    assert at.state("C44", "bay 1") == "unacknowledged"


async def test_the_order_limit_is_that_of_the_farthest_slot(at: Watched) -> None:
    site = at.tower.site
    limit_s = order_limit_s(site, 1)
    assert timedelta(seconds=120) < timedelta(seconds=limit_s) < timedelta(minutes=10)
    slow = site.lifts[0].model_copy(
        update={"hoist": site.lifts[0].hoist.model_copy(update={"speed_mm_s": 50.0})}
    )
    assert order_limit_s(site.model_copy(update={"lifts": (slow,)}), 1) > limit_s + 60


@pytest.mark.parametrize(
    ("load", "shuttle_mm", "stranded"),
    [
        (LoadState.EMPTY, 0, False),
        (LoadState.EMPTY, 40, False),
        (LoadState.EMPTY, -3000, True),
        (LoadState.CAR, 0, True),
        (LoadState.UNKNOWN, 0, True),
    ],
)
async def test_a_lift_that_stands_in_between(
    at: Watched, load: LoadState, shuttle_mm: int, stranded: bool
) -> None:
    lift = replace(
        lift_report(load=load), standstill=True, shuttle_position_mm=shuttle_mm, ready=False
    )
    at.plc.shown = replace(quiet_machine(), lifts={1: lift})
    await at.last(65.0, 1.0)
    assert (at.state("C46", "lift 1") == "unacknowledged") is stranded
