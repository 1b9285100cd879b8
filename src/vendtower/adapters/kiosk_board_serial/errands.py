"""Requests on their way to one board: our own after its start, and those that somebody awaits."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from firmware_bridge.errors import CodecError
from firmware_bridge.kiosk_board import messages as m
from firmware_bridge.kiosk_board.catalogue import MessageId
from firmware_bridge.kiosk_board.controller_end import Answered
from firmware_bridge.kiosk_board.fields import Body
from vendtower.domain.errors import LinkDown, LocalFault, PeerFault


class RequestRefused(PeerFault):
    """The board answered a request with something else than OK."""

    def __init__(self, message: str, status: m.Status) -> None:
        super().__init__(message)
        self.status = status


@dataclass(eq=False)
class Errand:
    """One request; ``done`` is None for our own, which nobody waits for."""

    message_id: MessageId
    body: Body
    done: asyncio.Future[Body | None] | None = None


class Errands:
    """What is asked of one board, one request at a time; nothing is asked a second time."""

    def __init__(self, kiosk: int) -> None:
        self._kiosk = kiosk
        self._own: deque[Errand] = deque()
        self._awaited: deque[Errand] = deque()
        self._current: Errand | None = None

    def check(self, body: Body) -> None:
        """Raise what is wrong with a request before it is put here.

        Raises:
            LocalFault: for values that the contract does not know.

        """
        try:
            body.pack()
        except CodecError as error:
            raise LocalFault(f"kiosk {self._kiosk}: {error}") from error

    def put(self, message_id: MessageId, body: Body) -> asyncio.Future[Body | None]:
        """Queue a request; the future gets its answer, or why there is none."""
        done: asyncio.Future[Body | None] = asyncio.get_running_loop().create_future()
        self._awaited.append(Errand(message_id, body, done))
        return done

    def put_own(self, requests: Iterable[tuple[MessageId, Body]]) -> None:
        """Ask these before anything else, instead of what was left of the last ones."""
        self._own = deque(Errand(*request) for request in requests)

    def next_own(self) -> Errand | None:
        """The next of our own."""
        return self._own.popleft() if self._own else None

    def next_awaited(self) -> Errand | None:
        """The next one for which somebody still waits."""
        while self._awaited:
            errand = self._awaited.popleft()
            if errand.done is not None and not errand.done.done():
                return errand
        return None

    def begin(self, errand: Errand) -> None:
        """This one is asked now."""
        self._current = errand

    def finish(self, answer: Answered) -> Errand | None:
        """Tell who waits; the errand if it was our own.

        Raises:
            PeerFault: when the board refused one of our own.

        """
        errand, self._current = self._current, None
        if errand is None:
            return None
        refusal = (
            f"kiosk {self._kiosk}: board refused {answer.message_id.name}: {answer.status.name}"
        )
        if errand.done is None:
            if answer.status is not m.Status.OK:
                raise PeerFault(refusal)
            return errand
        if not errand.done.done():
            if answer.status is m.Status.OK:
                errand.done.set_result(answer.body)
            else:
                errand.done.set_exception(RequestRefused(refusal, answer.status))
        return None

    def drop(self, why: str) -> None:
        """Nothing more is asked on this line: tell everybody who waits."""
        waiting = [errand for errand in (self._current, *self._awaited) if errand is not None]
        self._current = None
        self._awaited.clear()
        for errand in waiting:
            if errand.done is not None and not errand.done.done():
                errand.done.set_exception(
                    LinkDown(f"kiosk {self._kiosk}: {errand.message_id.name}: {why}")
                )
