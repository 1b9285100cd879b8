"""What a scenario is played on: a world, the daemon as a process, and faults by name."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import tomli_w

from hardware_sim.demo.daemon_process import Daemon, DaemonProcess, Screens
from hardware_sim.demo_site import quickened
from hardware_sim.faults.catalogue import FaultDesk
from hardware_sim.faults.fault import Surroundings
from hardware_sim.plant.bay import BayMechanics, Pace
from hardware_sim.plant.car import PlaceKind
from hardware_sim.plant.door import DoorPosition
from hardware_sim.plant.lift import LiftMechanics
from hardware_sim.runner import SimulatedTower
from hardware_sim.scenarios.duty import Duty
from hardware_sim.scenarios.scenario import Scenario
from hardware_sim.scenarios.waiting import PATIENCE_S, START_S_MAX, expect, until
from hardware_sim.world import Ground, PlcLine, SimulatedWorld, open_world

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
BELIEVED_SPEED = 6.0
"""Mechanics quicker than this are refused by the site file; it serves deadlines alone."""
QUICK = Pace(walk_s=0.3, drive_s=1.0)
"""People who do not dawdle."""
CARS = 8
SETTINGS: Mapping[str, Mapping[str, object]] = {
    "identity": {"liveness": False},
    "policies": {"bay_clear_timeout_s": 10.0},
}
"""Waits that a scenario can afford; what it is about, it sets itself."""

Json = Mapping[str, Any]


class Stage:
    """The world, the daemon, staff on duty, and what can be seen of it all."""

    def __init__(self, world: SimulatedWorld, screens: Screens, duty: Duty, daemon: Daemon) -> None:
        self.world = world
        self.screens = screens
        self.duty = duty
        self.daemon = daemon
        self.faults = FaultDesk(Surroundings(world, self.daemon))

    # --- the controller's life

    async def open(self) -> None:
        """Start the daemon, let staff load the cars, and wait until customers are served."""
        await self.daemon.start()
        await until(self._machine_read, "the daemon does not read the PLC", START_S_MAX)
        await self.duty.load_stock(self.world.cars)
        await self.in_service()
        await self.sees_people()

    async def restart(self) -> None:
        """Start a daemon that was killed; wait until its pages are there."""
        await self.daemon.start()
        why = "the daemon does not read the PLC after its restart"
        await until(self._machine_read, why, START_S_MAX)

    async def _machine_read(self) -> bool:
        status = await self.status()
        return bool(status and status["machine_fresh"])

    async def sees_people(self) -> None:
        """Wait until the identity process reads codes and faces."""

        async def sees() -> bool:
            status = await self.status()
            return bool(status and status["face_available"])

        await until(sees, "the identity process does not come up", START_S_MAX)

    async def in_service(self) -> None:
        """Wait until the tower serves customers."""
        why: list[object] = []

        async def serves() -> bool:
            status = await self.status()
            why[:] = status["out_of_service_why"] if status else ["no answer"]
            return not why

        await until(serves, lambda: f"the tower does not come into service: {why}")

    async def out_of_service(self, because: str) -> None:
        """Wait until the tower says that it serves nobody, and why."""
        why: list[object] = []

        async def says() -> bool:
            status = await self.status()
            why[:] = status["out_of_service_why"] if status else ["no answer"]
            return any(because in str(each) for each in why)

        await until(says, lambda: f"out of service because of {because!r} expected, found {why}")

    async def let_go_on(self, over: Callable[[], bool]) -> None:
        """Staff look at failed movements and answer what is true, until something is reached."""
        await self.duty.let_go_on(over, self.tower.where_is)

    # --- what anybody sees

    async def status(self) -> Json | None:
        """The status page; None while nobody answers."""
        return await self.screens.read("/api/status")

    async def phase(self, kiosk: int, *wanted: str) -> Json:
        """Wait until a kiosk's screen says one of these."""
        seen: list[Json] = [{}]

        async def so() -> bool:
            seen[0] = await self.screens.kiosk(kiosk) or {}
            return seen[0].get("phase") in wanted

        await until(so, lambda: f"kiosk {kiosk}: {wanted} expected, found {seen[0]}")
        return seen[0]

    def events(self, name: str, vin: str | None = None) -> list[Json]:
        """What the cloud has heard of this kind, for instance ``visit.car_departed``."""
        kind = f"com.vendtower.{name}.v1"
        heard = [e.data for e in self.world.cloud.events_received if e.event_type == kind]
        return [data for data in heard if vin in {None, data.get("vin")}]

    async def event(self, name: str, vin: str | None = None) -> Json:
        """Wait until the cloud has heard of it; the newest one."""
        await until(lambda: bool(self.events(name, vin)), f"the cloud does not hear {name}")
        return self.events(name, vin)[-1]

    async def alarm(self, *words: str) -> Json:
        """Wait until an alarm stands whose text or code has one of these words."""
        found: list[Json] = []
        texts: list[str] = []

        async def stands() -> bool:
            page = await self.screens.read("/api/alarms")
            alarms = page["alarms"] if page else []
            texts[:] = [f"{alarm['code']} {alarm['text']}" for alarm in alarms]
            found[:] = [a for a, t in zip(alarms, texts, strict=True) if any(w in t for w in words)]
            return bool(found)

        await until(stands, lambda: f"an alarm of {words} expected, found {texts}")
        return found[0]

    # --- the truth

    @property
    def tower(self) -> SimulatedTower:
        """The machine."""
        return self.world.tower

    def bay(self, number: int = 1) -> BayMechanics:
        """A bay's mechanics."""
        return self.tower.plant.bays[number]

    def lift(self, number: int = 1) -> LiftMechanics:
        """A lift's mechanics."""
        return self.tower.plant.lifts[number]

    def door_is(self, position: DoorPosition, bay: int = 1) -> bool:
        """Whether a bay's street door stands so."""
        self.tower.catch_up()
        return self.bay(bay).outer.position(self.tower.plant.now_s) is position

    def doors_opened(self, bay: int = 1) -> int:
        """How often a bay's street door has been opened."""
        return len(self.tower.events("outer door opening", f"bay {bay}"))

    def executed(self) -> int:
        """Jobs that the lifts have begun."""
        return sum(self.tower.jobs_started(lift) for lift in self.world.site.lifts)

    async def car_on_lift(self, vin: str) -> None:
        """Wait until the car hangs on a lift that is on its way."""
        plant = self.tower.plant
        await self.tower.until(
            lambda: any(
                lift.car is not None and lift.car.vin == vin and lift.travelling(plant.now_s)
                for lift in plant.lifts.values()
            ),
            PATIENCE_S,
        )

    async def shuttle_moves(self) -> None:
        """Wait until a shuttle is on its way."""
        plant = self.tower.plant
        await self.tower.until(
            lambda: any(lift.shuttle.moving(plant.now_s) for lift in plant.lifts.values()),
            PATIENCE_S,
        )

    async def home(self, vin: str) -> None:
        """Wait until the car stands in a slot, in truth and in the ledger, and is nobody's."""
        said: list[object] = [None]

        async def so() -> bool:
            car = await self.car(vin)
            said[0] = car
            truth = self.tower.where_is(vin)
            in_slot = truth is not None and truth.kind is PlaceKind.SLOT
            return bool(
                in_slot and car and car["where"] == str(truth) and car["state"] == "in_slot"
            )

        await until(
            so,
            lambda: f"car {vin} in a slot expected: {self.tower.where_is(vin)}, ledger {said[0]}",
        )

    async def car(self, vin: str) -> Json | None:
        """The ledger's line of a car."""
        page = await self.screens.read("/api/cars")
        cars = page["cars"] if page else []
        return next((car for car in cars if car["vin"] == vin), None)

    async def moves_nothing(
        self, for_s: float = 1.0, *, or_else: str = "something was moved"
    ) -> None:
        """Expect that no lift begins a job and no street door opens for a while."""
        before = (self.executed(), [self.doors_opened(bay) for bay in self.world.site.bays])
        await asyncio.sleep(for_s)
        after = (self.executed(), [self.doors_opened(bay) for bay in self.world.site.bays])
        expect(before == after, f"{or_else}: {before} before, {after} after")


@dataclass(frozen=True)
class House:
    """Where a scenario is played: what its world stands on, and how its daemon runs."""

    ground: Ground = field(default_factory=Ground)
    daemon: Callable[[SimulatedWorld], Daemon] = DaemonProcess


@asynccontextmanager
async def staged(
    scenario: Scenario, directory: Path, house: House | None = None
) -> AsyncIterator[Stage]:
    """A world for one scenario, with a daemon that has not been started."""
    house = house or House()
    timeout = aiohttp.ClientTimeout(total=3.0)
    async with (
        open_world(
            EXAMPLES / scenario.tower,
            directory,
            speed=scenario.speed,
            cars=CARS,
            pace=QUICK,
            plc=PlcLine(scenario.plc_line),
            ground=house.ground,
        ) as world,
        aiohttp.ClientSession(timeout=timeout) as http,
        Duty.at(world.control_socket) as duty,
    ):
        _write_site(world, scenario)
        stage = Stage(world, Screens(world.web_url, http), duty, house.daemon(world))
        try:
            yield stage
        finally:
            await stage.daemon.kill()


def _write_site(world: SimulatedWorld, scenario: Scenario) -> None:
    believed = quickened(
        tomllib.loads((EXAMPLES / scenario.tower).read_text(encoding="utf-8")),
        min(scenario.speed, BELIEVED_SPEED),
    )
    tables = {**world.tables, "lifts": believed["lifts"]}
    for section in {**SETTINGS, **scenario.settings}:
        settings = {**SETTINGS.get(section, {}), **scenario.settings.get(section, {})}
        tables[section] = {**tables.get(section, {}), **settings}
    world.site_file.write_text(tomli_w.dumps(tables), encoding="utf-8")
