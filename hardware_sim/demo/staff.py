"""The member of staff on duty: looks, and answers the tower's questions by command."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hardware_sim.demo.daemon_process import CommandFailed, DaemonProcess, Screens
from hardware_sim.demo.visitor import Tell

NAME = "technician on duty"
LOOKS_EVERY_S = 0.5
TAKES_TO_LOOK_S = 2.0
"""From hearing the alarm to having looked at the lift and the bays."""


async def keep_watch(daemon: DaemonProcess, screens: Screens, tell: Tell) -> None:
    """For ever: settle each case whose question can be answered by having looked."""
    while True:
        await asyncio.sleep(LOOKS_EVERY_S)
        status = await screens.read("/api/status")
        if status is None or not status["counts"]["cases_open"]:
            continue
        await asyncio.sleep(TAKES_TO_LOOK_S)
        try:
            await _settle_all(daemon, tell)
        except CommandFailed as failure:
            tell("staff", str(failure))


async def _settle_all(daemon: DaemonProcess, tell: Tell) -> None:
    cases: list[dict[str, Any]] = json.loads(await daemon.command("cases", "--json"))["cases"]
    for case in cases:
        if case["settlement"] is not None or "continue" not in _choices(case):
            continue
        number = str(case["case_id"])
        tell("staff", f"{NAME} looks at the lift, the shaft and the bays")
        tell("staff", f"$ vendtower case settle {number} continue --confirm {number}")
        await daemon.command(
            "case",
            "settle",
            number,
            "continue",
            "--by",
            NAME,
            "--note",
            "looked: car stands safely, nobody near",
            "--confirm",
            number,
        )


def _choices(case: dict[str, Any]) -> list[str]:
    return [
        choice if isinstance(choice, str) else str(choice["settlement"])
        for choice in case["choices"]
    ]
