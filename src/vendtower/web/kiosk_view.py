"""What one kiosk shows: a pure function of the kiosk's status and the tower's picture.

Screen, ring, buzzer and traffic light come from the same function, so they cannot contradict each
other. Nothing here names the customer; the greeting is what the reservation allows in view of
others.
"""

from dataclasses import dataclass, replace

from vendtower.domain.condition import Moment
from vendtower.domain.identity import CaptureHint
from vendtower.domain.interruption import InterruptionKind
from vendtower.domain.machine import BayReport, DoorState, LinkState
from vendtower.domain.out_of_service import Closure
from vendtower.ports.kiosk_board import KioskSignals, RingPattern, TrafficLight
from vendtower.ports.screens import KioskPhase, KioskStatus, TowerPicture
from vendtower.web import kiosk_alarms
from vendtower.web.texts import Catalogue, catalogue

OUT_OF_SERVICE = "out_of_service"
EVACUATION = "evacuation"

_DOORS_TEXTS = {
    KioskPhase.DRIVE_IN: {
        DoorState.OPENING: "drive_in_opening",
        DoorState.OPEN: "drive_in_open",
        DoorState.CLOSING: "drive_in_closing",
    },
    KioskPhase.LEAVE_BAY: {DoorState.CLOSING: "drive_in_closing"},
    KioskPhase.DRIVE_OUT: {
        DoorState.OPENING: "hand_over_opening",
        DoorState.OPEN: "drive_out_open",
        DoorState.CLOSING: "hand_over_closing",
    },
    KioskPhase.HAND_OVER: {
        DoorState.OPENING: "hand_over_opening",
        DoorState.OPEN: "hand_over_open",
        DoorState.CLOSING: "hand_over_closing",
    },
}
"""What a phase says while the street door is like this; otherwise it has a text of its own."""
_RINGS = {
    KioskPhase.FREE: RingPattern.WELCOME,
    KioskPhase.CHECKING_IN: RingPattern.LOOK_HERE,
    KioskPhase.VERIFYING: RingPattern.LOOK_HERE,
    KioskPhase.REFUSED: RingPattern.REFUSED,
    KioskPhase.STAFF_ROUTE: RingPattern.WORKING,
    KioskPhase.BRINGING_CAR: RingPattern.WORKING,
    KioskPhase.CONDITION: RingPattern.LOOK_HERE,
    KioskPhase.KEY_TAKE: RingPattern.LOOK_HERE,
    KioskPhase.KEY_BACK: RingPattern.LOOK_HERE,
    KioskPhase.KEY_WITH_STAFF: RingPattern.WORKING,
    KioskPhase.HAND_OVER: RingPattern.DONE,
    KioskPhase.GOODBYE: RingPattern.DONE,
    KioskPhase.REFERRED: RingPattern.WORKING,
    KioskPhase.PREPARING_BAY: RingPattern.WORKING,
    KioskPhase.DRIVE_IN: RingPattern.DONE,
    KioskPhase.LEAVE_BAY: RingPattern.WORKING,
    KioskPhase.MEASURING: RingPattern.WORKING,
    KioskPhase.CONFIRM_CLEAR: RingPattern.LOOK_HERE,
    KioskPhase.STORING: RingPattern.DONE,
    KioskPhase.RETURNED: RingPattern.DONE,
    KioskPhase.DRIVE_OUT: RingPattern.REFUSED,
}
_TOUCH_TEXTS = {KioskPhase.FREE: "touch", KioskPhase.REFUSED: "touch_again"}
_BEFORE_THE_CAMERA = frozenset({KioskPhase.CHECKING_IN, KioskPhase.VERIFYING})
_GESTURES = frozenset(
    {
        CaptureHint.TURN_LEFT,
        CaptureHint.TURN_RIGHT,
        CaptureHint.COME_CLOSER,
        CaptureHint.LOOK_STRAIGHT,
    }
)
_KEY = frozenset({KioskPhase.KEY_TAKE, KioskPhase.KEY_BACK})
_CASED = frozenset({KioskPhase.REFERRED, KioskPhase.KEY_WITH_STAFF})
"""Phases in which the screen quotes the number of the case."""
_DOOR_MOVES = frozenset(_DOORS_TEXTS)
"""Phases in which the street door opens or closes for somebody."""
_GREEN = frozenset({KioskPhase.HAND_OVER, KioskPhase.DRIVE_IN, KioskPhase.DRIVE_OUT})
_NEEDS_MACHINE = _DOOR_MOVES | {KioskPhase.BRINGING_CAR, KioskPhase.STORING}


@dataclass(frozen=True)
class KioskWords:
    """The texts that are the same in every view of a language."""

    staff_call: str
    staff_called: str
    not_sent: str
    eta_label: str
    eta_soon: str
    eta_unknown: str
    keypad_clear: str
    keypad_enter: str


@dataclass(frozen=True)
class ConditionForm:
    """Labels of the form for a car's condition."""

    odometer: str
    """Empty where it is not asked for."""
    energy: str
    sign: str
    clear: str
    done: str
    accept: str


@dataclass(frozen=True)
class KioskView:
    """Everything a kiosk shows, ready to be painted."""

    phase: str
    """Value of ``KioskPhase``, ``out_of_service`` or ``evacuation``."""
    language: str
    direction: str
    """``ltr`` or ``rtl``."""
    title: str
    body: str
    hint: str
    """What the person could do better now; empty when there is nothing."""
    gesture: str
    """What the hint asks the person to do, for its picture: ``turn_left``, ``turn_right``,
    ``come_closer`` or ``look_straight``; else empty. Left is the person's and the screen's."""
    greeting: str
    notice: str
    """Something unusual that goes before everything else; empty when there is nothing."""
    case_text: str
    route: str
    """The equal way without a face, where a choice is still open; else empty."""
    other_way: str
    """Label of the button that ends the look through the camera in favour of the equal way."""
    confirm: str
    """Label of the button that says that everybody is out; empty when nobody is asked."""
    reopen: str
    """Label of the button that opens the street door once more; empty when it would do nothing."""
    key: str
    """Label of the button that releases the key's compartment once more; else empty."""
    keypad: str
    """Heading of the keypad on the screen; empty when no code can be typed."""
    typed: int
    """How many digits were typed; the page shows as many dots."""
    plate: str
    """Label of the field for the plate of a car that is brought back; else empty."""
    plate_done: str
    """Label of its button."""
    form: ConditionForm | None
    """What is asked of the car's condition; None when nothing is."""
    name_label: str
    """What the field for a name is called where the answer has to be a named person's; else
    empty."""
    question: int
    """Number of the question that the first button answers; the answer has to name it."""
    sound: bool
    """Whether the page sounds now."""
    touch: str
    """Label of the start button; empty when a touch would do nothing."""
    shows_eta: bool
    eta_s: float | None
    """Seconds until the car stands in the bay; None while nobody can say."""
    words: KioskWords
    signals: KioskSignals


def kiosk_view(
    status: KioskStatus | None, picture: TowerPicture | None, language: str = "en"
) -> KioskView:
    """The view of one kiosk; ``language`` is for a kiosk without a status.

    Without a picture or status, and for a free kiosk while the tower is not in service, it is
    the out-of-service view. A customer who has begun keeps their view whatever happens.
    """
    texts = catalogue(status.language if status is not None else language)
    if status is None or picture is None:
        return _out_of_service(texts)
    if _nobody_there(status) and picture.in_service and status.closed is not None:
        return _out_of_service(texts, _elsewhere(status, texts))
    if _burns(picture):
        return _evacuation(status, picture, texts)
    if _nobody_there(status) and not picture.in_service:
        notice = kiosk_alarms.customer_text(status, picture, texts.language)
        return _out_of_service(texts, notice, maintenance=picture.maintenance is not None)
    bay = _fresh_bay(status, picture)
    phase = status.phase
    key = f"phase.{_phase_text(status, bay)}"
    trusted = bay is not None
    title, body = _title_and_body(status, texts, key)
    return KioskView(
        phase=phase.value,
        language=texts.language,
        direction=texts["direction"],
        title=title,
        body=body,
        hint=_hint(status, texts),
        gesture=_gesture(status),
        greeting=status.greeting,
        notice=_notice(status, picture, bay, texts),
        case_text=_case_text(status, texts),
        route=texts["equal_route"] if phase in _BEFORE_THE_CAMERA else "",
        other_way=_other_way(status, texts),
        keypad=texts["keypad"] if phase is KioskPhase.CHECKING_IN else "",
        typed=status.typed,
        confirm=texts["confirm"] if phase is KioskPhase.CONFIRM_CLEAR else "",
        reopen=texts["reopen"] if phase is KioskPhase.CONFIRM_CLEAR else "",
        key=texts["key_again"] if phase in _KEY else "",
        plate=texts["plate"] if phase is KioskPhase.FREE else "",
        plate_done=texts["plate_done"] if phase is KioskPhase.FREE else "",
        form=_form(status, texts),
        name_label=texts["confirm_name"] if status.wants_name else "",
        question=status.question if phase is KioskPhase.CONFIRM_CLEAR else 0,
        sound=status.sounding,
        touch=texts[_TOUCH_TEXTS[phase]] if phase in _TOUCH_TEXTS else "",
        shows_eta=phase is KioskPhase.BRINGING_CAR and trusted,
        eta_s=status.car_eta_s if phase is KioskPhase.BRINGING_CAR and trusted else None,
        signals=_signals(status, bay),
        words=_words(texts),
    )


def _words(texts: Catalogue) -> KioskWords:
    return KioskWords(
        staff_call=texts["staff_call"],
        staff_called=texts["staff_called"],
        not_sent=texts["not_sent"],
        eta_label=texts["eta.label"],
        eta_soon=texts["eta.soon"],
        eta_unknown=texts["eta.unknown"],
        keypad_clear=texts["keypad_clear"],
        keypad_enter=texts["keypad_enter"],
    )


def _form(status: KioskStatus, texts: Catalogue) -> ConditionForm | None:
    if status.phase is not KioskPhase.CONDITION:
        return None
    back = status.reason == Moment.RETURN.value
    return ConditionForm(
        odometer=texts["condition.odometer"] if back else "",
        energy=texts["condition.energy"] if back else "",
        sign=texts["condition.sign"],
        clear=texts["condition.clear"],
        done=texts["condition.done"],
        accept=texts["condition.accept"],
    )


def _out_of_service(texts: Catalogue, notice: str = "", *, maintenance: bool = False) -> KioskView:
    why = "maintenance" if maintenance else "out_of_service"
    return KioskView(
        phase=OUT_OF_SERVICE,
        language=texts.language,
        direction=texts["direction"],
        title=texts[f"{why}.title"],
        body=texts[f"{why}.body"],
        hint="",
        gesture="",
        greeting="",
        notice=notice,
        case_text="",
        route="",
        other_way="",
        keypad="",
        typed=0,
        confirm="",
        reopen="",
        key="",
        plate="",
        plate_done="",
        form=None,
        name_label="",
        question=0,
        sound=False,
        touch="",
        shows_eta=False,
        eta_s=None,
        signals=KioskSignals(RingPattern.OUT_OF_SERVICE, TrafficLight.RED),
        words=_words(texts),
    )


def _burns(picture: TowerPicture) -> bool:
    """Fire is asked about first, whoever stands there; what is unconfirmed is not over."""
    return any(each.device.kind is InterruptionKind.FIRE for each in picture.interruptions)


def _evacuation(status: KioskStatus, picture: TowerPicture, texts: Catalogue) -> KioskView:
    """Nothing but the way out: green only over a street door that stands open."""
    bay = _fresh_bay(status, picture)
    way_out = (
        bay is not None
        and bay.outer_door is DoorState.OPEN
        and bay.inner_door is DoorState.CLOSED
        and bay.inner_locked
    )
    traffic = TrafficLight.GREEN if way_out else TrafficLight.RED
    return replace(
        _out_of_service(texts),
        phase=EVACUATION,
        title=texts["evacuation.title"],
        body=texts["evacuation.body"],
        signals=KioskSignals(RingPattern.REFUSED, traffic, buzzer=True),
    )


def _nobody_there(status: KioskStatus) -> bool:
    return status.phase is KioskPhase.FREE


def _fresh_bay(status: KioskStatus, picture: TowerPicture) -> BayReport | None:
    """What the PLC says of this kiosk's bay; None when that is too old to count."""
    usable = picture.plc_link.state is LinkState.UP and picture.machine_fresh
    if picture.machine is None or not usable:
        return None
    return picture.machine.bays.get(status.bay)


def _phase_text(status: KioskStatus, bay: BayReport | None) -> str:
    if status.phase is KioskPhase.CHECKING_IN and _code_only(status):
        return "checking_in_code_only"
    if bay is not None and status.phase in _DOORS_TEXTS:
        return _DOORS_TEXTS[status.phase].get(bay.outer_door, status.phase.value)
    return status.phase.value


def _code_only(status: KioskStatus) -> bool:
    return status.without_face or not status.face_available


def _other_way(status: KioskStatus, texts: Catalogue) -> str:
    """Offered before the camera looks for a face, and as long as it does."""
    match status.phase:
        case KioskPhase.VERIFYING:
            return texts["other_way"]
        case KioskPhase.CHECKING_IN if not _code_only(status):
            return texts["without_face"]
        case _:
            return ""


def _title_and_body(status: KioskStatus, texts: Catalogue, key: str) -> tuple[str, str]:
    """The phase's texts; a refusal names its reason where that has a text.

    A reason without a text may be a note that staff wrote, which is not for the screen.
    """
    title, body = texts[f"{key}.title"], texts[f"{key}.body"]
    if status.phase in _KEY:
        return title.format(compartment=status.reason), body
    if status.phase is KioskPhase.DRIVE_OUT:
        found = (texts.get(f"misfit.{misfit}") for misfit in status.reason.split(","))
        return title, " ".join([*(each for each in found if each is not None), body])
    if status.phase is not KioskPhase.REFUSED:
        return title, body
    reason = status.reason.lower().replace(" ", "_")
    if (why := texts.get(f"refusal.{reason}")) is not None:
        return texts["not_verified"], why
    ended = texts.get(f"ended.{reason}.title")
    if ended is None:
        return title, body
    body = texts[f"ended.{reason}.body"]
    closed = reason in {closure.value for closure in Closure}
    return ended, f"{body} {_elsewhere(status, texts)}".strip() if closed else body


def _elsewhere(status: KioskStatus, texts: Catalogue) -> str:
    """Where else the person may go; empty when no other bay works."""
    if not status.elsewhere:
        return ""
    return texts["other_bays"].format(bays=", ".join(map(str, status.elsewhere)))


def _hint(status: KioskStatus, texts: Catalogue) -> str:
    if status.hint is None or status.phase not in _BEFORE_THE_CAMERA:
        return ""
    return texts[f"hint.{status.hint.value}"]


def _gesture(status: KioskStatus) -> str:
    shown = status.hint in _GESTURES and status.phase in _BEFORE_THE_CAMERA
    return status.hint.value if status.hint is not None and shown else ""


def _notice(
    status: KioskStatus, picture: TowerPicture, bay: BayReport | None, texts: Catalogue
) -> str:
    """A fatal alarm first, then what the machine itself shows, then what else is wrong."""
    fatal = kiosk_alarms.fatal_text(status, picture, texts.language)
    return (
        fatal
        or (texts["maintenance.waiting"] if picture.maintenance is not None else "")
        or _machine_notice(status, bay, texts)
        or kiosk_alarms.customer_text(status, picture, texts.language)
    )


def _machine_notice(status: KioskStatus, bay: BayReport | None, texts: Catalogue) -> str:
    if bay is not None and bay.estop_pressed:
        return texts["emergency_stop"]
    if bay is None and status.phase in _NEEDS_MACHINE:
        return texts["stopped"]
    if not status.reminding:
        return ""
    return texts["reminder_again" if status.reminders > 1 else "reminder"]


def _case_text(status: KioskStatus, texts: Catalogue) -> str:
    if status.case_id is None or status.phase not in _CASED:
        return ""
    return texts["case_number"].format(case_id=status.case_id)


def _signals(status: KioskStatus, bay: BayReport | None) -> KioskSignals:
    """Ring by phase; green only for a door that is open, over an inner door that is shut.

    The buzzer warns while the street door moves for somebody, and sounds with each reminder.
    """
    ring = RingPattern.ATTENTION if status.reminding else _RINGS[status.phase]
    if bay is None or status.phase not in _DOOR_MOVES:
        lit = status.phase in _KEY
        return KioskSignals(ring, TrafficLight.RED, buzzer=status.sounding, cabinet_lamp=lit)
    inner_shut = bay.inner_door is DoorState.CLOSED and bay.inner_locked
    may_go = (
        status.phase in _GREEN
        and bay.outer_door is DoorState.OPEN
        and inner_shut
        and not bay.estop_pressed
    )
    moving = bay.outer_door in (DoorState.OPENING, DoorState.CLOSING)
    light = TrafficLight.GREEN if may_go else TrafficLight.RED
    return KioskSignals(ring, light, buzzer=moving or status.sounding)
