"""Both ends of the kiosk board's line against each other, in virtual time, on a bad line."""

import re

import pytest

from firmware_bridge.errors import CodecError
from firmware_bridge.kiosk_board import messages as m
from firmware_bridge.kiosk_board.board_end import (
    EVENTS_QUEUED_MAX,
    EventAcknowledged,
    RequestCame,
    SessionOpened,
    Silence,
)
from firmware_bridge.kiosk_board.catalogue import MessageId, encode_response
from firmware_bridge.kiosk_board.controller_end import (
    Answered,
    ControllerEnd,
    EventCame,
    Lost,
    LostCause,
    Opened,
    SessionError,
)
from firmware_bridge.kiosk_board.frame import Frame, FrameReader, Kind, encode_frame
from tests.unit.kiosk_line import PULSE, Line, bad_line, board_end, clean


@pytest.fixture
def line() -> Line:
    return Line()


def test_hello_opens_a_session_and_tells_who_the_board_is(line: Line) -> None:
    line.open(nonce=0xABCD)
    (opened,) = line.of(Opened)
    assert (opened.hello.boot_id, opened.hello.nonce) == (7, 0xABCD)
    assert line.at_board == [SessionOpened()]


def test_heartbeats_keep_an_idle_session(line: Line) -> None:
    line.open()
    until_s = line.now_s + 10
    line.until(lambda: line.now_s > until_s)
    assert line.controller.is_open
    assert len(line.executed) == pytest.approx(40, abs=2)
    assert Silence() not in line.at_board


def test_answer_brings_its_body(line: Line) -> None:
    line.open()
    answer = line.ask(MessageId.GET_INPUTS, m.Empty())
    assert answer.body == m.InputsAnswer(m.Inputs.SOMEBODY_NEAR, 0)


def test_only_one_request_is_outstanding(line: Line) -> None:
    with pytest.raises(SessionError, match="session is closed"):
        line.controller.ask(MessageId.LOCK_PULSE, PULSE, line.now_s)
    line.open()
    line.controller.ask(MessageId.LOCK_PULSE, PULSE, line.now_s)
    with pytest.raises(SessionError, match="session is busy"):
        line.controller.ask(MessageId.LOCK_PULSE, PULSE, line.now_s)


def test_body_outside_the_contract_is_not_sent(line: Line) -> None:
    line.open()
    with pytest.raises(CodecError, match="LockPulse"):
        line.controller.ask(MessageId.LOCK_PULSE, m.LockPulse(0, 6000), line.now_s)
    assert line.controller.is_idle
    assert line.controller.data_to_send() == b""


def test_the_identical_frame_goes_out_again_after_50_ms() -> None:
    end = ControllerEnd()
    end.open(1, 0.0)
    first = end.data_to_send()
    assert end.deadline_s() == pytest.approx(0.05)
    end.tick(0.049)
    assert end.data_to_send() == b""
    end.tick(0.05)
    assert end.data_to_send() == first


@pytest.mark.parametrize("seed", range(3))
def test_on_a_bad_line_every_pulse_is_executed_once(seed: int) -> None:
    line = Line(channel=bad_line(seed))
    line.open()
    asked = [m.LockPulse(n % 4, 1 + n % 5000) for n in range(3000)]
    for pulse in asked:
        assert line.ask(body=pulse).status is m.Status.OK
    assert [body for body in line.executed if isinstance(body, m.LockPulse)] == asked
    assert line.controller.repeats > 300
    assert line.board.counts.requests_repeated > 100


@pytest.mark.parametrize("seed", range(3))
def test_on_a_bad_line_events_come_in_order_and_once(seed: int) -> None:
    line = Line(channel=bad_line(seed))
    line.open()
    sent = [m.Key(ord("0") + n % 10) for n in range(400)]
    for n in range(0, len(sent), 40):
        for key in sent[n : n + 40]:
            line.board.post(MessageId.KEY, key, line.now_s)
        line.until_events(n + 40)
    assert [happening.event for happening in line.of(EventCame)] == sent
    assert line.board.counts.events_repeated > 20
    assert not line.of(Lost)


def test_a_doubled_chunk_of_two_requests_executes_each_once(line: Line) -> None:
    line.open()
    line.controller.ask(MessageId.LOCK_PULSE, PULSE, line.now_s)
    first = line.controller.data_to_send()
    line._board_does(line.board.receive(first, line.now_s))
    line.happened += line.controller.receive(line.board.data_to_send(), line.now_s)
    line.controller.ask(MessageId.LOCK_PULSE, PULSE, line.now_s)
    second = line.controller.data_to_send()
    line._board_does(line.board.receive(second + first + second, line.now_s))
    assert line.executed == [PULSE, PULSE]


def test_a_request_older_than_the_reply_cache_is_not_executed_again(line: Line) -> None:
    line.open()
    line.controller.ask(MessageId.LOCK_PULSE, PULSE, line.now_s)
    first = line.controller.data_to_send()
    line._board_does(line.board.receive(first, line.now_s))
    line.happened += line.controller.receive(line.board.data_to_send(), line.now_s)
    for _ in range(20):
        line.ask(MessageId.GET_INPUTS, m.Empty())
    line._board_does(line.board.receive(first, line.now_s))
    assert line.executed.count(PULSE) == 1


def test_silence_of_the_board_is_a_loss_after_a_second(line: Line) -> None:
    line.open()
    line.channel = lambda chunk: b""
    began_s = line.now_s
    line.until(lambda: bool(line.of(Lost)))
    (lost,) = line.of(Lost)
    assert lost.cause is LostCause.SILENT
    assert re.match(r"no answer to HEARTBEAT for 1.0 s \(2[01] sendings\)", lost.reason)
    assert line.now_s - began_s == pytest.approx(1.25, abs=0.05)
    assert not line.controller.is_open


def test_silence_of_the_controller_trips_the_watchdog_after_a_second(line: Line) -> None:
    line.open()
    heard_s = line.now_s
    at_s = line.board.deadline_s()
    assert at_s == pytest.approx(heard_s + 1.0, abs=0.01)
    assert line.board.tick(heard_s + 0.9) == []
    assert line.board.tick(heard_s + 1.0) == [Silence()]
    assert not line.board.in_session
    assert line.board.deadline_s() is None


def test_after_the_watchdog_a_request_is_not_executed(line: Line) -> None:
    line.open()
    line.now_s += 2
    assert Silence() in line.board.tick(line.now_s)
    line.controller.ask(MessageId.LOCK_PULSE, PULSE, line.now_s)
    line.until(lambda: bool(line.of(Lost)))
    assert line.of(Lost)[0].cause is LostCause.NO_SESSION
    assert line.executed == []


def test_a_late_copy_of_hello_does_not_open_a_session_again(line: Line) -> None:
    line.controller.open(1, line.now_s)
    hello = line.controller.data_to_send()
    line.board.receive(hello, line.now_s)
    line.board.tick(line.now_s + 2)
    assert line.board.receive(hello, line.now_s + 2) == []
    assert not line.board.in_session


def test_a_restarted_board_is_noticed_and_executes_nothing_of_before(line: Line) -> None:
    line.open()
    line.board = board_end(boot_id=8)
    line.controller.ask(MessageId.LOCK_PULSE, PULSE, line.now_s)
    line.until(lambda: bool(line.of(Lost)))
    assert line.of(Lost)[0].cause is LostCause.NO_SESSION
    line.open(nonce=2)
    assert line.of(Opened)[-1].hello.boot_id == 8
    assert line.executed == []


def test_another_major_is_refused_by_both_ends() -> None:
    line = Line(board=board_end(major=2))
    line.controller.open(1, line.now_s)
    line.until(lambda: bool(line.of(Lost)))
    (lost,) = line.of(Lost)
    assert lost.cause is LostCause.WRONG_VERSION
    assert lost.reason == "the board speaks contract 2.1, expected 1.x"
    assert not line.board.in_session


def test_a_newer_minor_is_accepted() -> None:
    line = Line(board=board_end(minor=9))
    line.open()
    assert line.of(Opened)[0].hello.minor == 9


def test_another_table_under_the_same_version_is_refused(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmware_bridge.kiosk_board.board_end.map_crc", lambda: 1)
    line.controller.open(1, line.now_s)
    line.until(lambda: bool(line.of(Lost)))
    assert line.of(Lost)[0].cause is LostCause.WRONG_VERSION
    assert "checksum 0x0001, expected 0x" in line.of(Lost)[0].reason


def test_a_request_that_takes_long_is_pending_and_executed_once(line: Line) -> None:
    line.open()
    line.hold = True
    wish = m.KeyCabinetRelease(3, 99)
    line.controller.ask(MessageId.KEY_CABINET_RELEASE, wish, line.now_s)
    until_s = line.now_s + 5
    line.until(lambda: line.now_s > until_s)
    (request,) = [h for h in line.at_board if isinstance(h, RequestCame)]
    line.board.answer(request, m.Status.NOT_OPENED)
    line.until(lambda: bool(line.of(Answered)))
    assert line.of(Answered)[0].status is m.Status.NOT_OPENED
    assert line.executed == [wish]
    assert Silence() not in line.at_board


def test_pending_without_end_is_a_loss(line: Line) -> None:
    line.open()
    line.hold = True
    line.controller.ask(MessageId.KEY_CABINET_RELEASE, m.KeyCabinetRelease(3, 99), line.now_s)
    began_s = line.now_s
    line.until(lambda: bool(line.of(Lost)))
    assert line.now_s - began_s == pytest.approx(30, abs=0.1)


def test_an_answer_after_its_session_is_dropped(line: Line) -> None:
    line.open()
    line.hold = True
    line.controller.ask(MessageId.KEY_CABINET_RELEASE, m.KeyCabinetRelease(3, 99), line.now_s)
    line.until(lambda: bool(line.executed))
    (request,) = [h for h in line.at_board if isinstance(h, RequestCame)]
    line.open(nonce=2)
    line.board.data_to_send()
    line.board.answer(request, m.Status.OK)
    assert line.board.data_to_send() == b""


def test_events_outside_of_a_session_are_dropped(line: Line) -> None:
    line.board.post(MessageId.KEY, m.Key(0x35), line.now_s)
    line.open()
    assert not line.of(EventCame)
    line.board.post(MessageId.KEY, m.Key(0x36), line.now_s)
    line.until(lambda: bool(line.of(EventCame)))
    assert [h.event for h in line.of(EventCame)] == [m.Key(0x36)]


def test_events_of_an_old_session_do_not_reach_the_next(line: Line) -> None:
    line.open()
    line.channel = lambda chunk: b""
    for code in b"123":
        line.board.post(MessageId.KEY, m.Key(code), line.now_s)
    line.until(lambda: bool(line.of(Lost)))
    line.channel = clean
    line.open(nonce=2)
    line.board.post(MessageId.KEY, m.Key(0x39), line.now_s)
    line.until(lambda: bool(line.of(EventCame)))
    assert [h.event for h in line.of(EventCame)] == [m.Key(0x39)]


def test_a_full_event_queue_drops_the_oldest_and_counts(line: Line) -> None:
    line.open()
    for _ in range(EVENTS_QUEUED_MAX + 4):
        line.board.post(MessageId.KEY, m.Key(0x35), line.now_s)
    line.until(lambda: len(line.of(EventCame)) == EVENTS_QUEUED_MAX + 1)
    assert line.board.counts.events_dropped == 3


def test_acknowledged_event_is_told_to_the_board(line: Line) -> None:
    line.open()
    line.board.post(MessageId.TAMPER, m.Tamper(m.Inputs.TAMPER_LATCHED), line.now_s)
    line.until(lambda: EventAcknowledged(MessageId.TAMPER) in line.at_board)


def test_an_event_that_a_newer_minor_added_does_not_block_the_rest(line: Line) -> None:
    line.open()
    strange = encode_frame(Frame(Kind.EVENT, 1, 0x4F, b"?"))
    assert line.controller.receive(strange, line.now_s) == []
    assert FrameReader().feed(line.controller.data_to_send()) == [Frame(Kind.EVENT_ACK, 1, 0x4F)]


def test_an_unreadable_event_is_a_broken_contract(line: Line) -> None:
    line.open()
    strange = encode_frame(Frame(Kind.EVENT, 1, MessageId.KEY, b"two"))
    (lost,) = line.controller.receive(strange, line.now_s)
    assert isinstance(lost, Lost)
    assert lost.cause is LostCause.BROKEN_CONTRACT


@pytest.mark.parametrize(
    ("message_id", "payload", "status"),
    [
        (0x7F, b"", m.Status.UNKNOWN_MESSAGE),
        (MessageId.KEY, b"5", m.Status.UNKNOWN_MESSAGE),
        (MessageId.LOCK_PULSE, b"\x01\x00\x00", m.Status.BAD_PAYLOAD),
        (MessageId.LOCK_PULSE, b"\x01", m.Status.BAD_PAYLOAD),
        (MessageId.HELLO, b"\x01", m.Status.BAD_PAYLOAD),
    ],
)
def test_board_refuses_what_it_does_not_know(
    line: Line, message_id: int, payload: bytes, status: m.Status
) -> None:
    line.open()
    request = encode_frame(Frame(Kind.REQUEST, 2, message_id, payload))
    assert line.board.receive(request, line.now_s) == []
    (response,) = FrameReader().feed(line.board.data_to_send())
    assert response == Frame(Kind.RESPONSE, 2, message_id, encode_response(status, None))


def test_an_answer_of_the_session_before_is_not_taken_for_a_new_one(line: Line) -> None:
    line.open()
    line.controller.ask(MessageId.LOCK_PULSE, PULSE, line.now_s)
    line._board_does(line.board.receive(line.controller.data_to_send(), line.now_s))
    late = line.board.data_to_send()
    line.open(nonce=2)
    line.controller.ask(MessageId.LOCK_PULSE, PULSE, line.now_s)
    assert line.controller.receive(late, line.now_s) == []
    assert not line.controller.is_idle


def test_an_answer_to_the_hello_of_another_process_is_not_taken(line: Line) -> None:
    line.controller.open(1, line.now_s)
    line.board.receive(line.controller.data_to_send(), line.now_s)
    left_over = line.board.data_to_send()
    successor = ControllerEnd()
    successor.open(2, line.now_s)
    assert successor.receive(left_over, line.now_s) == []
    assert not successor.is_open
