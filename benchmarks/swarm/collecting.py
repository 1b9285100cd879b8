"""One customer's way to a car, from the booking to driving off, in the manner of the trip."""

from __future__ import annotations

import asyncio

from benchmarks.swarm.at_cabinet import NO_KEY, AtCabinet
from benchmarks.swarm.identity import Person
from benchmarks.swarm.key_manners import CANCELS
from benchmarks.swarm.people import TRIES_MAX, Visitor, insist
from benchmarks.swarm.record_of_visit import (
    LEFT_CAR,
    NOT_HEARD_OF,
    TURN_TOO_LATE,
    WALKED_OFF,
    Record,
)
from benchmarks.swarm.traffic import Manner, Trip
from benchmarks.swarm.world import World
from hardware_sim.cloud.bookings import Booked, BookedCar
from vendtower.domain.identity import IdentityRefusal
from vendtower.flows.check_in import UNKNOWN_CODE
from vendtower.ports.screens import KioskPhase

SITS_S_MAX = 7200
CARD = bytes.fromhex("04a1b2")
"""Numbers of all cards begin with this."""
HEARD_OF_S = 300.0
"""After this a tower to which nothing stands in the way has heard of a booking."""


TRIES_AGAIN_AFTER = {refusal.value for refusal in IdentityRefusal}
"""What the camera says of a face; the screen asks to try again."""
WHO_IS_IT = {KioskPhase.VERIFYING, KioskPhase.STAFF_ROUTE}
STRANGERS = {Manner.STRANGER_FIRST: 1, Manner.STRANGER_INSISTS: TRIES_MAX}
"""Who comes with the customer's code before them, and how often."""


class Collecting:
    """One customer's way to the car, from the booking."""

    def __init__(self, world: World, trip: Trip, car: BookedCar) -> None:
        self.world = world
        self.trip = trip
        self.car = car
        self.booked: Booked
        self._kiosk = trip.kiosk
        """Where they go next; the screen of one may have named another."""
        self._booked_s = 0.0
        self._changed_mind = False
        self.record = Record(f"customer {trip.number}", car.vin, "", manner=trip.manner.name)

    def book(self, swap_for: str | None = None) -> None:
        """Reserve the car at the cloud, perhaps for one that is brought back first."""
        at, rack = self.world.calendar.utc_at, self.world.keys
        self._booked_s = self.world.calendar.now_s()
        self.booked = self.world.cloud.add_reservation(
            self.car,
            starts_at=at(self.trip.starts_at_s),
            ends_at=at(self.trip.ends_at_s),
            face_consent=self.trip.face_consent,
            portrait=b"face" if self.trip.face_consent else None,
            returns_by=at(self.trip.ends_at_s + self.trip.out_s),
            swap_for=swap_for,
            key_compartment=None if rack is None else rack.home.get(self.car.vin),
            cards=[] if self.card is None else [self.card.hex()],
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
                if self.booked.reservation_id not in self.world.pavement.taken_for:
                    self.world.story.violated("a stranger gets a car", record.who)
                self.record.ending = "car gone with a stranger"
                return self.record
        booked = self.booked
        own = Person(self.record.who, booked.code, reservation_id=booked.reservation_id)
        await self._come(own, self.record, tries=TRIES_MAX)
        return self.record

    @property
    def card(self) -> bytes | None:
        """A card that names the return at the reader of a kiosk's board, for those who have one."""
        by_card = self.world.keys is not None and self.trip.by_board
        return CARD + self.trip.number.to_bytes(4, "big") if by_card else None

    async def _sleep_until(self, at_s: float) -> None:
        await self.world.calendar.until(at_s)

    def _withdraw(self) -> None:
        self.world.cloud.withdraw(self.booked.reservation_id)
        self.world.story.tell("cloud", f"withdraws the reservation of {self.record.who}")

    async def _come(self, person: Person, record: Record, tries: int) -> None:
        """Come to the kiosk, again after a while when it went wrong and there is time left."""
        for _ in range(tries):
            kiosk = self._kiosk
            await self._once(person, record)
            if (
                record.ending != "went away"
                or self.world.calendar.now_s() > self.trip.ends_at_s + 1500
            ):
                return
            again = record.reasons[-1:] and record.reasons[-1] in TRIES_AGAIN_AFTER
            at_once = again or self._kiosk != kiosk
            await self.world.calendar.sleep(30.0 if at_once else 480.0)

    async def _once(self, person: Person, record: Record) -> None:
        visitor = Visitor(self.world, self._kiosk, person, record)
        visitor.tell("walks up")
        rack = self.world.keys
        visitor.by_board = self.trip.by_board
        cabinet = None if rack is None else AtCabinet(visitor, rack, self.car.vin)
        began_s = self.world.loop.time()

        async def script() -> bool:
            phase = visitor.phase()
            if visitor.my_car_is_there():
                record.waited_s = record.waited_s or self.world.loop.time() - began_s
                return True
            if visitor.about_another():
                return False
            await self._identify(visitor, phase)
            await visitor.type_code_if_asked()
            if cabinet is not None and await cabinet.take(self.trip.takes_key, self._withdraw):
                record.ending = WALKED_OFF
                return True
            if phase is KioskPhase.REFUSED:
                in_time = visitor.stood_s <= self.trip.ends_at_s
                record.reasons.append(self._reason(visitor) if in_time else TURN_TOO_LATE)
                self._kiosk = visitor.sent_to()
                return True
            return phase is KioskPhase.BRINGING_CAR and self._while_it_comes(record)

        came = await visitor.act(script)
        if came and visitor.my_car_is_there() and record.ending == "went away":
            await self._take(visitor, record)
        else:
            visitor.tell(f"goes: {record.ending} {record.reasons[-1:]}")

    async def _identify(self, visitor: Visitor, phase: KioskPhase | None) -> None:
        """Say who it is, each in their way."""
        typing = self.trip.manner is Manner.TYPES and visitor.person.genuine
        if typing and phase in {KioskPhase.FREE, KioskPhase.CHECKING_IN}:
            await visitor.type_code()
        elif phase is KioskPhase.FREE:
            await visitor.touch()
        if phase not in WHO_IS_IT:
            return
        if self.trip.manner is Manner.OTHER_WAY:
            await visitor.ask(lambda r: r.controls.take_other_way(visitor.kiosk))
        without_face = not self.trip.face_consent and not self._changed_mind
        if self._cancels_on_the_way and without_face:
            # Those of whom no face is known wait for staff, and have time to think better of it.
            self._changed_mind = True
            self._withdraw()

    @property
    def _cancels_on_the_way(self) -> bool:
        """Withdraws while the car comes; others do so before the key cabinet."""
        at_cabinet = self.world.keys is not None and self.trip.takes_key in CANCELS
        return self.trip.manner is Manner.CANCELS_LATE and not at_cabinet

    def _reason(self, visitor: Visitor) -> str:
        """As the screen says; a code that is not known may be one that the cloud could not tell.

        That the tower has heard of it by now says nothing of the moment in which it was shown.
        """
        world = self.world
        late = world.calendar.now_s() > max(self._booked_s, world.unheard_until_s) + HEARD_OF_S
        unknown = visitor.reason() == UNKNOWN_CODE
        if unknown and world.calendar.now_s() > self.trip.ends_at_s:
            return TURN_TOO_LATE
        return NOT_HEARD_OF if unknown and not late else visitor.reason()

    def _while_it_comes(self, record: Record) -> bool:
        """What some think of while the car is on its way; True for those who go."""
        if self.trip.manner is Manner.WALKS_OFF:
            record.ending = WALKED_OFF
            return True
        if self._cancels_on_the_way and not self._changed_mind:
            self._changed_mind = True
            self._withdraw()
        if self.trip.manner is Manner.CHANGES_LATE and not self._changed_mind:
            self._changed_mind = True
            later = self.world.calendar.utc_at(self.trip.ends_at_s + 3600.0)
            self.world.cloud.change(self.booked.reservation_id, ends_at=later, greeting="later")
            self.world.story.tell("cloud", f"changes the reservation of {self.record.who}")
        return False

    async def _take(self, visitor: Visitor, record: Record) -> None:
        if not await visitor.walk_in():
            return
        if self.trip.manner is Manner.DAWDLES:
            await asyncio.sleep(200.0)
        rack = self.world.keys
        keyless = rack is not None and not rack.can_drive(record.vin, visitor.person.name)
        if keyless:
            visitor.tell(NO_KEY)
            record.reasons.append(NO_KEY)
        if self.trip.manner is Manner.LEAVES_CAR or keyless:
            await asyncio.sleep(30.0)
            await insist(visitor, visitor.walk_out)
            record.ending = LEFT_CAR
            visitor.tell(record.ending)
            return
        if self.trip.manner is Manner.STAYS:
            await self._stay(visitor, record)
            return
        if await insist(visitor, visitor.drive_out):
            record.ending = "drove off"
            visitor.tell("drives off")
        else:
            record.ending = "was led out by staff"

    async def _stay(self, visitor: Visitor, record: Record) -> None:
        """Sit in the car, until somebody comes and leads them out."""
        await insist(visitor, lambda: not self.world.bay(visitor.bay).people_staying, SITS_S_MAX)
        record.ending = "was led out by staff"
        visitor.tell(record.ending)
