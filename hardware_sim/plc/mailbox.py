"""One mailbox as the PLC sees it: words that arrive, and sequence numbers consumed once."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

from firmware_bridge.meanings import Result
from firmware_bridge.register_map import MAILBOXES
from firmware_bridge.words import crc16_of_words, decode_block, integer

CRC_WORD = 22
COMMIT_WORD = 23
REMEMBERED = 256
"""Sequence numbers whose answers are kept; older ones would have gone round by then."""


@dataclass(frozen=True, slots=True)
class JobWords:
    """A job as it stands in the mailbox; nothing is believed of it yet."""

    seq: int
    job_id: int
    session: int
    verb: int
    flags: int
    src_kind: int
    src_no: int
    dst_kind: int
    dst_no: int
    arg_a: int
    arg_b: int
    exp_weight: int
    exp_height: int
    speed: int
    valid_ms: int
    crc_good: bool
    age_ms: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the PLC decided about a sequence number."""

    seq: int = 0
    result: Result = Result.NONE
    job_id: int = 0


class Mailbox:
    """24 words of retained memory, the answers given, and the answer shown now."""

    def __init__(self, words: list[int]) -> None:
        self.words = words
        self.shown = Answer()
        self.answer_delay_s = 0.0
        """Fault: an answer shows so much later than it is given; infinite: never."""
        self._before = Answer()
        self._answered_s = -math.inf
        self._answers: OrderedDict[int, Answer] = OrderedDict()
        self._first_word_s: float | None = None
        if words[0]:
            # Adopted, never run: nobody knows what was done about it before the power went.
            self.answer(Answer(words[0], Result.STALE_AT_BOOT, words[1] << 16 | words[2]))

    def write(self, offset: int, values: list[int], now_s: float) -> None:
        """Words arrive; a job's age counts from the first word that changes anything."""
        if self._first_word_s is None and self.words[offset : offset + len(values)] != values:
            self._first_word_s = now_s
        self.words[offset : offset + len(values)] = values

    def take(self, now_s: float) -> JobWords | None:
        """The committed job that waits for a decision, or None.

        A repeated sequence number shows its old answer again and is not taken.
        """
        seq = self.words[0]
        if seq == 0 or self.words[COMMIT_WORD] != seq:
            return None
        if seq in self._answers:
            self._show(self._answers[seq], now_s)
            return None
        first_s = now_s if self._first_word_s is None else self._first_word_s
        values = decode_block(MAILBOXES[0], self.words)
        names = [name for name in JobWords.__slots__ if name not in {"crc_good", "age_ms"}]
        return JobWords(
            **{name: integer(values, name) for name in names},
            crc_good=self.words[CRC_WORD] == crc16_of_words(self.words[:CRC_WORD]),
            age_ms=(now_s - first_s) * 1000.0,
        )

    def answer(self, answer: Answer, now_s: float = -math.inf) -> None:
        """Consume a sequence number and show the decision."""
        self._answers[answer.seq] = answer
        while len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)
        self._show(answer, now_s)

    def _show(self, answer: Answer, now_s: float) -> None:
        if answer != self.shown:
            self._before, self._answered_s = self.visible(now_s), now_s
        self.shown = answer
        self._first_word_s = None

    def visible(self, now_s: float) -> Answer:
        """The answer as the registers show it."""
        late = self.answer_delay_s and now_s < self._answered_s + self.answer_delay_s
        return self._before if late else self.shown

    def new_session(self) -> None:
        """Another controller counts anew; only what is shown now must not be taken again."""
        self._answers = OrderedDict({self.shown.seq: self.shown} if self.shown.seq else {})
