"""The two ends of the kiosk board's line with a channel between them, in virtual time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from firmware_bridge.kiosk_board import messages as m
from firmware_bridge.kiosk_board.board_end import (
    BoardEnd,
    BoardHappening,
    BoardIdentity,
    RequestCame,
)
from firmware_bridge.kiosk_board.catalogue import MINOR, MessageId
from firmware_bridge.kiosk_board.controller_end import (
    Answered,
    ControllerEnd,
    EventCame,
    Happening,
    Lost,
    Opened,
)
from firmware_bridge.kiosk_board.fields import Body

TRAVEL_S = 0.002
HappeningT = TypeVar("HappeningT", Opened, Answered, EventCame, Lost)
PULSE = m.LockPulse(1, 100)
Channel = Callable[[bytes], bytes]


def clean(chunk: bytes) -> bytes:
    return chunk


def bad_line(seed: int, share: float = 0.1) -> Channel:
    random = Random(seed)

    def carry(chunk: bytes) -> bytes:
        if random.random() >= share:
            return chunk
        fate = random.randrange(3)
        if fate == 0:
            damaged = bytearray(chunk)
            damaged[random.randrange(len(chunk))] ^= 1 << random.randrange(8)
            return bytes(damaged)
        return b"" if fate == 1 else chunk + chunk

    return carry


def board_end(boot_id: int = 7, major: int = 1, minor: int = MINOR) -> BoardEnd:
    return BoardEnd(BoardIdentity(boot_id=boot_id, firmware=(1, 2, 3), major=major, minor=minor))


@dataclass
class Line:
    """The two ends, a channel each way, and a clock that jumps to whatever is next."""

    controller: ControllerEnd = field(default_factory=ControllerEnd)
    board: BoardEnd = field(default_factory=board_end)
    channel: Channel = clean
    now_s: float = 100.0
    executed: list[Body] = field(default_factory=list)
    happened: list[Happening] = field(default_factory=list)
    at_board: list[BoardHappening] = field(default_factory=list)
    hold: bool = False
    """True: requests are left unanswered."""

    def step(self) -> None:
        """One exchange of chunks, or a jump to the next deadline when nobody has any."""
        to_board = self.controller.data_to_send()
        to_controller = self.board.data_to_send()
        if not to_board and not to_controller:
            ends = (self.controller.deadline_s(), self.board.deadline_s())
            self.now_s = max(self.now_s, min([t for t in ends if t is not None]))
        else:
            self.now_s += TRAVEL_S
        if to_board:
            self._board_does(self.board.receive(self.channel(to_board), self.now_s))
        if to_controller:
            self.happened += self.controller.receive(self.channel(to_controller), self.now_s)
        self._board_does(self.board.tick(self.now_s))
        self.happened += self.controller.tick(self.now_s)

    def _board_does(self, happenings: list[BoardHappening]) -> None:
        self.at_board += happenings
        for happening in happenings:
            if isinstance(happening, RequestCame) and not self.hold:
                self.board.answer(happening, m.Status.OK, _answer_to(happening))
            if isinstance(happening, RequestCame):
                self.executed.append(happening.body)

    def until(self, done: Callable[[], bool], steps_max: int = 5000) -> None:
        for _ in range(steps_max):
            if done():
                return
            self.step()
        raise AssertionError(f"not reached in {steps_max} steps: {self.happened[-3:]}")

    def open(self, nonce: int = 1) -> None:
        self.controller.open(nonce, self.now_s)
        self.until(lambda: self.controller.is_open)

    def ask(self, message_id: MessageId = MessageId.LOCK_PULSE, body: Body = PULSE) -> Answered:
        self.until(lambda: self.controller.is_idle)
        self.happened.clear()
        self.controller.ask(message_id, body, self.now_s)
        self.until(lambda: bool(self.of(Answered)))
        return self.of(Answered)[0]

    def until_events(self, count: int) -> None:
        self.until(lambda: len(self.of(EventCame)) == count)

    def of(self, kind: type[HappeningT]) -> list[HappeningT]:
        return [happening for happening in self.happened if isinstance(happening, kind)]


def _answer_to(request: RequestCame) -> Body | None:
    match request.message_id:
        case MessageId.HEARTBEAT:
            return m.HeartbeatAnswer(1)
        case MessageId.GET_INPUTS:
            return m.InputsAnswer(m.Inputs.SOMEBODY_NEAR, 0)
        case _:
            return None
