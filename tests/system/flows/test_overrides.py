"""Overrides over the real control socket, with the kernel's word about who is at the other end."""

import getpass

import pytest

from tests.bench.tower_bench import STAFF, TowerBench
from vendtower.web import guards

pytestmark = [pytest.mark.slow, pytest.mark.both_wires]

FLOW = "flow reservation sync"


async def test_one_login_is_not_two_people(
    bench: TowerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.tower.faults["reservation sync"] = "it ended by itself"
    body = {"hindrance": FLOW, "reason": "cloud in repair", "minutes": 5, "by": STAFF}
    assert (await bench.control("/api/overrides", body))["done"]
    second = {"by": "operator on duty"}
    said = await bench.control("/api/overrides/1/confirm", second)
    assert not said["done"]
    assert f"login {getpass.getuser()}" in said["reason"]
    monkeypatch.setattr(guards, "login_of_peer", lambda _request: "operator")
    assert (await bench.control("/api/overrides/1/confirm", second))["done"]

    async def in_force() -> bool:
        status = await bench.status()
        shown = status["overrides"] if status else []
        return [each["state"] for each in shown] == ["in force"]

    await bench.until(in_force, "the override is not shown as in force")
    await bench.in_service()
    history = await bench.read("/api/events")
    assert history is not None
    told = [e["data"] for e in history["events"] if ".override." in e["event_type"]]
    assert {each["login"] for each in told} == {getpass.getuser(), "operator"}
    await bench.collect(await bench.book(0))
