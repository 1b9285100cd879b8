"""Customers and drivers: they look at the screen and at the doors, and do what they came for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from benchmarks.swarm.identity import Person
from benchmarks.swarm.traffic import Manner, ReturnManner, Trip
from benchmarks.swarm.world import World
from hardware_sim.cloud.bookings import Booked, BookedCar
from hardware_sim.plant.car import Car
from hardware_sim.plant.people import ImpossibleError
from vendtower.flows.controls import Done
from vendtower.ports.screens import KioskPhase

GLANCE_S = 1.0
IMPATIENT_S = 5.0
PATIENCE_S = 1800.0
QUEUES_S = 2700.0
TRIES_MAX = 6
STRANGERS = {Manner.STRANGER_FIRST: 1, Manner.STRANGER_INSISTS: TRIES_MAX}
"""Who comes with the customer's code before them, and how often."""


@dataclass
class Record:
    """What a person saw of one visit to the tower."""

    who: str
    vin: str
    reservation_id: str
    ending: str = "went away"
    reasons: list[str] = field(default_factory=list)
    manner: str = ""
    """How they meant to come, by its name."""
    began_s: float = 0.0
    ended_s: float = 0.0
    """By the calendar."""
    waited_s: float | None = None
    """From the first touch to the car behind the open door."""


class Visitor:
    """Somebody at one kiosk, with the means that people have there."""

    def __init__(self, world: World, kiosk: int, person: Person, record: Record) -> None:
        self.world = world
        self.kiosk = kiosk
        self.bay = world.kiosks[kiosk]
        self.person = person
        self.record = record
        self._touched_at_s = float("-inf")

    def tell(self, what: str) -> None:
        """One line of the story."""
        self.world.story.tell(f"bay {self.bay}", f"{self.person.name} {what}")

    async def act(self, script: Callable[[], object], patience_s: float = PATIENCE_S) -> bool:
        """Stand at the kiosk and glance until the script says True; False when it took too long."""
        turn = self.world.pavement.turn[self.kiosk]
        try:
            async with asyncio.timeout(QUEUES_S):
                await turn.acquire()
        except TimeoutError:
            self.tell("has queued too long")
            self.record.reasons.append("queued too long")
            return False
        try:
            self.world.pavement.standing[self.kiosk] = self.person
            async with asyncio.timeout(patience_s):
                while not await self._glance(script):  # noqa: ASYNC110 # a screen is looked at
                    await asyncio.sleep(GLANCE_S)
        except TimeoutError:
            self.tell("has no patience left")
            self.record.reasons.append("patience over")
            return False
        finally:
            self.world.pavement.standing[self.kiosk] = None
            turn.release()
        return True

    async def _glance(self, script: Callable[[], object]) -> bool:
        done = script()
        if asyncio.iscoroutine(done):
            done = await done
        return bool(done)

    def phase(self) -> KioskPhase | None:
        """What the screen says; None while it is dark."""
        screen = self.world.screen(self.kiosk)
        return None if screen is None else screen.phase

    def reason(self) -> str:
        """Why, as the screen says."""
        screen = self.world.screen(self.kiosk)
        return "" if screen is None else screen.reason

    def sent_to(self) -> int:
        """The kiosk that the screen names instead of this one, else this one."""
        screen = self.world.screen(self.kiosk)
        bays = () if screen is None else screen.elsewhere
        named = [kiosk for kiosk, bay in self.world.kiosks.items() if bay in bays]
        return named[0] if named else self.kiosk

    async def touch(self) -> None:
        """Touch the screen, not more often than a person would."""
        now_s = self.world.loop.time()
        if now_s > self._touched_at_s + IMPATIENT_S:
            self._touched_at_s = now_s
            await self.world.controller.ask(lambda r: r.controls.touch(self.kiosk), 5.0)

    def my_car_is_there(self) -> bool:
        """Behind the open street door stands the car that this person came for."""
        car = self.world.bay(self.bay).car
        return car is not None and car.vin == self.record.vin and self.door_open()

    def door_open(self) -> bool:
        """The street door is wide open."""
        return self.world.street_door_open(self.bay)

    async def walk_in(self) -> bool:
        """Into the bay; False when the door does not let anybody in."""
        return await self._through(self.world.tower.person_enters)

    async def walk_out(self) -> bool:
        """Out of the bay."""
        return await self._through(self.world.tower.person_leaves)

    async def drive_out(self) -> bool:
        """Whoever sits at the wheel."""
        return await self._through(self.world.tower.car_drives_out)

    async def _through(self, how: Callable[[int], None]) -> bool:
        try:
            how(self.bay)
        except ImpossibleError:
            return False
        bay = self.world.bay(self.bay)
        while not bay.curtain_clear:
            await asyncio.sleep(GLANCE_S)
            self.world.tower.catch_up()
        return True


async def insist(visitor: Visitor, what: Callable[[], object], times: int = 600) -> bool:
    """Try again each second, for instance to get out; False when it never works."""
    for _ in range(times):
        done = what()
        if asyncio.iscoroutine(done):
            done = await done
        if done:
            return True
        await asyncio.sleep(GLANCE_S)
    visitor.tell("is shut in")
    return False


class Collecting:
    """One customer's way to the car, from the booking."""

    def __init__(self, world: World, trip: Trip, car: BookedCar) -> None:
        self.world = world
        self.trip = trip
        self.car = car
        self.booked: Booked
        self._kiosk = trip.kiosk
        """Where they go next; the screen of one may have named another."""
        self.record = Record(f"customer {trip.number}", car.vin, "", manner=trip.manner.name)

    def book(self) -> None:
        """Reserve the car at the cloud."""
        at = self.world.calendar.utc_at
        self.booked = self.world.cloud.add_reservation(
            self.car,
            starts_at=at(self.trip.starts_at_s),
            ends_at=at(self.trip.ends_at_s),
            face_consent=self.trip.face_consent,
            portrait=b"face" if self.trip.face_consent else None,
            returns_by=at(self.trip.ends_at_s + self.trip.out_s),
        )
        self.record.reservation_id = self.booked.reservation_id
        self.world.story.tell(
            "cloud",
            f"books {self.car.vin} for customer {self.trip.number} ({self.trip.manner.name})",
        )

    async def play(self) -> Record:
        """Come as one's manner is."""
        match self.trip.manner:
            case Manner.ABSENT:
                self.record.ending = "never came"
                return self.record
            case Manner.CANCELS:
                await self._sleep_until(self.trip.starts_at_s - 600.0)
                self._withdraw()
                self.record.ending = "cancelled"
                return self.record
        await self._sleep_until(self.trip.arrives_s)
        if self.trip.manner in STRANGERS:
            stranger = Person(f"stranger {self.trip.number}", self.booked.code, genuine=False)
            record = Record(stranger.name, self.car.vin, self.booked.reservation_id)
            await self._come(stranger, record, tries=STRANGERS[self.trip.manner])
            if record.ending == "drove off":
                self.world.story.violated("a stranger gets a car", record.who)
                self.record.ending = "car gone with a stranger"
                return self.record
        own = Person(self.record.who, self.booked.code)
        await self._come(own, self.record, tries=TRIES_MAX)
        return self.record

    async def _sleep_until(self, at_s: float) -> None:
        await self.world.calendar.until(at_s)

    def _withdraw(self) -> None:
        self.world.cloud.withdraw(self.booked.reservation_id)
        self.world.story.tell("cloud", f"withdraws the reservation of {self.record.who}")

    async def _come(self, person: Person, record: Record, tries: int) -> None:
        """Come to the kiosk, again after a while when it went wrong and there is time left."""
        for _ in range(tries):
            await self._once(person, record)
            if (
                record.ending != "went away"
                or self.world.calendar.now_s() > self.trip.ends_at_s + 1500
            ):
                return
            await self.world.calendar.sleep(480.0)

    async def _once(self, person: Person, record: Record) -> None:
        visitor = Visitor(self.world, self._kiosk, person, record)
        visitor.tell("walks up")
        began_s = self.world.loop.time()
        recalled = False

        async def script() -> bool:
            nonlocal recalled
            phase = visitor.phase()
            if visitor.my_car_is_there():
                record.waited_s = record.waited_s or self.world.loop.time() - began_s
                return True
            if phase is KioskPhase.FREE:
                await visitor.touch()
            if phase is KioskPhase.REFUSED:
                record.reasons.append(visitor.reason())
                self._kiosk = visitor.sent_to()
                return True
            bringing = phase is KioskPhase.BRINGING_CAR
            if bringing and self.trip.manner is Manner.WALKS_OFF:
                record.ending = "walked off"
                return True
            if bringing and self.trip.manner is Manner.CANCELS_LATE and not recalled:
                recalled = True
                self._withdraw()
            return False

        await visitor.act(script)
        if visitor.my_car_is_there() and record.ending == "went away":
            await self._take(visitor, record)
        else:
            visitor.tell(f"goes: {record.ending} {record.reasons[-1:]}")

    async def _take(self, visitor: Visitor, record: Record) -> None:
        if not await visitor.walk_in():
            return
        if self.trip.manner is Manner.DAWDLES:
            await asyncio.sleep(200.0)
        if self.trip.manner is Manner.LEAVES_CAR:
            await asyncio.sleep(30.0)
            await insist(visitor, visitor.walk_out)
            record.ending = "left without the car"
            visitor.tell(record.ending)
            return
        if await insist(visitor, visitor.drive_out):
            record.ending = "drove off"
            visitor.tell("drives off")
        else:
            record.ending = "was led out by staff"


class Returning:
    """One driver's way back with the car."""

    def __init__(self, world: World, trip: Trip, car: BookedCar, booked: Booked) -> None:
        self.world = world
        self.trip = trip
        self.booked = booked
        self.record = Record(
            f"driver {trip.number}", car.vin, booked.reservation_id, manner=trip.back.name
        )
        self._manner = trip.back
        self._answered = 0

    async def play(self) -> Record:
        """Come back with the car, again after a while when the tower did not take it."""
        for _ in range(TRIES_MAX):
            person = Person(self.record.who, self.booked.code)
            visitor = Visitor(self.world, self.trip.kiosk, person, self.record)
            visitor.tell("comes back with the car")
            await visitor.act(partial(self._look, visitor))
            if self.record.ending != "went away":
                break
            if self.record.vin not in self.world.tower.plant.outside:
                self.record.ending = "left the car to the tower"
                break
            self._manner = ReturnManner.CAREFUL
            await self.world.calendar.sleep(900.0)
        visitor.tell(f"goes: {self.record.ending} {self.record.reasons[-1:]}")
        return self.record

    async def _look(self, visitor: Visitor) -> bool:
        """Do what the screen asks for; True when it is over."""
        bay = self.world.bay(visitor.bay)
        mine = bay.car is not None and bay.car.vin == self.record.vin
        match visitor.phase():
            case KioskPhase.FREE if not mine:
                await visitor.touch()
            case KioskPhase.DRIVE_IN if bay.car is None and visitor.door_open():
                self._drive_in(visitor)
            case KioskPhase.LEAVE_BAY if mine and visitor.door_open() and bay.people_staying:
                await visitor.walk_out()
            case KioskPhase.CONFIRM_CLEAR:
                return await self._confirm(visitor)
            case KioskPhase.DRIVE_OUT if mine and visitor.door_open():
                await self._drive_out_again(visitor)
                return True
            case KioskPhase.REFUSED | KioskPhase.REFERRED:
                self.record.reasons.append(visitor.reason() or "referred")
                if bay.people_staying and mine and visitor.door_open():
                    await visitor.walk_out()
                return not (bay.people_staying and mine)
            case KioskPhase.STORING | KioskPhase.RETURNED if not bay.people_inside:
                self.record.ending = "car taken"
                return True
        return False

    def _drive_in(self, visitor: Visitor) -> None:
        car = self.world.tower.plant.outside[self.record.vin]
        body = replace(
            car,
            offset_mm=900 if self._manner is ReturnManner.OFF_CENTRE else 0,
            height_mm=2300 if self._manner is ReturnManner.ROOF_BOX else self._height_mm(),
            part_open=self._manner is ReturnManner.BOOT_OPEN,
            occupants_kg=70 if self._manner is ReturnManner.PASSENGER else 0,
        )
        visitor.tell(f"drives in ({self._manner.name})")
        try:
            self.world.tower.car_drives_in(visitor.bay, body)
        except ImpossibleError as error:
            visitor.tell(str(error))

    def _height_mm(self) -> int:
        return self.world.known_cars[self.record.vin].height_mm

    async def _confirm(self, visitor: Visitor) -> bool:
        screen = self.world.screen(visitor.kiosk)
        if self._manner is ReturnManner.SILENT:
            self.record.ending = "walked away from the question"
            return True
        if self._manner is ReturnManner.PASSENGER:
            # The scale shows the weight of somebody: the driver looks again and fetches them.
            self._passenger_gets_out(visitor)
        if screen is not None and screen.question != self._answered:
            self._answered = question = screen.question
            said = await self.world.controller.ask(
                lambda r: r.controls.confirm_clear(visitor.kiosk, question, "driver")
            )
            if isinstance(said, Done):
                self.world.pavement.spoken_for[visitor.bay] = question
        return False

    def _passenger_gets_out(self, visitor: Visitor) -> None:
        bay = self.world.bay(visitor.bay)
        if bay.car is not None and bay.car.occupants_kg and self._answered:
            lighter: Car = replace(bay.car, occupants_kg=0)
            self.world.tower.act(lambda: setattr(bay, "car", lighter))
            visitor.tell("fetches the passenger")

    async def _drive_out_again(self, visitor: Visitor) -> None:
        self.record.reasons.append(visitor.reason())
        if await visitor.walk_in() and await insist(visitor, visitor.drive_out):
            visitor.tell(f"drives out again ({visitor.reason()})")
