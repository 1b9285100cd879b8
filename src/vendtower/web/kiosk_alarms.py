"""Which alarm, if any, the customer before one kiosk has to read of; pure."""

from vendtower.domain.alarm import MASKED, Alarm, Severity
from vendtower.flows.alarm_catalogue import alarm_catalogue
from vendtower.ports.screens import KioskPhase, KioskStatus, TowerPicture


def customer_text(status: KioskStatus, picture: TowerPicture, language: str) -> str:
    """The catalogue's text of the gravest alarm that concerns this kiosk; empty when none does."""
    concerning = [alarm for alarm in picture.alarms if _concerns(alarm, status)]
    gravest = max(concerning, key=lambda alarm: alarm.severity.rank, default=None)
    return "" if gravest is None else _texts(gravest)[language]


def fatal_text(status: KioskStatus, picture: TowerPicture, language: str) -> str:
    """The same for fatal alarms alone, which go before everything else on the screen."""
    fatal = any(
        _concerns(alarm, status) and alarm.severity is Severity.FATAL for alarm in picture.alarms
    )
    return customer_text(status, picture, language) if fatal else ""


def _texts(alarm: Alarm) -> dict[str, str]:
    return dict(alarm_catalogue().entry(alarm.code).customer)


def _concerns(alarm: Alarm, status: KioskStatus) -> bool:
    """It holds, customers notice it, and it is about the whole tower or where this one stands."""
    if not alarm.active or alarm.state in MASKED or not _texts(alarm):
        return False
    if alarm.source in {"tower", f"kiosk {status.number}"}:
        return True
    waiting = status.phase is not KioskPhase.FREE
    if alarm.source.startswith("lift "):
        return status.phase is KioskPhase.BRINGING_CAR
    return alarm.source == f"bay {status.bay}" and waiting
