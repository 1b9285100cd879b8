"""One driver's way into the tower with a car."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from benchmarks.swarm.at_cabinet import AtCabinet
from benchmarks.swarm.identity import Person
from benchmarks.swarm.key_manners import LaysKey
from benchmarks.swarm.people import TRIES_MAX, Visitor, insist
from benchmarks.swarm.record_of_visit import OTHERS_MATTER, Record
from benchmarks.swarm.traffic import ReturnManner
from benchmarks.swarm.world import World
from hardware_sim.plant.car import Car
from hardware_sim.plant.people import ImpossibleError
from vendtower.flows.controls import Done
from vendtower.ports.screens import KioskPhase

PLATES_MAX = 30
CARDS_MAX = 3


class Returning:
    """One driver's way in with a car: with the code of its loan, or announced by staff."""

    def __init__(
        self, world: World, kiosk: int, record: Record, manner: ReturnManner, code: str = ""
    ) -> None:
        """``code`` is empty for a car that staff have announced."""
        self.world = world
        self.kiosk = kiosk
        self.record = record
        self._code = code
        self.lays_key = LaysKey.AT_ONCE
        self.by_board = False
        self.card: bytes | None = None
        """Held to the reader of the kiosk's board before the code is looked for."""
        self._cards_held = 0
        self._cabinet: AtCabinet | None = None
        self._announced = not code
        self._manner = manner
        self._answered = 0
        self._by_plate = manner is ReturnManner.BY_PLATE
        self._plates_typed = 0
        self._reopened = False
        self._checked_in = self._announced
        """Nobody drives in because the screen asks somebody else to."""

    async def play(self) -> Record:
        """Come back with the car, again after a while when the tower did not take it."""
        for _ in range(TRIES_MAX):
            person = Person(self.record.who, self._code if not self._by_plate else "")
            visitor = Visitor(self.world, self.kiosk, person, self.record)
            visitor.by_board = self.by_board
            if (rack := self.world.keys) is not None:
                rack.give(self.record.vin, person.name)
                self._cabinet = AtCabinet(visitor, rack, self.record.vin)
            visitor.tell("comes with the car")
            await visitor.act(partial(self._glance, visitor))
            if self.record.ending != "went away":
                break
            if self.record.vin not in self.world.tower.plant.outside:
                self.record.ending = "left the car to the tower"
                break
            if self._announced:
                break
            self._manner = ReturnManner.CAREFUL
            await self.world.calendar.sleep(900.0)
        visitor.tell(f"goes: {self.record.ending} {self.record.reasons[-1:]}")
        return self.record

    async def _glance(self, visitor: Visitor) -> bool:
        """At the key cabinet, then at the screen; True when it is over."""
        if self._cabinet is not None and self._is_in:
            await self._cabinet.lay(self.lays_key)
        return await self._look(visitor)

    async def _look(self, visitor: Visitor) -> bool:
        """Do what the screen asks for; True when it is over."""
        bay = self.world.bay(visitor.bay)
        mine = bay.car is not None and bay.car.vin == self.record.vin
        match visitor.phase():
            case KioskPhase.FREE | KioskPhase.CHECKING_IN if not mine:
                return await self._check_in(visitor)
            case KioskPhase.DRIVE_IN if bay.car is None and visitor.door_open():
                if self._checked_in:
                    self._drive_in(visitor)
            case KioskPhase.LEAVE_BAY if mine and visitor.door_open() and bay.people_staying:
                await visitor.walk_out()
            case KioskPhase.CONFIRM_CLEAR:
                return await self._confirm(visitor)
            case KioskPhase.DRIVE_OUT if mine and visitor.door_open():
                await self._drive_out_again(visitor)
                return True
            case KioskPhase.REFUSED | KioskPhase.REFERRED:
                return await self._refused(visitor, inside=bool(mine and bay.people_staying))
            case KioskPhase.STORING | KioskPhase.RETURNED if self._is_in and not bay.people_inside:
                self.record.ending = "car taken"
                return True
        return False

    async def _refused(self, visitor: Visitor, *, inside: bool) -> bool:
        """Whoever sits in the bay comes out first; True for whoever goes now."""
        if visitor.about_another():
            # A refusal goes by; what staff are called for takes long.
            referred = visitor.phase() is KioskPhase.REFERRED
            self.record.reasons += [OTHERS_MATTER] if referred else []
            return referred
        self.record.reasons.append(visitor.reason() or "referred")
        if inside and visitor.door_open():
            await visitor.walk_out()
            return not self.world.bay(visitor.bay).people_staying
        return not inside

    @property
    def _is_in(self) -> bool:
        """The own car; what the screen says right after another one was driven in is about that."""
        return self.record.vin not in self.world.tower.plant.outside

    async def _check_in(self, visitor: Visitor) -> bool:
        """Say whose car it is; True for somebody who has no code and is not expected any more."""
        self._checked_in = True
        if self._announced:
            self.record.reasons.append("not expected any more")
        elif self._by_plate:
            plate = self.world.known_cars[self.record.vin].plate
            said = await visitor.ask(lambda r: r.controls.return_by_plate(visitor.kiosk, plate))
            self._plates_typed += 1
            # Where the plate fits no single car, the code is looked for after all.
            self._by_plate = not said and self._plates_typed < PLATES_MAX
        elif self._holds_card(visitor):
            self._cards_held += 1
        elif visitor.phase() is KioskPhase.FREE:
            await visitor.touch()
        else:
            await visitor.type_code_if_asked()
        return self._announced

    def _holds_card(self, visitor: Visitor) -> bool:
        """Hold the card to the reader a few times, then try the code."""
        rack = self.world.keys
        board = None if rack is None else rack.boards.get(visitor.kiosk)
        if board is None or self.card is None or self._cards_held >= CARDS_MAX:
            return False
        board.nfc(self.card)
        return True

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
        if self._manner is ReturnManner.REOPENS and not self._reopened:
            self._reopened = await visitor.ask(lambda r: r.controls.reopen_bay(visitor.kiosk))
            return False
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
