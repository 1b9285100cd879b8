"""The simulator's scripted visitors do what the screen asks, against the real controller."""

import asyncio

import aiohttp
import pytest

from hardware_sim.demo import visitor as visitors
from hardware_sim.demo.daemon_process import Screens
from hardware_sim.demo.visitor import Ending, Visitor, VisitorScript, VisitRecord
from hardware_sim.people.portraits import GRACE_HOPPER
from tests.bench.tower_bench import Customer, TowerBench
from vendtower.domain.identity import IdentityRefusal, NobodyIdentified

pytestmark = pytest.mark.slow


def coming(bench: TowerBench, http: aiohttp.ClientSession, customer: Customer) -> VisitorScript:
    who = Visitor("Grace", GRACE_HOPPER, customer.code, 1, customer.vin)
    screens = Screens(bench.world.web_url, http)
    return VisitorScript(bench.world, screens, who, lambda _where, _what: None)


async def drives_off(bench: TowerBench, playing: asyncio.Future[VisitRecord]) -> None:
    await bench.phase(1, "verifying")
    bench.people.match(1)
    assert (await playing).ending is Ending.DROVE_OFF


async def test_who_is_asked_to_wait_waits_and_is_served(
    bench: TowerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vendtower.flows.check_in.BACK_OFF_FIRST_S", 300.0)
    monkeypatch.setattr(visitors, "A_FEW_SECONDS_S", 0.2)
    customer = await bench.book(0)
    await bench.check_in(customer)
    bench.people.differ(1)
    await bench.phase(1, "refused", "different_person")
    await bench.phase(1, "free")
    async with aiohttp.ClientSession() as http:
        playing = asyncio.ensure_future(coming(bench, http, customer).play(60.0))
        await bench.phase(1, "checking_in")
        bench.people.show_code(1, customer.code)
        await bench.event("kiosk.check_in_refused")
        monkeypatch.setattr("vendtower.flows.check_in.BACK_OFF_FIRST_S", 0.0)
        bench.people.show_code(1, customer.code)
        await drives_off(bench, playing)
    assert bench.events("kiosk.check_in_refused")[0]["reason"] == "try_soon"


async def test_who_cannot_be_seen_types_the_code(bench: TowerBench) -> None:
    customer = await bench.book(0)
    bench.people.arrive(1, NobodyIdentified(IdentityRefusal.FACE_UNAVAILABLE))
    async with aiohttp.ClientSession() as http:
        playing = asyncio.ensure_future(coming(bench, http, customer).play(60.0))
        await drives_off(bench, playing)
