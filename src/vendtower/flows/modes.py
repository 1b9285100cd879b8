"""The one place that asks the table of modes; every entry point comes by here."""

from vendtower.domain.interruption import Interruption
from vendtower.domain.machine_stop import StopSeen
from vendtower.domain.maintenance import MaintenanceSession, same_person
from vendtower.domain.modes import ModeChoice, OperatingMode, Request
from vendtower.domain.modes import refusal as refusal_of
from vendtower.flows.tower import Tower


class NotInThisMode(Exception):
    """The request is not accepted now; the message says why and nothing has changed."""


def operating_mode(tower: Tower) -> OperatingMode:
    """The mode that holds now: start-up first, then what a person chose last."""
    if not tower.recovered:
        return OperatingMode.START_UP
    chosen = tower.book.facts(ModeChoice)
    return chosen[-1].mode if chosen else OperatingMode.AUTOMATIC


def refusal(tower: Tower, request: Request) -> str | None:
    """Why the request is not accepted in the present mode; None when it is."""
    return refusal_of(operating_mode(tower), request)


def check(tower: Tower, request: Request) -> None:
    """Let the request pass, or refuse it.

    Raises:
        NotInThisMode: the present mode does not accept it.
    """
    why = refusal(tower, request)
    if why is not None:
        raise NotInThisMode(why)


def maintenance_session(tower: Tower) -> MaintenanceSession | None:
    """The session that has not ended."""
    return tower.book.derived(
        "maintenance session",
        lambda: next((s for s in tower.book.facts(MaintenanceSession) if not s.ended), None),
    )


def held_by_another(tower: Tower, by: str) -> str:
    """Whoever works at the machine is the only one who moves anything meanwhile."""
    session = maintenance_session(tower)
    if session is None or same_person(session.holder, by):
        return ""
    return f"maintenance by {session.holder} is not over ({session.reason})"


def open_interruptions(tower: Tower) -> tuple[Interruption, ...]:
    """What has interrupted the tower and nobody has confirmed, the oldest first."""
    return tower.book.derived(
        "open interruptions",
        lambda: tuple(each for each in tower.book.facts(Interruption) if not each.ended),
    )


def stop_seen(tower: Tower) -> StopSeen | None:
    """The stop that nobody has led on yet."""
    return tower.book.derived(
        "stop seen",
        lambda: next((stop for stop in tower.book.facts(StopSeen) if not stop.ended), None),
    )
