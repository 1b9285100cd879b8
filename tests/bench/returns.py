"""Drivers who bring cars in, for the tests of the way in."""

from dataclasses import replace
from typing import Any

from hardware_sim.plant.car import Car
from tests.bench.controller_life import PATIENCE_S, Json
from tests.bench.tower_bench import STAFF, Customer, TowerBench
from vendtower.domain.dropoff import Dropoff, DropoffState

NEW_VIN = "VTNEWA00000000001"
NEW_FIGURES = {
    "vin": NEW_VIN,
    "plate": "NEW-1",
    "model": "prototype",
    "length_mm": 4600,
    "width_mm": 1850,
    "height_mm": 1500,
    "weight_kg": 1600,
}


class Returns:
    """What drivers do at the bays of one bench."""

    def __init__(self, bench: TowerBench) -> None:
        self.bench = bench
        self.world = bench.world.tower

    async def car_is_out(self, number: int = 0, **more: Any) -> Customer:
        """Somebody collects the n-th car and drives off."""
        customer = await self.bench.book(number, **more)
        await self.bench.collect(customer)
        await self.bench.phase(1, "free")
        return customer

    async def announce(self, customer: Customer, kiosk: int = 1) -> None:
        """Show the code of the pick-up again."""
        await self.bench.check_in(customer, kiosk)

    async def admit(self, car: str, bay: int = 1, **more: Any) -> Json:
        """Staff announce a car."""
        return await self.bench.control("/api/dropoffs", {"car": car, "bay": bay, **more})

    def body(self, vin: str, **more: Any) -> Car:
        """The car that waits outside, perhaps changed."""
        car = self.world.plant.outside.get(vin) or Car(vin)
        return replace(car, **more)

    async def drive_in(self, vin: str, bay: int = 1, **more: Any) -> None:
        """Wait for the open door and park; the driver is still inside."""
        await self.world.until(lambda: self.bench.door_open(bay), PATIENCE_S)
        self.world.car_drives_in(bay, self.body(vin, **more))
        mechanics = self.world.plant.bays[bay]
        await self.world.until(lambda: mechanics.curtain_clear and mechanics.rear_axle_on)

    async def leave(self, bay: int = 1) -> None:
        """The driver walks out."""
        self.world.person_leaves(bay)
        await self.world.until(lambda: self.world.plant.bays[bay].people_inside == 0)

    async def park(self, vin: str, bay: int = 1, **more: Any) -> None:
        """Drive in, get out, leave the bay."""
        await self.drive_in(vin, bay, **more)
        await self.leave(bay)

    async def press(self, what: str, kiosk: int = 1, **body: Any) -> Json:
        """Press a button of the kiosk's page."""
        return await self.bench.press(what, kiosk, **body)

    async def confirm(self, kiosk: int = 1) -> Json:
        """Answer the question on the screen, and each newer one, until the car is taken.

        A sensor that changes after the answer has the driver asked anew, as it should.
        """
        await self.bench.phase(kiosk, "confirm_clear")
        said: list[Json] = []

        async def taken() -> bool:
            book = self.bench.tower.book
            waiting = [d for d in book.dropoffs.values() if d.bay == kiosk]
            if said and not any(d.state is DropoffState.MEASURED for d in waiting):
                return True
            answer = await self.bench.answer_if_asked(kiosk)
            if answer is not None:
                said.append(answer)
            return False

        await self.bench.until(taken, lambda: f"the word is not taken: {said[-3:]}")
        return said[-1]

    async def drive_out_again(self, bay: int = 1) -> None:
        """Walk in and drive off."""
        await self.world.until(lambda: self.bench.door_open(bay), PATIENCE_S)
        self.world.person_enters(bay)
        mechanics = self.world.plant.bays[bay]
        await self.world.until(lambda: mechanics.curtain_clear)
        self.world.car_drives_out(bay)
        await self.world.until(lambda: mechanics.car is None)

    def dropoff(self, vin: str) -> Dropoff:
        """The car's latest way in, as the journal has it."""
        found = [each for each in self.bench.tower.book.dropoffs.values() if each.vin == vin]
        return max(found, key=lambda each: each.announced_utc)

    async def state(self, vin: str, *wanted: DropoffState) -> Dropoff:
        """Wait until the car has come so far."""
        book = self.bench.tower.book

        def so() -> bool:
            return any(each.vin == vin for each in book.dropoffs.values()) and (
                self.dropoff(vin).state in wanted
            )

        await self.bench.until(
            so,
            lambda: (
                f"{[each for each in self.bench.tower.book.dropoffs.values() if each.vin == vin]},"
                f" wanted {wanted}; {self.bench.tower.faults}"
            ),
        )
        return self.dropoff(vin)


__all__ = ["NEW_FIGURES", "NEW_VIN", "STAFF", "Returns"]
