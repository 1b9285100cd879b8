"""A scripted person: walks up, shows a code, looks at the camera, drives off or goes away."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from hardware_sim.demo.daemon_process import Screens
from hardware_sim.people.acting import Conditions, Presented, present
from hardware_sim.plant.door import DoorPosition
from hardware_sim.world import SimulatedWorld

GLANCE_S = 0.2
"""How often a person looks at the screen."""
IMPATIENT_S = 2.0
"""A person whom the kiosk has not noticed by then touches its screen."""

RETRIES = 2
MISSED = {
    "challenge_not_followed",
    "face_unavailable",
    "no_face",
    "presentation_attack_suspected",
    "timed_out",
}
"""Refusals after which a person tries again; on a busy machine the camera misses movements."""
WAIT = {"try_soon"}
"""Refusals that ask for patience: nothing was looked at, so that they cost no try."""
A_FEW_SECONDS_S = 6.0
"""How long a person waits whom the screen asks to."""
TYPE = {"camera_unavailable", "type_code"}
"""Hints that leave the keypad."""

Tell = Callable[[str, str], None]
"""Where, and what, for whoever watches the demo."""


class Ending(Enum):
    """How a visit ended for the person."""

    DROVE_OFF = "drove off"
    REFUSED = "was refused"
    GAVE_UP = "gave up"


@dataclass(frozen=True)
class Visitor:
    """Who comes, with whose face and which code, and to which kiosk."""

    name: str
    portrait: str
    code: str
    kiosk: int
    vin: str
    """The car that belongs to the code."""
    presented: Presented = Presented.GENUINE
    """What is shown to the camera: the person, or a picture of them in somebody's hand."""
    card: str = ""
    """UID in hex of the card that may bring the car back; empty: the customer has none."""


@dataclass
class VisitRecord:
    """What the person saw of it, in seconds of the loop's clock."""

    visitor: Visitor
    ending: Ending = Ending.GAVE_UP
    touched_s: float | None = None
    car_in_bay_s: float | None = None
    drove_off_s: float | None = None
    door_opened: bool = False
    reason: str = ""

    @property
    def wait_s(self) -> float | None:
        """From the first touch of the kiosk to the car in the bay."""
        if self.touched_s is None or self.car_in_bay_s is None:
            return None
        return self.car_in_bay_s - self.touched_s


class VisitorScript:
    """Plays one visitor in one world."""

    def __init__(
        self, world: SimulatedWorld, screens: Screens, visitor: Visitor, tell: Tell
    ) -> None:
        self._world = world
        self._screens = screens
        self._visitor = visitor
        self._bay = world.bay_of(visitor.kiosk)
        self._timeline = tell
        self._scene = world.cameras.scene(visitor.kiosk)
        self._board = world.boards[visitor.kiosk]
        self._patience_s = 120.0
        self._retries = RETRIES
        self.record = VisitRecord(visitor)

    async def play(self, timeout_s: float = 120.0) -> VisitRecord:
        """Come, collect the car, and drive off; or go away when it takes longer than this."""
        self._patience_s = timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                await self._walk_up()
                if await self._check_in():
                    await self._await_car()
                    await self._drive_off()
        except TimeoutError:
            self._tell("gives up")
        finally:
            self._scene.nobody()
            self._board.somebody_near(False)
        return self.record

    def _tell(self, what: str) -> None:
        self._timeline(f"bay {self._bay}", f"{self._visitor.name} {what}")

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()

    async def _walk_up(self) -> None:
        self._tell("walks up to the kiosk")
        self.record.touched_s = self._now_s()
        self._board.somebody_near(True)
        patience_s = self._now_s() + IMPATIENT_S
        while True:
            kiosk = await self._screens.kiosk(self._visitor.kiosk)
            if kiosk is not None and kiosk["phase"] == "checking_in":
                return
            if self._now_s() > patience_s:
                await self._screens.touch(self._visitor.kiosk)
                patience_s = self._now_s() + IMPATIENT_S
            await asyncio.sleep(GLANCE_S)

    async def _check_in(self) -> bool:
        """Do what the screen asks for; True once the car is on its way to a verified customer."""
        asked = ""
        typed = False
        patience_s = self._now_s() + IMPATIENT_S
        while True:
            kiosk = await self._screens.kiosk(self._visitor.kiosk)
            phase = "" if kiosk is None else str(kiosk["phase"])
            if kiosk is not None and phase == "refused" and asked != "refused":
                asked = "refused"
                if not await self._tries_again(str(kiosk["reason"])):
                    return False
            if phase in {"bringing_car", "referred", "hand_over"}:
                self._scene.nobody()
                self._tell("is recognised and waits for the car")
                return True
            if phase and phase != asked:
                asked = phase
                patience_s = self._now_s() + IMPATIENT_S
                typed = False
                self._do_as_asked(phase)
            hint = "" if kiosk is None else str(kiosk["hint"] or "")
            if phase == "verifying":
                self._scene.ask(hint)
            if phase == "checking_in" and hint in TYPE and not typed:
                typed = True
                self._type_code()
            if phase == "free" and self._now_s() > patience_s:
                # The kiosk has forgotten them, by a restart for instance: they touch it again.
                await self._screens.touch(self._visitor.kiosk)
                patience_s = self._now_s() + IMPATIENT_S
            await asyncio.sleep(GLANCE_S)

    async def _tries_again(self, reason: str) -> bool:
        """The customer does as the screen says: waits a moment, or tries once more."""
        if reason in WAIT:
            self._tell(f"is asked to wait a moment ({reason})")
            self._scene.nobody()
            await asyncio.sleep(A_FEW_SECONDS_S)
            await self._screens.touch(self._visitor.kiosk)
            return True
        if reason in MISSED and self._retries and self._visitor.presented is Presented.GENUINE:
            self._retries -= 1
            self._tell(f"was not understood ({reason}) and tries again")
            await self._screens.touch(self._visitor.kiosk)
            return True
        self.record.ending = Ending.REFUSED
        self.record.reason = reason
        self._tell(f"is refused ({reason}) and goes away")
        return False

    def _do_as_asked(self, phase: str) -> None:
        if phase == "checking_in":
            self._tell("shows the code on a phone")
            self._scene.phone(self._visitor.code)
        elif phase == "verifying":
            self._tell("looks at the camera")
            self._scene.perform(
                present(
                    self._visitor.presented,
                    self._visitor.portrait,
                    Conditions(),
                    random.Random(f"{self._visitor.vin} {self._visitor.presented.value}"),
                )
            )

    def _type_code(self) -> None:
        """Nothing can be seen for now; the keypad works all the same."""
        self._tell("types the code")
        for key in f"{self._visitor.code}#":
            self._board.press_key(key)

    async def _await_car(self) -> None:
        tower, bay = self._world.tower, self._world.tower.plant.bays[self._bay]
        await tower.until(
            lambda: bay.car is not None and bay.car.vin == self._visitor.vin, self._patience_s
        )
        self.record.car_in_bay_s = self._now_s()
        self._tell("sees the car arrive behind the glass")
        await tower.until(
            lambda: bay.outer.position(tower.plant.now_s) is DoorPosition.OPEN, self._patience_s
        )
        self.record.door_opened = True

    async def _drive_off(self) -> None:
        tower, bay = self._world.tower, self._world.tower.plant.bays[self._bay]
        tower.person_enters(self._bay)
        await tower.until(lambda: bay.curtain_clear)
        self._board.somebody_near(False)
        tower.car_drives_out(self._bay)
        await tower.until(lambda: bay.car is None, 60.0)
        self.record.drove_off_s = self._now_s()
        self.record.ending = Ending.DROVE_OFF
        self._tell("drives off")
