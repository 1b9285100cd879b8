"""The identity port by what stands before the simulated cameras, without looking at pixels.

Codes and faces are told apart as a perfect eye would, so that everything behind the port is the
daemon's own; how well faces are recognised is not the subject where this stands in.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

from hardware_sim.cameras import Cameras
from hardware_sim.people.phone import Phone
from hardware_sim.people.portraits import PORTRAITS
from hardware_sim.people.relief import Person
from tests.bench.scripted_identity import BAD, GOOD, People, ScriptedIdentity
from vendtower.adapters.identity.sealed_box import SealedBoxOpener
from vendtower.domain.identity import (
    Arrival,
    CaptureHint,
    CodePresented,
    Enrolment,
    FaceMatched,
    FaceRecognised,
    FaceRefused,
    IdentityRefusal,
    NobodyIdentified,
    Verification,
)
from vendtower.ports.identity_verifier import HintListener

LOOK_S = 0.2
SEEN_S = 1.0
"""How long a face is looked at before it counts."""

FoundT = TypeVar("FoundT")


class SceneIdentity(ScriptedIdentity):
    """One life of a perfect eye."""

    def __init__(self, cameras: Cameras, key_file: Path) -> None:
        super().__init__(People())
        self._cameras = cameras
        self._opener = SealedBoxOpener.from_file(key_file)
        self._portraits: dict[str, str] = {}
        """Reservation to the portrait that was enrolled."""

    async def enrol(self, reservation_id: str, sealed_portrait: bytes) -> Enrolment:
        picture = self._opener.open(sealed_portrait, reservation_id)
        self._portraits[reservation_id] = _names()[picture]
        return await super().enrol(reservation_id, sealed_portrait)

    async def await_arrival(
        self, kiosk: int, due: Sequence[str], timeout_s: float, on_hint: HintListener
    ) -> Arrival:
        on_hint(CaptureHint.SHOW_CODE_OR_FACE)
        known = {self._portraits[each]: each for each in due if each in self._portraits}

        def arrived() -> Arrival | None:
            for thing in self._seen(kiosk):
                if isinstance(thing, Phone):
                    return CodePresented(thing.code)
                if isinstance(thing, Person) and thing.portrait in known:
                    return FaceRecognised(known[thing.portrait], GOOD)
            return None

        found: Arrival | None = await self._look(arrived, timeout_s)
        return NobodyIdentified(self._nobody(kiosk)) if found is None else found

    async def verify(
        self, kiosk: int, reservation_id: str, timeout_s: float, on_hint: HintListener
    ) -> Verification:
        self.verified.append(reservation_id)
        if not self.available or reservation_id not in self.held:
            return FaceRefused(IdentityRefusal.FACE_UNAVAILABLE)
        on_hint(CaptureHint.LOOK_AT_CAMERA)
        wanted = self._portraits[reservation_id]

        def face() -> str | None:
            people = [each for each in self._seen(kiosk) if isinstance(each, Person)]
            return people[0].portrait if len(people) == 1 else None

        found = await self._look(face, timeout_s)
        if found is None:
            return FaceRefused(self._nobody(kiosk))
        await asyncio.sleep(SEEN_S)
        if found == wanted:
            return FaceMatched(GOOD)
        return FaceRefused(IdentityRefusal.DIFFERENT_PERSON, BAD)

    def _nobody(self, kiosk: int) -> IdentityRefusal:
        if not self.available:
            return IdentityRefusal.FACE_UNAVAILABLE
        plugged = self._cameras[kiosk].plugged_in
        return IdentityRefusal.TIMED_OUT if plugged else IdentityRefusal.CAMERA_UNAVAILABLE

    def _seen(self, kiosk: int) -> Sequence[object]:
        camera = self._cameras[kiosk]
        return camera.scene.view().things if camera.plugged_in else ()

    async def _look(self, find: Callable[[], FoundT | None], timeout_s: float) -> FoundT | None:
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + timeout_s
        while self.available and loop.time() < deadline_s:
            if (found := find()) is not None:
                return found
            await asyncio.sleep(LOOK_S)
        return None


@cache
def _names() -> dict[bytes, str]:
    return {portrait.jpeg(): name for name, portrait in PORTRAITS.items()}
