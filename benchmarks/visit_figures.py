"""Whole visits through real wires: from first touch to the car, against the lift's own time.

``python -m benchmarks.visit_figures [--json FILE]``. The mechanics run at their real speed times
`SPEED`; what is added to them does not depend on it: check-in, camera, PLC link, journal.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from pathlib import Path

import aiohttp

from benchmarks.figure import Figure, below, percentile, run, told
from benchmarks.world_process import EXAMPLE
from hardware_sim.cloud.bookings import BookedCar
from hardware_sim.demo.bookings import book
from hardware_sim.demo.daemon_process import DaemonProcess, Screens
from hardware_sim.demo.visitor import Ending, VisitorScript
from hardware_sim.fleet import stock_list
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER
from hardware_sim.plant.bay import Pace
from hardware_sim.world import SimulatedWorld, open_world
from vendtower.daemon.site_file import load_site
from vendtower.domain.job import Verb
from vendtower.domain.places import Bay, Slot
from vendtower.domain.site import Site
from vendtower.domain.travel_time import LiftPose, job_duration_s

SPEED = 6.0
VISITS = 6
ADDED_S_MAX = 3.0
"""What the software and the customer's handling of the kiosk may add to the movement."""
PACE = Pace(walk_s=0.2, drive_s=1.0)


async def visit_figures() -> list[Figure]:
    """Customers one after the other, so that the lift is free for each."""
    waits_s, added_s = [], []
    with tempfile.TemporaryDirectory(prefix="vendtower-figures-") as directory:
        async with (
            open_world(EXAMPLE, Path(directory), speed=SPEED, pace=PACE) as world,
            aiohttp.ClientSession() as http,
        ):
            daemon, screens = DaemonProcess(world), Screens(world.web_url, http)
            await daemon.start()
            try:
                await _open_for_business(world, daemon, screens)
                cars = list(world.cars.items())
                for number in range(VISITS):
                    slot, car = cars[(2 * number + 1) * len(cars) // (2 * VISITS)]
                    wait_s, computed_s = await _visit(world, screens, number, slot, car)
                    waits_s.append(wait_s)
                    added_s.append(wait_s - computed_s)
            finally:
                await daemon.stop()
    return [
        told(
            f"first touch to car ready in the bay, mechanics x{SPEED:g}, median of {VISITS}",
            f"{percentile(waits_s, 0.5):.1f} s",
        ),
        below(
            "of that, beyond the computed movement, median",
            percentile(added_s, 0.5),
            ADDED_S_MAX,
            "s",
        ),
        told("beyond the computed movement, longest", f"{max(added_s):.1f} s"),
    ]


async def _visit(
    world: SimulatedWorld, screens: Screens, number: int, slot: int, car: BookedCar
) -> tuple[float, float]:
    """Seconds from the touch to the end of the lift's job, and what that takes by the site file.

    The job ends when the inner door has closed behind the car: then the customer may come in.
    """
    face, kiosk = (GRACE_HOPPER, EILEEN_COLLINS)[number % 2], 1 + number % 2
    visitor = book(world, face, car, kiosk)
    async with asyncio.timeout(30.0):
        while not _accepted(world, car.vin):  # noqa: ASYNC110 # the cloud announces nothing
            await asyncio.sleep(0.1)
    await world.tower.until(world.tower.plc.machine.standing, 30.0)
    computed_s = _computed_s(load_site(world.site_file).site, world, slot, kiosk)
    record = await VisitorScript(world, screens, visitor, lambda _where, _what: None).play()
    if record.ending is not Ending.DROVE_OFF or record.touched_s is None:
        raise RuntimeError(f"visit {number}: the customer {record.ending.value}")
    closed = world.tower.events("inner door closed", f"bay {world.bay_of(kiosk)}")[-1]
    return closed.at_s - record.touched_s, computed_s


def _computed_s(site: Site, world: SimulatedWorld, slot: int, kiosk: int) -> float:
    plant = world.tower.plant
    [(number, lift)] = plant.lifts.items()
    pose = LiftPose(lift.hoist.position(plant.now_s), lift.turntable.position(plant.now_s))
    bay = Bay(world.bay_of(kiosk))
    return job_duration_s(site, number, pose, Verb.FETCH, source=Slot(slot), destination=bay)


def _accepted(world: SimulatedWorld, vin: str) -> bool:
    kind = "com.vendtower.reservation.accepted.v1"
    return any(
        e.event_type == kind and e.data.get("vin") == vin for e in world.cloud.events_received
    )


async def _open_for_business(
    world: SimulatedWorld, daemon: DaemonProcess, screens: Screens
) -> None:
    stock = world.directory / "stock.csv"
    await asyncio.to_thread(stock.write_text, stock_list(world.cars), encoding="utf-8")
    async with asyncio.timeout(60.0):
        for wanted in ("machine_fresh", "face_available", "in_service"):
            while not ((await screens.read("/api/status")) or {}).get(wanted):  # noqa: ASYNC110 # the page tells when asked
                await asyncio.sleep(0.1)
    await daemon.command("cars", "load", str(stock), "--by", "operator")


if __name__ == "__main__":
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    run(__doc__, [visit_figures])
