"""One question to the cloud and its answer, or the error that says what went wrong."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import aiohttp
from yarl import URL

from vendtower.adapters.cloud_http.authority import Authority, AuthorityUnusable
from vendtower.adapters.cloud_http.retry_after import retry_after_s
from vendtower.adapters.cloud_http.token import TokenUnusable, read_token
from vendtower.domain.errors import LocalFault
from vendtower.ports.clock import Clock
from vendtower.ports.reservation_cloud import CloudRefused, CloudUnreachable, CloudUntrusted

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PROBLEM_TYPE = "application/problem+json"
PROBLEM_BYTES_MAX = 64 * 1024
TRY_AGAIN = frozenset({408, 425, 429})
"""Statuses below 500 that mean "not now" (RFC 9110, RFC 8470, RFC 6585)."""


@dataclass(frozen=True)
class Question:
    """What is asked of the cloud."""

    method: str
    operation: str
    """Last part of the path, and the name in errors."""
    answer_bytes_max: int
    query: Mapping[str, str] | None = None
    body: bytes | None = None
    content_type: str | None = None


class CloudExchange(Protocol):
    """What carries questions to the cloud; one question, one answer."""

    async def close(self) -> None:
        """Let go of the connections."""
        ...

    async def ask(self, question: Question) -> object:
        """The JSON value of a 200 answer; raises ``CloudUnreachable`` or ``CloudRefused``."""
        ...


class Exchange:
    """Asks one cloud; retries nothing and follows no redirect."""

    def __init__(
        self,
        *,
        url: str,
        tower_id: str,
        token_file: Path,
        request_timeout_s: float,
        clock: Clock,
        authority: Authority,
    ) -> None:
        self._base = checked_url(url)
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", tower_id):
            raise LocalFault(
                f"tower id {tower_id!r}: expected 1 to 64 letters, digits, _ and -, for the"
                " cloud's address"
            )
        self._tower = self._base / "v1" / "towers" / tower_id
        self._token_file = token_file
        self._timeout = aiohttp.ClientTimeout(total=request_timeout_s)
        self._timeout_s = request_timeout_s
        self._clock = clock
        self._authority = authority
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Let go of the connections; a later question opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def ask(self, question: Question) -> object:
        """The JSON value of a 200 answer.

        Raises:
            CloudUnreachable: no usable answer; worth trying again.
            CloudRefused: an answer that will not do; ``status`` is None when the request never
                left because the token's or the authority's file is not usable.
            CloudUntrusted: its certificate does not hold; the token was not sent.

        """
        where = f"cloud {self._base}: {question.operation}"
        try:
            token = read_token(self._token_file)
            self._authority.context()
        except (TokenUnusable, AuthorityUnusable) as error:
            raise CloudRefused(str(error)) from error
        try:
            return await self._exchange(question, token, where)
        except TimeoutError as error:
            raise CloudUnreachable(
                f"{where}: no complete answer within {self._timeout_s:g} s"
            ) from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise self._untrusted(where, error) from error
        except (aiohttp.ClientError, OSError) as error:
            raise CloudUnreachable(f"{where}: {error or type(error).__name__}") from error

    async def _exchange(self, question: Question, token: str, where: str) -> object:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if question.content_type is not None:
            headers["Content-Type"] = question.content_type
        async with self._open_session().request(
            question.method,
            self._tower / question.operation,
            params=question.query,
            data=question.body,
            headers=headers,
            # A redirect could carry the token and the reservations to somebody else.
            allow_redirects=False,
            ssl=self._authority.context(),
        ) as response:
            if response.status != 200:
                await self._raise_for(response, where)
            if response.content_type != "application/json":
                raise CloudRefused(
                    f"{where}: found content type {response.content_type},"
                    " expected application/json",
                    response.status,
                )
            body = await _read_limited(response, question.answer_bytes_max)
        if body is None:
            raise CloudRefused(
                f"{where}: the answer is larger than {question.answer_bytes_max} bytes", 200
            )
        return parse_json(body, where)

    def _untrusted(
        self, where: str, error: aiohttp.ClientConnectorCertificateError
    ) -> CloudUntrusted:
        why = getattr(error.certificate_error, "verify_message", "") or str(error)
        return CloudUntrusted(
            f"{where}: its certificate is not accepted: {why.strip().rstrip('.')}; expected a valid"
            f" one for {self._base.host}, signed by {self._authority}"
        )

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    async def _raise_for(self, response: aiohttp.ClientResponse, where: str) -> None:
        status = response.status
        said = await _problem_text(response)
        message = f"{where}: found status {status}{said}, expected 200"
        if status >= 500 or status in TRY_AGAIN:
            headers = response.headers
            wait_s = retry_after_s(
                headers.get("Retry-After"), headers.get("Date"), self._clock.utc()
            )
            raise CloudUnreachable(message, wait_s)
        raise CloudRefused(message, status)


def checked_url(url: str) -> URL:
    """The cloud's base address; TLS is a must except on this very machine.

    Raises:
        LocalFault: naming what is wrong with the address.

    """
    try:
        found = URL(url)
    except ValueError as error:
        raise LocalFault(f"cloud url {url!r}: {error}") from error
    if found.user is not None or found.password is not None:
        raise LocalFault("cloud url: found a user name in it, expected the token in its file alone")
    if found.scheme not in {"http", "https"} or not found.host:
        raise LocalFault(f"cloud url {url!r}: expected https://host/path")
    if found.scheme == "http" and found.host not in LOOPBACK:
        raise LocalFault(f"cloud url {url!r}: found http, expected https for another machine")
    if found.query_string or found.fragment:
        raise LocalFault(f"cloud url {url!r}: expected neither query nor fragment")
    return found


def parse_json(body: bytes, where: str) -> object:
    """The JSON value (RFC 8259) in these bytes.

    Raises:
        CloudRefused: when the body is no JSON; NaN and Infinity are none.

    """
    try:
        value: object = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        why = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise CloudRefused(f"{where}: the answer is not JSON: {why[:200]}", 200) from error
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


async def _read_limited(response: aiohttp.ClientResponse, bytes_max: int) -> bytes | None:
    """The body after content decoding, None when it is larger than allowed."""
    body = bytearray()
    async for part in response.content.iter_chunked(64 * 1024):
        body += part
        if len(body) > bytes_max:
            return None
    return bytes(body)


async def _problem_text(response: aiohttp.ClientResponse) -> str:
    if response.content_type != PROBLEM_TYPE:
        return ""
    body = await _read_limited(response, PROBLEM_BYTES_MAX)
    return problem_text(response.content_type, body or b"")


def problem_text(content_type: str, body: bytes) -> str:
    """What an RFC 9457 document says, for the message; empty when there is none."""
    if content_type != PROBLEM_TYPE:
        return ""
    try:
        problem = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(problem, dict):
        return ""
    parts = [problem.get("title"), problem.get("detail")]
    text = ": ".join(part for part in parts if isinstance(part, str) and part)
    clean = "".join(char if char.isprintable() else " " for char in text)
    return f" ({clean[:300]})" if clean else ""
