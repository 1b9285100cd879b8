"""Hold-to-run against the simulated tower: it moves while it is held, and stops for everything."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import pytest

from firmware_bridge.meanings import KeySwitch
from hardware_sim.plant.axis import AxisName
from tests.bench.tower_bench import STAFF, TowerBench
from tests.system.flows.test_journal_trouble import allow, forbid
from vendtower.domain.jog import JogRun

pytestmark = pytest.mark.slow

BEAT_S = 0.03
STOPS_S = 2.0
"""Generous, for a busy machine; the plant's own clock is asked for the real figure."""


async def maintained(bench: TowerBench) -> None:
    """In a session, the key turned, the enabling device held."""
    tower = bench.world.tower

    def at_the_machine() -> None:
        tower.plant.key_switch = KeySwitch.MAINTENANCE
        tower.plant.enabling = True
        tower.plant.happened()

    tower.act(at_the_machine)
    body = {"by": STAFF, "reason": "rope", "minutes": 30}
    assert (await bench.control("/api/maintenance/begin", body))["done"]
    await bench.until(
        lambda: (m := bench.tower.machine()) is not None and m.lifts[1].may_jog,
        "the PLC does not let anybody jog",
    )


@asynccontextmanager
async def line(
    bench: TowerBench, axis: str = "hoist", direction: str = "forward", by: str = STAFF
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    query = {"lift": "1", "axis": axis, "direction": direction, "by": by}
    connector = aiohttp.UnixConnector(str(bench.world.control_socket))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.ws_connect("http://tower/api/jog", params=query) as opened,
    ):
        yield opened


@asynccontextmanager
async def held(
    bench: TowerBench, axis: str = "hoist"
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Somebody holds, and the axis moves; the holding ends with the context."""
    async with line(bench, axis) as opened:
        assert "begun" in await opened.receive_json()

        async def hold() -> None:
            while True:
                await opened.send_str("hold")
                await asyncio.sleep(BEAT_S)

        holding = asyncio.create_task(hold())
        try:
            await bench.world.tower.until(lambda: moving(bench), STOPS_S)
            yield opened
        finally:
            holding.cancel()
            with suppress(asyncio.CancelledError, ConnectionError, aiohttp.ClientError):
                await holding


def moving(bench: TowerBench) -> bool:
    tower = bench.world.tower
    return tower.plant.lifts[1].moving(tower.plant.now_s)


async def stopped(bench: TowerBench) -> None:
    await bench.world.tower.until(lambda: not moving(bench), STOPS_S)


async def why_not(bench: TowerBench, **more: str) -> str:
    async with line(bench, **more) as opened:
        said: dict[str, Any] = await opened.receive_json()
        return str(said.get("reason", ""))


async def ended(bench: TowerBench) -> JogRun:
    await bench.until(
        lambda: (runs := bench.tower.book.facts(JogRun)) and runs[-1].ended, "the jog never ends"
    )
    return bench.tower.book.facts(JogRun)[-1]


async def test_it_moves_while_held_and_is_written_down(bench: TowerBench) -> None:
    await maintained(bench)
    hoist = bench.world.tower.plant.lifts[1].hoist
    async with held(bench) as opened:
        fastest = hoist.kinematics.speed * 0.25
        now_s = bench.world.tower.plant.now_s
        assert abs(hoist.velocity(now_s)) <= fastest
    await stopped(bench)
    run = await ended(bench)
    assert (run.by, run.lift, run.axis.value) == (STAFF, 1, "hoist")
    assert run.to_position is not None
    assert run.to_position > run.from_position
    history = await bench.read("/api/events")
    assert history is not None
    told = [e["data"] for e in history["events"] if ".jog.ended" in e["event_type"]]
    assert told[0]["by"] == STAFF
    assert told[0]["to"] == run.to_position
    assert opened.closed


async def test_a_lease_that_stands_still_stops_within_its_time(bench: TowerBench) -> None:
    await maintained(bench)
    tower = bench.world.tower
    async with line(bench) as opened:
        assert "begun" in await opened.receive_json()
        await opened.send_str("hold")
        await tower.until(lambda: moving(bench), STOPS_S)
        began_s = tower.plant.now_s
        await stopped(bench)
        ramp_s = tower.plant.lifts[1].hoist.kinematics
        allowed_s = 0.15 + 0.02 + ramp_s.speed / ramp_s.acceleration
        assert tower.plant.now_s - began_s <= allowed_s + 0.15
    assert (await ended(bench)).why_ended == "the key was let go"


def turn_key(bench: TowerBench) -> None:
    bench.world.tower.plant.key_switch = KeySwitch.AUTO


def let_go(bench: TowerBench) -> None:
    bench.world.tower.plant.enabling = False


def press(bench: TowerBench) -> None:
    bench.world.tower.plant.press_estop()


def hatch(bench: TowerBench) -> None:
    bench.world.tower.plant.trip("inspection_hatch")


@pytest.mark.parametrize("what", [turn_key, let_go, press, hatch], ids=lambda each: each.__name__)
async def test_everything_stops_it_while_it_is_held(
    bench: TowerBench, what: Callable[[TowerBench], None]
) -> None:
    await maintained(bench)
    tower = bench.world.tower

    def act() -> None:
        what(bench)
        tower.plant.happened()

    async with held(bench) as opened:
        tower.act(act)
        await stopped(bench)
        said = await opened.receive_json()
        assert said["ended"] not in {"", "the key was let go"}
    # And it does not begin again while that lasts.
    assert await why_not(bench)
    assert not moving(bench)


async def test_a_curtain_broken_meanwhile_stops_the_shuttle(bench: TowerBench) -> None:
    tower = bench.world.tower
    bay = bench.world.site.bays[1]
    lift = tower.plant.lifts[1]

    def before_the_bay() -> None:
        tower.plant.move_axis(1, AxisName.HOIST, bay.height_mm)
        tower.plant.move_axis(1, AxisName.TURNTABLE, bay.angle_deg)

    def open_inner() -> None:
        tower.plant.travel_door(1, "inner", opening=True)

    tower.act(before_the_bay)
    await tower.until(lambda: lift.at(bay.height_mm, bay.angle_deg, tower.plant.now_s))
    await maintained(bench)
    tower.act(open_inner)
    await tower.until(lambda: tower.plant.door(1, "inner").position(tower.plant.now_s) == "open")
    await bench.until(
        lambda: (m := bench.tower.machine()) is not None and m.bays[1].inner_door.value == "open"
    )
    assert "inner door is open" in await why_not(bench, axis="hoist")
    async with held(bench, "shuttle"):
        tower.act(lambda: tower.people.person_blocks_curtain(1))
        await stopped(bench)
    tower.act(lambda: tower.people.person_clears_curtain(1))
    tower.act(lambda: tower.people.hide_inside(1))
    await bench.until(lambda: (m := bench.tower.machine()) is not None and m.bays[1].person_inside)
    # The presence detection has no bypass: not in maintenance, not with key and enabling device.
    assert "somebody is inside" in await why_not(bench, axis="shuttle")
    assert not moving(bench)
    tower.act(lambda: tower.people.found_inside(1))


async def test_what_is_missing_is_said(bench: TowerBench) -> None:
    assert "wants maintenance" in await why_not(bench)
    body = {"by": STAFF, "reason": "rope", "minutes": 30}
    assert (await bench.control("/api/maintenance/begin", body))["done"]
    why = await why_not(bench)
    for part in ("mode production", "key switch stands at auto", "enabling device is not held"):
        assert part in why
    tower = bench.world.tower
    tower.plant.key_switch = KeySwitch.MAINTENANCE
    said = await bench.control("/api/mode", {"mode": "maintenance", "by": STAFF})
    assert "the PLC is in mode maintenance" in said["message"]
    assert await why_not(bench) == "the enabling device is not held"
    assert "holder of the maintenance session" in await why_not(bench, by="operator on duty")


async def test_a_killed_controller_stops_it_and_the_next_one_writes_it_down(
    bench: TowerBench,
) -> None:
    await maintained(bench)
    async with held(bench):
        await bench.crash()
        await stopped(bench)
    await bench.start()
    await bench.until(lambda: bench.tower.recovered)
    run = await ended(bench)
    assert run.why_ended
    assert run.to_position is not None


async def test_a_journal_that_fails_keeps_nobody_from_letting_go(bench: TowerBench) -> None:
    bench.expected_failures = True
    await maintained(bench)
    async with line(bench) as opened:
        assert "begun" in await opened.receive_json()
        await opened.send_str("hold")
        await forbid(bench)
        said = await opened.receive_json()
    assert said["ended"].startswith("the key was let go; not written down yet: ")
    assert "read-only" in said["ended"]
    assert not bench.tower.book.facts(JogRun)[-1].ended
    await allow(bench)
    await bench.until(lambda: not bench.tower.book.fault, "the journal stays at fault")
    async with held(bench):
        first, second = bench.tower.book.facts(JogRun)
        assert first.why_ended == "the key was let go"
        assert first.to_position == said["to"]
        assert not second.ended


@pytest.mark.real_wires
@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGSTOP], ids=lambda each: each.name)
async def test_the_command_dies_or_hangs(bench: TowerBench, kill: signal.Signals) -> None:
    """A terminal tells of a held key by repeating it; here a pipe does."""
    await maintained(bench)
    words = ["jog", "1", "hoist", "+", "--by", STAFF, "--yes", "--json"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from vendtower.cli.main import cli; cli()"),
        *("--socket", str(bench.world.control_socket), *words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ},
    )
    assert process.stdin is not None

    async def hold() -> None:
        while True:
            assert process.stdin is not None
            process.stdin.write(b"+")
            await process.stdin.drain()
            await asyncio.sleep(BEAT_S)

    holding = asyncio.create_task(hold())
    try:
        await bench.world.tower.until(lambda: moving(bench), 20.0)
        process.send_signal(kill)
        await stopped(bench)
        await ended(bench)
        assert not moving(bench)
    finally:
        holding.cancel()
        with suppress(asyncio.CancelledError, ConnectionError):
            await holding
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@pytest.mark.real_wires
async def test_the_command_says_what_is_missing(bench: TowerBench) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from vendtower.cli.main import cli; cli()"),
        *("--socket", str(bench.world.control_socket)),
        *("jog", "1", "hoist", "-", "--by", STAFF, "--yes"),
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(b"-")
    await process.stdin.drain()
    process.stdin.write(b"--")
    await process.stdin.drain()
    told = await asyncio.wait_for(process.stderr.read(), 20.0)
    assert await process.wait() == 1
    assert b"wants maintenance" in told
