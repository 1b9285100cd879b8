"""What two parts of the controller have to agree about: orders, modes, sessions, stops, plans."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import NOON, Watched, watched
from tests.unit.journal.records import case, job, reservation, vehicle
from vendtower.daemon import wiring
from vendtower.domain.case import CaseKind, Settlement
from vendtower.domain.delivery import Carriage, CarriageState, StaffConfirmedInBay
from vendtower.domain.hindrance import ImposedBy
from vendtower.domain.interruption import Device, Interruption, InterruptionState
from vendtower.domain.job import JobState, Verb
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.machine import (
    BayReport,
    DoorState,
    KeySwitch,
    MachineCommand,
    MachineState,
)
from vendtower.domain.maintenance import MaintenanceSession
from vendtower.domain.modes import PLC_MODES, ModeChoice, OperatingMode, Request
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.places import Bay, Slot
from vendtower.domain.reservation import Reservation, ReservationSet
from vendtower.flows import (
    door_order,
    machine_desk,
    mode_change,
    pickup_flow,
    rescue,
    service,
)
from vendtower.flows.auxiliary import run_auxiliary
from vendtower.flows.case_answers import Particulars
from vendtower.flows.cases import settle
from vendtower.flows.controls import ControlAnswer, Done, NotDone, StockLine
from vendtower.flows.desk_controls import DeskControls
from vendtower.flows.homing import home_lift
from vendtower.flows.leasing import why_not_begun
from vendtower.flows.machine_desk import MachineDesk
from vendtower.flows.machine_watch import wanted_command
from vendtower.flows.modes import refusal
from vendtower.flows.put_back import watch_bays
from vendtower.flows.reservations import take_changes
from vendtower.flows.staff_orders import OrderRefused, StaffOrder
from vendtower.ports.journal import Change, JournalFault

BY, OTHER = "technician on duty", "operator on duty"
_M = OperatingMode


@pytest.fixture
async def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watched]:
    monkeypatch.setattr(mode_change, "PLC_FOLLOWS_S", 0.0)
    monkeypatch.setattr(door_order, "SHOWS_S", 0.0)
    async with watched(tmp_path / "journal.sqlite") as tower:
        yield tower


def why(answer: ControlAnswer) -> str:
    return answer.reason if isinstance(answer, NotDone) else ""


async def record(at: Watched, change: Change) -> None:
    await at.tower.book.record(lambda: change)
    at.tower.bell.ring()


async def put_into(at: Watched, mode: OperatingMode) -> None:
    await record(at, Change(standing=(ModeChoice(mode, BY, NOON),)))
    at.plc.shown = replace(at.plc.shown, mode=PLC_MODES[mode] or at.plc.shown.mode)


def session() -> MaintenanceSession:
    return MaintenanceSession(1, BY, "rope", NOON, NOON + timedelta(hours=1), _M.AUTOMATIC)


def estop(state: InterruptionState) -> Interruption:
    return Interruption(1, Device("e-stop", "cabinet"), NOON, state, NOON)


async def begun_or_not(at: Watched, order: StaffOrder) -> str:
    """Why the homing was not begun; empty when its job is journaled."""
    homing = asyncio.create_task(home_lift(at.tower, 1, order))
    try:
        await asyncio.wait_for(asyncio.shield(order.begun), 10.0)
    except OrderRefused as refused:
        await homing
        return str(refused)
    finally:
        homing.cancel()
    return ""


async def test_an_order_that_was_given_up_begins_nothing(at: Watched) -> None:
    await put_into(at, _M.MANUAL)
    order = StaffOrder(BY, lift=1)
    order.begun.cancel()
    assert await home_lift(at.tower, 1, order) is None
    assert not at.tower.book.jobs, "a lift moves for somebody who was told that it does not"
    assert await begun_or_not(at, StaffOrder(BY, lift=1)) == ""
    assert len(at.tower.book.jobs) == 1


async def test_an_order_that_was_given_up_while_it_was_written_begins_nothing(
    at: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever ordered it was told that nothing is begun, and may stand at the lift by now."""
    await put_into(at, _M.MANUAL)
    monkeypatch.setattr(machine_desk, "ORDER_ANSWER_S", 0.05)
    goes_on, commit = asyncio.Event(), at.tower.book.journal.commit

    async def slow(change: Change) -> None:
        await goes_on.wait()
        await commit(change)

    monkeypatch.setattr(at.tower.book.journal, "commit", slow)
    asking = asyncio.ensure_future(MachineDesk(at.tower).home_lift(1, BY))
    await asyncio.sleep(0)
    [order] = at.tower.staff_orders
    homing = asyncio.create_task(home_lift(at.tower, 1, order))
    said = why(await asking)
    goes_on.set()
    async with asyncio.timeout(5.0):
        job = await homing
    assert "the journal takes long over it; nothing is begun by this order" in said
    assert job is not None
    assert job.state is JobState.NEVER_SENT


async def test_who_orders_a_movement_hears_that_the_journal_cannot_be_written(
    at: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(change: Change) -> None:
        raise JournalFault("journal: the disk is full")

    await put_into(at, _M.MANUAL)
    monkeypatch.setattr(at.tower.book.journal, "commit", full)
    order = StaffOrder(BY, lift=1)
    with pytest.raises(JournalFault):
        await home_lift(at.tower, 1, order)
    assert order.begun.done(), "they hear that it takes long to begin, and nothing ever will"
    assert "the disk is full" in str(order.begun.exception())


async def test_what_comes_up_after_the_choice_keeps_the_lift_still(at: Watched) -> None:
    await put_into(at, _M.MANUAL)
    at.tower.faults["stop"] = "the daemon was asked to stop"
    order = StaffOrder(BY, lift=1)
    assert await home_lift(at.tower, 1, order) is None
    order.begun.cancel()
    assert not at.tower.book.jobs


async def test_a_session_is_its_holders(at: Watched) -> None:
    await put_into(at, _M.MAINTENANCE)
    await record(at, Change(standing=(session(),)))
    desk = MachineDesk(at.tower)
    assert "whoever works at the machine" in why(await desk.change_mode(_M.MANUAL, OTHER))
    assert why(await desk.change_mode(_M.MANUAL, BY.upper())) == ""
    await put_into(at, _M.MANUAL)
    assert "maintenance by" in why(await desk.home_lift(1, OTHER))
    assert "maintenance by" in why(await desk.drive_door(1, Verb.OPEN_OUTER_DOOR, OTHER))
    assert "is held: maintenance" in await begun_or_not(at, StaffOrder(OTHER, lift=1))
    assert await begun_or_not(at, StaffOrder(BY, lift=1)) == ""


async def test_maintenance_says_what_waits_for_the_turned_key(at: Watched) -> None:
    """Who turned the key first, as the page says, keeps the lift from ending what is under way."""
    visit = Visit("v-1", "R-1", "VIN1", VisitState.HANDING_OVER, bay=1)
    await record(at, Change(visits=(visit,)))
    at.plc.shown = replace(at.plc.shown, key_switch=KeySwitch.MAINTENANCE)
    said = why(await MachineDesk(at.tower).begin_maintenance(BY, "rope", 30))
    assert "visit v-1 is handing_over at bay 1" in said
    assert "key switch stands at maintenance: turn it to auto until that is over" in said
    at.plc.shown = replace(at.plc.shown, key_switch=KeySwitch.AUTO)
    said = why(await MachineDesk(at.tower).begin_maintenance(BY, "rope", 30))
    assert said == "visit v-1 is handing_over at bay 1"


async def test_a_door_job_is_not_begun_in_a_mode_that_came_meanwhile(at: Watched) -> None:
    await put_into(at, _M.MAINTENANCE)
    ended = await run_auxiliary(
        at.tower,
        Verb.CLOSE_OUTER_DOOR,
        Bay(1),
        hindrance=lambda: refusal(at.tower, Request.DOOR_BY_ITSELF),
        duration_s=1.0,
        correlation_id="c",
    )
    assert ended == refusal(at.tower, Request.DOOR_BY_ITSELF)
    assert not at.tower.book.jobs


async def test_no_lift_begins_at_a_bay_whose_door_is_being_driven(at: Watched) -> None:
    door = replace(
        job(1, mailbox=0), verb=Verb.OPEN_OUTER_DOOR, source=None, destination=Bay(1), vin=None
    )
    await record(at, Change(jobs=(door,)))
    assert "under way at bay 1" in (why_not_begun(at.tower, 1, (Slot(1), Bay(1))) or "")
    assert why_not_begun(at.tower, 1, (Slot(1), Bay(2))) is None


@pytest.mark.parametrize(
    ("verb", "bay", "said"),
    [
        (Verb.CLOSE_OUTER_DOOR, {"person_inside": True, "outer_door": DoorState.OPEN}, "inside"),
        (Verb.OPEN_OUTER_DOOR, {"inner_locked": False}, "not closed and locked"),
    ],
)
async def test_staff_shut_nobody_in_and_open_nothing_to_the_shaft(
    at: Watched, verb: Verb, bay: dict[str, object], said: str
) -> None:
    await put_into(at, _M.MANUAL)
    seen: BayReport = replace(at.plc.shown.bays[1], **bay)  # type: ignore[arg-type]  # names and types are the dataclass's own
    at.plc.shown = replace(at.plc.shown, bays={**at.plc.shown.bays, 1: seen})
    assert said in why(await MachineDesk(at.tower).drive_door(1, verb, BY))
    assert not at.tower.book.jobs


async def test_a_door_shuts_nobody_in_who_came_while_the_journal_was_slow(at: Watched) -> None:
    await put_into(at, _M.MANUAL)
    seen = replace(at.plc.shown.bays[1], outer_door=DoorState.OPEN)
    at.plc.shown = replace(at.plc.shown, bays={**at.plc.shown.bays, 1: seen})
    journal = at.tower.book.journal
    commit, begun, goes_on = journal.commit, asyncio.Event(), asyncio.Event()

    async def slow(change: Change) -> None:
        begun.set()
        if change.standing:
            await goes_on.wait()
        await commit(change)

    journal.commit = slow  # type: ignore[method-assign]  # the wire to the disk is tapped
    closing = asyncio.ensure_future(MachineDesk(at.tower).drive_door(1, Verb.CLOSE_OUTER_DOOR, BY))
    await begun.wait()
    # Somebody else's change is decided between the order's two.
    other = asyncio.ensure_future(
        record(at, Change(standing=(estop(InterruptionState.CONFIRMED),)))
    )
    await at.tower.until(lambda: True if at.tower.auxiliary.locked() else None, 1.0)
    seen = replace(seen, person_inside=True)
    at.plc.shown = replace(at.plc.shown, bays={**at.plc.shown.bays, 1: seen})
    goes_on.set()
    await other
    assert "somebody is inside" in why(await closing)
    assert not at.tower.book.jobs


async def test_staff_open_no_door_to_whom_nobody_has_recognised(at: Watched) -> None:
    await put_into(at, _M.MANUAL)
    visit = Visit("v-1", "R-1", "VIN1", VisitState.AT_KIOSK, bay=1)
    await record(at, Change(visits=(visit,), ledger=(LedgerLine(vehicle("VIN1"), Bay(1)),)))
    opening = MachineDesk(at.tower).drive_door(1, Verb.OPEN_OUTER_DOOR, BY)
    assert "R-1 is in it, and whoever is at the kiosk for it has not been" in why(await opening)
    seen = replace(at.plc.shown.bays[1], person_inside=True)
    at.plc.shown = replace(at.plc.shown, bays={**at.plc.shown.bays, 1: seen})
    opened = asyncio.ensure_future(MachineDesk(at.tower).drive_door(1, Verb.OPEN_OUTER_DOOR, BY))
    begun = await at.tower.until(lambda: True if at.tower.book.jobs else None, 10.0)
    opened.cancel()
    assert begun, "somebody inside is let out"


def test_a_car_that_staff_find_in_a_bay_was_not_watched() -> None:
    found = Carriage("VIN1", CarriageState.HALTED, case_id=1).apply(StaffConfirmedInBay(BY))
    assert found.exposed, "a lift would take it with nobody asked whether somebody is inside"


async def test_an_exposed_car_goes_back_although_its_customer_waits_elsewhere(at: Watched) -> None:
    car = Carriage("VIN1", CarriageState.IN_BAY, exposed=True)
    here = Visit("v-1", "r-1", "VIN1", VisitState.VERIFIED, bay=2)
    line = LedgerLine(vehicle("VIN1"), Bay(1))
    await record(at, Change(carriages=(car,), ledger=(line,), visits=(here,)))
    watching = asyncio.create_task(watch_bays(at.tower))
    try:
        assert await at.tower.until(lambda: at.tower.book.dropoff_at(1), 10.0) is not None
    finally:
        watching.cancel()
    assert at.tower.book.visits["v-1"].state is VisitState.VERIFIED


@pytest.mark.parametrize(
    ("kind", "left"),
    [(CaseKind.LEDGER, InterruptionState.GONE), (CaseKind.MOVEMENT, InterruptionState.CONFIRMED)],
)
async def test_who_looked_at_a_sensor_has_not_looked_at_an_emergency_stop(
    at: Watched, kind: CaseKind, left: InterruptionState
) -> None:
    ledger = kind is CaseKind.LEDGER
    answer = Settlement.COMPARE_AGAIN if ledger else Settlement.CONTINUE
    asked = replace(case(1), kind=kind, choices=(answer,), lift=1, vin=None)
    await record(at, Change(cases=(asked,), standing=(estop(InterruptionState.GONE),)))
    said = await settle(at.tower, 1, answer, by=BY, note="", said=Particulars())
    assert isinstance(said, Done)
    [fact] = at.tower.book.facts(Interruption)
    assert fact.state is left
    assert at.tower.reset_wanted is not ledger


async def test_nothing_is_unheld_while_somebody_works_at_the_machine(at: Watched) -> None:
    at.plc.shown = replace(at.plc.shown, state=MachineState.HELD)
    at.tower.unhold_wanted = True
    assert wanted_command(at.tower) is MachineCommand.UNHOLD
    await put_into(at, _M.MAINTENANCE)
    at.tower.unhold_wanted = True
    assert wanted_command(at.tower) is None


async def test_no_stock_is_loaded_into_a_slot_that_a_job_touches(at: Watched) -> None:
    at.plc.shown = replace(at.plc.shown, occupied_slots=frozenset({9}))
    line = StockLine(vehicle("VIN2"), 9)
    await record(at, Change(jobs=(job(1),)))
    desk = DeskControls(at.tower)
    assert "a lift's job touches slot 9" in why(await desk.load_stock([line], BY))
    assert "VIN2" not in at.tower.book.ledger


@pytest.mark.parametrize("name", service.CANNOT_BE_LIFTED)
async def test_no_override_lifts_the_fault_of_a_flow_that_looks(at: Watched, name: str) -> None:
    at.tower.faults[name] = "ended"
    found = {h.key: h for h in service.standing_hindrances(at.tower, Request.CAR_MOVE)}
    assert found[f"flow {name}"].imposed_by is ImposedBy.MACHINE
    wired = inspect.getsource(wiring)
    assert name in {"invariant", "stop"} or f'"{name}": ' in wired, "no flow has this name"


@pytest.mark.parametrize(
    "device", [Device("fire", "tower"), Device("door", "street door of bay 1")], ids=str
)
async def test_no_hand_over_begins_before_a_person_has_confirmed(
    at: Watched, device: Device
) -> None:
    booked = reservation("r-1")
    visit = Visit(
        "v-1",
        "r-1",
        "VIN1",
        VisitState.PRESENTED,
        bay=1,
        verified_utc=at.clock.utc(),
        verified_monotonic_s=at.clock.monotonic_s(),
    )
    elsewhere = Interruption(2, Device("door", "street door of bay 2"), NOON)
    held = replace(estop(InterruptionState.GONE), device=device)
    car = LedgerLine(vehicle("VIN1"), Bay(1))
    way = Carriage("VIN1", CarriageState.IN_BAY)
    await record(
        at,
        Change(
            reservations=(booked,),
            visits=(visit,),
            ledger=(car,),
            carriages=(way,),
            standing=(held, elsewhere),
        ),
    )
    going = asyncio.create_task(pickup_flow.advance(visit, at.tower))
    await at.tower.until(lambda: True if at.tower.kiosks[1].phase.value == "hand_over" else None)
    for _ in range(3):
        at.tower.bell.ring()
        await asyncio.sleep(0)
    assert not going.done(), "the street door opens although nobody has looked"
    over = replace(held, state=InterruptionState.CONFIRMED, confirmed_by=BY)
    await record(at, Change(standing=(over,)))
    assert (await asyncio.wait_for(going, 10.0)).state is VisitState.HANDING_OVER


@pytest.mark.parametrize(
    ("state", "refused"),
    [(VisitState.PRESENTED, True), (VisitState.HANDING_OVER, True), (VisitState.VERIFIED, False)],
)
async def test_no_rescue_begins_at_a_car_whose_customer_is_at_it(
    at: Watched, state: VisitState, refused: bool
) -> None:
    visit = Visit("v-1", "r-1", "VIN1", state, bay=1)
    way = Carriage("VIN1", CarriageState.IN_BAY)
    line = LedgerLine(vehicle("VIN1"), Bay(1))
    await record(at, Change(visits=(visit,), ledger=(line,), carriages=(way,)))
    said = why(await rescue.begin(at.tower, "VIN1", 1, "rope", BY))
    assert said == (f"visit v-1 is {state.value} at bay 1" if refused else "")


async def test_one_revision_says_one_thing(at: Watched) -> None:
    tower = at.tower
    await record(at, Change(ledger=(LedgerLine(vehicle("VIN1"), Slot(1)),)))

    async def told(said: Reservation) -> list[dict[str, object]]:
        await take_changes(tower, (ReservationSet(said),), "cursor")
        events = await tower.book.journal.history(100)
        return [dict(e.data) for e in events if e.event_type.endswith("reservation.refused.v1")]

    first = replace(
        reservation("r-1", b"portrait"), starts_at=NOON, ends_at=NOON + timedelta(hours=1)
    )
    assert await told(first) == []
    assert await told(first) == [], "the same page again"
    await record(at, Change(reservations=(replace(first, sealed_portrait=None),)))
    assert await told(first) == [], "what the tower has erased is no change of the cloud's"
    [refused] = await told(replace(first, code_sha256="1" * 64))
    assert refused["problem"] == "revision_reused"
    assert "code_sha256" in str(refused["why"])
    assert tower.book.reservations["r-1"].code_sha256 == first.code_sha256
    assert len(await told(replace(first, revision=2, language="fr"))) == 1
    assert tower.book.reservations["r-1"].language == "fr"
