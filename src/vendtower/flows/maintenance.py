"""Maintenance sessions: begun by a named person, ended by that one or another."""

from dataclasses import replace
from datetime import timedelta

from vendtower.domain.machine import KeySwitch
from vendtower.domain.maintenance import SESSION_MINUTES_MAX, MaintenanceSession
from vendtower.domain.modes import ModeChoice, OperatingMode, Request
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.mode_change import (
    NotNow,
    check_no_job,
    check_nothing_under_way,
    mode_event,
    plc_follows,
)
from vendtower.flows.modes import NotInThisMode, check, maintenance_session, operating_mode
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault, NewEvent


async def begin_maintenance(tower: Tower, by: str, reason: str, minutes: int) -> ControlAnswer:
    """Begin a session of so many minutes; nobody is served and nothing moves by itself meanwhile.

    Visits that wait are kept: their windows are longer by what the session takes of them.
    """

    def decide() -> Change:
        check(tower, Request.MAINTENANCE)
        if not by.strip() or not reason.strip():
            raise NotNow("maintenance is begun by a named person for a reason: give both")
        if not 1 <= minutes <= SESSION_MINUTES_MAX:
            raise NotNow(f"minutes: found {minutes}, expected 1 to {SESSION_MINUTES_MAX}")
        running = maintenance_session(tower)
        if running is not None:
            raise NotNow(f"maintenance by {running.holder} runs already ({running.reason})")
        check_nothing_under_way(tower)
        return _begun(tower, by, reason, minutes)

    try:
        await tower.book.record(decide)
    except (NotNow, NotInThisMode, JournalFault) as why:
        return NotDone(str(why))
    follows = await plc_follows(tower, OperatingMode.MAINTENANCE)
    return Done(f"maintenance has begun, for {minutes} min, by {by}; {follows}")


def _begun(tower: Tower, by: str, reason: str, minutes: int) -> Change:
    now, before = tower.clock.utc(), operating_mode(tower)
    known = tower.book.facts(MaintenanceSession)
    session = MaintenanceSession(
        number=max((each.number for each in known), default=0) + 1,
        holder=by,
        reason=reason,
        began_utc=now,
        planned_end_utc=now + timedelta(minutes=minutes),
        mode_before=before,
    )
    return Change(
        standing=(session, ModeChoice(OperatingMode.MAINTENANCE, by, now)),
        events=(
            _event(tower, session, "MaintenanceBegun", by),
            mode_event(tower, before, OperatingMode.MAINTENANCE, by),
        ),
    )


async def end_maintenance(tower: Tower, by: str, note: str) -> ControlAnswer:
    """End the session; the tower goes back to the mode in which it began."""
    ended: list[MaintenanceSession] = []

    def decide() -> Change:
        check(tower, Request.MAINTENANCE)
        session = maintenance_session(tower)
        if session is None:
            raise NotNow("no maintenance session runs")
        if not by.strip():
            raise NotNow(
                f"a session is ended by its holder ({session.holder}) or a second named person: "
                "no name was given"
            )
        _check_machine(tower)
        check_no_job(tower)
        now, before = tower.clock.utc(), operating_mode(tower)
        ended.append(replace(session, ended_utc=now, ended_by=by))
        return Change(
            standing=(ended[0], ModeChoice(session.mode_before, by, now)),
            events=(
                _event(tower, ended[0], "MaintenanceEnded", by, note),
                mode_event(tower, before, session.mode_before, by),
            ),
        )

    try:
        await tower.book.record(decide)
    except (NotNow, NotInThisMode, JournalFault) as why:
        return NotDone(str(why))
    mode = ended[0].mode_before
    return Done(f"maintenance is over; mode is {mode.value}; {await plc_follows(tower, mode)}")


def _check_machine(tower: Tower) -> None:
    """Whoever is still at the machine has the key and the enabling device."""
    machine = tower.machine()
    if machine is None:
        raise NotNow("the machine's state is not known now; try again when the PLC is back")
    if machine.enabling_held:
        raise NotNow("the enabling device is held: somebody is still at the machine")
    if machine.key_switch is KeySwitch.MAINTENANCE:
        raise NotNow("the key switch stands at maintenance: leave the shaft and turn it to auto")
    if moving := [str(lift.number) for lift in machine.lifts.values() if not lift.standstill]:
        raise NotNow(f"lift {', '.join(moving)} still moves")


def _event(
    tower: Tower, session: MaintenanceSession, name: str, by: str, note: str = ""
) -> NewEvent:
    return tell(
        tower,
        "maintenance",
        name,
        subject=f"maintenance/{session.number}",
        correlation_id=tower.chance.new_id(),
        data={
            "session": session.number,
            "by": by,
            "holder": session.holder,
            "reason": session.reason,
            "planned_end_at": session.planned_end_utc.isoformat(),
            "note": note,
        },
    )
