"""The controller's end of the line as a state machine without I/O.

The caller brings bytes and times, takes bytes and happenings away::

    end.open(nonce, now_s)
    write(end.data_to_send())
    happenings = end.receive(data, now_s) + end.tick(now_s)
    wake me at end.deadline_s()

One request is outstanding. A heartbeat goes out by itself whenever nothing else was asked for
250 ms. Sequence numbers run on from session to session, so that an answer left over on the line
is never taken for a new one's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from firmware_bridge.errors import BridgeError, CodecError
from firmware_bridge.kiosk_board.catalogue import (
    MAJOR,
    MINOR,
    NOTICES,
    MessageId,
    decode_response,
    map_crc,
    message_id_of,
)
from firmware_bridge.kiosk_board.fields import Body
from firmware_bridge.kiosk_board.frame import Frame, FrameReader, Kind, encode_frame
from firmware_bridge.kiosk_board.messages import Empty, Hello, HelloAnswer, Status
from firmware_bridge.kiosk_board.reliability import (
    HEARTBEAT_S,
    PENDING_S_MAX,
    SILENCE_S,
    Repeater,
    is_newer,
    next_seq,
)


class SessionError(BridgeError):
    """The caller asked for something that the session's state does not allow."""


class LostCause(Enum):
    """Why a session ended."""

    SILENT = "silent"
    NO_SESSION = "no_session"
    """The board was started again, or heard nothing for too long and made its outputs safe."""
    WRONG_VERSION = "wrong_version"
    """Another major, or another table under the same version: asking again changes nothing."""
    BROKEN_CONTRACT = "broken_contract"
    """An undamaged frame whose content is not what the contract says."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The board accepted the session."""

    hello: HelloAnswer


@dataclass(frozen=True, slots=True)
class Answered:
    """The outstanding request has its final answer; the body is there when the status is OK."""

    message_id: MessageId
    status: Status
    body: Body | None


@dataclass(frozen=True, slots=True)
class EventCame:
    """The board reported something, in order and once; it is acknowledged already."""

    event: Body


@dataclass(frozen=True, slots=True)
class Lost:
    """The session is over. What became of an outstanding request is not known."""

    cause: LostCause
    reason: str


Happening = Opened | Answered | EventCame | Lost


class ControllerEnd:
    """See the module; ``first_seq`` is best chosen by chance, as it marks this process."""

    def __init__(self, first_seq: int = 0) -> None:
        self.reader = FrameReader()
        self.repeats = 0
        """Frames sent again; what a bad line costs."""
        self._seq = first_seq % 256
        self._event_seq = 0
        self._nonce = 0
        self._open = False
        self._asked = Repeater()
        self._last_asked_s = 0.0
        self._out = bytearray()

    @property
    def is_open(self) -> bool:
        """Whether the board accepted the session and has not been lost since."""
        return self._open

    @property
    def is_idle(self) -> bool:
        """Whether :meth:`ask` may be called now."""
        return self._open and self._asked.frame is None

    def open(self, nonce: int, now_s: float) -> None:
        """Begin a new session on a fresh line; whatever was outstanding is forgotten."""
        self._open = False
        self._nonce = nonce
        self.reader.clear()
        self._out.clear()
        self._send(MessageId.HELLO, Hello(MAJOR, MINOR, nonce), now_s)

    def ask(self, message_id: MessageId, body: Body, now_s: float) -> None:
        """Send a request; :class:`Answered` or :class:`Lost` ends it.

        Raises:
            SessionError: when the session is not open or another request is outstanding.
            CodecError: when the body does not fit the contract; nothing was sent.

        """
        if not self.is_idle:
            raise SessionError(
                f"kiosk board: {message_id.name} asked while the session is "
                f"{'busy' if self._open else 'closed'}, expected open and idle"
            )
        self._send(message_id, body, now_s)

    def _send(self, message_id: MessageId, body: Body, now_s: float) -> None:
        payload = body.pack()
        self._seq = next_seq(self._seq)
        frame = Frame(Kind.REQUEST, self._seq, message_id, payload)
        self._out += self._asked.start(frame, now_s)
        self._last_asked_s = now_s

    def data_to_send(self) -> bytes:
        """What has to go to the line now."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def deadline_s(self) -> float | None:
        """When :meth:`tick` wants to be called, None after a loss."""
        if self._asked.frame is not None:
            return min(self._asked.due_s, self._gone_s())
        return self._last_asked_s + HEARTBEAT_S if self._open else None

    def tick(self, now_s: float) -> list[Happening]:
        """Repeat, send a heartbeat, or give up, whatever the time asks for."""
        if self._asked.frame is None:
            if self._open and now_s >= self._last_asked_s + HEARTBEAT_S:
                self._send(MessageId.HEARTBEAT, Empty(), now_s)
            return []
        if now_s >= self._gone_s():
            return [self._lose(LostCause.SILENT, self._silence_text(now_s))]
        again = self._asked.again(now_s)
        self.repeats += 1 if again else 0
        self._out += again
        return []

    def _gone_s(self) -> float:
        return min(self._asked.heard_s + SILENCE_S, self._asked.started_s + PENDING_S_MAX)

    def _silence_text(self, now_s: float) -> str:
        frame = self._asked.frame
        name = MessageId(frame.message_id).name if frame is not None else "nothing"
        return (
            f"no answer to {name} for {now_s - self._asked.started_s:.1f} s "
            f"({self._asked.sendings} sendings), expected one within {SILENCE_S:.1f} s"
        )

    def _lose(self, cause: LostCause, reason: str) -> Lost:
        self._open = False
        self._asked.stop()
        self._out.clear()
        return Lost(cause, reason)

    def receive(self, data: bytes, now_s: float) -> list[Happening]:
        """What the bytes from the line mean."""
        happenings: list[Happening] = []
        for frame in self.reader.feed(data):
            try:
                happening = self._take(frame, now_s)
            except CodecError as error:
                happening = self._lose(LostCause.BROKEN_CONTRACT, str(error))
            if happening is not None:
                happenings.append(happening)
        return happenings

    def _take(self, frame: Frame, now_s: float) -> Happening | None:
        if frame.kind is Kind.RESPONSE and self._asked.waits_for(frame):
            return self._take_response(MessageId(frame.message_id), frame.payload, now_s)
        if frame.kind is Kind.EVENT and self._open:
            return self._take_event(frame)
        # Anything else is left over from before, or a second copy: it has had its effect.
        return None

    def _take_response(
        self, message_id: MessageId, payload: bytes, now_s: float
    ) -> Happening | None:
        status, body = decode_response(message_id, payload)
        if status is Status.PENDING:
            self._asked.still_pending(now_s)
            return None
        if status is Status.NO_SESSION:
            return self._lose(
                LostCause.NO_SESSION,
                "the board has no session: it was started again or heard nothing for too long",
            )
        if message_id is MessageId.HELLO:
            return self._take_hello(status, body)
        self._asked.stop()
        if message_id is MessageId.HEARTBEAT:
            return None
        return Answered(message_id, status, body)

    def _take_hello(self, status: Status, body: Body | None) -> Happening | None:
        if not isinstance(body, HelloAnswer):
            return self._lose(LostCause.BROKEN_CONTRACT, f"HELLO was answered {status.name}")
        if body.nonce != self._nonce:
            return None
        if status is not Status.OK or body.major != MAJOR:
            return self._lose(
                LostCause.WRONG_VERSION,
                f"the board speaks contract {body.major}.{body.minor}, expected {MAJOR}.x",
            )
        if body.minor == MINOR and body.map_crc != map_crc():
            return self._lose(
                LostCause.WRONG_VERSION,
                f"the board's message table has checksum 0x{body.map_crc:04X}, "
                f"expected 0x{map_crc():04X} for contract {MAJOR}.{MINOR}",
            )
        self._asked.stop()
        self._open = True
        self._event_seq = body.last_event_seq
        return Opened(body)

    def _take_event(self, frame: Frame) -> Happening | None:
        message_id = message_id_of(frame.message_id)
        notice = NOTICES.get(message_id) if message_id is not None else None
        # A newer minor may report what we do not know; unacknowledged it would block the rest.
        event = notice.event.unpack(frame.payload) if notice is not None else None
        self._out += encode_frame(Frame(Kind.EVENT_ACK, frame.seq, frame.message_id))
        if not is_newer(frame.seq, self._event_seq):
            return None
        self._event_seq = frame.seq
        return EventCame(event) if event is not None else None
