"""What the camera sees, and the sentence that the kiosk says of it, in every language.

Rendered views through JPEG, the real engine, the real watch; the kiosk's page as it is served.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Event

import pytest

from hardware_sim.people.optics import Pose, Thing
from hardware_sim.people.phone import Phone
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER, PORTRAITS
from hardware_sim.people.relief import Person
from hardware_sim.people.worn import WearingPerson, Worn
from tests.unit.identity.conftest import Look
from tests.unit.web.tower_sample import kiosk, picture
from vendtower.adapters.identity.camera import Frame
from vendtower.adapters.identity.engine import Descriptor, Face, Picture, Template, distance
from vendtower.adapters.identity.faces_dlib import DlibFaces
from vendtower.adapters.identity.limits import FaceLimits
from vendtower.adapters.identity.sessions import Faces, verify
from vendtower.adapters.identity.watch import Watch
from vendtower.domain.identity import CaptureHint, FaceMatched, FaceRefused, IdentityRefusal
from vendtower.ports.screens import KioskPhase
from vendtower.web.kiosk_view import kiosk_view
from vendtower.web.texts import LANGUAGES, catalogue

LIMITS = FaceLimits(frame_interval_s=0.0)
FRAME_S = 0.12
PICTURES = 6
AT_EASE = Pose(0.6)


@dataclass(frozen=True)
class Seen:
    """Before the camera, and what is asked for; ``who`` is filled in."""

    hint: CaptureHint | None
    pose: Pose = AT_EASE
    worn: Worn | None = None
    view: dict[str, float | bool] = field(default_factory=dict)
    others: Sequence[Thing] = ()
    nobody: bool = False

    def things(self, who: str) -> list[Thing]:
        if self.nobody:
            return list(self.others)
        somebody: Thing = Person(who, self.pose)
        if self.worn is not None:
            somebody = WearingPerson(who, self.worn, self.pose)
        return [somebody, *self.others]


HIDDEN = CaptureHint.UNCOVER_FACE
SHADED = CaptureHint.NO_SUNGLASSES
BESIDE = Person(EILEEN_COLLINS, Pose(0.76, x_m=0.2))
VIEWS = {
    "all is well": Seen(None),
    "far": Seen(CaptureHint.COME_CLOSER, Pose(1.45)),
    "too far to be found at once": Seen(CaptureHint.COME_CLOSER, Pose(2.0)),
    "near": Seen(CaptureHint.STEP_BACK, Pose(0.27)),
    "dark": Seen(CaptureHint.MORE_LIGHT, view={"light": 0.15}),
    "black": Seen(CaptureHint.MORE_LIGHT, view={"light": 0.04}),
    "glaring": Seen(CaptureHint.LESS_LIGHT, Pose(0.5), view={"light": 1.8}),
    "blurred": Seen(CaptureHint.HOLD_STILL, view={"blur_px": 5.0}),
    "turned away": Seen(CaptureHint.LOOK_AT_CAMERA, Pose(0.6, yaw_deg=55)),
    "nobody": Seen(CaptureHint.LOOK_AT_CAMERA, nobody=True),
    "a phone and nobody": Seen(
        CaptureHint.LOOK_AT_CAMERA, others=(Phone("VT-1", Pose(0.3)),), nobody=True
    ),
    "two people": Seen(CaptureHint.ONE_PERSON_ONLY, Pose(0.75, x_m=-0.18), others=(BESIDE,)),
    "sunglasses": Seen(SHADED, worn=Worn.SUNGLASSES),
    "sunglasses, aside": Seen(SHADED, Pose(0.7, yaw_deg=12), Worn.SUNGLASSES),
    "brown sunglasses": Seen(SHADED, worn=Worn.BROWN_SUNGLASSES),
    "brown sunglasses, dim": Seen(SHADED, worn=Worn.BROWN_SUNGLASSES, view={"light": 0.5}),
    "a blue mask": Seen(HIDDEN, worn=Worn.BLUE_MASK),
    "a white mask": Seen(HIDDEN, worn=Worn.WHITE_MASK),
    "a hand before the mouth": Seen(HIDDEN, worn=Worn.HAND_ON_MOUTH),
    "a hand before an eye": Seen(HIDDEN, worn=Worn.HAND_ON_EYE),
    # HOG does not find it at all, and what is said then asks for the same.
    "a black mask": Seen(CaptureHint.LOOK_AT_CAMERA, worn=Worn.BLACK_MASK),
    "ordinary glasses": Seen(None, worn=Worn.GLASSES),
    "glasses, turned": Seen(None, Pose(0.6, yaw_deg=-15), Worn.GLASSES),
    "glasses, dim": Seen(None, Pose(0.8), Worn.GLASSES, {"light": 0.4, "noise": 4.0}),
    "thick glasses": Seen(None, worn=Worn.THICK_GLASSES),
}

SAID = sorted({v.hint for v in VIEWS.values() if v.hint is not None}, key=lambda hint: hint.value)


class StillCamera:
    """Gives one picture over and over; the clock moves with it."""

    def __init__(self, seen: Picture) -> None:
        self.now_s = 10.0
        self.last_number = 0
        self._seen = seen
        self._number = 0

    @property
    def unavailable(self) -> bool:
        return False

    def newer(self, than: int, timeout_s: float) -> Frame:
        self._number += 1
        self.now_s += FRAME_S
        return Frame(self._seen, self._number, self.now_s)


def watching(camera: StillCamera, timeout_s: float, hints: list[CaptureHint]) -> Watch:
    return Watch(
        camera,
        deadline_s=camera.now_s + timeout_s,
        now=lambda: camera.now_s,
        stop=Event(),
        hint=hints.append,
        interval_s=0.0,
    )


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("who", PORTRAITS)
def test_what_is_seen_is_said(who: str, name: str, engine: DlibFaces, look: Look) -> None:
    view = VIEWS[name]
    seen = look(*view.things(who), **view.view)
    camera, hints = StillCamera(seen), list[CaptureHint]()
    watch = watching(camera, PICTURES * FRAME_S, hints)
    found = [watch.face_in(frame, engine, LIMITS) for frame in watch.frames()]
    assert len(found) >= PICTURES - 1
    assert hints == ([] if view.hint is None else [view.hint])
    assert all(isinstance(face, Face) == (view.hint is None) for face in found)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("hint", SAID)
def test_the_kiosk_says_it_in_the_customers_language(hint: CaptureHint, language: str) -> None:
    status = replace(kiosk(1, KioskPhase.VERIFYING, language), hint=hint)
    said = kiosk_view(status, picture(status)).hint
    assert said == catalogue(language)[f"hint.{hint.value}"]
    others = {other.value for other in CaptureHint} - {hint.value}
    assert said not in {catalogue(language)[f"hint.{other}"] for other in others}


@pytest.mark.parametrize(
    ("who", "matches"), [(GRACE_HOPPER, True), (EILEEN_COLLINS, False)], ids=["herself", "another"]
)
def test_who_does_not_uncover_is_judged_all_the_same(
    who: str, matches: bool, engine: DlibFaces, enrolled: dict[str, Descriptor], look: Look
) -> None:
    """The check may be wrong about somebody's glasses: it asks for a while, and sends nobody home.

    The answer is the comparison's own, for the customer and for somebody else.
    """
    seen = look(WearingPerson(who, Worn.HAND_ON_EYE, Pose(0.6)))
    (face,) = [face for face in engine.find(seen) if face.score >= LIMITS.score_min]
    away = distance(engine.describe(face), enrolled[GRACE_HOPPER])
    assert (away <= LIMITS.distance_max) is matches, "so that there is something to decide"
    camera, hints = StillCamera(seen), list[CaptureHint]()
    faces = Faces(engine, LIMITS, lambda: camera.now_s)
    template = Template(engine.engine, engine.model, enrolled[GRACE_HOPPER])
    began_s = camera.now_s
    result = verify(watching(camera, 30.0, hints), faces, template)
    assert hints[0] is HIDDEN
    assert LIMITS.cover_patience_s <= camera.now_s - began_s < LIMITS.cover_patience_s + 2.0
    if matches:
        assert isinstance(result, FaceMatched)
    else:
        assert isinstance(result, FaceRefused)
        assert result.reason is IdentityRefusal.DIFFERENT_PERSON
