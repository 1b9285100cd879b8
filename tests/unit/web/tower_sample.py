"""A tower made by hand for the tests of the screens and of the maintenance commands."""

import tomllib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from tests.unit.web.wear_sample import RecordingWear
from vendtower.domain.alarm import Alarm, AlarmRaised, Severity
from vendtower.domain.audit import Audit
from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.condition import Entered
from vendtower.domain.delivery import Carriage, CarriageState
from vendtower.domain.dropoff import Dropoff, DropoffState
from vendtower.domain.envelope import Measurement
from vendtower.domain.job import Job, JobState, JobWord, PlcJobState, PlcMark, Verb
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.machine import (
    BayReport,
    ControlMode,
    DoorState,
    LiftReport,
    LinkState,
    LoadState,
    MachineSnapshot,
    MachineState,
    PcLink,
    PlcLink,
)
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.places import Bay, Slot, Whereabouts
from vendtower.domain.rescue import Rescue
from vendtower.domain.site import Site
from vendtower.domain.vehicle import Vehicle
from vendtower.flows.case_answers import Particulars
from vendtower.flows.controls import AlarmRequest, ControlAnswer, Done, NotDone, StockLine
from vendtower.flows.operator_requests import OperatorRequest
from vendtower.flows.rescue import StepWord
from vendtower.ports.journal import HistoryEvent, OutboxCounts
from vendtower.ports.screens import KioskPhase, KioskStatus, TowerPicture
from vendtower.web import list_routes, wear_routes
from vendtower.web.app import create_app
from vendtower.web.board import PictureBoard
from vendtower.web.servers import WebServers

UTC_NOW = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)
SITE_FILE = Path(__file__).parents[3] / "docs" / "examples" / "guangzhou.toml"
NO_JOB = JobWord(
    ack_seq=0,
    ack_result=0,
    ack_job=0,
    state=PlcJobState.NONE,
    step="",
    error="",
    done_seq=0,
    done_job=0,
    done_result=0,
)


def sample_site() -> Site:
    return Site.model_validate(tomllib.loads(SITE_FILE.read_text(encoding="utf-8")))


def car(number: int, where: Whereabouts) -> LedgerLine:
    vehicle = Vehicle(f"LVTDB{number:012d}", f"粤A·{number:05d}", "Aion S", 4810, 1880, 1545, 1750)
    return LedgerLine(vehicle, where)


def lift_report(
    hoist_mm: int = 0, turn_deg: float = 0.0, load: LoadState = LoadState.EMPTY
) -> LiftReport:
    return LiftReport(
        number=1,
        state=MachineState.EXECUTE,
        ready=True,
        homed=True,
        standstill=False,
        inhibits=frozenset(),
        hoist_position_mm=hoist_mm,
        turn_position_deg=turn_deg,
        shuttle_position_mm=0,
        load=load,
        load_kg=1750 if load is LoadState.CAR else 0,
        job=replace(NO_JOB, state=PlcJobState.ACTIVE, step="hoist"),
        exec_count=812,
    )


def bay_report(number: int, outer: DoorState = DoorState.CLOSED) -> BayReport:
    return BayReport(
        number=number,
        inner_door=DoorState.CLOSED,
        inner_locked=True,
        outer_door=outer,
        outer_locked=outer is DoorState.CLOSED,
        curtain_clear=True,
        presence=False,
        person_inside=False,
        estop_pressed=False,
        call_pressed=False,
        weight_kg=0,
    )


def snapshot(lift: LiftReport | None = None, *bays: BayReport) -> MachineSnapshot:
    reports = {bay.number: bay for bay in (bay_report(1), bay_report(2), *bays)}
    return MachineSnapshot(
        boot_id=7,
        state=MachineState.EXECUTE,
        mode=ControlMode.PRODUCTION,
        pc_link=PcLink.OK,
        session_accepted=True,
        safety_faults=frozenset(),
        lifts={1: lift or lift_report()},
        bays=reports,
        occupied_slots=frozenset({2, 9, 12, 20, 31, 33, 42}),
        doubtful_slots=frozenset({33}),
        blocked_slots=frozenset({27}),
        auxiliary=NO_JOB,
    )


def kiosk(
    number: int = 1, phase: KioskPhase = KioskPhase.FREE, language: str = "en"
) -> KioskStatus:
    return KioskStatus(number=number, bay=number, phase=phase, language=language)


def picture(*kiosks: KioskStatus, machine: MachineSnapshot | None = None) -> TowerPicture:
    """A tower in service: cars in slots, one on its way, one visit of each kind, one open case."""
    moving = car(3, Slot(12))
    return TowerPicture(
        utc=UTC_NOW,
        in_service=True,
        out_of_service_why=(),
        plc_link=PlcLink(LinkState.UP),
        machine=machine or snapshot(),
        machine_fresh=True,
        cloud_reachable=True,
        cloud_note="",
        face_available=True,
        kiosks=kiosks or (kiosk(1), kiosk(2, language="zh-Hans")),
        visits=(
            Visit("v-1", "R-1001", moving.vehicle.vin, VisitState.VERIFIED, bay=1),
            Visit("v-2", "R-1002", car(4, Slot(20)).vehicle.vin),
            Visit("v-0", "R-1000", "LVTDB000000000099", VisitState.DEPARTED, bay=2),
        ),
        carriages=(Carriage(moving.vehicle.vin, CarriageState.MOVING, job_id=41),),
        ledger=(
            car(1, Slot(2)),
            car(2, Slot(9)),
            moving,
            car(4, Slot(20)),
            car(5, Slot(31)),
            car(6, Bay(2)),
        ),
        jobs=(job(40, JobState.DONE), job(41, JobState.STARTED)),
        cases=(open_case(),),
        outbox=OutboxCounts(owed=12, delivered=10, dead=1),
        dropoffs=(arrival(),),
    )


def job(job_id: int, state: JobState) -> Job:
    return Job(
        job_id=job_id,
        mailbox=1,
        seq=job_id,
        verb=Verb.FETCH,
        source=Slot(12),
        destination=Bay(1),
        vin=car(3, Slot(12)).vehicle.vin,
        expected_weight_kg=1750,
        expected_height_mm=1545,
        valid_s=5.0,
        deadline_s=90.0,
        correlation_id="c-1",
        before=PlcMark(boot_id=7, ack_seq=job_id - 1, exec_count=812),
        state=state,
    )


def arrival() -> Dropoff:
    """A car that waits in bay 2 for somebody to say that everybody is out."""
    vehicle = car(6, Bay(2)).vehicle
    return Dropoff(
        "d-1",
        vehicle,
        2,
        UTC_NOW,
        vehicle.weight_kg,
        DropoffState.MEASURED,
        reservation_id="R-0990",
        parked_utc=UTC_NOW,
        measurement=Measurement(4810, 1880, 1545, 1751, 960, -8),
    )


def open_case() -> Case:
    return Case(
        case_id=7,
        kind=CaseKind.MOVEMENT,
        question="Lift 1 stopped with car LVTDB000000000005 between slot 31 and bay 2. "
        "Where does the car stand?",
        choices=(Settlement.CONTINUE, Settlement.CAR_IN_SLOT, Settlement.CAR_IN_BAY),
        opened_utc=UTC_NOW,
        correlation_id="c-2",
        vin="LVTDB000000000005",
        lift=1,
    )


def standing_alarm(
    code: str = "P20", source: str = "bay 1", severity: Severity = Severity.CRITICAL
) -> Alarm:
    """An alarm that nobody has acknowledged yet."""
    raised = AlarmRaised(UTC_NOW, f"{source}: something is wrong", f"episode of {code} {source}")
    return Alarm(code, source, severity).apply(raised)


@dataclass
class RecordingControls:
    """Writes down what it is asked; refuses when told to."""

    asked: list[tuple[object, ...]] = field(default_factory=list)
    refusal: str = ""
    known_rescues: tuple[Rescue, ...] = ()
    made_audit: Audit = field(default_factory=lambda: Audit(UTC_NOW, (), ()))

    def _answer(self, *question: object) -> ControlAnswer:
        self.asked.append(question)
        return NotDone(self.refusal) if self.refusal else Done("done as asked")

    async def touch(self, kiosk: int) -> ControlAnswer:
        return self._answer("touch", kiosk)

    async def take_other_way(self, kiosk: int) -> ControlAnswer:
        return self._answer("other way", kiosk)

    async def press_key(self, kiosk: int, key: str) -> ControlAnswer:
        return self._answer("key", kiosk, key)

    async def erase_face(self, reservation_id: str, by: str) -> ControlAnswer:
        return self._answer("erase face", reservation_id, by)

    async def choose_language(self, kiosk: int, language: str) -> ControlAnswer:
        return self._answer("language", kiosk, language)

    async def call_staff(self, kiosk: int) -> ControlAnswer:
        return self._answer("staff", kiosk)

    async def settle_case(
        self, case_id: int, settlement: Settlement, by: str, note: str, said: Particulars
    ) -> ControlAnswer:
        more = (said.bay, said.car) if said.bay or said.car else ()
        return self._answer("settle", case_id, settlement, by, note, said.slot, *more)

    async def believe_clock(self, by: str) -> ControlAnswer:
        return self._answer("list time", by)

    async def reset_machine(self, by: str) -> ControlAnswer:
        return self._answer("reset", by)

    async def load_stock(self, lines: Sequence[StockLine], by: str) -> ControlAnswer:
        return self._answer("load", tuple(lines), by)

    async def admit_car(
        self, car: str, bay: int, vehicle: Vehicle | None, by: str
    ) -> ControlAnswer:
        return self._answer("admit", car, bay, vehicle, by)

    async def confirm_clear(self, kiosk: int, question: int, by: str) -> ControlAnswer:
        return self._answer("confirm", kiosk, question, by)

    async def note_condition(self, kiosk: int, typed: Entered) -> ControlAnswer:
        return self._answer("condition", kiosk, typed)

    async def return_by_plate(self, kiosk: int, plate: str) -> ControlAnswer:
        return self._answer("return", kiosk, plate)

    async def ask_for_key(self, kiosk: int) -> ControlAnswer:
        return self._answer("compartment", kiosk)

    async def reopen_bay(self, kiosk: int) -> ControlAnswer:
        return self._answer("reopen", kiosk)

    async def history(self, limit: int, dead_only: bool) -> Sequence[HistoryEvent]:
        self.asked.append(("history", limit, dead_only))
        return (
            HistoryEvent(
                sequence=5,
                event_id="e-5",
                event_type="com.vendtower.visit.car_departed.v1",
                subject="visits/v-0",
                utc=UTC_NOW,
                correlation_id="c-0",
                data={"bay": 2},
                delivery="dead: unknown visit" if dead_only else "delivered",
            ),
        )

    def audit(self) -> Audit:
        return self.made_audit

    async def record_audit(self, by: str) -> Audit | NotDone:
        self.asked.append(("audit", by))
        return NotDone(self.refusal) if self.refusal else self.made_audit

    def rescues(self) -> Sequence[Rescue]:
        return self.known_rescues

    async def begin_rescue(self, car: str, lift: int, reason: str, by: str) -> ControlAnswer:
        return self._answer("begin rescue", car, lift, reason, by)

    async def confirm_rescue(self, number: int, word: StepWord) -> ControlAnswer:
        return self._answer("confirm rescue", number, word)

    async def cancel_rescue(self, number: int, reason: str, by: str) -> ControlAnswer:
        return self._answer("cancel rescue", number, reason, by)

    async def stop_job(self, job_id: int, by: str) -> ControlAnswer:
        return self._answer("stop job", job_id, by)

    async def finish_job(self, job_id: int, by: str) -> ControlAnswer:
        return self._answer("finish job", job_id, by)

    async def ask_of_alarm(self, request: AlarmRequest, by: str) -> ControlAnswer:
        return self._answer("alarm", request, by)

    async def operate(self, request: OperatorRequest, by: str) -> ControlAnswer:
        return self._answer("operate", request, by)

    async def alarm_history(self, limit: int) -> Sequence[Alarm]:
        self.asked.append(("alarm history", limit))
        return (standing_alarm(),)


@dataclass
class HandClock:
    """Stands still unless it is moved, so that no picture ages while a test is slow."""

    now_s: float = 100.0

    def monotonic_s(self) -> float:
        return self.now_s


@dataclass
class RunningWeb:
    """The application on real sockets."""

    board: PictureBoard
    controls: RecordingControls
    url: str
    control_socket: Path
    servers: WebServers
    app: web.Application
    clock: HandClock
    wear: RecordingWear


@asynccontextmanager
async def running_web(folder: Path) -> AsyncIterator[RunningWeb]:
    clock = HandClock()
    board, controls = PictureBoard(clock.monotonic_s), RecordingControls()
    path = folder / "control.sock"
    app = create_app(board, controls, sample_site(), controls)
    wear = RecordingWear()
    wear_routes.add_routes(app, wear)
    list_routes.add_routes(app, controls)
    servers = WebServers(app, "127.0.0.1", 0, path)
    await servers.start()
    try:
        url = f"http://127.0.0.1:{servers.port}"
        yield RunningWeb(board, controls, url, path, servers, app, clock, wear)
    finally:
        await servers.stop()
