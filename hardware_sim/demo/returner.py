"""A scripted driver: brings a car back, gets out, and says that everybody is out, or does not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from enum import Enum

from hardware_sim.demo.daemon_process import Screens
from hardware_sim.demo.visitor import GLANCE_S, IMPATIENT_S, Tell, Visitor
from hardware_sim.plant.bay import BayMechanics
from hardware_sim.plant.car import Car
from hardware_sim.plant.door import DoorPosition
from hardware_sim.world import SimulatedWorld


class ReturnEnding(Enum):
    """How the return ended for the driver."""

    CAR_TAKEN = "car taken"
    DROVE_OUT_AGAIN = "drove out again"
    REFUSED = "was refused"
    GAVE_UP = "gave up"


@dataclass(frozen=True)
class Manners:
    """How the driver parks and leaves."""

    offset_mm: int = 0
    """Off the bay's middle."""
    length_mm: int | None = None
    """Of the car as it comes back; None: as it left."""
    height_mm: int | None = None
    part_open: bool = False
    """Forgets to close the boot."""
    leaves_somebody: bool = False
    """Somebody stays in the car, unseen by the person detector; 70 kg."""
    confirms: bool = True
    """False: walks away from the screen's question."""
    holds_card: bool = False
    """Holds the card to the kiosk's reader instead of showing the code."""

    def applied_to(self, car: Car) -> Car:
        """The car as this driver parks it."""
        return replace(
            car,
            offset_mm=self.offset_mm,
            length_mm=self.length_mm or car.length_mm,
            height_mm=self.height_mm or car.height_mm,
            part_open=self.part_open,
            occupants_kg=70 if self.leaves_somebody else 0,
        )


@dataclass
class ReturnRecord:
    """What the driver saw of it, in seconds of the loop's clock."""

    visitor: Visitor
    ending: ReturnEnding = ReturnEnding.GAVE_UP
    touched_s: float | None = None
    taken_s: float | None = None
    reason: str = ""
    phases: list[str] = field(default_factory=list)
    """What the screen said, in order."""

    @property
    def duration_s(self) -> float | None:
        """From the first touch of the kiosk to the tower taking the car."""
        if self.touched_s is None or self.taken_s is None:
            return None
        return self.taken_s - self.touched_s


class ReturnScript:
    """Plays one return in one world; the driver does what the screen asks for."""

    def __init__(
        self,
        world: SimulatedWorld,
        screens: Screens,
        visitor: Visitor,
        tell: Tell,
        manners: Manners | None = None,
    ) -> None:
        self._world = world
        self._screens = screens
        self._visitor = visitor
        self._manners = manners or Manners()
        self._bay = world.bay_of(visitor.kiosk)
        self._timeline = tell
        self._scene = world.cameras.scene(visitor.kiosk)
        self._board = world.boards[visitor.kiosk]
        self._answered = 0
        self._touched_at_s = float("-inf")
        self._held_at_s = float("-inf")
        self.record = ReturnRecord(visitor)

    async def play(self, timeout_s: float = 120.0) -> ReturnRecord:
        """Come, bring the car in, and leave; or drive out again."""
        self._tell("comes back with the car")
        self.record.touched_s = self._now_s()
        self._board.somebody_near(True)
        try:
            async with asyncio.timeout(timeout_s):
                while not await self._glance():  # noqa: ASYNC110 # a screen is looked at, not heard
                    await asyncio.sleep(GLANCE_S)
        except TimeoutError:
            self._tell("gives up")
        finally:
            self._scene.nobody()
            self._board.somebody_near(False)
        return self.record

    async def _glance(self) -> bool:
        """Look at the screen once and do what it asks for; True when all is over."""
        kiosk = await self._screens.kiosk(self._visitor.kiosk)
        phase = "" if kiosk is None else str(kiosk["phase"])
        if kiosk is None or not phase:
            return False
        if not self.record.phases or self.record.phases[-1] != phase:
            self.record.phases.append(phase)
        if phase == "confirm_clear":
            return await self._answer(int(kiosk["question"]))
        if phase in {"refused", "referred"}:
            return self._stopped(phase, str(kiosk["reason"]))
        if phase in {"storing", "returned"}:
            return self._taken()
        await self._do_as_asked(phase, str(kiosk["reason"]))
        return False

    async def _do_as_asked(self, phase: str, reason: str) -> None:
        match phase:
            case "free" if self._now_s() > self._touched_at_s + IMPATIENT_S:
                self._touched_at_s = self._now_s()
                await self._screens.touch(self._visitor.kiosk)
            case "checking_in" if self._manners.holds_card:
                self._hold_card()
            case "checking_in":
                self._scene.phone(self._visitor.code)
            case "drive_in" if self._door_open() and self._bay_mechanics.car is None:
                await self._drive_in()
            case "leave_bay" if self._bay_mechanics.people_staying and self._door_open():
                self._tell("gets out and leaves the bay")
                self._world.tower.person_leaves(self._bay)
            case "drive_out" if self._door_open() and self._bay_mechanics.car is not None:
                self.record.reason = reason
                await self._drive_out_again()

    def _hold_card(self) -> None:
        """Hold the card to the reader, and again when nothing has come of it for a while."""
        if self._now_s() > self._held_at_s + IMPATIENT_S:
            self._held_at_s = self._now_s()
            self._tell("holds the card to the reader")
            self._board.nfc(bytes.fromhex(self._visitor.card))

    async def _drive_in(self) -> None:
        self._scene.nobody()
        self._tell("drives in")
        tower = self._world.tower
        car = self._manners.applied_to(tower.plant.outside[self._visitor.vin])
        tower.car_drives_in(self._bay, car)
        await tower.until(lambda: self._bay_mechanics.curtain_clear)

    async def _drive_out_again(self) -> None:
        tower, bay = self._world.tower, self._bay_mechanics
        self._tell(f"reads why ({self.record.reason}), gets in and drives out again")
        tower.person_enters(self._bay)
        await tower.until(lambda: bay.curtain_clear)
        tower.car_drives_out(self._bay)
        await tower.until(lambda: bay.car is None)
        self.record.ending = ReturnEnding.DROVE_OUT_AGAIN

    async def _answer(self, question: int) -> bool:
        if not self._manners.confirms:
            self._tell("walks away without an answer")
            return True
        if question != self._answered:
            self._answered = question
            self._tell("looks into the car and the bay, and confirms that everybody is out")
            await self._screens.confirm(self._visitor.kiosk, question)
        return False

    def _stopped(self, phase: str, reason: str) -> bool:
        if self.record.ending is not ReturnEnding.DROVE_OUT_AGAIN:
            self.record.ending = ReturnEnding.REFUSED
            self.record.reason = reason or phase
            self._tell(f"is stopped ({self.record.reason})")
        return True

    def _taken(self) -> bool:
        self.record.taken_s = self._now_s()
        self.record.ending = ReturnEnding.CAR_TAKEN
        self._tell("sees that the tower takes the car, and goes home")
        return True

    def _door_open(self) -> bool:
        tower = self._world.tower
        position = self._bay_mechanics.outer.position(tower.plant.now_s)
        return position is DoorPosition.OPEN

    @property
    def _bay_mechanics(self) -> BayMechanics:
        return self._world.tower.plant.bays[self._bay]

    def _tell(self, what: str) -> None:
        self._timeline(f"bay {self._bay}", f"{self._visitor.name} {what}")

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()
