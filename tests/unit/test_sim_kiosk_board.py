"""What the simulated kiosk board does with each request, without a pseudo-terminal."""

from collections import Counter
from dataclasses import dataclass, field

import pytest

from firmware_bridge.kiosk_board import messages as m
from firmware_bridge.kiosk_board.board_end import BoardEnd, BoardIdentity, RequestCame
from firmware_bridge.kiosk_board.catalogue import MessageId
from firmware_bridge.kiosk_board.controller_end import Answered, ControllerEnd, EventCame
from firmware_bridge.kiosk_board.fields import Body
from hardware_sim.kiosk_board import Board, LineNoise
from hardware_sim.kiosk_board.board import SAFE_RING

WISH = m.KeyCabinetRelease(compartment=3, transaction_id=41)


@dataclass
class Bench:
    """A board with a controller's end wired to it."""

    board: Board = field(default_factory=Board)
    end: BoardEnd = field(
        default_factory=lambda: BoardEnd(BoardIdentity(boot_id=1, firmware=(1, 0, 0)))
    )
    controller: ControllerEnd = field(default_factory=ControllerEnd)
    now_s: float = 10.0
    answers: list[Answered] = field(default_factory=list)

    def open(self, nonce: int = 1) -> None:
        self.controller.open(nonce, self.now_s)
        self.pump()
        assert self.controller.is_open

    def pump(self) -> None:
        for happening in self.end.receive(self.controller.data_to_send(), self.now_s):
            if isinstance(happening, RequestCame):
                self.board.execute(happening, self.end, self.now_s)
        self.board.tick(self.end, self.now_s)
        for told in self.controller.receive(self.end.data_to_send(), self.now_s):
            assert not isinstance(told, EventCame)
            if isinstance(told, Answered):
                self.answers.append(told)

    def ask(self, message_id: MessageId, body: Body) -> Answered | None:
        """The answer, None while it is pending."""
        self.answers.clear()
        self.controller.ask(message_id, body, self.now_s)
        self.pump()
        return self.answers[0] if self.answers else None

    def status_of(self, message_id: MessageId, body: Body) -> m.Status | None:
        answer = self.ask(message_id, body)
        return answer.status if answer is not None else None


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.open()
    return bench


@pytest.mark.parametrize(
    ("message_id", "expected"),
    [
        (MessageId.GET_INPUTS, m.InputsAnswer(m.Inputs(0), 0)),
        (MessageId.GET_ANALOG, m.AnalogAnswer(234, 23_950)),
        (MessageId.SELFTEST, m.SelfTestAnswer(m.SelfTest(0))),
    ],
)
def test_reports(bench: Bench, message_id: MessageId, expected: Body) -> None:
    answer = bench.ask(message_id, m.Empty())
    assert answer is not None
    assert answer.body == expected


def test_echo_comes_back(bench: Bench) -> None:
    answer = bench.ask(MessageId.ECHO, m.Echo(bytes(range(199))))
    assert answer is not None
    assert answer.body == m.Echo(bytes(range(199)))


def test_lamps_outside_the_mask_stay(bench: Bench) -> None:
    bench.ask(MessageId.SET_LAMPS, m.SetLamps(m.Lamps.KEYPAD, m.Lamps.KEYPAD))
    bench.ask(MessageId.SET_LAMPS, m.SetLamps(m.Lamps.CABINET, m.Lamps.CABINET | m.Lamps.SERVICE))
    assert bench.board.lamps == m.Lamps.KEYPAD | m.Lamps.CABINET


def test_config_sets_the_watchdog(bench: Bench) -> None:
    answer = bench.ask(MessageId.CONFIG, m.Config(watchdog_ms=300, debounce_ms=5))
    assert answer is not None
    assert answer.body == m.Config(watchdog_ms=300, debounce_ms=5)
    assert bench.end.deadline_s() == pytest.approx(bench.now_s + 0.3)


def test_pulse_ends_by_itself_and_does_not_add_up(bench: Bench) -> None:
    pulse = m.LockPulse(0, 500)
    assert bench.status_of(MessageId.LOCK_PULSE, pulse) is m.Status.OK
    assert bench.status_of(MessageId.LOCK_PULSE, pulse) is m.Status.BUSY
    assert bench.board.lock_powered(0, bench.now_s + 0.49)
    assert not bench.board.lock_powered(0, bench.now_s + 0.5)
    assert bench.board.pulses == [1, 0, 0, 0]


def test_safe_state(bench: Bench) -> None:
    bench.ask(MessageId.LOCK_PULSE, m.LockPulse(0, 5000))
    bench.ask(MessageId.BUZZER, m.Buzzer(5000))
    bench.ask(MessageId.TRAFFIC, m.Traffic(m.TrafficAspect.GREEN))
    bench.ask(MessageId.LED_RING, m.LedRing(m.RingMotion.SPIN, 1, 2, 3, 1000))
    bench.ask(MessageId.SET_LAMPS, m.SetLamps(m.Lamps.SERVICE, m.Lamps.SERVICE))
    bench.board.make_safe(bench.now_s)
    assert not bench.board.lock_powered(0, bench.now_s)
    assert not bench.board.buzzing(bench.now_s)
    assert bench.board.traffic is m.TrafficAspect.RED
    assert bench.board.ring == SAFE_RING
    assert bench.board.lamps == m.Lamps(0)


def test_release_is_answered_by_the_door_sensor(bench: Bench) -> None:
    assert bench.ask(MessageId.KEY_CABINET_RELEASE, WISH) is None
    bench.board.drawer_opened(2, bench.end)
    bench.pump()
    assert bench.answers == []
    bench.board.drawer_opened(3, bench.end)
    bench.pump()
    assert bench.answers[0].status is m.Status.OK
    assert bench.board.released == [3]


def test_release_whose_door_stays_closed_is_told(bench: Bench) -> None:
    assert bench.ask(MessageId.KEY_CABINET_RELEASE, WISH) is None
    deadline_s = bench.board.deadline_s()
    assert deadline_s == pytest.approx(bench.now_s + 5.0)
    bench.now_s += 5.0
    bench.pump()
    assert bench.answers[0].status is m.Status.NOT_OPENED


def test_same_transaction_releases_once_also_over_a_lost_session(bench: Bench) -> None:
    assert bench.ask(MessageId.KEY_CABINET_RELEASE, WISH) is None
    bench.open(nonce=2)
    assert bench.ask(MessageId.KEY_CABINET_RELEASE, WISH) is None
    bench.board.drawer_opened(3, bench.end)
    bench.pump()
    assert bench.answers[0].status is m.Status.OK
    assert bench.status_of(MessageId.KEY_CABINET_RELEASE, WISH) is m.Status.OK
    assert bench.board.released == [3]


def test_release_cut_off_by_silence_is_not_repeated(bench: Bench) -> None:
    assert bench.ask(MessageId.KEY_CABINET_RELEASE, WISH) is None
    bench.board.make_safe(bench.now_s)
    bench.open(nonce=2)
    assert bench.status_of(MessageId.KEY_CABINET_RELEASE, WISH) is m.Status.NOT_OPENED
    assert bench.board.released == [3]


def test_another_release_meanwhile_is_busy(bench: Bench) -> None:
    assert bench.ask(MessageId.KEY_CABINET_RELEASE, WISH) is None
    bench.open(nonce=2)
    other = m.KeyCabinetRelease(compartment=4, transaction_id=42)
    assert bench.status_of(MessageId.KEY_CABINET_RELEASE, other) is m.Status.BUSY
    assert bench.board.released == [3]


def test_counters_count(bench: Bench) -> None:
    bench.ask(MessageId.LOCK_PULSE, m.LockPulse(0, 1))
    answer = bench.ask(MessageId.COUNTERS, m.Empty())
    assert answer is not None
    assert isinstance(answer.body, m.CountersAnswer)
    assert (answer.body.lock_pulses, answer.body.requests_executed) == (1, 2)


def test_noise_keeps_its_shares_and_repeats_from_its_seed() -> None:
    def run() -> list[bytes]:
        noise = LineNoise(3, damaged=0.1, lost=0.1, doubled=0.1)
        return [noise.carry(b"abcdef") for _ in range(3000)]

    arrived = run()
    assert arrived == run()
    kinds = Counter(
        "same" if c == b"abcdef" else {0: "lost", 6: "damaged", 12: "doubled"}[len(c)]
        for c in arrived
    )
    assert kinds["same"] == pytest.approx(2100, abs=100)
    assert all(kinds[k] == pytest.approx(300, abs=60) for k in ("lost", "damaged", "doubled"))
    with pytest.raises(ValueError, match="expected at most 1"):
        LineNoise(1, damaged=0.6, lost=0.6)
