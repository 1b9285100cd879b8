"""The JSON interface's part for the controller's own promptness.

Reading::

    GET /api/loop-lag     how late the event loop woke, since the start of the daemon
"""

from aiohttp import web

from vendtower.domain.lag_histogram import BOUNDS_S
from vendtower.flows.loop_lag import LoopLag

LAG: web.AppKey[LoopLag] = web.AppKey("loop_lag", LoopLag)


def add_routes(app: web.Application, lag: LoopLag) -> None:
    """Put the measurement into the application."""
    app[LAG] = lag
    app.router.add_get("/api/loop-lag", _loop_lag)


async def _loop_lag(request: web.Request) -> web.Response:
    return web.json_response(lag_view(request.app[LAG]))


def lag_view(lag: LoopLag) -> dict[str, object]:
    """``/api/loop-lag``.

    ``bounds_s`` are the buckets' upper bounds in seconds, ``counts`` the measurements in each
    bucket and, last, above all of them; ``total`` is their sum, ``longest_s`` the worst.
    """
    return {
        "schema": 1,
        "bounds_s": list(BOUNDS_S),
        "counts": list(lag.histogram.counts),
        "total": lag.histogram.total,
        "longest_s": lag.histogram.longest_s,
    }
