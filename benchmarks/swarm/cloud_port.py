"""The cloud's adapter over a line without HTTP: what it says and reads is the daemon's own."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hardware_sim.cloud.direct import Answered, Asked, DirectCloudLine
from vendtower.adapters.cloud_http.exchange import (
    TRY_AGAIN,
    Question,
    parse_json,
    problem_text,
)
from vendtower.adapters.cloud_http.retry_after import retry_after_s
from vendtower.adapters.cloud_http.token import TokenUnusable, read_token
from vendtower.ports.clock import Clock
from vendtower.ports.reservation_cloud import CloudRefused, CloudUnreachable


class DirectExchange:
    """Fulfils `CloudExchange`; the errors are those of the exchange over HTTP."""

    def __init__(
        self,
        line: DirectCloudLine,
        *,
        tower_id: str,
        token_file: Path,
        request_timeout_s: float,
        clock: Clock,
    ) -> None:
        self._line = line
        self._tower_id = tower_id
        self._token_file = token_file
        self._timeout_s = request_timeout_s
        self._clock = clock

    async def close(self) -> None:
        """There is nothing to close."""

    async def ask(self, question: Question) -> object:
        """The JSON value of a 200 answer; raises as the exchange over HTTP does."""
        where = f"cloud {self._line.url}: {question.operation}"
        try:
            token = read_token(self._token_file)
        except TokenUnusable as error:
            raise CloudRefused(str(error)) from error
        asked = Asked(
            question.operation,
            self._tower_id,
            token,
            question.query or {},
            question.body or b"",
            question.content_type or "",
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                answered = await self._line.ask(asked)
        except TimeoutError as error:
            raise CloudUnreachable(
                f"{where}: no complete answer within {self._timeout_s:g} s"
            ) from error
        except ConnectionError as error:
            raise CloudUnreachable(f"{where}: {error}") from error
        return self._value(answered, question, where)

    def _value(self, answered: Answered, question: Question, where: str) -> object:
        status = answered.status
        if status != 200:
            said = problem_text(answered.content_type, answered.body)
            message = f"{where}: found status {status}{said}, expected 200"
            if status >= 500 or status in TRY_AGAIN:
                wait_s = retry_after_s(answered.retry_after, None, self._clock.utc())
                raise CloudUnreachable(message, wait_s)
            raise CloudRefused(message, status)
        if answered.content_type != "application/json":
            raise CloudRefused(
                f"{where}: found content type {answered.content_type}, expected application/json",
                status,
            )
        if max(len(answered.body), answered.bytes_in_all) > question.answer_bytes_max:
            most = question.answer_bytes_max
            raise CloudRefused(f"{where}: the answer is larger than {most} bytes", 200)
        return parse_json(answered.body, where)
