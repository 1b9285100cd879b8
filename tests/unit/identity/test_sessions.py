"""The two long calls, on a scripted camera and engine: what adds up to an answer and what not."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Event
from typing import cast

import numpy as np
import pytest

from vendtower.adapters.identity.camera import Camera, Frame
from vendtower.adapters.identity.codes import CodeReader, CodeSight
from vendtower.adapters.identity.engine import Descriptor, Face, Picture, Template
from vendtower.adapters.identity.limits import FaceLimits
from vendtower.adapters.identity.sessions import Faces, await_arrival, verify
from vendtower.adapters.identity.watch import Stopped, Watch
from vendtower.domain.identity import (
    Arrival,
    CaptureHint,
    CodePresented,
    FaceMatched,
    FaceRecognised,
    FaceRefused,
    IdentityRefusal,
    NobodyIdentified,
    Verification,
)

FRAME_S = 0.1
LIMITS = FaceLimits(frame_interval_s=0.0, cover_checked=False)
"""The fake pictures are plain: there is no eye in them."""
SOMEBODY, OTHER = 0.0, 1.0
"""People as points on a line; 1.0 apart is another person."""
Script = Sequence[float | str]
"""One entry a frame: who is seen; "nobody", "far", "two", "no camera"; "code:X", "unread"."""


class FakeWorld:
    """Camera, engine, code reader and clock in one; the last entry of the script goes on."""

    engine = "fake"
    model = "line"

    def __init__(self, script: Script) -> None:
        self.script = script
        self.now_s = 50.0
        self.number = 0
        self.described = 0
        self.looks = 0
        self.last_number = 0

    def entry(self) -> float | str:
        return self.script[min(self.number, len(self.script)) - 1]

    # camera
    @property
    def unavailable(self) -> bool:
        return self.entry() == "no camera"

    def newer(self, _than: int, _timeout_s: float) -> Frame | None:
        self.number += 1
        self.now_s += FRAME_S
        if self.unavailable:
            return None
        level = 128 if self.entry() == "nobody" else 60
        return Frame(np.full((480, 640, 3), level, np.uint8), self.number, self.now_s)

    # engine
    def find(self, _picture: Picture, *, small_too: bool = False) -> list[Face]:
        entry = self.entry()
        if entry == "far":
            return [replace(a_face(), width=40.0)] if small_too else []
        if entry in ("nobody", "unread"):
            return []
        return [a_face(), a_face()] if entry == "two" else [a_face()]

    def describe(self, _face: Face, *, mirrored: bool = True) -> Descriptor:
        self.described += 1
        self.now_s += 0.05
        return np.array([cast("float", self.entry()), 0.0])

    # codes
    def read(self, _picture: Picture) -> CodeSight:
        entry = self.entry()
        self.looks += 1
        if isinstance(entry, str) and entry.startswith("code:"):
            return CodeSight(entry.removeprefix("code:"), located=True)
        return CodeSight(None, located=entry == "unread")


def a_face() -> Face:
    chip = np.random.default_rng(1).integers(60, 200, (150, 150, 3)).astype(np.uint8)
    eyes = ((300.0, 220.0), (360.0, 220.0))
    return Face(1.0, 280.0, 180.0, 120.0, 120.0, eyes, (330.0, 260.0), chip)


def template(where: float, *, model: str = "line") -> Template:
    return Template("fake", model, np.array([where, 0.0]))


class Run:
    def __init__(self, script: Script, timeout_s: float = 3.0) -> None:
        self.world = FakeWorld(script)
        self.hints: list[CaptureHint] = []
        self.stop = Event()
        self.watch = Watch(
            cast("Camera", self.world),
            deadline_s=self.world.now_s + timeout_s,
            now=lambda: self.world.now_s,
            stop=self.stop,
            hint=self.hints.append,
            interval_s=0.0,
        )
        self.faces = Faces(self.world, LIMITS, lambda: self.world.now_s)

    def verify(self, customer: Template | None) -> Verification:
        return verify(self.watch, self.faces, customer)

    def arrival(self, **due: Template) -> Arrival:
        return await_arrival(self.watch, self.faces, due, cast("CodeReader", self.world))


def test_three_good_frames_make_a_match() -> None:
    run = Run([SOMEBODY])
    result = run.verify(template(0.3))
    assert isinstance(result, FaceMatched)
    assert result.record.frames == run.world.described == 3
    assert result.record.distance == 0.3
    assert result.record.decision_s == pytest.approx(0.05)


def test_two_people_who_take_turns_never_make_a_decision() -> None:
    """Neither a match from glimpses of the customer nor a refusal from glimpses of another."""
    run = Run([SOMEBODY, SOMEBODY, OTHER, OTHER] * 10)
    assert run.verify(template(SOMEBODY)) == FaceRefused(IdentityRefusal.TIMED_OUT)
    assert run.world.described > 10


def test_a_template_of_another_model_is_not_compared() -> None:
    run = Run([SOMEBODY])
    for unusable in (None, template(SOMEBODY, model="older")):
        assert run.verify(unusable) == FaceRefused(IdentityRefusal.FACE_UNAVAILABLE)
    assert run.world.number == 0


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (["nobody"], IdentityRefusal.NO_FACE),
        (["two"], IdentityRefusal.SEVERAL_FACES),
        (["no camera"], IdentityRefusal.CAMERA_UNAVAILABLE),
        ([SOMEBODY, SOMEBODY, "two"], IdentityRefusal.SEVERAL_FACES),
        (["nobody"] * 3 + ["no camera"], IdentityRefusal.CAMERA_UNAVAILABLE),
        (["no camera"] * 3 + ["nobody"], IdentityRefusal.NO_FACE),
    ],
)
def test_the_reason_is_what_was_so_for_longest(script: Script, reason: IdentityRefusal) -> None:
    assert Run(script).verify(template(SOMEBODY)) == FaceRefused(reason)


def test_a_hint_is_given_once_and_not_for_a_single_frame() -> None:
    run = Run(["nobody", "two", "nobody", *["two"] * 5, *["nobody"] * 5])
    run.verify(template(SOMEBODY))
    assert run.hints == [CaptureHint.ONE_PERSON_ONLY, CaptureHint.LOOK_AT_CAMERA]


def test_somebody_far_away_is_asked_to_come_closer() -> None:
    run = Run(["far"])
    assert run.verify(template(SOMEBODY)) == FaceRefused(IdentityRefusal.NO_FACE)
    assert CaptureHint.COME_CLOSER in run.hints


def test_stopping_stops() -> None:
    run = Run(["nobody"])
    run.stop.set()
    with pytest.raises(Stopped):
        run.verify(template(SOMEBODY))


def test_a_code_is_an_arrival() -> None:
    run = Run(["nobody", "code:VT-1"])
    assert run.arrival() == CodePresented("VT-1")
    assert run.hints == [CaptureHint.SHOW_CODE_OR_FACE]


def test_among_the_due() -> None:
    result = Run(["nobody", SOMEBODY]).arrival(near=template(0.2), far=template(0.9))
    assert isinstance(result, FaceRecognised)
    assert result.reservation_id == "near"
    assert result.record.distance_max == pytest.approx(0.42)
    nobody = NobodyIdentified(IdentityRefusal.DIFFERENT_PERSON)
    assert Run([SOMEBODY]).arrival(near=template(0.45)) == nobody
    assert Run([SOMEBODY]).arrival(a=template(0.2), b=template(-0.22)) == nobody


def test_an_unread_code_holds_up_the_face_for_a_while_only() -> None:
    def unread_then_face() -> Iterator[float | str]:
        yield from ["unread"] * 5
        yield from [SOMEBODY] * 3

    result = Run(list(unread_then_face())).arrival(her=template(SOMEBODY))
    assert isinstance(result, FaceRecognised)
    run = Run(["unread"], timeout_s=2.0)
    assert run.arrival(her=template(SOMEBODY)) == NobodyIdentified(IdentityRefusal.NO_FACE)
    assert CaptureHint.LOOK_AT_CAMERA in run.hints


def test_nobody_due_and_no_code() -> None:
    timed_out = NobodyIdentified(IdentityRefusal.TIMED_OUT)
    assert Run([SOMEBODY]).arrival() == timed_out
    assert Run([SOMEBODY]).arrival(old=template(SOMEBODY, model="older")) == timed_out
    run = Run(["no camera"])
    assert run.arrival() == NobodyIdentified(IdentityRefusal.CAMERA_UNAVAILABLE)
    assert run.hints == [CaptureHint.SHOW_CODE_OR_FACE, CaptureHint.CAMERA_UNAVAILABLE]


def test_an_empty_view_is_looked_at_now_and_then() -> None:
    run = Run(["nobody"], timeout_s=20.0)
    assert run.arrival(hopper=template(SOMEBODY)) == NobodyIdentified(IdentityRefusal.NO_FACE)
    pictures = run.world.number
    assert pictures >= 190
    # Four at once, then one in five seconds.
    assert 6 <= run.world.looks <= 10, f"{run.world.looks} of {pictures} pictures"


@pytest.mark.parametrize("empty", [1, 3, 5, 30, 77])
def test_whoever_comes_is_seen_at_once(empty: int) -> None:
    run = Run([*["nobody"] * empty, "code:VT-1"], timeout_s=20.0)
    assert run.arrival(hopper=template(SOMEBODY)) == CodePresented("VT-1")
    assert run.world.number == empty + 1
