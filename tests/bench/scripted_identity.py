"""The identity port by script, for tests in which the face is not the subject."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from vendtower.domain.identity import (
    Arrival,
    CaptureHint,
    CodePresented,
    Enrolled,
    Enrolment,
    EnrolmentFailed,
    FaceMatched,
    FaceRecognised,
    FaceRefused,
    IdentityRefusal,
    MatchRecord,
    NobodyIdentified,
    Verification,
)
from vendtower.ports.identity_verifier import HintListener

AnswerT = TypeVar("AnswerT")

GOOD = MatchRecord("scripted", "scripted", 0.3, 0.5, 5, 0.1)
BAD = MatchRecord("scripted", "scripted", 0.7, 0.5, 5, 0.1)


class People:
    """Who stands before which camera; outlives the controller, as people do."""

    def __init__(self) -> None:
        self._arrivals: dict[int, asyncio.Queue[Arrival]] = defaultdict(asyncio.Queue)
        self._faces: dict[int, asyncio.Queue[Verification]] = defaultdict(asyncio.Queue)
        self.keep_templates = False
        """As with a vault's key in the site file."""
        self.enrolments: dict[str, Enrolment] = {}
        """Answer to an enrolment; a reservation that is not in here is enrolled."""

    def show_code(self, kiosk: int, code: str) -> None:
        self._arrivals[kiosk].put_nowait(CodePresented(code))

    def be_recognised(self, kiosk: int, reservation_id: str) -> None:
        self._arrivals[kiosk].put_nowait(FaceRecognised(reservation_id, GOOD))

    def arrive(self, kiosk: int, arrival: Arrival) -> None:
        self._arrivals[kiosk].put_nowait(arrival)

    def match(self, kiosk: int) -> None:
        self._faces[kiosk].put_nowait(FaceMatched(GOOD))

    def differ(self, kiosk: int) -> None:
        self.fail(kiosk, IdentityRefusal.DIFFERENT_PERSON, BAD)

    def fail(self, kiosk: int, reason: IdentityRefusal, record: MatchRecord | None = None) -> None:
        self._faces[kiosk].put_nowait(FaceRefused(reason, record))

    async def arrival(self, kiosk: int) -> Arrival:
        return await self._arrivals[kiosk].get()

    async def face(self, kiosk: int) -> Verification:
        return await self._faces[kiosk].get()


class ScriptedIdentity:
    """Fulfils the port, with the life cycle that the daemon gives the real one."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._gone = asyncio.Event()
        self._started = asyncio.Condition()
        self._turned = asyncio.Event()
        self._starts = 0
        self.available = False
        self.held: set[str] = set()
        """Reservations with a template."""
        self.forgotten: list[str] = []
        self.restored: list[str] = []
        self.pictures_seen = 0
        self.pictures: list[bytes] = []
        """Sealed pictures that were to be enrolled."""
        self.due: list[tuple[int, tuple[str, ...]]] = []
        """Kiosk and due customers of each check-in."""
        self.verified: list[str] = []
        """Reservations whose customer a camera was asked to look at."""

    @property
    def why_unavailable(self) -> str | None:
        return None if self.available else "the scripted people have gone"

    async def start(self) -> None:
        async with self._started:
            self._starts += 1
            self._gone.clear()
            self._turn(available=True)
            self._started.notify_all()

    async def close(self) -> None:
        self.die()

    def die(self) -> None:
        """As when the process is killed: everything learned is lost, open calls are answered."""
        self._turn(available=False)
        self.held.clear()
        self._gone.set()

    def _turn(self, *, available: bool) -> None:
        self.available = available
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()

    async def wait_faces(self, known: str | None) -> None:
        while self.why_unavailable == known:
            await self._turned.wait()

    async def wait_started(self, after: int = 0) -> int:
        async with self._started:
            await self._started.wait_for(lambda: self.available and self._starts > after)
            return self._starts

    async def await_arrival(
        self, kiosk: int, due: Sequence[str], timeout_s: float, on_hint: HintListener
    ) -> Arrival:
        self.due.append((kiosk, tuple(due)))
        on_hint(CaptureHint.SHOW_CODE_OR_FACE)
        answer = await self._or_gone(self._people.arrival(kiosk), timeout_s)
        if answer is None:
            return NobodyIdentified(
                IdentityRefusal.TIMED_OUT if self.available else IdentityRefusal.FACE_UNAVAILABLE
            )
        if isinstance(answer, FaceRecognised):
            assert answer.reservation_id in due, "the daemon did not say that this one is due"
        return answer

    async def verify(
        self, kiosk: int, reservation_id: str, timeout_s: float, on_hint: HintListener
    ) -> Verification:
        self.verified.append(reservation_id)
        if self.available and reservation_id not in self.held:
            return FaceRefused(IdentityRefusal.FACE_UNAVAILABLE)
        on_hint(CaptureHint.LOOK_AT_CAMERA)
        answer = await self._or_gone(self._people.face(kiosk), timeout_s)
        if answer is None:
            return FaceRefused(
                IdentityRefusal.TIMED_OUT if self.available else IdentityRefusal.FACE_UNAVAILABLE
            )
        return answer

    async def enrol(self, reservation_id: str, sealed_portrait: bytes) -> Enrolment:
        assert sealed_portrait
        self.pictures_seen += 1
        self.pictures.append(sealed_portrait)
        kept = b"sealed " + reservation_id.encode() if self._people.keep_templates else None
        result = self._people.enrolments.get(reservation_id, Enrolled("scripted", "scripted", kept))
        if isinstance(result, Enrolled):
            self.held.add(reservation_id)
        return result

    async def restore(self, reservation_id: str, sealed_template: bytes) -> Enrolment:
        if sealed_template != b"sealed " + reservation_id.encode():
            return EnrolmentFailed("sealed template: does not open")
        self.held.add(reservation_id)
        self.restored.append(reservation_id)
        return Enrolled("scripted", "scripted")

    async def forget(self, reservation_id: str) -> bool | None:
        if not self.available:
            return None
        held = reservation_id in self.held
        self.held.discard(reservation_id)
        self.forgotten.append(reservation_id)
        return held

    async def _or_gone(
        self, work: Coroutine[Any, Any, AnswerT], timeout_s: float
    ) -> AnswerT | None:
        """The script's answer; None when the time passes or the process dies first."""
        answering = asyncio.ensure_future(work)
        dying = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait(
                {answering, dying}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED
            )
            return answering.result() if answering.done() else None
        finally:
            answering.cancel()
            dying.cancel()
