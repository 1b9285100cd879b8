"""The controller's line on a serial line at the pace of 115,200 baud, and everything bad on it."""

import asyncio
import contextlib
import os
import time
import tty
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from firmware_bridge.register_map import CONTROL
from hardware_sim.plant.car import Car
from hardware_sim.plc.line_noise import LineNoise
from hardware_sim.plc.modbus_pdu import answer_to
from hardware_sim.plc.rtu_server import PlcRtuServer
from hardware_sim.plc.serial_line import SerialLine
from hardware_sim.plc.server import Cut, RegisterBank
from hardware_sim.runner import SimulatedTower
from tests.contract.line_bench import LineBench, until
from tests.fast_site import QUICK, fast_site
from vendtower.domain.job import Fate, Job, JobAccepted, JobUnanswered, Verb
from vendtower.domain.machine import LinkState, MachineCommand, PcLink
from vendtower.domain.places import Slot

RARE = 1 / 25_000
"""Share of disturbed bytes that a tower has to bear without stopping: some ten hits a minute."""

OFTEN = 1 / 2_000
"""So many that the PLC may well stop the tower, some two hits a second."""

PAUSED_S_MAX = 0.6
"""The PLC's patience with a silent controller."""


class Heartbeats:
    """Stands before the PLC's registers and notes when another heartbeat arrived."""

    def __init__(self, bank: RegisterBank) -> None:
        self._bank = bank
        self._at_s = time.monotonic()
        self.longest_s = 0.0

    def read(self, address: int, count: int) -> list[int]:
        return self._bank.read(address, count)

    def write(self, address: int, values: list[int]) -> bool:
        if address == CONTROL.address:
            now_s = time.monotonic()
            self.longest_s = max(self.longest_s, now_s - self._at_s)
            self._at_s = now_s
        return self._bank.write(address, values)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[LineBench]:
    cars = {7: Car("VIN-A"), 20: Car("VIN-B", weight_kg=1900)}
    device = tmp_path / "plc"
    site = fast_site(15.0)
    async with SimulatedTower(site, cars=cars, pace=QUICK, serial_device=device) as tower:
        made = LineBench(tower)
        made.plc.start()
        await made.ready()
        yield made
        await made.plc.stop()
        assert tower.violations == []


@pytest.fixture
def server(bench: LineBench) -> PlcRtuServer:
    assert bench.tower.rtu is not None
    return bench.tower.rtu


@pytest.fixture
def heartbeats(server: PlcRtuServer) -> Heartbeats:
    server.bank = noting = Heartbeats(server.bank)
    return noting


async def park(bench: LineBench, *, at_top: bool) -> Job:
    """Ask the empty lift to the top or the bottom; the job, once the PLC has it."""
    slots = sorted(bench.tower.core.plant.site.slots)
    job = bench.job(Verb.PARK, None, Slot(slots[-1] if at_top else slots[0]))
    await bench.plc.ask(job)
    return job


# The line itself


async def test_every_byte_takes_its_time(tmp_path: Path) -> None:
    frames: list[bytes] = []
    line = SerialLine(tmp_path / "line", baud=9600, on_frame=frames.append)
    line.plug()
    theirs = os.open(line.device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        tty.setraw(theirs)
        began_s = time.monotonic()
        line.send(bytes(range(100)))
        received = bytearray()

        def came() -> bool:
            with contextlib.suppress(BlockingIOError):
                received.extend(os.read(theirs, 4096))
            return len(received) == 100

        await until(came)
        assert received == bytes(range(100))
        assert time.monotonic() - began_s >= 100 * 11 / 9600
        began_s = time.monotonic()
        os.write(theirs, b"x" * 50)
        await until(lambda: bool(frames))
        assert frames == [b"x" * 50]
        assert time.monotonic() - began_s >= (50 + 3.5) * 11 / 9600
    finally:
        os.close(theirs)
        line.unplug()


def test_noise_touches_its_share() -> None:
    noise = LineNoise(1, flipped=0.1, lost=0.1, added=0.1)
    arrived = noise.carry(bytes(10_000))
    assert noise.carried == 10_000
    assert 2_700 < noise.touched < 3_300
    assert 9_700 < len(arrived) < 10_300
    assert any(arrived)
    assert LineNoise(2).carry(b"as it was") == b"as it was"
    with pytest.raises(ValueError, match="at most 1 together"):
        LineNoise(1, flipped=0.6, lost=0.6)


class _Bank:
    def read(self, address: int, count: int) -> list[int]:
        return [address + nth for nth in range(count)]

    def write(self, address: int, values: list[int]) -> bool:
        return address >= 880


@pytest.mark.parametrize(
    ("request_hex", "answer_hex"),
    [
        ("03 0001 0002", "03 04 0001 0002"),
        ("03 0000 0079", "83 03"),
        ("03 0000 0000", "83 03"),
        ("03 03ff 0002", "83 02"),
        ("03 00", "83 03"),
        ("06 0370 1234", "06 0370 1234"),
        ("06 0001 1234", "86 02"),
        ("10 0370 0002 04 1234 5678", "10 0370 0002"),
        ("10 0370 0002 04 1234", "90 03"),
        ("10 0370 0003 04 1234 5678", "90 03"),
        ("10 0001 0001 02 1234", "90 02"),
        ("10 03ff 0002 04 1234 5678", "90 02"),
        ("01 0000 0001", "81 01"),
    ],
)
def test_what_the_simulated_plc_answers(request_hex: str, answer_hex: str) -> None:
    """As in the Modbus application protocol 1.1b3, sections 6.3, 6.6 and 6.12."""
    assert answer_to(_Bank(), bytes.fromhex(request_hex)) == bytes.fromhex(answer_hex)


async def test_a_damaged_request_is_not_answered(bench: LineBench, server: PlcRtuServer) -> None:
    server.disturb(LineNoise(3, flipped=1.0))
    understood = server.requests
    await until(lambda: server.damaged > 0)
    server.disturb(None)
    assert server.requests == understood
    await until(lambda: bench.snapshot.pc_link is not PcLink.NEVER)


# Answers that do not come, or come late


async def test_a_lost_answer_does_not_stop_the_tower(
    bench: LineBench, server: PlcRtuServer, heartbeats: Heartbeats
) -> None:
    """One after another, at every point of the round, while a lift moves."""
    bench.plc.follow(moving=True)
    job = await park(bench, at_top=True)
    for _ in range(12):
        asked = server.requests
        server.answers_to_lose = 1
        await until(lambda asked=asked: server.requests > asked + 7)  # type: ignore[misc]  # mypy cannot type the bound default
        assert server.answers_to_lose == 0
        assert bench.plc.link.state is LinkState.UP
        assert bench.snapshot.pc_link is PcLink.OK
    await until(lambda: bench.fate(job) is Fate.FINISHED)
    assert heartbeats.longest_s < PAUSED_S_MAX


async def test_two_lost_in_a_row_are_borne_too(
    bench: LineBench, server: PlcRtuServer, heartbeats: Heartbeats
) -> None:
    server.answers_to_lose = 2
    asked = server.requests
    await until(lambda: server.requests > asked + 10)
    assert server.answers_to_lose == 0
    assert bench.plc.link.state is LinkState.UP
    if heartbeats.longest_s < PAUSED_S_MAX:  # else this machine was late itself
        assert bench.snapshot.pc_link is PcLink.OK


@pytest.mark.parametrize("late_s", [0.13, 0.16, 0.2, 0.3, 0.45])
async def test_a_late_answer_is_never_taken_for_another(
    bench: LineBench, server: PlcRtuServer, late_s: float
) -> None:
    """Whichever request it meets: what is believed was true when it was read, or just before."""
    bench.plc.follow(moving=True)
    job = await park(bench, at_top=True)
    for nth in range(6):
        asked = server.requests
        server.delay_next_s = late_s
        await until(lambda asked=asked, nth=nth: server.requests > asked + 6 + nth)  # type: ignore[misc]  # as above
        # On a machine that is late itself the line may have gone down and come back.
        await until(lambda: bench.plc.link.state is LinkState.UP)
        bench.tower.catch_up()
        lift, truth = bench.snapshot.lifts[1], bench.tower.plant.lifts[1]
        assert bench.snapshot.occupied_slots == {7, 20}
        assert 0 <= lift.hoist_position_mm <= truth.hoist.position(bench.tower.plant.now_s) + 1
    await until(_known(bench, job))
    assert bench.fate(job) in {Fate.FINISHED, Fate.FAILED}
    assert bench.tower.jobs_started() == 1


async def test_a_jobs_lost_confirmation_never_makes_a_second_write(
    bench: LineBench, server: PlcRtuServer
) -> None:
    starts = bench.tower.jobs_started()
    for nth in range(4):
        job = bench.job(Verb.PARK, None, Slot(1 if nth % 2 else 30))
        asking = asyncio.create_task(bench.plc.ask(job))
        await until(lambda nth=nth: bench.tower.jobs_started() > starts + nth)  # type: ignore[misc]  # as above
        server.answers_to_lose = 1
        assert isinstance(await asking, JobAccepted | JobUnanswered)
        await until(lambda job=job: bench.fate(job) is Fate.FINISHED)  # type: ignore[misc]  # as above
    assert bench.tower.jobs_started() == starts + 4


# A bad line


@pytest.mark.timeout(180)
async def test_a_minute_of_noise_stops_nothing(bench: LineBench, server: PlcRtuServer) -> None:
    """At the rate that the documentation states, jobs follow each other and none is lost."""
    noise = LineNoise(1, flipped=RARE / 2, lost=RARE / 4, added=RARE / 4)
    server.disturb(noise)
    ended = await _jobs_for(bench, 60.0)
    server.disturb(None)
    assert noise.touched > 0, f"nothing was touched of {noise.carried} bytes"
    assert set(ended) == {Fate.FINISHED}
    assert bench.tower.jobs_started() == len(ended)
    assert bench.tower.jobs_completed() == len(ended)
    assert bench.snapshot.pc_link is PcLink.OK


async def test_worse_noise_moves_nothing_wrong_and_loses_no_job(
    bench: LineBench, server: PlcRtuServer
) -> None:
    """The PLC may stop the tower for the controller's silence; what became of a job is known."""
    noise = LineNoise(2, flipped=OFTEN / 2, lost=OFTEN / 4, added=OFTEN / 4)
    server.disturb(noise)
    ended = await _jobs_for(bench, 20.0)
    server.disturb(None)
    assert noise.touched > 5
    assert set(ended) <= {Fate.FINISHED, Fate.FAILED, Fate.REFUSED, Fate.NEVER_TAKEN}
    finished = ended.count(Fate.FINISHED)
    assert finished > 0
    assert bench.tower.jobs_completed() == finished
    assert bench.tower.jobs_started() == finished + ended.count(Fate.FAILED)
    await bench.ready()


async def _jobs_for(bench: LineBench, seconds: float) -> list[Fate]:
    """Send the lift up and down for a while; how each job ended. A stopped machine is led on."""
    ended: list[Fate] = []
    until_s = time.monotonic() + seconds
    bench.plc.follow(moving=True)
    while time.monotonic() < until_s:
        await _led_on(bench)
        job = await park(bench, at_top=len(ended) % 2 == 0)
        await until(_known(bench, job), 20.0)
        ended.append(bench.fate(job))
    return ended


def _known(bench: LineBench, job: Job) -> Callable[[], bool]:
    return lambda: bench.fate(job) not in {Fate.PENDING, Fate.RUNNING, Fate.UNHEARD}


async def _led_on(bench: LineBench) -> None:
    """Reset as often as the line wants it: a command is lost with its frame like anything else."""
    deadline_s = time.monotonic() + 20.0
    while not (bench.plc.link.state is LinkState.UP and bench.snapshot.lifts[1].ready):
        assert time.monotonic() < deadline_s
        if bench.plc.link.state is LinkState.UP and bench.snapshot.pc_link is PcLink.LOST:
            await bench.plc.command(MachineCommand.RESET)
        await asyncio.sleep(0.05)


# Cable and power


async def test_a_pulled_cable_is_noticed_and_found_again(
    bench: LineBench, server: PlcRtuServer
) -> None:
    job = await park(bench, at_top=True)
    await server.cut(Cut.DROP)
    await until(lambda: bench.plc.link.state is LinkState.DOWN)
    assert bench.fate(job) is Fate.UNHEARD
    await server.restore()
    await until(lambda: bench.plc.link.state is LinkState.UP)
    await until(_known(bench, job))
    assert bench.fate(job) in {Fate.FAILED, Fate.FINISHED}
    assert bench.tower.jobs_started() == 1
    await _led_on(bench)


async def test_the_plc_starts_anew_on_a_line_that_stays(bench: LineBench) -> None:
    boot_id = bench.snapshot.boot_id
    job = await park(bench, at_top=True)
    await bench.tower.restart_plc(0.1)
    await until(lambda: bench.snapshot.boot_id != boot_id)
    await until(_known(bench, job))
    assert bench.fate(job) is Fate.RESTARTED
    assert bench.tower.jobs_started() == 1


async def test_a_short_restart_between_two_reads_is_noticed(bench: LineBench) -> None:
    """The line goes on as after a lost answer; only the boot id tells, and it is looked at."""
    boot_id = bench.snapshot.boot_id
    await bench.tower.restart_plc(0.0)
    await until(lambda: bench.snapshot.boot_id != boot_id)
    await until(lambda: bench.snapshot.session_accepted)
