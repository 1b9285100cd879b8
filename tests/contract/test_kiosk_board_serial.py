"""The serial adapter against the simulated board, over a real pseudo-terminal."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from time import monotonic
from typing import TypeVar

import pytest
import pytest_asyncio
import serial

from firmware_bridge.kiosk_board import messages as m
from hardware_sim.kiosk_board import LineNoise, SimKioskBoard
from vendtower.adapters.kiosk_board_serial import SerialKioskBoard
from vendtower.adapters.kiosk_board_serial.presentation import RINGS
from vendtower.adapters.system_clock import SystemClock
from vendtower.domain.errors import LinkDown, LocalFault, PeerFault
from vendtower.ports.kiosk_board import (
    BoardEvent,
    BoardLink,
    CardRead,
    KeyPressed,
    KioskBoard,
    KioskSignals,
    RingPattern,
    SomebodyNear,
    Tampered,
    TrafficLight,
)

EventT = TypeVar("EventT", BoardLink, CardRead, KeyPressed, SomebodyNear, Tampered)
WAIT_S = 8.0
GO = KioskSignals(RingPattern.DONE, TrafficLight.GREEN)


class SeededChance:
    def __init__(self, seed: int = 1) -> None:
        self._random = Random(seed)

    def new_id(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def uniform(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)


class Kiosk:
    """One simulated board, the adapter on it, and everything the adapter reported."""

    def __init__(self, sim: SimKioskBoard) -> None:
        self.sim = sim
        self.adapter = SerialKioskBoard(
            3, str(sim.device), clock=SystemClock(), chance=SeededChance()
        )
        self.seen: list[BoardEvent] = []
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self.adapter.run()),
            asyncio.create_task(self._listen()),
        ]

    async def _listen(self) -> None:
        while True:
            self.seen.append(await self.adapter.next_event())

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._tasks = []
        self.sim.unplug()

    async def until(self, done: Callable[[], bool], timeout_s: float = WAIT_S) -> None:
        deadline_s = monotonic() + timeout_s
        while not done():
            assert monotonic() < deadline_s, f"not within {timeout_s} s; seen {self.seen}"
            await asyncio.sleep(0.002)

    async def until_unpowered(self, channel: int) -> None:
        await self.until(lambda: not self.sim.board.lock_powered(channel, self.sim.now_s))

    async def up(self) -> None:
        self.start()
        await self.until(lambda: BoardLink(3, up=True) in self.seen)

    def of(self, kind: type[EventT]) -> list[EventT]:
        return [event for event in self.seen if isinstance(event, kind)]

    def shows(self, ring: RingPattern, aspect: m.TrafficAspect) -> bool:
        return self.sim.board.ring == RINGS[ring] and self.sim.board.traffic is aspect


@pytest.fixture
def sim(tmp_path: Path) -> SimKioskBoard:
    return SimKioskBoard(tmp_path / "kiosk-3", seed=5)


@pytest_asyncio.fixture
async def kiosk(sim: SimKioskBoard) -> AsyncIterator[Kiosk]:
    sim.plug()
    kiosk = Kiosk(sim)
    yield kiosk
    await kiosk.stop()


def test_adapter_is_a_kiosk_board(sim: SimKioskBoard) -> None:
    board: KioskBoard = Kiosk(sim).adapter
    assert isinstance(board, SerialKioskBoard)


async def test_board_comes_up_and_shows_the_wanted_state(kiosk: Kiosk) -> None:
    await kiosk.adapter.show(GO)
    await kiosk.up()
    assert kiosk.seen == [BoardLink(3, up=True)]
    assert kiosk.shows(RingPattern.DONE, m.TrafficAspect.GREEN)
    assert kiosk.sim.board.config.watchdog_ms == 1000


async def test_without_a_word_the_board_stays_out_of_service(kiosk: Kiosk) -> None:
    await kiosk.up()
    assert kiosk.shows(RingPattern.OUT_OF_SERVICE, m.TrafficAspect.RED)


@pytest.mark.parametrize("pattern", RingPattern)
async def test_every_pattern_reaches_the_ring(kiosk: Kiosk, pattern: RingPattern) -> None:
    await kiosk.up()
    await kiosk.adapter.show(KioskSignals(pattern, TrafficLight.GREEN))
    await kiosk.until(lambda: kiosk.shows(pattern, m.TrafficAspect.GREEN))


async def test_buzzer_sounds_as_long_as_it_is_wanted(kiosk: Kiosk) -> None:
    await kiosk.up()
    board, sim = kiosk.sim.board, kiosk.sim
    await kiosk.adapter.show(KioskSignals(RingPattern.REFUSED, TrafficLight.RED, buzzer=True))
    await kiosk.until(lambda: board.buzzing(sim.now_s))
    first_until_s = board.buzzer_until_s
    await kiosk.until(lambda: board.buzzer_until_s > first_until_s + 0.9)
    assert board.buzzing(sim.now_s)
    await kiosk.adapter.show(KioskSignals(RingPattern.WELCOME, TrafficLight.RED))
    await kiosk.until(lambda: not board.buzzing(sim.now_s), timeout_s=0.5)


async def test_people_and_keys_are_reported_in_order(kiosk: Kiosk) -> None:
    await kiosk.up()
    kiosk.sim.somebody_near(True)
    for key in "42*#":
        kiosk.sim.press_key(key)
    kiosk.sim.nfc(b"\x04\x11\x22\x33")
    kiosk.sim.somebody_near(False)
    await kiosk.until(lambda: SomebodyNear(3, near=False) in kiosk.seen)
    assert kiosk.seen[1:] == [
        SomebodyNear(3, near=True),
        *(KeyPressed(3, key) for key in "42*#"),
        CardRead(3, "04112233"),
        SomebodyNear(3, near=False),
    ]


async def test_keys_and_cards_are_never_logged(
    kiosk: Kiosk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await kiosk.up()
    caplog.clear()
    kiosk.sim.press_key("7")
    kiosk.sim.nfc(b"\x04\xab\xcd\xef")
    await kiosk.until(lambda: bool(kiosk.of(KeyPressed)) and bool(kiosk.of(CardRead)))
    assert [r for r in caplog.records if r.name.startswith("vendtower")] == []
    assert "7" not in repr(kiosk.of(KeyPressed)[0])
    assert "abcdef" not in repr(kiosk.of(CardRead)[0])


async def test_tampering_is_reported_once_and_waits_for_the_controller(kiosk: Kiosk) -> None:
    kiosk.sim.tamper()
    await kiosk.up()
    await kiosk.until(lambda: bool(kiosk.of(Tampered)))
    await kiosk.until(lambda: m.Inputs.TAMPER_LATCHED not in kiosk.sim.board.inputs)
    kiosk.sim.reboot()
    await kiosk.until(lambda: len(kiosk.of(BoardLink)) == 3)
    assert kiosk.of(Tampered) == [Tampered(3)]


async def test_lock_pulse_is_timed_by_the_board(kiosk: Kiosk) -> None:
    await kiosk.up()
    await kiosk.adapter.pulse_lock(2, 80)
    began_s = kiosk.sim.now_s
    assert kiosk.sim.board.pulses == [0, 0, 1, 0]
    with pytest.raises(PeerFault, match="kiosk 3: board refused LOCK_PULSE: BUSY"):
        await kiosk.adapter.pulse_lock(2, 80)
    await kiosk.until(lambda: not kiosk.sim.board.lock_powered(2, kiosk.sim.now_s))
    assert kiosk.sim.now_s - began_s == pytest.approx(0.08, abs=0.04)
    with pytest.raises(LocalFault, match=r"kiosk 3: .*LockPulse\.duration_ms: found 5001"):
        await kiosk.adapter.pulse_lock(2, 5001)


async def test_on_a_bad_line_pulses_are_executed_once_and_keys_come_in_order(
    sim: SimKioskBoard,
) -> None:
    sim.noise = LineNoise(11, damaged=0.034, lost=0.033, doubled=0.033)
    sim.plug()
    kiosk = Kiosk(sim)
    await kiosk.up()
    keys = [KeyPressed(3, m.KEYS[n % len(m.KEYS)]) for n in range(60)]
    for key in keys:
        sim.press_key(key.key)
    for n in range(60):
        await kiosk.until_unpowered(n % 4)
        await kiosk.adapter.pulse_lock(n % 4, 1)
    await kiosk.until(lambda: len(kiosk.of(KeyPressed)) == len(keys))
    assert sum(sim.board.pulses) == 60
    assert kiosk.of(KeyPressed) == keys
    assert kiosk.of(BoardLink) == [BoardLink(3, up=True)]
    assert sim.noise.touched > 10
    assert sim.line.counts.requests_repeated + sim.line.counts.events_repeated > 0
    await kiosk.stop()


async def test_restarted_board_is_brought_to_the_wanted_state_again(kiosk: Kiosk) -> None:
    await kiosk.up()
    await kiosk.adapter.show(GO)
    await kiosk.until(lambda: kiosk.shows(RingPattern.DONE, m.TrafficAspect.GREEN))
    boot_id = kiosk.sim.boot_id
    kiosk.sim.reboot()
    assert kiosk.sim.boot_id != boot_id
    assert kiosk.shows(RingPattern.OUT_OF_SERVICE, m.TrafficAspect.RED)
    await kiosk.until(lambda: len(kiosk.of(BoardLink)) == 3, timeout_s=1.0)
    assert [link.up for link in kiosk.of(BoardLink)] == [True, False, True]
    assert "has no session" in kiosk.of(BoardLink)[1].reason
    assert kiosk.shows(RingPattern.DONE, m.TrafficAspect.GREEN)


async def test_unplugged_and_plugged_again(kiosk: Kiosk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "vendtower")
    await kiosk.up()
    await kiosk.adapter.show(GO)
    kiosk.sim.unplug()
    await kiosk.until(lambda: len(kiosk.of(BoardLink)) == 2, timeout_s=1.0)
    with pytest.raises(LinkDown, match="kiosk 3: LOCK_PULSE not sent, the board is lost"):
        await kiosk.adapter.pulse_lock(0, 10)
    kiosk.sim.somebody_near(True)
    # Several vain attempts to open it are one loss.
    await asyncio.sleep(0.4)
    kiosk.sim.plug()
    await kiosk.until(lambda: SomebodyNear(3, near=True) in kiosk.seen)
    assert [link.up for link in kiosk.of(BoardLink)] == [True, False, True]
    assert f"serial device {kiosk.sim.device} is gone" in kiosk.of(BoardLink)[1].reason
    assert kiosk.shows(RingPattern.DONE, m.TrafficAspect.GREEN)
    # The losses are told by ``BoardLink``; the log only says which board answered.
    assert len(caplog.records) == 2
    assert all("firmware 1.1.0" in r.message for r in caplog.records)


async def test_silent_line_makes_the_board_safe_and_is_reported(kiosk: Kiosk) -> None:
    await kiosk.adapter.show(GO)
    await kiosk.up()
    kiosk.sim.noise = LineNoise(1, lost=1.0)
    began_s = monotonic()
    await kiosk.until(lambda: kiosk.shows(RingPattern.OUT_OF_SERVICE, m.TrafficAspect.RED))
    assert 0.7 < monotonic() - began_s < 1.5
    assert not kiosk.sim.in_session
    await kiosk.until(lambda: len(kiosk.of(BoardLink)) == 2)
    assert "no answer to HEARTBEAT" in kiosk.of(BoardLink)[1].reason
    kiosk.sim.noise = None
    await kiosk.until(lambda: kiosk.shows(RingPattern.DONE, m.TrafficAspect.GREEN))


async def test_stopped_controller_leaves_a_safe_board(kiosk: Kiosk) -> None:
    await kiosk.up()
    await kiosk.adapter.pulse_lock(1, 5000)
    errand = asyncio.create_task(kiosk.adapter.pulse_lock(0, 10))
    await asyncio.sleep(0)
    kiosk._tasks[0].cancel()
    with pytest.raises(LinkDown, match="kiosk 3: LOCK_PULSE: the controller stops"):
        await errand
    assert kiosk.sim.board.lock_powered(1, kiosk.sim.now_s)
    await kiosk.until(lambda: not kiosk.sim.in_session)
    assert not kiosk.sim.board.lock_powered(1, kiosk.sim.now_s)


async def test_pulse_on_a_line_that_breaks_is_told_as_unknown(kiosk: Kiosk) -> None:
    await kiosk.up()
    kiosk.sim.noise = LineNoise(1, lost=1.0)
    with pytest.raises(LinkDown, match="LOCK_PULSE"):
        await kiosk.adapter.pulse_lock(0, 10)


async def test_another_major_is_refused_with_a_reason(tmp_path: Path) -> None:
    sim = SimKioskBoard(tmp_path / "kiosk", major=2)
    sim.plug()
    kiosk = Kiosk(sim)
    kiosk.start()
    await kiosk.until(lambda: bool(kiosk.seen))
    await asyncio.sleep(0.3)
    assert kiosk.seen == [
        BoardLink(3, up=False, reason="the board speaks contract 2.1, expected 1.x")
    ]
    await kiosk.stop()


async def test_refused_version_is_told_even_after_a_missing_device(tmp_path: Path) -> None:
    sim = SimKioskBoard(tmp_path / "kiosk", major=2)
    kiosk = Kiosk(sim)
    kiosk.start()
    await kiosk.until(lambda: bool(kiosk.seen))
    sim.plug()
    await kiosk.until(lambda: len(kiosk.seen) == 2)
    reasons = [link.reason for link in kiosk.of(BoardLink)]
    assert "cannot be opened" in reasons[0]
    assert "expected 1.x" in reasons[1]
    await kiosk.stop()


async def test_device_is_opened_for_us_alone(kiosk: Kiosk) -> None:
    await kiosk.up()
    with pytest.raises(serial.SerialException, match="Could not exclusively lock"):
        serial.Serial(str(kiosk.sim.device), exclusive=True)


async def test_counters_tell_what_the_line_cost(kiosk: Kiosk) -> None:
    await kiosk.up()
    await kiosk.adapter.pulse_lock(0, 1)
    counters = await kiosk.adapter.counters()
    assert counters.lock_pulses == 1
    assert counters.requests_executed >= 6
    assert counters.frames_bad == counters.watchdog_trips == 0
