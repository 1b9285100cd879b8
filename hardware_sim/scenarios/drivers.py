"""Drivers who bring a new car in, which staff have announced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hardware_sim.plant.car import Car
from hardware_sim.scenarios.customers import door_open
from hardware_sim.scenarios.duty import NAME
from hardware_sim.scenarios.stage import Stage
from hardware_sim.scenarios.waiting import PATIENCE_S, until

VIN = "VTNEWA00000000001"
PAPERS: Mapping[str, Any] = {
    "vin": VIN,
    "plate": "NEW-1",
    "model": "prototype",
    "length_mm": 4600,
    "width_mm": 1850,
    "height_mm": 1500,
    "weight_kg": 1600,
}
FIGURES = ("length_mm", "width_mm", "height_mm", "weight_kg")


async def announce(stage: Stage, bay: int = 1) -> None:
    """Staff announce the new car with the figures of its papers."""
    body = {"car": VIN, "bay": bay, "by": NAME, "vehicle": dict(PAPERS)}
    await stage.duty.done("/api/dropoffs", body)


async def drive_in(stage: Stage, bay: int = 1, **more: Any) -> None:
    """Wait for the open door and drive in, in a car that may differ from its papers."""
    await door_open(stage, bay)
    car = Car(VIN, **{**{name: PAPERS[name] for name in FIGURES}, **more})
    stage.tower.car_drives_in(bay, car)
    mechanics = stage.bay(bay)
    await stage.tower.until(lambda: mechanics.curtain_clear, PATIENCE_S)


async def leave(stage: Stage, bay: int = 1) -> None:
    """Walk out of the bay."""
    stage.tower.person_leaves(bay)
    await stage.tower.until(lambda: stage.bay(bay).people_inside == 0, PATIENCE_S)


async def park(stage: Stage, bay: int = 1, **more: Any) -> None:
    """Drive in, get out, leave the bay."""
    await drive_in(stage, bay, **more)
    await leave(stage, bay)


async def drive_out_again(stage: Stage, bay: int = 1) -> None:
    """Walk in through the open door and drive off."""
    await door_open(stage, bay)
    stage.tower.person_enters(bay)
    await stage.tower.until(lambda: stage.bay(bay).curtain_clear, PATIENCE_S)
    stage.tower.car_drives_out(bay)
    await stage.tower.until(lambda: stage.bay(bay).car is None, PATIENCE_S)


async def dropoff_state(stage: Stage) -> str | None:
    """How far the new car has come in."""
    page = await stage.screens.read("/api/dropoffs")
    found = [each for each in (page["dropoffs"] if page else []) if each["vin"] == VIN]
    return str(found[-1]["state"]) if found else None


async def state(stage: Stage, *wanted: str) -> None:
    """Wait until the new car has come so far."""
    seen: list[object] = [None]

    async def so() -> bool:
        seen[0] = await dropoff_state(stage)
        return seen[0] in wanted

    await until(so, lambda: f"drop-off {wanted} expected, found {seen[0]}")


async def confirm_until(stage: Stage, *wanted: str, kiosk: int = 1) -> None:
    """Answer the screen's question, and each newer one, until the car has come so far."""
    answered = [0]

    async def so() -> bool:
        screen = await stage.screens.kiosk(kiosk) or {}
        question = int(screen.get("question") or 0)
        if screen.get("phase") == "confirm_clear" and question > answered[0]:
            answered[0] = question
            await stage.screens.confirm(kiosk, question)
        return await dropoff_state(stage) in wanted

    await until(so, f"the driver's word does not lead to {wanted}")
