"""The simulator's scripted drivers, good ones and bad ones, against the real controller."""

import asyncio

import aiohttp
import pytest

from hardware_sim.control import Refused, WorldControl
from hardware_sim.demo.daemon_process import Screens
from hardware_sim.demo.returner import Manners, ReturnEnding, ReturnRecord, ReturnScript
from hardware_sim.demo.visitor import Visitor
from hardware_sim.faults.catalogue import FaultDesk
from hardware_sim.faults.fault import Surroundings
from hardware_sim.people.portraits import GRACE_HOPPER
from tests.bench.returns import Returns
from tests.bench.tower_bench import TowerBench


def silent(_where: str, _what: str) -> None:
    """Nobody watches."""


async def played(bench: TowerBench, manners: Manners) -> tuple[Visitor, ReturnRecord]:
    """Somebody collects a car and brings it back like this."""
    customer = await Returns(bench).car_is_out(0)
    visitor = Visitor("Grace", GRACE_HOPPER, customer.code, 1, customer.vin)
    async with aiohttp.ClientSession() as http:
        screens = Screens(bench.world.web_url, http)
        script = ReturnScript(bench.world, screens, visitor, silent, manners)
        playing = asyncio.ensure_future(script.play(20.0))
        await bench.phase(1, "checking_in")
        bench.people.show_code(1, customer.code)
        return visitor, await playing


async def test_a_good_driver(bench: TowerBench) -> None:
    visitor, record = await played(bench, Manners())
    assert record.ending is ReturnEnding.CAR_TAKEN
    assert record.duration_s is not None
    await bench.event("car.returned")
    place = bench.world.tower.where_is(visitor.vin)
    assert str(place).startswith("slot")


async def test_a_driver_with_a_card(bench: TowerBench) -> None:
    """As ``vendtower-sim visitor ... --returns --card``: no code is shown."""
    customer = await Returns(bench).car_is_out(0, cards=["04a1b2c3d4e5f6"])
    visitor = Visitor("Grace", GRACE_HOPPER, "no code", 1, customer.vin, card="04a1b2c3d4e5f6")
    async with aiohttp.ClientSession() as http:
        screens = Screens(bench.world.web_url, http)
        manners = Manners(holds_card=True)
        record = await ReturnScript(bench.world, screens, visitor, silent, manners).play(20.0)
    assert record.ending is ReturnEnding.CAR_TAKEN


@pytest.mark.parametrize(
    ("manners", "reason"),
    [(Manners(offset_mm=300), "off_centre"), (Manners(part_open=True), "part_open")],
    ids=["off centre", "boot open"],
)
async def test_a_driver_whose_car_does_not_fit(
    bench: TowerBench, manners: Manners, reason: str
) -> None:
    visitor, record = await played(bench, manners)
    assert record.ending is ReturnEnding.DROVE_OUT_AGAIN
    assert record.reason == reason
    assert str(bench.world.tower.where_is(visitor.vin)) == "outside"


async def test_a_driver_who_leaves_somebody_in_the_car(bench: TowerBench) -> None:
    _, record = await played(bench, Manners(leaves_somebody=True))
    assert (record.ending, record.reason) == (ReturnEnding.REFUSED, "referred")
    assert bench.executed() == 1, "only the pick-up has moved a lift"


async def test_a_driver_who_walks_away(bench: TowerBench) -> None:
    _, record = await played(bench, Manners(confirms=False))
    assert record.ending is ReturnEnding.GAVE_UP
    await bench.phase(1, "confirm_clear")
    assert bench.executed() == 1


async def test_only_who_is_out_with_a_car_can_bring_one_back(bench: TowerBench) -> None:
    async with aiohttp.ClientSession() as http:
        desk = FaultDesk(Surroundings(bench.world))
        control = WorldControl(bench.world, Screens(bench.world.web_url, http), silent, desk)
        with pytest.raises(Refused, match="out with no car"):
            control.send_back(GRACE_HOPPER, 1, Manners())
        with pytest.raises(Refused, match="kiosk 9"):
            control.send_back(GRACE_HOPPER, 9, Manners())
