"""Hold-to-run over the control socket: a WebSocket that lives as long as somebody holds the key.

``GET /api/jog?lift=1&axis=hoist&direction=forward&by=NAME`` upgrades, over the control socket
alone. Every text message is one hold; each renews the lease once. Nothing arriving for
``LET_GO_S``, a closed or broken line, and a missing condition end the jog. The answers are JSON:
``{"begun": ...}`` at first, and at the end ``{"ended": why, "from", "to", "unit"}``, or
``{"reason"}`` when nothing was begun.
"""

import asyncio

from aiohttp import WSMsgType, web

from vendtower.domain.jog import JogAxis, JogRun
from vendtower.flows.jog import JogDesk
from vendtower.flows.mode_change import NotNow
from vendtower.web import api, guards

JOG: web.AppKey[JogDesk] = web.AppKey("jog", JogDesk)
LET_GO_S = 0.15
"""The PLC has stopped by its own lease after this long; so the jog is over here as well."""
FIRST_HOLD_S = 2.0


def add_routes(app: web.Application, desk: JogDesk) -> None:
    """Put it into the application."""
    app[JOG] = desk
    app.router.add_get("/api/jog", _jog)


async def _jog(request: web.Request) -> web.StreamResponse:
    if not guards.over_unix_socket(request):
        raise web.HTTPForbidden(text="jog: expected a request over the control socket")
    lift, axis, forward = _asked(request)
    by = api.name_of(request, request.query.get("by"))
    line = web.WebSocketResponse()
    await line.prepare(request)
    desk = request.app[JOG]
    try:
        run = await desk.begin(lift, axis, forward, by)
    except NotNow as why:
        await line.send_json({"reason": str(why)})
        await line.close()
        return line
    why_ended = "the line broke"
    try:
        await line.send_json({"begun": f"lift {lift} {axis.value}", "from": run.from_position})
        why_ended = await _held(line, desk, run)
    finally:
        # Also when this very task is cancelled, because the daemon stops or the line is gone.
        ended = await asyncio.shield(asyncio.ensure_future(desk.end(run, why_ended)))
    if not line.closed:
        await line.send_json(
            {
                "ended": ended.why_ended,
                "from": ended.from_position,
                "to": ended.to_position,
                "unit": axis.unit,
            }
        )
        await line.close()
    return line


async def _held(line: web.WebSocketResponse, desk: JogDesk, run: JogRun) -> str:
    """Renew the lease with every hold; why it ended."""
    patience_s = FIRST_HOLD_S
    while True:
        try:
            message = await line.receive(timeout=patience_s)
        except TimeoutError:
            return "the key was let go"
        if message.type is not WSMsgType.TEXT:
            return "the line was closed"
        patience_s = LET_GO_S
        if why := desk.hold(run):
            return why


def _asked(request: web.Request) -> tuple[int, JogAxis, bool]:
    query = request.query
    lift, axis, direction = query.get("lift", ""), query.get("axis"), query.get("direction")
    if not lift.isdecimal() or axis not in {each.value for each in JogAxis}:
        raise web.HTTPBadRequest(text="lift, axis: expected a number and hoist, turntable, shuttle")
    if direction not in {"forward", "back"}:
        raise web.HTTPBadRequest(text=f"direction: found {direction!r}, expected forward or back")
    return int(lift), JogAxis(axis), direction == "forward"
