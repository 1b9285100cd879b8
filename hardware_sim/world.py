"""The whole world around one controller: tower, cameras, boards, cloud, and the site file."""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from hardware_sim.bay_cameras import BayCameras, serve_bay_cameras
from hardware_sim.cameras import Cameras, serve_cameras
from hardware_sim.cloud.bookings import BookedCar
from hardware_sim.cloud.reference import ReferenceCloud
from hardware_sim.demo_site import addressed, quickened, write_site
from hardware_sim.fleet import as_plant_cars, fleet
from hardware_sim.kiosk_board.peer import SimKioskBoard
from hardware_sim.plant.bay import Pace
from hardware_sim.runner import SimulatedTower
from hardware_sim.sealing import seal
from hardware_sim.serial_plug import Plug, PtyPlug
from hardware_sim.site import Site, site_from_tables


class PlcLine(StrEnum):
    """What lies between controller and PLC."""

    TCP = "tcp"
    """Modbus TCP on a local port."""
    RTU = "rtu"
    """Modbus RTU on a pseudo-terminal, at the pace of 115,200 baud."""


QUIET_PORTS = range(20_000, 32_000)

TOKEN = "token-of-a-simulated-tower"


def usable_port(wanted: int) -> int:
    """The wanted TCP port of this machine, or another one when it is taken; 0 wants any.

    The others lie below the range from which systems draw ports of their own accord, so that
    none of those takes it before the controller does.
    """
    chance = random.SystemRandom()
    for port in [*([wanted] if wanted else []), *chance.sample(QUIET_PORTS, 50)]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no free TCP port was found on this machine")


@dataclass(frozen=True)
class Ground:
    """What a world stands on; the defaults are this machine's own."""

    utc: Callable[[], datetime] = lambda: datetime.now(UTC)
    """Wall time of tower and cloud."""
    chance: random.Random = field(default_factory=random.SystemRandom)
    """Decides what is left to chance."""
    web_port: Callable[[int], int] = usable_port
    """From the wanted port of the controller's screens, or 0, to one that is free."""
    board_plug: Callable[[Path], Plug] = PtyPlug
    """What a kiosk board of this device name hangs on."""


@dataclass(frozen=True)
class SimulatedWorld:
    """Everything that the controller can meet, on real sockets, ports and serial lines."""

    directory: Path
    site_file: Path
    site: Site
    tables: dict[str, Any]
    tower: SimulatedTower
    cameras: Cameras
    bay_cameras: BayCameras
    bay_camera_url: Callable[[int, int], str]
    """From bay and camera to the URL of its picture."""
    boards: dict[int, SimKioskBoard]
    cloud: ReferenceCloud
    cars: dict[int, BookedCar]
    """Slot number to the car that stood there at the beginning."""
    web_url: str
    """Where the controller's screens will be."""
    utc: Callable[[], datetime]
    """Wall time of tower and cloud."""

    @property
    def control_socket(self) -> Path:
        """Where the controller is told to listen for the maintenance commands."""
        return self.directory / "control.sock"

    def bay_of(self, kiosk: int) -> int:
        """The bay beside a kiosk."""
        return next(int(k["bay"]) for k in self.tables["kiosks"] if k["number"] == kiosk)


@asynccontextmanager
async def open_world(
    template: Path,
    directory: Path,
    *,
    speed: float = 1.0,
    cars: int = 30,
    web_port: int = 0,
    pace: Pace | None = None,
    plc: PlcLine = PlcLine.TCP,
    ground: Ground | None = None,
    cloud_tls: ssl.SSLContext | None = None,
) -> AsyncIterator[SimulatedWorld]:
    """Bring a simulated world to life from a site file; everything ends with the context.

    ``speed`` multiplies the mechanics (see `quickened`); a free port is taken
    when ``web_port`` is in use, or 0. ``plc`` is the line that the PLC is on. ``ground`` is what
    all of it stands on, this machine if None. With ``cloud_tls`` the cloud serves HTTPS with that
    certificate.
    """
    ground = ground or Ground()
    tables = _prepare(template, directory, speed)
    site = site_from_tables(tables)
    kiosks = [int(kiosk["number"]) for kiosk in tables["kiosks"]]
    stock = fleet(site, cars)
    async with AsyncExitStack() as stack:
        tower = await stack.enter_async_context(
            SimulatedTower(
                site,
                cars=as_plant_cars(stock),
                pace=pace,
                chance=ground.chance,
                utc_s=lambda: ground.utc().timestamp(),
                serial_device=directory / "plc-line" if plc is PlcLine.RTU else None,
            )
        )
        bay_cameras = BayCameras(tower.plant)
        bay_camera_url = await stack.enter_async_context(serve_bay_cameras(bay_cameras))
        cameras = Cameras(kiosks, now=asyncio.get_running_loop().time)
        camera_url = await stack.enter_async_context(serve_cameras(cameras))
        boards = {number: _board(directory, number, ground) for number in kiosks}
        for board in boards.values():
            board.plug()
            stack.callback(board.unplug)
        cloud = await ReferenceCloud.start(
            tokens={site.tower_id: TOKEN},
            seal=seal,
            chance=ground.chance,
            utc=ground.utc,
            tls=cloud_tls,
        )
        stack.push_async_callback(cloud.stop)
        web_port = ground.web_port(web_port)
        local = addressed(
            tables,
            directory,
            plc=reached(tower),
            camera_url=camera_url,
            board_device=lambda number: _device(directory, number),
            cloud_url=cloud.url,
            list_keys=cloud.list_keys(),
            web_port=web_port,
        )
        yield SimulatedWorld(
            directory=directory,
            site_file=write_site(directory, local, TOKEN),
            site=site,
            tables=local,
            tower=tower,
            cameras=cameras,
            bay_cameras=bay_cameras,
            bay_camera_url=bay_camera_url,
            boards=boards,
            cloud=cloud,
            cars=stock,
            web_url=f"http://127.0.0.1:{web_port}",
            utc=ground.utc,
        )


def _prepare(template: Path, directory: Path, speed: float) -> dict[str, Any]:
    directory.mkdir(parents=True, exist_ok=True)
    return quickened(tomllib.loads(template.read_text(encoding="utf-8")), speed)


def reached(tower: SimulatedTower) -> dict[str, Any]:
    """The site file's word on how the PLC is reached."""
    if tower.rtu is None:
        return {"transport": "tcp", "host": "127.0.0.1", "port": tower.port}
    line = tower.rtu.line
    # A pseudo-terminal has no parity bit; the line's pace counts the second stop bit instead.
    return {
        "transport": "rtu",
        "serial_device": str(line.device),
        "baud": line.baud,
        "parity": "none",
    }


def _board(directory: Path, kiosk: int, ground: Ground) -> SimKioskBoard:
    device = _device(directory, kiosk)
    return SimKioskBoard(device, plug=ground.board_plug(device))


def _device(directory: Path, kiosk: int) -> Path:
    return directory / f"kiosk-board-{kiosk}"
