"""What both ends share: repeat one frame until it is answered, and know a repeat when it comes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from firmware_bridge.kiosk_board.frame import Frame, encode_frame

REPEAT_S = 0.05
PENDING_REPEAT_S = 0.25
"""How often to ask again for what the board said it is still doing."""
SILENCE_S = 1.0
"""Twenty sendings without an answer: the peer is gone."""
PENDING_S_MAX = 30.0
HEARTBEAT_S = 0.25
WATCHDOG_S = 1.0
REPLIES_KEPT = 8


def is_newer(seq: int, last: int) -> bool:
    """Whether ``seq`` lies in the half circle after ``last``; both count modulo 256."""
    return 1 <= (seq - last) % 256 <= 127


def next_seq(seq: int) -> int:
    """The number after ``seq``, modulo 256."""
    return (seq + 1) % 256


class Repeater:
    """The one frame that waits for its answer, sent identically again while it waits."""

    def __init__(self) -> None:
        self.frame: Frame | None = None
        self.sendings = 0
        self.started_s = 0.0
        self.heard_s = 0.0
        """When the peer last showed that it knows the frame; the start counts."""
        self.due_s = 0.0
        self._encoded = b""
        self._every_s = REPEAT_S

    def start(self, frame: Frame, now_s: float) -> bytes:
        """Begin; the bytes go out now."""
        self._encoded = encode_frame(frame)
        self.frame = frame
        self.sendings = 1
        self.started_s = self.heard_s = now_s
        self._every_s = REPEAT_S
        self.due_s = now_s + REPEAT_S
        return self._encoded

    def again(self, now_s: float) -> bytes:
        """The same bytes when they are due again, else nothing."""
        if self.frame is None or now_s < self.due_s:
            return b""
        self.sendings += 1
        self.due_s = now_s + self._every_s
        return self._encoded

    def still_pending(self, now_s: float) -> None:
        """The peer is at work on it: ask less often, and do not take it for gone."""
        self.heard_s = now_s
        self._every_s = PENDING_REPEAT_S
        self.due_s = now_s + PENDING_REPEAT_S

    def waits_for(self, answer: Frame) -> bool:
        """Whether this is the answer to the frame that waits."""
        frame = self.frame
        return frame is not None and (frame.seq, frame.message_id) == (
            answer.seq,
            answer.message_id,
        )

    def stop(self) -> None:
        """It was answered, or nobody waits for it any more."""
        self.frame = None


@dataclass(frozen=True, slots=True)
class _Reply:
    request: Frame
    response: bytes | None


class ReplyCache:
    """The last replies by sequence number, so that a repeat is answered and not executed."""

    def __init__(self) -> None:
        self._replies: OrderedDict[int, _Reply] = OrderedDict()

    def clear(self) -> None:
        """Forget all, at the start of a session."""
        self._replies.clear()

    def begin(self, request: Frame) -> None:
        """Note that the request is being executed."""
        self._replies[request.seq] = _Reply(request, None)
        self._replies.move_to_end(request.seq)
        while len(self._replies) > REPLIES_KEPT:
            self._replies.popitem(last=False)

    def finish(self, request: Frame, response: bytes) -> None:
        """Note the encoded response, when the request is still known."""
        if self.knows(request):
            self._replies[request.seq] = _Reply(request, response)

    def knows(self, request: Frame) -> bool:
        """Whether this very frame was taken for execution before."""
        reply = self._replies.get(request.seq)
        return reply is not None and reply.request == request

    def response_to(self, request: Frame) -> bytes | None:
        """The encoded response, None while the request is being executed."""
        return self._replies[request.seq].response
