"""The member of staff on duty: looks, and answers the tower's questions by command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from hardware_sim.demo.daemon_process import CommandFailed, DaemonProcess, Screens
from hardware_sim.demo.visitor import Tell
from hardware_sim.plant.car import PlaceKind
from hardware_sim.world import SimulatedWorld

NAME = "technician on duty"
LOOKS_EVERY_S = 0.5
TAKES_TO_LOOK_S = 2.0
"""From hearing the alarm to having looked at the lift and the bays."""


class Staff:
    """One person who sees the tower itself and knows the maintenance commands."""

    def __init__(
        self,
        world: SimulatedWorld,
        daemon: DaemonProcess,
        screens: Screens,
        tell: Tell,
        *,
        takes_to_look_s: float = TAKES_TO_LOOK_S,
    ) -> None:
        self._world = world
        self._daemon = daemon
        self._screens = screens
        self._tell = tell
        self._takes_to_look_s = takes_to_look_s

    async def keep_watch(self) -> None:
        """For ever: settle each case whose question can be answered by having looked."""
        while True:
            await asyncio.sleep(LOOKS_EVERY_S)
            status = await self._screens.read("/api/status")
            if status is None:
                continue
            asked = [kiosk for kiosk in status["kiosks"] if _asks_staff(kiosk)]
            if not (status["counts"]["cases_open"] or status["stops"] or asked):
                continue
            await asyncio.sleep(self._takes_to_look_s)
            for kiosk in asked:
                await self._confirm_nobody_inside(kiosk)
            try:
                await self._settle_all()
                await self._confirm_stops()
            except CommandFailed as failure:
                self._tell("staff", str(failure))

    async def _settle_all(self) -> None:
        answer = json.loads(await self._daemon.command("cases", "--json"))
        for case in answer["cases"]:
            words = self._answer(case)
            if case["settlement"] is not None or not words:
                continue
            number = str(case["case_id"])
            self._tell("staff", f"{NAME} looks at the lift, the shaft and the bays")
            self._tell(
                "staff", f"$ vendtower case settle {number} {' '.join(words)} --confirm {number}"
            )
            await self._daemon.command(
                *("case", "settle", number, *words),
                *("--by", NAME),
                *("--note", "looked: car stands safely, nobody near"),
                *("--confirm", number),
            )

    async def _confirm_nobody_inside(self, kiosk: Mapping[str, Any]) -> None:
        """A car that nobody collects goes back when somebody on duty has looked into it."""
        self._tell("staff", f"{NAME} looks into the car in bay {kiosk['bay']} and confirms")
        await self._screens.confirm(int(kiosk["number"]), int(kiosk["question"]), NAME)

    async def _confirm_stops(self) -> None:
        """Whatever interrupted the tower and is over has been looked at."""
        answer = json.loads(await self._daemon.command("stops", "--json"))
        for stop in answer["stops"]:
            if stop["active"]:
                continue
            number = str(stop["number"])
            self._tell("staff", f"$ vendtower stops confirm {number}")
            await self._daemon.command("stops", "confirm", number, "--by", NAME, "--yes")

    def _answer(self, case: Mapping[str, Any]) -> tuple[str, ...]:
        """What the tower really looks like, in the words the case takes; empty for none."""
        choices = _choices(case)
        for simple in ("continue", "try_again"):
            if simple in choices:
                return (simple,)
        place = self._world.tower.where_is(str(case["vin"]))
        if place is None:
            return ()
        words = {
            PlaceKind.SLOT: ("car_in_slot", "--slot", str(place.number)),
            PlaceKind.BAY: ("car_in_bay",),
            PlaceKind.OUTSIDE: ("car_outside",),
        }.get(place.kind, ("",))
        return words if words[0] in choices else ()


def _asks_staff(kiosk: Mapping[str, Any]) -> bool:
    return kiosk["phase"] == "confirm_clear" and bool(kiosk["wants_name"])


def _choices(case: Mapping[str, Any]) -> list[str]:
    return [
        choice if isinstance(choice, str) else str(choice["settlement"])
        for choice in case["choices"]
    ]
