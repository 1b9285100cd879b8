"""Counters and parts over the JSON interface, on real sockets."""

import getpass

import pytest
from aiohttp import ClientSession

from tests.unit.web.tower_sample import RunningWeb


async def test_counters_with_their_days(browser: ClientSession) -> None:
    async with browser.get("/api/counters") as answer:
        said = await answer.json()
    assert said["counters"][0]["total"] == 812
    assert said["counters"][0]["shown"] == 12
    assert said["days"] == []
    async with browser.get("/api/counters?days=2") as answer:
        days = (await answer.json())["days"]
    assert [day["totals"]["lift 1 cycles"] for day in days] == [800, 812]


@pytest.mark.parametrize("path", ["/api/counters?days=x", "/api/parts/records?limit=0"])
async def test_wrong_questions_are_explained(browser: ClientSession, path: str) -> None:
    async with browser.get(path) as answer:
        assert answer.status == 400
        assert "found" in (await answer.json())["reason"]


async def test_parts_say_what_to_look_at(browser: ClientSession) -> None:
    async with browser.get("/api/parts") as answer:
        ropes, pit = (await answer.json())["parts"]
    assert (ropes["due"], ropes["blocking"], ropes["check"]) == (
        "overdue",
        True,
        "look at the ropes",
    )
    assert (pit["due"], pit["place"], pit["counter"]) == ("fine", "tower", None)


async def test_a_sign_off_wants_a_name(
    served: RunningWeb, browser: ClientSession, terminal: ClientSession
) -> None:
    async with browser.post("/api/parts/ropes/sign", json={}) as answer:
        assert answer.status == 400
    async with terminal.post("/api/parts/ropes/sign", json={"note": "dry"}) as answer:
        assert answer.status == 200
    async with browser.post(
        "/api/parts/pit/sign", json={"by": "technician on duty", "replaced": True}
    ) as answer:
        assert answer.status == 200
    async with terminal.post("/api/parts/roof/sign", json={}) as answer:
        assert answer.status == 409
    async with terminal.post("/api/parts/pit/sign", json={"replaced": "yes"}) as answer:
        assert answer.status == 400
    assert served.wear.signed == [
        ("ropes", getpass.getuser(), "dry", False),
        ("pit", "technician on duty", "", True),
    ]
