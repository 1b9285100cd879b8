"""The maintenance commands' side of the control socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import aiohttp

from vendtower.domain.errors import LinkDown, PeerFault

JsonObject: TypeAlias = dict[str, Any]

REQUEST_TIMEOUT_S = 30.0
SILENCE_S_MAX = 5.0
"""The daemon's stream has a beat of half a second; this much silence means that it is gone."""
MAY_BE_DONE = "; what was asked of it may be done all the same: look before you ask again"
_BASE_URL = "http://tower"
_PICTURE_BYTES_MAX = 2**23


class DaemonUnreachable(LinkDown):
    """No daemon answers at the socket."""


class DaemonRefused(PeerFault):
    """The daemon answered, and will not."""


@dataclass(frozen=True)
class TowerClient:
    """Questions to the daemon behind one socket; each call makes its own connection.

    Every call raises ``DaemonUnreachable`` or ``DaemonRefused``.
    """

    path: Path

    def get(self, resource: str, params: Mapping[str, str] | None = None) -> JsonObject:
        """The JSON of a resource such as ``/api/status``, also of one that says "not ready"."""
        return asyncio.run(self._ask("GET", resource, params, None))

    def post(self, resource: str, body: Mapping[str, object]) -> JsonObject:
        """Ask the daemon to do something; its answer when it did."""
        return asyncio.run(self._ask("POST", resource, None, body))

    def watch(self, on_picture: Callable[[JsonObject], bool]) -> None:
        """Call back with each picture of the tower until the callback says False."""
        asyncio.run(self._watch(on_picture))

    async def _ask(
        self,
        method: str,
        resource: str,
        params: Mapping[str, str] | None,
        body: Mapping[str, object] | None,
    ) -> JsonObject:
        timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S)
        try:
            async with (
                self._session(timeout) as session,
                session.request(method, resource, params=params, json=body) as answer,
            ):
                said = await _json_of(answer)
                if answer.ok or resource.startswith("/health/"):
                    return said
                raise DaemonRefused(str(said.get("reason", f"HTTP status {answer.status}")))
        except TimeoutError as error:
            late = f"the daemon at {self.path} has not answered within {REQUEST_TIMEOUT_S:g} s"
            raise DaemonUnreachable(late + ("" if method == "GET" else MAY_BE_DONE)) from error
        except (aiohttp.ClientError, OSError) as error:
            raise self._unreachable(error) from error

    async def _watch(self, on_picture: Callable[[JsonObject], bool]) -> None:
        timeout = aiohttp.ClientTimeout(total=None, sock_read=SILENCE_S_MAX)
        try:
            async with (
                self._session(timeout) as session,
                session.get("/api/stream") as answer,
            ):
                async for picture in _pictures(answer):
                    if not on_picture(picture):
                        return
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error) from error
        raise DaemonUnreachable(f"the daemon at {self.path} ended the stream")

    def _session(self, timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
        connector = aiohttp.UnixConnector(path=str(self.path))
        return aiohttp.ClientSession(
            _BASE_URL, connector=connector, timeout=timeout, read_bufsize=_PICTURE_BYTES_MAX
        )

    def _unreachable(self, error: BaseException) -> DaemonUnreachable:
        cause = getattr(error, "os_error", error)
        if isinstance(cause, PermissionError):
            advice = "you may not use it: is your login in the daemon's group?"
        elif isinstance(cause, FileNotFoundError):
            advice = "there is no such socket: is the daemon running?"
        elif isinstance(cause, ConnectionRefusedError):
            advice = "nobody listens there: the daemon has ended"
        elif isinstance(cause, TimeoutError):
            advice = "no answer in time"
        else:
            advice = str(cause) or type(cause).__name__
        return DaemonUnreachable(f"no daemon at {self.path}: {advice}")


async def _json_of(answer: aiohttp.ClientResponse) -> JsonObject:
    try:
        said = await answer.json()
    except (aiohttp.ContentTypeError, ValueError):
        raise DaemonRefused(
            f"{answer.url.path}: HTTP status {answer.status} with {answer.content_type}, "
            "expected JSON: is that a vendtower daemon?"
        ) from None
    if not isinstance(said, dict):
        raise DaemonRefused(f"{answer.url.path}: found JSON {said!r}, expected an object")
    return said


async def _pictures(answer: aiohttp.ClientResponse) -> AsyncIterator[JsonObject]:
    """The pictures of a stream of server-sent events; other events are skipped."""
    event = ""
    async for raw in answer.content:
        line = raw.decode("utf-8").rstrip("\n")
        if line.startswith("event: "):
            event = line.removeprefix("event: ")
        elif line.startswith("data: ") and event == "picture":
            yield json.loads(line.removeprefix("data: "))
