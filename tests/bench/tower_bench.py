"""The whole controller in this process, against a simulated world."""

import asyncio
import contextlib
import logging
import random
import string
import tomllib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import tomli_w

from hardware_sim.cloud.bookings import BookedCar
from hardware_sim.demo_site import quickened
from hardware_sim.plant.door import DoorPosition
from hardware_sim.world import PlcLine, SimulatedWorld, open_world
from tests.bench.controller_life import PATIENCE_S, ControllerLife, Json
from tests.bench.wires import wires
from tests.fast_site import EXAMPLE, QUICK
from vendtower.domain.delivery import CarriageState
from vendtower.domain.pickup import VisitState

SPEED = 100.0
BELIEVED_SPEED = 6.0
STAFF = "technician on duty"
PORTRAIT = b"no real picture, the identity port is scripted"


@dataclass(frozen=True)
class Customer:
    """One reservation, with the code that only its customer knows."""

    reservation_id: str
    code: str
    vin: str


class TowerBench(ControllerLife):
    """What customers, staff and the cloud do, and the verdict on all of it."""

    # --- the day before

    async def opened(self, *, plc: bool = True) -> None:
        """Wait until the tower serves customers, with the stock in its ledger."""
        if plc:
            await self.until(lambda: self.tower.machine() is not None, "the PLC is not read")
            await self.load_stock()
            await self.in_service()

    async def in_service(self) -> None:
        async def serves() -> bool:
            status = await self.status()
            return bool(status and status["in_service"])

        await self.until(serves, "the tower does not come into service")

    async def load_stock(self) -> None:
        lines = [
            {
                "vin": car.vin,
                "plate": car.plate,
                "model": car.model,
                "length_mm": car.length_mm,
                "width_mm": car.width_mm,
                "height_mm": car.height_mm,
                "weight_kg": car.weight_kg,
                "slot": slot,
            }
            for slot, car in self.world.cars.items()
        ]
        answer = await self.control("/api/cars", {"by": STAFF, "lines": lines})
        assert answer["done"], answer

    def car(self, number: int) -> BookedCar:
        """The n-th car of the stock."""
        return [car for _, car in sorted(self.world.cars.items())][number]

    async def book(self, number: int = 0, *, face: bool = True, **more: Any) -> Customer:
        """Reserve the n-th car; returns when the tower has heard of it."""
        now = self.utc()
        window: dict[str, Any] = {
            "starts_at": now - timedelta(minutes=5),
            "ends_at": now + timedelta(hours=1),
        }
        customer = self.booked(self.car(number), face=face, **{**window, **more})
        await self.until(
            lambda: self.tower.book.visit_of(customer.reservation_id) is not None,
            "the reservation does not arrive",
        )
        return customer

    def booked(self, car: BookedCar, *, face: bool = True, **more: Any) -> Customer:
        """Put a reservation into the cloud, and wait for nothing."""
        consent: dict[str, Any] = {"face_consent": face, "portrait": PORTRAIT if face else None}
        done = self.world.cloud.add_reservation(car, **(consent | more))
        return Customer(done.reservation_id, done.code, car.vin)

    # --- what people do

    async def touch(self, kiosk: int) -> None:
        async with self._http.post(f"{self.world.web_url}/kiosk/{kiosk}/touch", json={}) as answer:
            assert answer.status == 200, await answer.text()

    async def other_way(self, kiosk: int) -> int:
        """Press the button under the camera's picture; the HTTP status of the answer."""
        url = f"{self.world.web_url}/kiosk/{kiosk}/other-way"
        async with self._http.post(url, json={}) as answer:
            return answer.status

    async def press(self, what: str, kiosk: int = 1, **body: Any) -> Json:
        """Press a button of the kiosk's page."""
        url = f"{self.world.web_url}/kiosk/{kiosk}/{what}"
        async with self._http.post(url, json=body) as answer:
            said: Json = await answer.json()
            return said

    async def answer_if_asked(self, kiosk: int) -> Json | None:
        """Say that nobody is in the car; None where the screen does not ask."""
        shown = await self.kiosk(kiosk)
        if shown.get("phase") != "confirm_clear":
            return None
        by = {"by": STAFF} if shown["wants_name"] else {}
        return await self.press("confirm", kiosk, question=shown["question"], **by)

    async def check_in(self, customer: Customer, kiosk: int = 1) -> None:
        """Touch the screen and show the code."""
        await self.phase(kiosk, "free")
        await self.touch(kiosk)
        self.people.show_code(kiosk, customer.code)

    async def identify(self, customer: Customer, kiosk: int = 1) -> None:
        """The right customer, with code and face."""
        await self.check_in(customer, kiosk)
        self.people.match(kiosk)
        await self.state(
            customer, VisitState.VERIFIED, VisitState.PRESENTED, VisitState.HANDING_OVER
        )

    async def drive_out(self, customer: Customer, bay: int = 1) -> None:
        """Wait for the open door, walk in and drive off."""
        plant, tower = self.world.tower.plant, self.world.tower
        await tower.until(lambda: self.door_open(bay), PATIENCE_S)
        car = plant.bays[bay].car
        assert car is not None, "a street door open before an empty bay"
        assert car.vin == customer.vin, "a street door open before somebody else's car"
        tower.person_enters(bay)
        await tower.until(lambda: plant.bays[bay].curtain_clear)
        tower.car_drives_out(bay)
        await tower.until(lambda: plant.bays[bay].car is None)

    async def collect(self, customer: Customer, kiosk: int = 1) -> None:
        """From the first touch to the goodbye."""
        await self.identify(customer, kiosk)
        await self.depart(customer, kiosk)

    async def depart(self, customer: Customer, bay: int = 1) -> None:
        """Drive off, and wait until the tower has noticed."""
        await self.drive_out(customer, bay)
        await self.state(customer, VisitState.DEPARTED)

    def door_open(self, bay: int) -> bool:
        tower = self.world.tower
        return tower.plant.bays[bay].outer.position(tower.plant.now_s) is DoorPosition.OPEN

    def door_shut(self, bay: int) -> bool:
        tower = self.world.tower
        return tower.plant.bays[bay].outer.closed(tower.plant.now_s)

    def doors_opened(self, bay: int) -> int:
        return len(self.world.tower.events("outer door opening", f"bay {bay}"))

    # --- what staff do

    async def control(self, path: str, body: Mapping[str, Any]) -> Json:
        """Ask something of the tower over its control socket."""
        connector = aiohttp.UnixConnector(str(self.world.control_socket))
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.post(f"http://tower{path}", json=dict(body)) as answer,
        ):
            assert answer.status in {200, 409}, await answer.text()
            said: Json = await answer.json()
            return said

    async def case(self, kind: str) -> Json:
        """Wait for an open case of this kind."""
        found: list[Json] = []

        async def there() -> bool:
            found[:] = [c for c in await self.open_cases() if c["kind"] == kind]
            return bool(found)

        await self.until(there, f"no open case of kind {kind}")
        return found[0]

    async def open_cases(self) -> list[Json]:
        cases = await self.read("/api/cases")
        return [c for c in cases["cases"] if c["settlement"] is None] if cases else []

    async def settle(self, case: Json, settlement: str, **more: Any) -> Json:
        """A member of staff answers a case."""
        body = {"settlement": settlement, "by": STAFF, "note": "looked", **more}
        return await self.control(f"/api/cases/{case['case_id']}/settle", body)

    async def settled(self, kind: str, settlement: str, **more: Any) -> None:
        """Wait for a case and settle it, as soon as the tower takes the answer."""
        case = await self.case(kind)
        said: list[Json] = []

        async def taken() -> bool:
            said.append(await self.settle(case, settlement, **more))
            return bool(said[-1]["done"])

        await self.until(taken, lambda: f"{settlement} is not taken: {said[-1]}")

    async def settle_movements_until(self, over: Callable[[], bool]) -> None:
        """Staff look at every failed movement and let it go on, until something is reached.

        A car that has not left its bay is in the bay again once its case is settled: nobody
        watched the street door meanwhile, so the kiosk asks whether the car is empty.
        """

        async def look() -> bool:
            for case in await self.open_cases():
                if case["kind"] == "movement":
                    await self.settle(case, "continue")
            status = await self.status()
            for kiosk in status["kiosks"] if status else []:
                if kiosk["phase"] == "confirm_clear":
                    await self.answer_if_asked(kiosk["number"])
            return over()

        await self.until(look, lambda: f"not reached; {self.tower.book.open_cases()}")

    async def settle_until_frozen(self) -> None:
        """Staff look at every failed movement until the controller stands still."""

        async def look() -> bool:
            for case in [] if self.frozen.is_set() else await self.open_cases():
                self.spawn(self.settle(case, "continue"))
                await asyncio.sleep(0.1)
            return self.frozen.is_set()

        await self.until(look, "the controller was not frozen")

    async def lead_on(self) -> None:
        """Staff let a stopped machine take jobs again, once what they have to settle is settled."""

        async def serves() -> bool:
            for case in await self.open_cases():
                await self.settle(case, "continue")
            await self.control("/api/machine/reset", {"by": STAFF})
            status = await self.status()
            return bool(status and status["in_service"])

        await self.until(serves, "the machine is not led on")

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let somebody do something whose end is not awaited; it may break with the controller."""
        task = asyncio.create_task(work)
        self._spawned.add(task)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        task.add_done_callback(self._spawned.discard)
        return task

    # --- what the book and the plant say

    async def state(self, customer: Customer, *wanted: VisitState) -> None:
        await self.until(
            lambda: self.visit_state(customer) in wanted,
            lambda: (
                f"visit is {self.visit_state(customer)}, wanted {wanted}; "
                f"{self.tower.book.carriage(customer.vin)}, {self.tower.faults}"
            ),
        )

    def visit_state(self, customer: Customer) -> VisitState | None:
        visit = self.tower.book.visit_of(customer.reservation_id)
        return None if visit is None else visit.state

    async def carriage(self, customer: Customer, *wanted: CarriageState) -> None:
        await self.until(
            lambda: self.tower.book.carriage(customer.vin).state in wanted,
            lambda: f"{self.tower.book.carriage(customer.vin)}, wanted {wanted}",
        )

    async def home(self, customer: Customer) -> None:
        """Wait until the car stands in a slot again, in truth and in the ledger."""
        await self.carriage(customer, CarriageState.IN_SLOT)
        where = self.tower.book.ledger.where(customer.vin)
        truth = self.world.tower.where_is(customer.vin)
        assert str(where) == f"slot {truth.number if truth else None}"

    # --- the verdict

    async def judge(self) -> None:
        """What must hold at the end of every test, by the simulator's own truth."""
        tower = self.world.tower
        assert not tower.violations, tower.violations
        changed = [d for d in self.world.cloud.duplicates if d.content_differs]
        assert not changed, changed
        if self._running is None:
            return
        for line in self.tower.book.ledger:
            carriage = self.tower.book.carriage(line.vehicle.vin)
            if carriage.state is CarriageState.IN_SLOT:
                truth = tower.where_is(line.vehicle.vin)
                assert truth is not None
                assert str(line.where) == f"slot {truth.number}", line

    def executed(self) -> int:
        """Lift jobs that the PLC has started since the beginning."""
        return sum(self.world.tower.jobs_started(lift) for lift in self.world.site.lifts)


def unguessable(length: int = 6) -> str:
    """A code that no reservation has."""
    return "".join(random.SystemRandom().choices(string.ascii_uppercase, k=length))


@asynccontextmanager
async def bare_bench(
    directory: Path,
    *,
    speed: float = SPEED,
    site: Path = EXAMPLE,
    plc: PlcLine = PlcLine.TCP,
) -> AsyncIterator[TowerBench]:
    """A world with a controller that has not been started."""
    failures = _FlowFailures()
    supervisor = logging.getLogger("vendtower.supervisor")
    supervisor.addHandler(failures)
    timeout = aiohttp.ClientTimeout(total=3.0)
    ground = (laid := wires()).ground
    try:
        async with (
            open_world(site, directory, speed=speed, pace=QUICK, plc=plc, ground=ground) as world,
            aiohttp.ClientSession(timeout=timeout) as http,
        ):
            _write_believable_site(world, site)
            bench = TowerBench(world, http, laid)
            try:
                yield bench
                await bench.judge()
            finally:
                await bench.crash()
            assert bench.expected_failures or not failures.told, failures.told
    finally:
        supervisor.removeHandler(failures)


@asynccontextmanager
async def tower_bench(
    directory: Path, *, speed: float = SPEED, site: Path = EXAMPLE, **policies: float
) -> AsyncIterator[TowerBench]:
    """A tower in service, its cars in the ledger, nobody there."""
    async with bare_bench(directory, speed=speed, site=site) as bench:
        bench.policies |= policies
        await bench.start()
        await bench.opened()
        yield bench


def _write_believable_site(world: SimulatedWorld, site: Path) -> None:
    """Mechanics this quick are refused by the site file; the controller believes them slower.

    It uses them for deadlines and for the time to the car alone.
    """
    tables = {**world.tables}
    slow = quickened(tomllib.loads(site.read_text(encoding="utf-8")), BELIEVED_SPEED)
    tables["lifts"] = slow["lifts"]
    world.site_file.write_text(tomli_w.dumps(tables), encoding="utf-8")


class _FlowFailures(logging.Handler):
    """Remembers every flow that broke: the supervisor would hide it by starting it again."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(Exception):
            self.told.append(f"{record.getMessage()}: {(record.exc_info or (None, None))[1]!r}")
