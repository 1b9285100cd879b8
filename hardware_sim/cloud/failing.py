"""How each fault shows on the wire."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from hardware_sim.cloud.faults import Fault, FaultKind
from hardware_sim.cloud.problems import Problem, problem_answer

HUGE_BYTES = 9 * 1024 * 1024
"""More than a tower takes of any answer."""

Answer = Callable[[web.Request], Awaitable[web.Response]]

AFTER = frozenset(
    {
        FaultKind.STATUS_AFTER,
        FaultKind.HANG_AFTER,
        FaultKind.DROP_AFTER,
        FaultKind.TRUNCATED_AFTER,
        FaultKind.MALFORMED_AFTER,
        FaultKind.WRONG_TYPE_AFTER,
        FaultKind.WRONG_SHAPE_AFTER,
        FaultKind.HUGE_AFTER,
    }
)
"""The request is applied before the answer goes wrong."""


async def fail(
    fault: Fault, request: web.Request, answer: Answer, stopping: asyncio.Event
) -> web.StreamResponse:
    """Serve this request as badly as the fault says; hanging ends when the server stops."""
    if fault.kind is FaultKind.SLOW:
        await asyncio.sleep(fault.delay_s)
        return await answer(request)
    if fault.kind in AFTER:
        good = await answer(request)
    else:
        await request.read()
        good = web.Response()
    match fault.kind:
        case FaultKind.STATUS | FaultKind.STATUS_AFTER:
            return _status(fault)
        case FaultKind.HANG | FaultKind.HANG_AFTER:
            await stopping.wait()
            return _drop(request)
        case FaultKind.DROP | FaultKind.DROP_AFTER:
            return _drop(request)
        case FaultKind.TRUNCATED_AFTER:
            return await _truncate(request, good)
        case FaultKind.HUGE_AFTER:
            return await _flood(request)
        case _:
            return _WRONG_ANSWERS[fault.kind]()


_WRONG_ANSWERS: dict[FaultKind, Callable[[], web.Response]] = {
    FaultKind.MALFORMED_AFTER: lambda: web.Response(
        body=b'{"accepted": [', content_type="application/json"
    ),
    FaultKind.WRONG_TYPE_AFTER: lambda: web.Response(
        text="<title>Please log in</title>", content_type="text/html"
    ),
    FaultKind.WRONG_SHAPE_AFTER: lambda: web.json_response(
        {"accepted": "yes", "changes": {}, "cursor": 7}
    ),
    FaultKind.REDIRECT: lambda: web.Response(status=307, headers={"Location": "/elsewhere"}),
}


def _status(fault: Fault) -> web.Response:
    headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    return problem_answer(Problem(fault.status, "on-request", "A fault on request"), headers)


def _drop(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _truncate(request: web.Request, good: web.Response) -> web.StreamResponse:
    body = good.body if isinstance(good.body, bytes) else b"{}"
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    # Closed rather than aborted: what was written shall arrive, and then the end.
    if request.transport is not None:
        request.transport.close()
    return response


async def _flood(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    part = b" " * (256 * 1024)
    try:
        for _ in range(HUGE_BYTES // len(part)):
            await response.write(part)
    except ConnectionError:
        pass  # the tower had enough, which is what this fault asks of it
    return response
