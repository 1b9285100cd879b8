"""Which of a language's texts one kiosk shows, in view of its phase and its bay; pure."""

from vendtower.domain.condition import Moment
from vendtower.domain.identity import CaptureHint
from vendtower.domain.machine import BayReport, DoorState
from vendtower.domain.out_of_service import Closure
from vendtower.domain.pickup import LAPSED
from vendtower.flows.list_admission import LIST_TOO_OLD
from vendtower.ports.screens import KioskPhase, KioskStatus, TowerPicture
from vendtower.web import kiosk_alarms
from vendtower.web.kiosk_screen import ConditionForm, KioskWords
from vendtower.web.kiosk_signals import DOOR_MOVES, KEY_PHASES
from vendtower.web.texts import Catalogue

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
BEFORE_THE_CAMERA = frozenset({KioskPhase.CHECKING_IN, KioskPhase.VERIFYING})
_GESTURES = frozenset(
    {
        CaptureHint.TURN_LEFT,
        CaptureHint.TURN_RIGHT,
        CaptureHint.COME_CLOSER,
        CaptureHint.LOOK_STRAIGHT,
    }
)
_CASED = frozenset({KioskPhase.REFERRED, KioskPhase.KEY_WITH_STAFF})
"""Phases in which the screen quotes the number of the case."""
_NEEDS_MACHINE = DOOR_MOVES | {KioskPhase.BRINGING_CAR, KioskPhase.STORING}


def _code_only(status: KioskStatus) -> bool:
    return status.without_face or not status.face_available


def other_way(status: KioskStatus, texts: Catalogue) -> str:
    """Offered before the camera looks for a face, and as long as it does."""
    match status.phase:
        case KioskPhase.VERIFYING:
            return texts["other_way"]
        case KioskPhase.CHECKING_IN if not _code_only(status):
            return texts["without_face"]
        case _:
            return ""


def title_and_body(
    status: KioskStatus, bay: BayReport | None, texts: Catalogue, *, maintenance: bool
) -> tuple[str, str]:
    """The phase's texts; a refusal names its reason where that has a text.

    No car is on its way during maintenance: who waits for one is told so, and whom to call.

    A reason without a text may be a note that staff wrote, which is not for the screen.
    """
    key = _phase_text(status, bay)
    if maintenance and status.phase is KioskPhase.BRINGING_CAR:
        key = "bringing_car_maintenance"
    title, body = texts[f"phase.{key}.title"], texts[f"phase.{key}.body"]
    if status.phase in KEY_PHASES:
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
    return ended, f"{body} {elsewhere(status, texts)}".strip() if closed else body


def _phase_text(status: KioskStatus, bay: BayReport | None) -> str:
    if status.phase is KioskPhase.CHECKING_IN and _code_only(status):
        return "checking_in_code_only"
    if status.phase is KioskPhase.STAFF_ROUTE and status.reason == LIST_TOO_OLD:
        return "staff_route_list_too_old"
    if status.phase is KioskPhase.VERIFYING and status.reason == LAPSED:
        return "verifying_again"
    if bay is not None and status.phase in _DOORS_TEXTS:
        return _DOORS_TEXTS[status.phase].get(bay.outer_door, status.phase.value)
    return status.phase.value


def elsewhere(status: KioskStatus, texts: Catalogue) -> str:
    """Where else the person may go; empty when no other bay works."""
    if not status.elsewhere:
        return ""
    return texts["other_bays"].format(bays=", ".join(map(str, status.elsewhere)))


def hint(status: KioskStatus, texts: Catalogue) -> str:
    """What the person before the camera could do better; empty when there is nothing."""
    if status.hint is None or status.phase not in BEFORE_THE_CAMERA:
        return ""
    return texts[f"hint.{status.hint.value}"]


def gesture(status: KioskStatus) -> str:
    """What the hint asks the person to do, for its picture; empty when it asks for nothing."""
    shown = status.hint in _GESTURES and status.phase in BEFORE_THE_CAMERA
    return status.hint.value if status.hint is not None and shown else ""


def notice(
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


def case(status: KioskStatus, texts: Catalogue) -> str:
    """The number of the case, while staff are needed; else empty."""
    if status.case_id is None or status.phase not in _CASED:
        return ""
    return texts["case_number"].format(case_id=status.case_id)


def condition_form(status: KioskStatus, texts: Catalogue) -> ConditionForm | None:
    """What is asked of the car's condition; odometer and energy only of a car that came back."""
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


def common_words(texts: Catalogue) -> KioskWords:
    """The texts that are the same in every view."""
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
