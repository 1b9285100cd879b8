"""Every phase, hint, refusal and door, in every language."""

import itertools
from dataclasses import asdict, replace

import pytest

from tests.unit.web.tower_sample import UTC_NOW, bay_report, kiosk, picture, snapshot
from vendtower.domain.envelope import Misfit
from vendtower.domain.identity import CaptureHint, IdentityRefusal
from vendtower.domain.interruption import Device, Interruption
from vendtower.domain.machine import DoorState, LinkState, PlcLink
from vendtower.domain.maintenance import MaintenanceSession
from vendtower.domain.modes import OperatingMode
from vendtower.ports.kiosk_board import KioskSignals, RingPattern, TrafficLight
from vendtower.ports.screens import KioskPhase
from vendtower.web.kiosk_screen import KioskView
from vendtower.web.kiosk_view import OUT_OF_SERVICE, kiosk_view
from vendtower.web.texts import LANGUAGES, catalogue

RINGS = {
    KioskPhase.FREE: RingPattern.WELCOME,
    KioskPhase.CONDITION: RingPattern.LOOK_HERE,
    KioskPhase.KEY_TAKE: RingPattern.LOOK_HERE,
    KioskPhase.KEY_BACK: RingPattern.LOOK_HERE,
    KioskPhase.KEY_WITH_STAFF: RingPattern.WORKING,
    KioskPhase.CHECKING_IN: RingPattern.LOOK_HERE,
    KioskPhase.VERIFYING: RingPattern.LOOK_HERE,
    KioskPhase.REFUSED: RingPattern.REFUSED,
    KioskPhase.STAFF_ROUTE: RingPattern.WORKING,
    KioskPhase.BRINGING_CAR: RingPattern.WORKING,
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
MACHINE_PHASES = {
    KioskPhase.BRINGING_CAR,
    KioskPhase.HAND_OVER,
    KioskPhase.DRIVE_IN,
    KioskPhase.LEAVE_BAY,
    KioskPhase.STORING,
    KioskPhase.DRIVE_OUT,
}
HINTING = {KioskPhase.CHECKING_IN, KioskPhase.VERIFYING}


@pytest.mark.parametrize(
    ("phase", "hint", "language"),
    list(itertools.product(KioskPhase, [None, *CaptureHint], LANGUAGES)),
)
def test_every_phase_hint_and_language(
    phase: KioskPhase, hint: CaptureHint | None, language: str
) -> None:
    texts = catalogue(language)
    status = replace(kiosk(1, phase, language), hint=hint, car_eta_s=42.0, question=3)
    if phase in {KioskPhase.KEY_TAKE, KioskPhase.KEY_BACK}:
        status = replace(status, reason="12")
    view = kiosk_view(status, picture(status))
    assert view.phase == phase.value
    assert view.language == language
    assert view.title == texts[f"phase.{phase.value}.title"].format(compartment=12)
    assert view.body
    expected_hint = texts[f"hint.{hint.value}"] if hint and phase in HINTING else ""
    assert view.hint == expected_hint
    assert bool(view.touch) == (phase in (KioskPhase.FREE, KioskPhase.REFUSED))
    gestures = {"turn_left", "turn_right", "come_closer", "look_straight"}
    shown = hint is not None and phase in HINTING and hint.value in gestures
    assert view.gesture == (hint.value if hint is not None and shown else "")
    assert bool(view.other_way) == (phase in HINTING)
    assert bool(view.keypad) == (phase is KioskPhase.CHECKING_IN)
    assert bool(view.route) == (phase in HINTING)
    asks = phase is KioskPhase.CONFIRM_CLEAR
    assert (bool(view.confirm), bool(view.reopen), bool(view.question)) == (asks,) * 3
    assert view.words.staff_call
    assert view.eta_s == (42.0 if phase is KioskPhase.BRINGING_CAR else None)
    lit = phase in {KioskPhase.KEY_TAKE, KioskPhase.KEY_BACK}
    assert bool(view.key) == lit
    assert view.signals == KioskSignals(RINGS[phase], TrafficLight.RED, cabinet_lamp=lit)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_face_the_code_alone_is_asked_for(language: str) -> None:
    status = replace(kiosk(1, KioskPhase.CHECKING_IN, language), without_face=True, typed=4)
    view = kiosk_view(status, picture(status))
    assert view.title == catalogue(language)["phase.checking_in_code_only.title"]
    assert view.other_way == "", "it is chosen already"
    assert view.typed == 4


@pytest.mark.parametrize(
    ("reason", "language"), list(itertools.product(IdentityRefusal, LANGUAGES))
)
def test_a_refusal_says_why(reason: IdentityRefusal, language: str) -> None:
    for spelling in (reason.value, reason.name):
        status = replace(kiosk(1, KioskPhase.REFUSED, language), reason=spelling)
        view = kiosk_view(status, picture(status))
        assert view.title == catalogue(language)["not_verified"]
        assert view.body == catalogue(language)[f"refusal.{reason.value}"]


@pytest.mark.parametrize(
    "reason",
    [
        "bay_not_free",
        "code_used",
        "codes_paused",
        "unknown_card",
        "card_for_return",
        "card_several_cars",
        "cards_paused",
        "try_soon",
        "no_room",
        "unknown_code",
        "too_early",
        "out_of_service",
        "customer left",
        "cancelled",
        "expired",
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_ended_a_check_in_is_said(reason: str, language: str) -> None:
    status = replace(kiosk(1, KioskPhase.REFUSED, language), reason=reason)
    view = kiosk_view(status, picture(status))
    key = reason.replace(" ", "_")
    assert view.title == catalogue(language)[f"ended.{key}.title"]
    assert view.body == catalogue(language)[f"ended.{key}.body"]


def test_what_staff_wrote_is_not_on_the_screen() -> None:
    status = replace(kiosk(1, KioskPhase.REFUSED), reason="closed by operator: customer was drunk")
    shown = repr(kiosk_view(status, picture(status)))
    assert "operator" not in shown
    assert "drunk" not in shown


def test_an_unknown_refusal_still_says_something() -> None:
    status = replace(kiosk(1, KioskPhase.REFUSED), reason="something new")
    assert kiosk_view(status, picture(status)).body == catalogue("en")["phase.refused.body"]


@pytest.mark.parametrize(
    ("door", "text", "light", "buzzer"),
    [
        (DoorState.CLOSED, "hand_over", TrafficLight.RED, False),
        (DoorState.OPENING, "hand_over_opening", TrafficLight.RED, True),
        (DoorState.OPEN, "hand_over_open", TrafficLight.GREEN, False),
        (DoorState.CLOSING, "hand_over_closing", TrafficLight.RED, True),
        (DoorState.STUCK, "hand_over", TrafficLight.RED, False),
        (DoorState.UNKNOWN, "hand_over", TrafficLight.RED, False),
    ],
)
def test_the_hand_over_follows_the_door(
    door: DoorState, text: str, light: TrafficLight, buzzer: bool
) -> None:
    status = kiosk(1, KioskPhase.HAND_OVER)
    view = kiosk_view(status, picture(status, machine=snapshot(None, bay_report(1, door))))
    assert view.title == catalogue("en")[f"phase.{text}.title"]
    assert view.signals == KioskSignals(RingPattern.DONE, light, buzzer)


@pytest.mark.parametrize("phase", [KioskPhase.DRIVE_IN, KioskPhase.DRIVE_OUT], ids=str)
@pytest.mark.parametrize("door", DoorState, ids=str)
def test_the_way_in_follows_the_door(phase: KioskPhase, door: DoorState) -> None:
    status = kiosk(1, phase)
    view = kiosk_view(status, picture(status, machine=snapshot(None, bay_report(1, door))))
    green = door is DoorState.OPEN
    assert (view.signals.traffic is TrafficLight.GREEN) is green
    assert view.signals.buzzer == (door in (DoorState.OPENING, DoorState.CLOSING))


def test_nobody_is_sent_over_the_sill_while_people_are_still_getting_out() -> None:
    status = kiosk(1, KioskPhase.LEAVE_BAY)
    machine = snapshot(None, bay_report(1, DoorState.OPEN))
    assert kiosk_view(status, picture(status, machine=machine)).signals.traffic is TrafficLight.RED


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rejected_car_is_told_every_reason(language: str) -> None:
    texts = catalogue(language)
    reason = ",".join(misfit.value for misfit in Misfit)
    status = replace(kiosk(1, KioskPhase.DRIVE_OUT, language), reason=reason)
    body = kiosk_view(status, picture(status)).body
    assert all(texts[f"misfit.{misfit.value}"] in body for misfit in Misfit)
    assert body.endswith(texts["phase.drive_out.body"])


def test_who_takes_long_is_reminded() -> None:
    status = replace(kiosk(1, KioskPhase.CONFIRM_CLEAR), reminding=True)
    assert kiosk_view(status, picture(status)).notice == catalogue("en")["reminder"]


@pytest.mark.parametrize("phase", [KioskPhase.HAND_OVER, KioskPhase.CONFIRM_CLEAR])
def test_a_second_reminder_is_seen_and_heard(phase: KioskPhase) -> None:
    status = replace(kiosk(1, phase), reminding=True, reminders=2, sounding=True)
    machine = snapshot(None, bay_report(1, DoorState.OPEN))
    view = kiosk_view(status, picture(status, machine=machine))
    assert view.notice == catalogue("en")["reminder_again"]
    assert (view.sound, view.signals.buzzer) == (True, True)
    assert view.signals.ring is RingPattern.ATTENTION
    quiet = kiosk_view(replace(status, sounding=False), picture(status, machine=machine))
    assert (quiet.sound, quiet.signals.buzzer) == (False, False)


def test_a_name_is_asked_for_where_a_car_is_put_back() -> None:
    status = replace(kiosk(1, KioskPhase.CONFIRM_CLEAR), question=3, wants_name=True)
    assert kiosk_view(status, picture(status)).name_label == catalogue("en")["confirm_name"]
    plain = replace(status, wants_name=False)
    assert kiosk_view(plain, picture(plain)).name_label == ""


@pytest.mark.parametrize(
    "spoilt",
    [
        {"inner_door": DoorState.OPEN},
        {"inner_locked": False},
        {"estop_pressed": True},
    ],
)
def test_never_green_when_the_bay_is_not_right(spoilt: dict[str, object]) -> None:
    bay = replace(bay_report(1, DoorState.OPEN), **spoilt)  # type: ignore[arg-type]  # by name
    status = kiosk(1, KioskPhase.HAND_OVER)
    view = kiosk_view(status, picture(status, machine=snapshot(None, bay)))
    assert view.signals.traffic is TrafficLight.RED


@pytest.mark.parametrize("phase", KioskPhase)
def test_never_green_on_old_data_or_a_lost_link(phase: KioskPhase) -> None:
    status = replace(kiosk(1, phase), car_eta_s=10.0)
    good = picture(status, machine=snapshot(None, bay_report(1, DoorState.OPEN)))
    for bad in (
        replace(good, machine_fresh=False),
        replace(good, machine=None),
        replace(good, plc_link=PlcLink(LinkState.DOWN, "cable")),
    ):
        view = kiosk_view(status, bad)
        assert view.signals.traffic is TrafficLight.RED
        assert view.eta_s is None
        waits = phase in MACHINE_PHASES
        assert view.notice == (catalogue("en")["stopped"] if waits else "")


@pytest.mark.parametrize("phase", KioskPhase)
def test_out_of_service_takes_no_new_customer_and_drops_none(phase: KioskPhase) -> None:
    status = kiosk(1, phase)
    closed = replace(picture(status), in_service=False, out_of_service_why=("PLC link down",))
    view = kiosk_view(status, closed)
    assert view.phase == (OUT_OF_SERVICE if phase is KioskPhase.FREE else phase.value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_picture_or_status_it_is_out_of_service(language: str) -> None:
    nothing: list[KioskView] = [
        kiosk_view(None, picture(), language),
        kiosk_view(kiosk(1, KioskPhase.HAND_OVER, language), None),
    ]
    for view in nothing:
        assert view.phase == OUT_OF_SERVICE
        assert view.language == language
        assert view.signals == KioskSignals(RingPattern.OUT_OF_SERVICE, TrafficLight.RED)


def test_no_camera_leaves_the_code() -> None:
    status = replace(kiosk(1, KioskPhase.CHECKING_IN), face_available=False)
    view = kiosk_view(status, picture(status))
    assert view.title == "Show your code"
    assert view.route


def test_the_emergency_stop_goes_before_everything() -> None:
    bay = replace(bay_report(1), estop_pressed=True)
    status = kiosk(1)
    view = kiosk_view(status, picture(status, machine=snapshot(None, bay)))
    assert view.notice == catalogue("en")["emergency_stop"]


def test_a_case_is_quoted_by_number() -> None:
    status = replace(kiosk(1, KioskPhase.REFERRED, "fr"), case_id=17)
    assert kiosk_view(status, picture(status)).case_text == "Dossier n° 17"


def test_nothing_of_the_customer_or_car_is_in_the_view() -> None:
    for phase in KioskPhase:
        status = replace(kiosk(1, phase), visit_id="v-1", greeting="L.", case_id=7)
        shown = repr(asdict(kiosk_view(status, picture(status))))
        for secret in ("LVTDB", "粤", "R-1001", "v-1", "Aion"):
            assert secret not in shown


@pytest.mark.parametrize(
    ("phase", "language"), list(itertools.product(KioskPhase, LANGUAGES)), ids=str
)
def test_fire_goes_before_everything_on_every_kiosk(phase: KioskPhase, language: str) -> None:
    texts = catalogue(language)
    status = kiosk(1, phase, language)
    burning = Interruption(1, Device("fire", "tower"), UTC_NOW)
    way_out = snapshot(None, bay_report(1, DoorState.OPEN))
    seen = replace(picture(status, machine=way_out), interruptions=(burning,))
    view = kiosk_view(status, seen)
    assert (view.phase, view.title) == ("evacuation", texts["evacuation.title"])
    assert view.body == texts["evacuation.body"]
    assert view.signals == KioskSignals(RingPattern.REFUSED, TrafficLight.GREEN, buzzer=True)
    assert not view.touch
    shut = replace(seen, machine=snapshot())
    assert kiosk_view(status, shut).signals.traffic is TrafficLight.RED


@pytest.mark.parametrize("language", LANGUAGES)
def test_maintenance_has_a_kind_sentence(language: str) -> None:
    texts = catalogue(language)
    session = MaintenanceSession(
        number=1,
        holder="technician on duty",
        reason="rope",
        began_utc=UTC_NOW,
        planned_end_utc=UTC_NOW,
        mode_before=OperatingMode.AUTOMATIC,
    )
    free, waiting = kiosk(1, KioskPhase.FREE, language), kiosk(1, KioskPhase.VERIFYING, language)
    closed = replace(picture(free), in_service=False, maintenance=session)
    assert kiosk_view(free, closed).title == texts["maintenance.title"]
    assert kiosk_view(waiting, closed).notice == texts["maintenance.waiting"]
    coming = replace(kiosk(1, KioskPhase.BRINGING_CAR, language), car_eta_s=42.0)
    view = kiosk_view(coming, replace(picture(coming), in_service=False, maintenance=session))
    assert view.title == texts["phase.bringing_car_maintenance.title"]
    assert texts["staff_call"] in view.body
    assert (view.shows_eta, view.eta_s) == (False, None)


def _view(phase: KioskPhase) -> KioskView:
    status = replace(kiosk(1, phase), reason="12")
    return kiosk_view(status, picture(status))


def test_a_plate_can_be_typed_while_nobody_else_is_served() -> None:
    offered = {phase for phase in KioskPhase if _view(phase).plate}
    assert offered == {KioskPhase.FREE, KioskPhase.CHECKING_IN}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_booking_that_cannot_be_checked_is_nobodys_fault(language: str) -> None:
    """Whoever stands there reads why staff come, and never that they did something wrong."""
    texts = catalogue(language)
    waiting = replace(kiosk(1, KioskPhase.STAFF_ROUTE, language), reason="list_too_old")
    view = kiosk_view(waiting, picture(waiting))
    assert view.title == texts["phase.staff_route_list_too_old.title"]
    assert view.body == texts["phase.staff_route_list_too_old.body"]
    refused = replace(kiosk(1, KioskPhase.REFUSED, language), reason="not_proven")
    view = kiosk_view(refused, picture(refused))
    assert (view.title, view.body) == (
        texts["ended.not_proven.title"],
        texts["ended.not_proven.body"],
    )
    assert texts["not_verified"] not in view.title
