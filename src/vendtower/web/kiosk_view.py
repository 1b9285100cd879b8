"""What one kiosk shows: a pure function of the kiosk's status and the tower's picture.

Screen, ring, buzzer and traffic light come from the same function, so they cannot contradict each
other. Nothing here names the customer; the greeting is what the reservation allows in view of
others.
"""

from dataclasses import replace

from vendtower.domain.interruption import InterruptionKind
from vendtower.domain.machine import BayReport, DoorState, LinkState
from vendtower.ports.kiosk_board import KioskSignals, RingPattern, TrafficLight
from vendtower.ports.screens import KioskPhase, KioskStatus, TowerPicture
from vendtower.web import kiosk_alarms
from vendtower.web import kiosk_wording as wording
from vendtower.web.kiosk_screen import KioskView
from vendtower.web.kiosk_signals import KEY_PHASES, kiosk_signals
from vendtower.web.texts import Catalogue, catalogue

OUT_OF_SERVICE = "out_of_service"
EVACUATION = "evacuation"

_PLATE_COUNTS = frozenset({KioskPhase.FREE, KioskPhase.CHECKING_IN})
_TOUCH_TEXTS = {KioskPhase.FREE: "touch", KioskPhase.REFUSED: "touch_again"}


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
        return _out_of_service(texts, wording.elsewhere(status, texts))
    if _burns(picture):
        return _evacuation(status, picture, texts)
    if _nobody_there(status) and not picture.in_service:
        notice = kiosk_alarms.customer_text(status, picture, texts.language)
        return _out_of_service(texts, notice, maintenance=picture.maintenance is not None)
    bay = _fresh_bay(status, picture)
    phase = status.phase
    coming = phase is KioskPhase.BRINGING_CAR and picture.maintenance is None
    title, body = wording.title_and_body(
        status, bay, texts, maintenance=picture.maintenance is not None
    )
    return KioskView(
        phase=phase.value,
        language=texts.language,
        direction=texts["direction"],
        title=title,
        body=body,
        hint=wording.hint(status, texts),
        gesture=wording.gesture(status),
        greeting=status.greeting,
        notice=wording.notice(status, picture, bay, texts),
        case_text=wording.case(status, texts),
        route=texts["equal_route"] if phase in wording.BEFORE_THE_CAMERA else "",
        other_way=wording.other_way(status, texts),
        keypad=texts["keypad"] if phase is KioskPhase.CHECKING_IN else "",
        typed=status.typed,
        confirm=texts["confirm"] if phase is KioskPhase.CONFIRM_CLEAR else "",
        reopen=texts["reopen"] if phase is KioskPhase.CONFIRM_CLEAR else "",
        key=texts["key_again"] if phase in KEY_PHASES else "",
        plate=texts["plate"] if phase in _PLATE_COUNTS else "",
        plate_done=texts["plate_done"] if phase in _PLATE_COUNTS else "",
        form=wording.condition_form(status, texts),
        name_label=texts["confirm_name"] if status.wants_name else "",
        question=status.question if phase is KioskPhase.CONFIRM_CLEAR else 0,
        sound=status.sounding,
        touch=texts[_TOUCH_TEXTS[phase]] if phase in _TOUCH_TEXTS else "",
        shows_eta=coming and bay is not None,
        eta_s=status.car_eta_s if coming and bay is not None else None,
        signals=kiosk_signals(status, bay),
        words=wording.common_words(texts),
    )


def _out_of_service(texts: Catalogue, notice: str = "", *, maintenance: bool = False) -> KioskView:
    why = "maintenance" if maintenance else "out_of_service"
    return KioskView(
        phase=OUT_OF_SERVICE,
        language=texts.language,
        direction=texts["direction"],
        title=texts[f"{why}.title"],
        body=texts[f"{why}.body"],
        notice=notice,
        signals=KioskSignals(RingPattern.OUT_OF_SERVICE, TrafficLight.RED),
        words=wording.common_words(texts),
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
