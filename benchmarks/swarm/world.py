"""The world of one run: tower, cloud, street and controller on one virtual loop."""

from __future__ import annotations

import asyncio
import base64
import copy
import random
import tomllib
from collections import Counter
from enum import Enum
from pathlib import Path
from typing import Any

from benchmarks.swarm.calendar import Calendar
from benchmarks.swarm.controller import Controller, Machine
from benchmarks.swarm.hard_times import HardTimes
from benchmarks.swarm.identity import Errors, Pavement
from benchmarks.swarm.key_rack import KeyRack, board_device, make_rack, with_boards
from benchmarks.swarm.machine_room import DirectPlcLine, SwarmClock
from benchmarks.swarm.record_of_visit import Record
from benchmarks.swarm.story import Story
from hardware_sim.cloud.bookings import BookedCar
from hardware_sim.cloud.direct import DirectCloudLine
from hardware_sim.cloud.reference import ReferenceCloud
from hardware_sim.demo_site import addressed, write_site
from hardware_sim.fleet import as_plant_cars, fleet
from hardware_sim.list_signing import ListSigner
from hardware_sim.plant.bay import BayMechanics
from hardware_sim.plant.door import DoorPosition
from hardware_sim.runner import SimulatedTower
from hardware_sim.site import site_from_tables
from hardware_sim.virtual.loop import VirtualLoop
from hardware_sim.virtual.network import Line
from hardware_sim.virtual.process import Process
from hardware_sim.virtual.serial import SerialPorts
from vendtower.daemon.site_file import load_site
from vendtower.domain.alarm import AlarmKey
from vendtower.domain.job import OPEN_JOB_STATES
from vendtower.domain.machine import has_stopped
from vendtower.domain.pickup import VisitState
from vendtower.domain.places import Bay, OnLift
from vendtower.domain.vehicle import Vehicle
from vendtower.flows.controls import Done, StockLine
from vendtower.flows.tower import Kiosk, Tower

TOKEN = "token-of-a-simulated-tower"
WEB_PORT = 8080
CLOUD_POLL_S = 20.0
STAFF = "technician on duty"
SECOND = "operator on duty"


class Tier(Enum):
    """How much of the wire a run has."""

    PORT = "port"
    """The PLC's memory without frames: many hours in a minute."""
    CODEC = "codec"
    """Modbus by pymodbus over a virtual network."""


class World:
    """Everything there is; `make_world` makes it."""

    def __init__(
        self,
        machine: Machine,
        *,
        tables: dict[str, Any],
        tower: SimulatedTower,
        cloud: ReferenceCloud,
        cars: dict[int, BookedCar],
    ) -> None:
        self.loop = machine.loop
        self.tables = tables
        self.tower = tower
        self.cloud = cloud
        self.machine = machine
        self.calendar = machine.calendar
        self.story = machine.story
        self.troubles = 0
        """Faults of the machine that last at this moment."""
        self.hard_times = HardTimes()
        self.unheard_until_s = float("-inf")
        """Until when, by the calendar, a fault may keep from the tower what is booked."""
        self.plc_cut_since_s: float | None = None
        """Since when nothing comes through from the PLC; None while something does."""
        self.at_machine = asyncio.Lock()
        """Held by the technician who works at the machine."""
        self.led_on_s = float("-inf")
        """When a person has last led a stopped machine on, or settled a case."""
        self.acknowledged: set[AlarmKey] = set()
        """Alarms that a person has acknowledged since they latched."""
        self.pavement = machine.pavement
        self.controller = Controller(machine)
        self.keys = machine.keys
        """Boards, cabinets and the cars' keys; None in a run without them."""
        self.cars = cars
        """Slot number to the car that stood there at the beginning."""
        self.known_cars = {car.vin: car for car in cars.values()}
        self.doors_ordered: Counter[int] = Counter()
        """How many of the staff drive the street door of each bay just now, by their own order."""
        self.carried_out: set[str] = set()
        """VINs of cars that people have brought to the street by hand."""
        self.carried: set[str] = set()
        """VINs of cars that were moved by hand, of which the tower has not asked anybody yet."""
        self.in_rescue: set[str] = set()
        """VINs of cars that people are bringing out by hand."""
        self.more_records: list[Record] = []
        """Of visits that staff have begun."""

    @property
    def kiosks(self) -> dict[int, int]:
        """Kiosk to bay."""
        return {int(k["number"]): int(k["bay"]) for k in self.tables["kiosks"]}

    @property
    def plc_line(self) -> Line | DirectPlcLine:
        """Between the controller and the PLC."""
        if self.tower.direct is not None:
            return DirectPlcLine(self.tower.direct)
        return self.loop.network.line(self.tower.port)

    @property
    def cloud_line(self) -> Line | DirectCloudLine:
        """Between the controller and the cloud."""
        if self.machine.cloud_line is not None:
            return self.machine.cloud_line
        return self.loop.network.line(int(self.cloud.url.rsplit(":", 1)[1]))

    def screen(self, kiosk: int) -> Kiosk | None:
        """What a person at a kiosk sees; None while it is dark."""
        inside = self.inside
        return None if inside is None else inside.kiosks[kiosk]

    @property
    def inside(self) -> Tower | None:
        """The controller's own picture; None while it does not run."""
        running = self.controller.running
        return None if running is None else running.tower

    def bay(self, number: int) -> BayMechanics:
        """One bay as it really is."""
        self.tower.catch_up()
        return self.tower.plant.bays[number]

    def quiet(self) -> bool:
        """Nobody is there, nothing moves or is broken, nothing is to be decided."""
        inside = self.inside
        if inside is None or self.troubles or any(self.pavement.standing.values()):
            return False
        book, machine = inside.book, inside.machine()
        return (
            machine is not None
            and not has_stopped(machine)
            and not machine.safety_faults
            and not book.open_cases()
            and not book.open_dropoffs()
            and not any(job.state in OPEN_JOB_STATES for job in book.jobs.values())
            and all(visit.state is VisitState.EXPECTED for visit in book.open_visits())
            and not any(isinstance(line.where, Bay | OnLift) for line in book.ledger)
        )

    def keys_elsewhere(self, vin: str, kiosk: int) -> bool:
        """The tower keeps a key of this car, and not at this kiosk."""
        at = None if self.keys is None else self.keys.kiosk_of(vin)
        return at is not None and at != kiosk

    def street_door_open(self, bay: int) -> bool:
        """Wide open, so that a car fits through."""
        mechanics = self.bay(bay)
        return mechanics.outer.position(self.tower.plant.now_s) is DoorPosition.OPEN

    async def load_stock(self) -> None:
        """Staff enter the cars that stand in the slots; until the tower takes them."""
        lines = [StockLine(as_vehicle(car), slot) for slot, car in sorted(self.cars.items())]
        while True:
            answer = await self.controller.ask(lambda r: r.controls.load_stock(lines, STAFF))
            if isinstance(answer, Done):
                return
            await asyncio.sleep(1.0)


def as_vehicle(car: BookedCar) -> Vehicle:
    """The car as staff enter it."""
    return Vehicle(
        vin=car.vin,
        plate=car.plate,
        model=car.model,
        length_mm=car.length_mm,
        width_mm=car.width_mm,
        height_mm=car.height_mm,
        weight_kg=car.weight_kg,
    )


async def make_world(
    loop: VirtualLoop,
    template: Path,
    directory: Path,
    *,
    seed: int,
    errors: Errors,
    cars: int,
    tier: Tier = Tier.CODEC,
    list_age_h: float = 72.0,
    boards: bool = False,
) -> World:
    """Build the world, with the controller switched off. Call it in the loop."""
    tables = _tables(template)
    site = site_from_tables(tables)
    stock = fleet(site, cars)
    calendar = Calendar(loop)
    clock = SwarmClock(calendar, loop.time)
    story = Story(calendar.now_s, str(directory))
    plc, cloud_process = Process("plc"), Process("cloud")

    async def make_tower() -> SimulatedTower:
        tower = SimulatedTower(
            site,
            cars=as_plant_cars(stock),
            chance=random.Random(f"tower {seed}"),
            utc_s=lambda: calendar.utc().timestamp(),
            direct=tier is Tier.PORT,
        )
        await tower.start()
        return tower

    async def make_cloud() -> ReferenceCloud:
        return await ReferenceCloud.start(
            tokens={site.tower_id: TOKEN},
            seal=_sealed,
            chance=random.Random(f"cloud {seed}"),
            utc=calendar.utc,
            signer=ListSigner(random.Random(f"list {seed}").randbytes(32)),
        )

    async def make_cloud_line() -> DirectCloudLine:
        return DirectCloudLine(cloud, random.Random(f"cloud line {seed}"))

    async def make_keys() -> KeyRack:
        kiosks = [int(kiosk["number"]) for kiosk in tables["kiosks"]]
        vins = [car.vin for _, car in sorted(stock.items())]
        return make_rack(SerialPorts(loop), directory, kiosks, seed, vins)

    tower = await loop.spawn(plc, make_tower())
    keys = await loop.spawn(Process("boards"), make_keys()) if boards else None
    cloud = await loop.spawn(cloud_process, make_cloud())
    cloud_line = None
    if tier is Tier.PORT:
        cloud_line = await loop.spawn(cloud_process, make_cloud_line())
    local = addressed(
        tables,
        directory,
        plc={"host": "127.0.0.1", "port": tower.port if tower.direct is None else 502},
        camera_url=lambda kiosk: f"http://127.0.0.1:9/{kiosk}",
        board_device=lambda kiosk: board_device(directory, kiosk),
        cloud_url=cloud.url,
        list_keys=cloud.list_keys(),
        web_port=WEB_PORT,
    )
    with_boards(local, 0 if keys is None else len(keys.boards))
    local["cloud"] |= {"poll_interval_s": CLOUD_POLL_S, "list_age_max_h": list_age_h}
    machine = Machine(
        loop=loop,
        loaded=load_site(_site_file(directory, local)),
        pavement=Pavement([int(kiosk["number"]) for kiosk in local["kiosks"]]),
        calendar=calendar,
        clock=clock,
        story=story,
        errors=errors,
        directory=directory,
        seed=seed,
        direct_line=tower.direct,
        cloud_line=cloud_line,
        keys=keys,
    )
    return World(machine, tables=local, tower=tower, cloud=cloud, cars=stock)


def _tables(template: Path) -> dict[str, Any]:
    return copy.deepcopy(tomllib.loads(template.read_text(encoding="utf-8")))


def _site_file(directory: Path, tables: dict[str, Any]) -> Path:
    key = directory / "tower-key"
    key.touch(mode=0o600)
    key.write_text(base64.b64encode(bytes(range(1, 33))).decode() + "\n", encoding="utf-8")
    return write_site(directory, tables, TOKEN)


def _sealed(picture: bytes, *, tower_public_key: str, reservation_id: str) -> bytes:
    """Nobody opens it in here: faces are not the subject."""
    return b"sealed " + reservation_id.encode() + picture


__all__ = ["SECOND", "STAFF", "Tier", "World", "make_world"]
