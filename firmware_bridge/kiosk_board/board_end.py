"""The board's end of the line as a state machine without I/O.

The firmware's logic in the same shape as the controller's end: bytes and times in, bytes and
happenings out. Every :class:`RequestCame` has to be answered with :meth:`BoardEnd.answer`, at
once or later; until then a repeat of it is answered PENDING.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from firmware_bridge.errors import CodecError
from firmware_bridge.kiosk_board.catalogue import (
    EXCHANGES,
    MAJOR,
    MINOR,
    MessageId,
    encode_response,
    map_crc,
    message_id_of,
)
from firmware_bridge.kiosk_board.fields import Body
from firmware_bridge.kiosk_board.frame import Frame, FrameReader, Kind, encode_frame
from firmware_bridge.kiosk_board.messages import Hello, HelloAnswer, Status
from firmware_bridge.kiosk_board.reliability import (
    WATCHDOG_S,
    Repeater,
    ReplyCache,
    is_newer,
    next_seq,
)

EVENTS_QUEUED_MAX = 64
"""A board without heap has a fixed queue; beyond it the oldest event is dropped and counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardIdentity:
    """What the board says of itself in HELLO."""

    boot_id: int
    firmware: tuple[int, int, int]
    major: int = MAJOR
    minor: int = MINOR


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """A controller opened a new session; events from before it are forgotten."""


@dataclass(frozen=True, slots=True)
class RequestCame:
    """A request to be executed once and answered once."""

    message_id: MessageId
    body: Body
    frame: Frame
    """For :meth:`BoardEnd.answer`."""


@dataclass(frozen=True, slots=True)
class EventAcknowledged:
    """The controller has the event."""

    message_id: MessageId


@dataclass(frozen=True, slots=True)
class Silence:
    """The watchdog expired: the outputs have to go to the safe state. The session is over."""


BoardHappening = SessionOpened | RequestCame | EventAcknowledged | Silence


@dataclass(slots=True)
class BoardCounts:
    """What the COUNTERS message reports of the line."""

    requests_executed: int = 0
    requests_repeated: int = 0
    events_sent: int = 0
    events_repeated: int = 0
    events_dropped: int = 0
    watchdog_trips: int = 0


class BoardEnd:
    """See the module."""

    def __init__(self, identity: BoardIdentity) -> None:
        self.identity = identity
        self.reader = FrameReader()
        self.counts = BoardCounts()
        self.watchdog_s = WATCHDOG_S
        self._nonce: int | None = None
        self._spent_nonce: int | None = None
        """Of the session that ended: a late copy of its HELLO must not open it again."""
        self._request_seq = 0
        self._replies = ReplyCache()
        self._heard_s = 0.0
        self._event_seq = 0
        self._events: deque[tuple[MessageId, bytes]] = deque()
        self._event = Repeater()
        self._out = bytearray()

    @property
    def in_session(self) -> bool:
        """Whether a controller keeps a session with us."""
        return self._nonce is not None

    def post(self, message_id: MessageId, event: Body, now_s: float) -> None:
        """Report something; outside of a session nobody listens, and it is dropped."""
        if not self.in_session:
            return
        if len(self._events) >= EVENTS_QUEUED_MAX:
            self._events.popleft()
            self.counts.events_dropped += 1
        self._events.append((message_id, event.pack()))
        self._next_event(now_s)

    def _next_event(self, now_s: float) -> None:
        if self._event.frame is not None or not self._events:
            return
        message_id, payload = self._events.popleft()
        self._event_seq = next_seq(self._event_seq)
        self.counts.events_sent += 1
        self._out += self._event.start(
            Frame(Kind.EVENT, self._event_seq, message_id, payload), now_s
        )

    def data_to_send(self) -> bytes:
        """What has to go to the line now."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def deadline_s(self) -> float | None:
        """When :meth:`tick` wants to be called, None outside of a session."""
        if not self.in_session:
            return None
        watchdog_s = self._heard_s + self.watchdog_s
        return watchdog_s if self._event.frame is None else min(watchdog_s, self._event.due_s)

    def tick(self, now_s: float) -> list[BoardHappening]:
        """Repeat an event or end the session, whatever the time asks for."""
        if self.in_session and now_s >= self._heard_s + self.watchdog_s:
            self.counts.watchdog_trips += 1
            self._end_session()
            return [Silence()]
        again = self._event.again(now_s)
        self.counts.events_repeated += 1 if again else 0
        self._out += again
        return []

    def _end_session(self) -> None:
        if self._nonce is not None:
            self._spent_nonce, self._nonce = self._nonce, None
        self._replies.clear()
        self._events.clear()
        self._event.stop()

    def receive(self, data: bytes, now_s: float) -> list[BoardHappening]:
        """What the bytes from the line mean."""
        happenings: list[BoardHappening] = []
        for frame in self.reader.feed(data):
            happening = self._take(frame, now_s)
            if happening is not None:
                happenings.append(happening)
        return happenings

    def _take(self, frame: Frame, now_s: float) -> BoardHappening | None:
        if frame.kind is Kind.EVENT_ACK and self._event.waits_for(frame):
            self._event.stop()
            self._next_event(now_s)
            return EventAcknowledged(MessageId(frame.message_id))
        if frame.kind is not Kind.REQUEST:
            return None
        if frame.message_id == MessageId.HELLO:
            return self._take_hello(frame, now_s)
        if not self.in_session:
            self._respond(frame, Status.NO_SESSION)
            return None
        self._heard_s = now_s
        return self._take_request(frame)

    def _take_hello(self, frame: Frame, now_s: float) -> BoardHappening | None:
        try:
            hello = Hello.unpack(frame.payload)
        except CodecError:
            self._respond(frame, Status.BAD_PAYLOAD)
            return None
        if self._repeated(frame):
            self._heard_s = now_s
            return None
        if hello.nonce in (self._nonce, self._spent_nonce):
            return None
        accepted = hello.major == self.identity.major
        if not accepted:
            self._respond(frame, Status.WRONG_MAJOR, self._hello_answer(hello))
            return None
        self._end_session()
        self._nonce = hello.nonce
        self._heard_s = now_s
        self._request_seq = frame.seq
        self._replies.begin(frame)
        self._respond(frame, Status.OK, self._hello_answer(hello))
        return SessionOpened()

    def _hello_answer(self, hello: Hello) -> HelloAnswer:
        major, minor, patch = self.identity.firmware
        return HelloAnswer(
            major=self.identity.major,
            minor=self.identity.minor,
            nonce=hello.nonce,
            boot_id=self.identity.boot_id,
            firmware_major=major,
            firmware_minor=minor,
            firmware_patch=patch,
            map_crc=map_crc(),
            last_event_seq=self._event_seq,
        )

    def _repeated(self, frame: Frame) -> bool:
        """Answer a frame that was executed before from the cache; False when it was not."""
        if not self._replies.knows(frame):
            return False
        self.counts.requests_repeated += 1
        response = self._replies.response_to(frame)
        if response is None:
            self._out += encode_frame(
                Frame(Kind.RESPONSE, frame.seq, frame.message_id, bytes((Status.PENDING,)))
            )
        else:
            self._out += response
        return True

    def _take_request(self, frame: Frame) -> BoardHappening | None:
        if self._repeated(frame) or not is_newer(frame.seq, self._request_seq):
            return None
        self._request_seq = frame.seq
        self._replies.begin(frame)
        message_id = message_id_of(frame.message_id)
        if message_id is None or message_id not in EXCHANGES:
            self._respond(frame, Status.UNKNOWN_MESSAGE)
            return None
        try:
            body = EXCHANGES[message_id].request.unpack(frame.payload)
        except CodecError:
            self._respond(frame, Status.BAD_PAYLOAD)
            return None
        self.counts.requests_executed += 1
        return RequestCame(message_id, body, frame)

    def answer(self, request: RequestCame, status: Status, body: Body | None = None) -> None:
        """Answer a request; dropped when its session is over."""
        if self._replies.knows(request.frame):
            self._respond(request.frame, status, body)

    def _respond(self, frame: Frame, status: Status, body: Body | None = None) -> None:
        if status is Status.OK and body is None:
            body = EXCHANGES[MessageId(frame.message_id)].answer()
        payload = encode_response(status, body)
        response = encode_frame(Frame(Kind.RESPONSE, frame.seq, frame.message_id, payload))
        self._replies.finish(frame, response)
        self._out += response
