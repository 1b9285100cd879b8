"""The identity port by fake: it sees who stands there, and errs at a seeded rate."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from vendtower.domain.identity import (
    Arrival,
    CaptureHint,
    CodePresented,
    Enrolled,
    Enrolment,
    EnrolmentFailed,
    FaceMatched,
    FaceRefused,
    IdentityRefusal,
    MatchRecord,
    NobodyIdentified,
    Verification,
)
from vendtower.ports.identity_verifier import HintListener

LOOK_S = 1.0
GOOD = MatchRecord("fake", "fake", 0.3, 0.5, 5, 0.1)
BAD = MatchRecord("fake", "fake", 0.7, 0.5, 5, 0.1)
NEVER_MIND = (
    IdentityRefusal.DIFFERENT_PERSON,
    IdentityRefusal.TOO_DARK,
    IdentityRefusal.CHALLENGE_NOT_FOLLOWED,
    IdentityRefusal.PRESENTATION_ATTACK_SUSPECTED,
    IdentityRefusal.CAMERA_UNAVAILABLE,
    IdentityRefusal.TIMED_OUT,
)
"""What the camera says of the right customer when it errs."""
WRONG_PERSON = (
    IdentityRefusal.DIFFERENT_PERSON,
    IdentityRefusal.PRESENTATION_ATTACK_SUSPECTED,
)
"""What it says of a stranger, with the own face or with a picture of the customer's."""
FOOLED_RATE = 0.7
"""Of strangers, while the camera is fooled."""


@dataclass
class Person:
    """Somebody before a kiosk, with a code in the hand."""

    name: str
    code: str
    genuine: bool = True
    """Whether the code is their own."""
    reservation_id: str = ""
    """Whose face it is; empty for those who have no reservation."""


class Pavement:
    """Who stands before which kiosk; one at a time, the others queue."""

    def __init__(self, kiosks: Sequence[int]) -> None:
        self.standing: dict[int, Person | None] = dict.fromkeys(kiosks)
        self.turn = {kiosk: asyncio.Lock() for kiosk in kiosks}
        self._proven_s: dict[str, float] = {}
        """When the camera or a member of staff has last recognised a reservation's customer."""
        self.taken_for: set[str] = set()
        """Reservations of which the camera took a stranger for the customer."""
        self.driven_out: Counter[str] = Counter()
        """By car: how often staff drove it out of a bay, as it could not be stored."""
        self.refused: Counter[str] = Counter()
        """By reservation: faces that were none of the customer's, since staff last looked."""
        self.asked_too_often: set[str] = set()
        """Reservations whose face was compared again after the tries that are allowed."""
        self.dark = 0
        """Troubles by which no camera gives a picture."""
        self.fooled = 0
        """Troubles by which the camera may take anybody for the customer."""
        self.unrecognising = 0
        """Troubles by which the identity process does not run."""
        self.spoken_for: dict[int, int] = {}
        """Bay to the question there that a person has last answered: nobody is left inside."""
        self.faces: set[str] = set()
        """Reservations of which the identity process holds a face now."""

    def prove(self, reservation_id: str) -> None:
        """Whoever stands there was recognised as this reservation's customer just now."""
        self._proven_s[reservation_id] = asyncio.get_running_loop().time()

    def proven_ago_s(self, reservation_id: str) -> float:
        """How long ago that was last; infinite if it never was."""
        proven_s = self._proven_s.get(reservation_id, float("-inf"))
        return asyncio.get_running_loop().time() - proven_s


@dataclass(frozen=True)
class Errors:
    """How often the camera is wrong, 0 to 1."""

    unread_code: float = 0.02
    right_person_refused: float = 0.06


class FakeIdentity:
    """Fulfils the port with the life that the daemon gives it, for one run of the controller."""

    def __init__(
        self, pavement: Pavement, chance: random.Random, errors: Errors, attempts_max: int
    ) -> None:
        self._pavement = pavement
        self._chance = chance
        self._errors = errors
        self._attempts_max = attempts_max
        self._started = asyncio.Event()
        self._starts = 0
        self._held = pavement.faces = set()
        # A kill may have come between the camera's answer and the journal.
        pavement.refused.clear()
        self.available = False
        self._turned = asyncio.Event()

    @property
    def begun(self) -> bool:
        """Whether the daemon has started it in this life."""
        return self._starts > 0

    @property
    def why_unavailable(self) -> str | None:
        """Words for staff."""
        return None if self.available else "not started"

    async def start(self) -> None:
        """Be there, knowing nobody; or try in vain."""
        self._turn(available=not self._pavement.unrecognising)
        self._held.clear()
        self._starts += 1
        started, self._started = self._started, asyncio.Event()
        started.set()

    async def close(self) -> None:
        """Be gone, with all faces."""
        self._turn(available=False)
        self._held.clear()

    def _turn(self, *, available: bool) -> None:
        self.available = available
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()

    async def wait_faces(self, known: str | None) -> None:
        """Return once faces can be verified and could not, or no longer."""
        while self.why_unavailable == known:
            await self._turned.wait()

    async def wait_started(self, after: int = 0) -> int:
        """How often it was started, once that is more than so often."""
        while self._starts <= after:
            await self._started.wait()
        return self._starts

    async def await_arrival(
        self, kiosk: int, due: Sequence[str], timeout_s: float, on_hint: HintListener
    ) -> Arrival:
        """The code of whoever stands there; the camera misses it now and then."""
        on_hint(CaptureHint.SHOW_CODE_OR_FACE)
        person = await self._seen(kiosk, timeout_s)
        if person is None:
            return NobodyIdentified(IdentityRefusal.TIMED_OUT)
        if not person.code:
            return NobodyIdentified(IdentityRefusal.TIMED_OUT)
        if self._pavement.dark or self._chance.random() < self._errors.unread_code:
            return NobodyIdentified(IdentityRefusal.CAMERA_UNAVAILABLE)
        return CodePresented(person.code)

    async def verify(
        self, kiosk: int, reservation_id: str, timeout_s: float, on_hint: HintListener
    ) -> Verification:
        """Whether the person is the one whose code it is; the camera errs now and then."""
        if reservation_id not in self._held:
            return FaceRefused(IdentityRefusal.FACE_UNAVAILABLE)
        on_hint(CaptureHint.LOOK_AT_CAMERA)
        person = await self._seen(kiosk, timeout_s)
        if person is None:
            return FaceRefused(IdentityRefusal.TIMED_OUT)
        if self._pavement.dark:
            return FaceRefused(IdentityRefusal.CAMERA_UNAVAILABLE)
        if not person.genuine or person.reservation_id != reservation_id:
            return self._of_stranger(person, reservation_id)
        if self._chance.random() < self._errors.right_person_refused:
            return FaceRefused(self._chance.choice(NEVER_MIND))
        self._pavement.prove(reservation_id)
        return FaceMatched(GOOD)

    def _of_stranger(self, person: Person, reservation_id: str) -> Verification:
        """Somebody with another's code, or the next one in the queue, who means no harm."""
        pavement = self._pavement
        if pavement.refused[reservation_id] >= self._attempts_max:
            pavement.asked_too_often.add(reservation_id)
        if not person.genuine and pavement.fooled and self._chance.random() < FOOLED_RATE:
            pavement.prove(reservation_id)
            pavement.taken_for.add(reservation_id)
            return FaceMatched(GOOD)
        pavement.refused[reservation_id] += 1
        return FaceRefused(self._chance.choice(WRONG_PERSON), BAD)

    async def enrol(self, reservation_id: str, sealed_portrait: bytes) -> Enrolment:
        """Every picture gives a template."""
        return self._take(reservation_id)

    async def restore(self, reservation_id: str, sealed_template: bytes) -> Enrolment:
        """Every template that was sealed opens again."""
        return self._take(reservation_id)

    def _take(self, reservation_id: str) -> Enrolment:
        if not self.available:
            return EnrolmentFailed("the identity process does not run", judged=False)
        self._held.add(reservation_id)
        return Enrolled("fake", "fake")

    async def forget(self, reservation_id: str) -> bool | None:
        """Erase."""
        held = reservation_id in self._held
        self._held.discard(reservation_id)
        return held

    async def _seen(self, kiosk: int, timeout_s: float) -> Person | None:
        """Whoever stands there once the camera has looked for a while."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + timeout_s
        await asyncio.sleep(self._chance.uniform(1.0, 4.0))
        while loop.time() < until_s:
            person = self._pavement.standing[kiosk]
            if person is not None:
                return person
            await asyncio.sleep(LOOK_S)
        return None
