"""The simulator's scripted visitors do what the screen asks, against the real controller."""

from collections.abc import Callable

import aiohttp
import pytest

from hardware_sim.demo import visitor as visitors
from hardware_sim.demo.daemon_process import Screens
from hardware_sim.demo.visitor import Ending, Visitor, VisitorScript
from hardware_sim.people.portraits import GRACE_HOPPER
from tests.bench.tower_bench import Customer, TowerBench
from vendtower.domain.identity import IdentityRefusal, NobodyIdentified

pytestmark = pytest.mark.slow


async def drives_off(
    bench: TowerBench, customer: Customer, acts: dict[str, Callable[[], None]]
) -> None:
    """Play one visit; what the visitor does before the camera is scripted by their own words."""

    def tell(_where: str, what: str) -> None:
        for words, act in acts.items():
            if words in what:
                act()

    acts["looks at the camera"] = lambda: bench.people.match(1)
    who = Visitor("Grace", GRACE_HOPPER, customer.code, 1, customer.vin)
    async with aiohttp.ClientSession() as http:
        screens = Screens(bench.world.web_url, http)
        record = await VisitorScript(bench.world, screens, who, tell).play(50.0)
    assert record.ending is Ending.DROVE_OFF, record


async def test_who_is_asked_to_wait_waits_and_is_served(
    bench: TowerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_off = "vendtower.flows.check_in.BACK_OFF_FIRST_S"
    monkeypatch.setattr(back_off, 300.0)
    monkeypatch.setattr("vendtower.flows.notice.NOTICE_S", 3.0)
    monkeypatch.setattr(visitors, "A_FEW_SECONDS_S", 0.2)
    customer = await bench.book(0)
    await bench.check_in(customer)
    bench.people.differ(1)
    await bench.phase(1, "refused", "different_person")
    await bench.phase(1, "free")
    acts = {
        "shows the code": lambda: bench.people.show_code(1, customer.code),
        "is asked to wait": lambda: monkeypatch.setattr(back_off, 0.0),
    }
    await drives_off(bench, customer, acts)
    assert (await bench.event("kiosk.check_in_refused"))["reason"] == "try_soon"


async def test_who_cannot_be_seen_types_the_code(bench: TowerBench) -> None:
    customer = await bench.book(0)
    typed: list[bool] = []
    bench.people.arrive(1, NobodyIdentified(IdentityRefusal.FACE_UNAVAILABLE))
    await drives_off(bench, customer, {"types the code": lambda: typed.append(True)})
    assert typed == [True]
