"""Questions to the identity process that it has not answered yet."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from vendtower.adapters.identity.wire import Message, WireFault
from vendtower.domain.identity import CaptureHint
from vendtower.ports.identity_verifier import HintListener

_LOG = logging.getLogger("vendtower.identity")


@dataclass(frozen=True)
class Call:
    """One question, by its number on the wire."""

    number: int
    answer: asyncio.Future[Message | None]
    """None: the process ended meanwhile."""
    on_hint: HintListener | None


class Calls:
    """The open questions; numbers are never used twice, whatever the process has forgotten."""

    def __init__(self) -> None:
        self._open: dict[int, Call] = {}
        self._last = 0

    def next_number(self) -> int:
        """The number of the question that begins next."""
        return self._last + 1

    def begin(self, on_hint: HintListener | None) -> Call:
        """A new question, open until `end`."""
        self._last = self.next_number()
        call = Call(self._last, asyncio.get_running_loop().create_future(), on_hint)
        self._open[call.number] = call
        return call

    def end(self, call: Call) -> None:
        """Nobody waits for it any more; what is still said of it is dropped."""
        del self._open[call.number]

    def end_unanswered(self) -> None:
        """The process is gone: nothing that is open will be answered."""
        for call in self._open.values():
            if not call.answer.done():
                call.answer.set_result(None)

    def take(self, message: Message) -> None:
        """Pass on a hint or an answer.

        Raises:
            WireFault: it belongs to no question.
        """
        match message:
            case {"id": int(number), "hint": str(hint)}:
                _pass_hint(self._open.get(number), CaptureHint(hint))
            case {"id": int(number)}:
                call = self._open.get(number)
                if call is not None and not call.answer.done():
                    call.answer.set_result(message.get("done"))
            case _:
                raise WireFault("identity process: message without id")


def _pass_hint(call: Call | None, hint: CaptureHint) -> None:
    if call is None or call.on_hint is None:
        return
    try:
        call.on_hint(hint)
    except Exception:
        # A listener's mistake must not cost the customer the answer.
        _LOG.exception("identity process: listener of hint %s failed", hint.value)
