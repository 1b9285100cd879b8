"""Server-sent events: the newest picture, and a beat by which a screen knows the line lives."""

import asyncio
import json
import socket
from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import web

from vendtower.web.board import PictureBoard

BEAT_INTERVAL_S: Final = 0.5
"""A screen that hears nothing for 2 s shows "out of service"."""
PICTURE_INTERVAL_S: Final = 0.1
"""Pictures that follow each other faster are for no eye; the ones between are left out."""
STALLED_READER_S: Final = 10.0
"""A reader whose line takes nothing for so long is dropped; its browser comes again."""
_LOOK_AGAIN_S: Final = 0.05
_SEND_BUFFER_BYTES: Final = 65_536

ENDING: web.AppKey[asyncio.Event] = web.AppKey("ending", asyncio.Event)
"""Set when the server stops."""
OPEN_STREAMS: web.AppKey[set[asyncio.Event]] = web.AppKey("open_streams")
"""One event per open stream, set when it ends."""

Message = Callable[[], Mapping[str, object] | None]


async def stream_newest(
    request: web.Request, board: PictureBoard, event: str, message: Message
) -> web.StreamResponse:
    """Send ``message()`` now and after every new picture; None and repeats are left out.

    What the reader's line has not taken yet holds the next message back, and then the newest one
    is sent: there is never a backlog.
    """
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    ended = asyncio.Event()
    request.app[OPEN_STREAMS].add(ended)
    try:
        await _open(request, response)
        await _send_newest(request, response, board, event, message)
    except ConnectionResetError:
        pass
    finally:
        request.app[OPEN_STREAMS].discard(ended)
        ended.set()
    return response


async def _send_newest(
    request: web.Request,
    response: web.StreamResponse,
    board: PictureBoard,
    event: str,
    message: Message,
) -> None:
    seen, last = -1, b""
    ending = request.app[ENDING]
    while not ending.is_set() and await _line_is_free(request):
        frame = b"event: beat\ndata: {}\n\n"
        if board.version != seen:
            seen = board.version
            newest = message()
            text = b"" if newest is None else _frame(event, newest)
            if text and text != last:
                frame = last = text
        # An outdated picture makes the line fall silent, and silence closes every screen.
        if board.outdated:
            last = b""
        else:
            await response.write(frame)
        await _next_picture(board, seen)


async def end_streams(app: web.Application) -> None:
    """End all open streams in good order, so that a server can stop soon.

    A stalled one is left to the server, which closes its line.
    """
    app[ENDING].set()
    open_now = [asyncio.ensure_future(ended.wait()) for ended in app[OPEN_STREAMS]]
    if open_now:
        _, stuck = await asyncio.wait(open_now, timeout=2 * BEAT_INTERVAL_S)
        for waiting in stuck:
            waiting.cancel()


async def _open(request: web.Request, response: web.StreamResponse) -> None:
    peer = request.transport.get_extra_info("socket") if request.transport else None
    if peer is not None:
        # The kernel would else take megabytes that a stopped reader finds later, all of it old.
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    await response.prepare(request)
    await response.write(b"retry: 1000\n\n")


async def _line_is_free(request: web.Request) -> bool:
    """Wait until the line has taken all that was written; False when it is gone or stalled."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + STALLED_READER_S
    while (transport := request.transport) is not None and not transport.is_closing():
        if transport.get_write_buffer_size() == 0:
            return True
        if loop.time() > deadline_s:
            transport.abort()
            return False
        await asyncio.sleep(_LOOK_AGAIN_S)
    return False


async def _next_picture(board: PictureBoard, seen: int) -> None:
    await asyncio.sleep(PICTURE_INTERVAL_S)
    try:
        async with asyncio.timeout(BEAT_INTERVAL_S - PICTURE_INTERVAL_S):
            await board.newer_than(seen)
    except TimeoutError:
        return


def _frame(event: str, message: Mapping[str, object]) -> bytes:
    # JSON has no bare line break, which is what would end a data line.
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f"event: {event}\ndata: {text}\n\n".encode()
