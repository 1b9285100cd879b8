"""Feeds systemd's watchdog, but only while the loop turns and somebody looks after the PLC."""

import asyncio
from collections.abc import Callable

from vendtower.daemon.sd_notify import ServiceNotifier

LOOP_LAG_S_MAX = 1.0
"""A loop that wakes later than this has stalled: heartbeats to the PLC were missed."""
PLC_TURN_S_MAX = 10.0
"""The PLC link's owner turns many times a second, and once a second while the line is down."""


async def feed_watchdog(
    notifier: ServiceNotifier, plc_turned_s: Callable[[], float], now_s: Callable[[], float]
) -> None:
    """For ever; not feeding it is how the daemon asks to be restarted.

    ``plc_turned_s`` is the monotonic time at which the PLC link's owner task last went round,
    whether the line was up or down: a dead PLC is no reason to restart, a dead owner is.
    """
    if notifier.watchdog_s is None:
        return
    period_s = notifier.watchdog_s / 3
    while True:
        asked_s = now_s()
        await asyncio.sleep(period_s)
        lag_s = now_s() - asked_s - period_s
        if healthy(lag_s, now_s() - plc_turned_s()):
            notifier.send("WATCHDOG=1")


def healthy(loop_lag_s: float, plc_silence_s: float) -> bool:
    """Whether the daemon deserves to live on."""
    return loop_lag_s <= LOOP_LAG_S_MAX and plc_silence_s <= PLC_TURN_S_MAX
