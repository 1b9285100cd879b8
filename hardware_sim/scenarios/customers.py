"""Customers of the scenarios: they book, show a code, wait, and drive off."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from hardware_sim.people.portraits import PORTRAITS
from hardware_sim.plant.door import DoorPosition
from hardware_sim.scenarios.duty import NAME
from hardware_sim.scenarios.stage import Stage
from hardware_sim.scenarios.waiting import PATIENCE_S, START_S_MAX, NotAsExpected, expect, until

GLANCE_S = 0.1
IMPATIENT_S = 2.0


@dataclass(frozen=True)
class Customer:
    """One reservation with the code that only its customer knows."""

    reservation_id: str
    code: str
    vin: str
    portrait: str | None


async def book(
    stage: Stage, number: int = 0, portrait: str | None = None, *, wait: bool = True, **more: object
) -> Customer:
    """Reserve the n-th car, to be recognised by face where a portrait is given.

    Returns when the tower has heard of it, unless ``wait`` is False.
    """
    now = stage.world.utc()
    car = [car for _, car in sorted(stage.world.cars.items())][number]
    window = {"starts_at": now - timedelta(minutes=5), "ends_at": now + timedelta(hours=1)}
    face = {
        "face_consent": portrait is not None,
        "portrait": PORTRAITS[portrait].jpeg() if portrait else None,
    }
    booked = stage.world.cloud.add_reservation(car, **{**window, **face, **more})  # type: ignore[arg-type]  # members of the contract by name
    customer = Customer(booked.reservation_id, booked.code, car.vin, portrait)
    if wait:
        await state(stage, customer, "expected")
    return customer


async def visit_state(stage: Stage, customer: Customer) -> str | None:
    """How far the customer's visit has come; None where the tower knows of none."""
    page = await stage.screens.read("/api/visits")
    visits = page["visits"] if page else []
    found = [v for v in visits if v["reservation_id"] == customer.reservation_id]
    return None if not found else str(found[-1]["state"])


async def state(stage: Stage, customer: Customer, *wanted: str) -> None:
    """Wait until the visit has come so far."""
    seen: list[object] = [None]

    async def so() -> bool:
        seen[0] = await visit_state(stage, customer)
        return seen[0] in wanted

    await until(so, lambda: f"visit {wanted} expected, found {seen[0]}")


async def show_code(stage: Stage, code: str, kiosk: int = 1, *, shown: str | None = None) -> str:
    """Touch the screen and hold up the phone, until the kiosk asks for something else.

    With ``shown``, a portrait, that person looks at the camera when the screen asks for a face.
    The screen's phase, or its reason after a refusal.
    """
    scene = stage.world.cameras.scene(kiosk)
    loop = asyncio.get_running_loop()
    deadline_s, touched_s = loop.time() + START_S_MAX, float("-inf")
    held_up = False
    phase = ""
    while loop.time() < deadline_s:
        screen = await stage.screens.kiosk(kiosk) or {}
        phase = str(screen.get("phase", ""))
        if phase == "free" and loop.time() > touched_s + IMPATIENT_S:
            touched_s, held_up = loop.time(), False
            await stage.screens.touch(kiosk)
        elif phase == "checking_in" and not held_up:
            held_up = True
            scene.phone(code)
        elif phase == "verifying" and shown is not None:
            scene.person(shown)
            shown = None
        elif held_up and phase in {
            "staff_route",
            "bringing_car",
            "hand_over",
            "refused",
            "referred",
        }:
            scene.nobody()
            return str(screen["reason"] or phase) if phase == "refused" else phase
        await asyncio.sleep(GLANCE_S)
    raise NotAsExpected(f"kiosk {kiosk} does not take the code; its screen says {phase!r}")


async def identify(stage: Stage, customer: Customer, kiosk: int = 1) -> None:
    """The right customer shows the code, and the face or a document."""
    phase = await show_code(stage, customer.code, kiosk, shown=customer.portrait)
    if phase == "staff_route":
        await stage.duty.settled("identity", "customer_verified")
    else:
        expect(phase in {"bringing_car", "hand_over"}, f"the customer is not verified: {phase}")


async def door_open(stage: Stage, bay: int = 1) -> None:
    """Wait until the street door stands open."""
    await stage.tower.until(lambda: stage.door_is(DoorPosition.OPEN, bay), PATIENCE_S)


async def before_open_door(stage: Stage) -> Customer:
    """A verified customer whose car stands in the bay, the street door open before it."""
    customer = await book(stage, 0)
    await identify(stage, customer)
    await door_open(stage)
    return customer


async def drive_out(stage: Stage, customer: Customer, bay: int = 1) -> None:
    """Wait for the open door, walk in, and drive off."""
    await door_open(stage, bay)
    mechanics = stage.bay(bay)
    expect(mechanics.car is not None, f"bay {bay}: a street door opens before an empty bay")
    vin = mechanics.car.vin if mechanics.car else ""
    expect(vin == customer.vin, f"bay {bay}: the street door opens before {vin}, not their car")
    stage.tower.person_enters(bay)
    await stage.tower.until(lambda: mechanics.curtain_clear, PATIENCE_S)
    stage.tower.car_drives_out(bay)
    await stage.tower.until(lambda: mechanics.car is None, PATIENCE_S)


async def depart(stage: Stage, customer: Customer, bay: int = 1) -> None:
    """Drive off, and expect that the tower has noticed, shut the door and told the cloud once."""
    await drive_out(stage, customer, bay)
    await departed(stage, customer, bay)


async def departed(stage: Stage, customer: Customer, bay: int = 1) -> None:
    """Expect the end of a visit that went well."""
    await state(stage, customer, "departed")
    await until(lambda: stage.door_is(DoorPosition.CLOSED, bay), "the street door stays open")
    await stage.event("visit.car_departed", customer.vin)
    told = len(stage.events("visit.car_departed", customer.vin))
    expect(told == 1, f"the departure was told {told} times")


async def collect(stage: Stage, customer: Customer, kiosk: int = 1) -> None:
    """From the first touch to the goodbye."""
    await identify(stage, customer, kiosk)
    await depart(stage, customer, stage.world.bay_of(kiosk))


async def put_back(stage: Stage, customer: Customer, kiosk: int = 1) -> None:
    """Staff stay at the bay, end the visit, and confirm by name that everybody is out."""
    await stage.duty.settled("hand_over", "re_store")
    await state(stage, customer, "closed_by_staff")
    answered = [0]

    async def home() -> bool:
        screen = await stage.screens.kiosk(kiosk) or {}
        question = int(screen.get("question") or 0)
        if screen.get("phase") == "confirm_clear" and question > answered[0]:
            answered[0] = question
            await stage.screens.confirm(kiosk, question, by=NAME)
        car = await stage.car(customer.vin)
        return bool(car and car["state"] == "in_slot")

    # A door that stands open over a parked car is left open for a while: somebody may come.
    await until(home, "the car is not put back", 2 * PATIENCE_S)
    await stage.home(customer.vin)
