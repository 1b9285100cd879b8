"""Changes of the operating mode by a named person, and what has to be over before."""

from vendtower.domain.dropoff import DropoffState
from vendtower.domain.job import OPEN_JOB_STATES
from vendtower.domain.machine import ControlMode, KeySwitch
from vendtower.domain.maintenance import same_person
from vendtower.domain.modes import PLC_MODES, ModeChoice, OperatingMode, Request
from vendtower.domain.pickup import LAPSED, Visit, VisitState
from vendtower.domain.places import Bay
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.modes import (
    NotInThisMode,
    check,
    maintenance_session,
    operating_mode,
)
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault, NewEvent

PLC_FOLLOWS_S = 3.0
"""How long a person waits to see whether the PLC takes over the mode."""
AT_THE_CAR = {VisitState.PRESENTED, VisitState.HANDING_OVER}
_LEFT_TO_STAFF = {DropoffState.REFERRED_TO_STAFF, DropoffState.STORING}
"""Drop-offs at which no driver is any more. A car that is being stored while no job runs hangs in
the machine, and to free it somebody may have to work there.
"""


class NotNow(Exception):
    """It cannot be done now; the message says why and nothing has changed."""


async def change_mode(tower: Tower, mode: OperatingMode, by: str) -> ControlAnswer:
    """Choose another mode; the answer says whether the PLC has followed."""

    def decide() -> Change:
        check(tower, Request.CHANGE_MODE)
        if not by.strip():
            raise NotNow("the mode is changed by a named person: no name was given")
        _check_session(tower, mode, by)
        before = operating_mode(tower)
        if before is OperatingMode.AUTOMATIC is not mode:
            check_nothing_under_way(tower)
        else:
            check_no_job(tower)
        return Change(
            standing=(ModeChoice(mode, by, tower.clock.utc()),),
            events=(mode_event(tower, before, mode, by),),
        )

    try:
        await tower.book.record(decide)
    except (NotNow, NotInThisMode, JournalFault) as why:
        return NotDone(str(why))
    return Done(f"mode is {mode.value}; {await plc_follows(tower, mode)}")


def _check_session(tower: Tower, mode: OperatingMode, by: str) -> None:
    session = maintenance_session(tower)
    if mode is OperatingMode.START_UP:
        raise NotNow("start-up is no mode to choose: it is over when the controller has recovered")
    if session is None and mode is OperatingMode.MAINTENANCE:
        raise NotNow("maintenance wants a session: vendtower maintenance begin")
    if session is not None and mode is OperatingMode.AUTOMATIC:
        raise NotNow(
            f"maintenance by {session.holder} is not over ({session.reason}): "
            "vendtower maintenance end"
        )
    if session is not None and not same_person(session.holder, by):
        raise NotNow(
            f"maintenance by {session.holder} is not over ({session.reason}): whoever works at "
            "the machine changes the mode"
        )


def check_no_job(tower: Tower) -> None:
    """Let nothing change under a running job.

    Raises:
        NotNow: names the job.
    """
    for job in tower.book.jobs.values():
        if job.state in OPEN_JOB_STATES:
            raise NotNow(f"{job} is {job.state.value}: wait for its end, or stop it")


def cannot_wait(tower: Tower, visit: Visit) -> bool:
    """Whether the customer's car stands in the bay for them: that is brought to its end first.

    Also while they show once more who they are. A car that is there and is not presented, behind
    an inner door that does not shut for instance, keeps nobody from working at the machine.
    """
    shows_anew = visit.state is VisitState.AT_KIOSK and visit.reason == LAPSED
    in_bay = visit.bay is not None and tower.book.ledger.car_at(Bay(visit.bay)) == visit.vin
    return visit.state in AT_THE_CAR or (shows_anew and in_bay)


def check_nothing_under_way(tower: Tower) -> None:
    """Nobody is left between two doors: no job, no hand-over, no car on its way in.

    Raises:
        NotNow: says what is under way.
    """
    check_no_job(tower)
    for visit in tower.book.open_visits():
        if cannot_wait(tower, visit):
            raise NotNow(
                f"visit {visit.visit_id} is {visit.state.value} at bay {visit.bay}"
                + _held_by_key(tower)
            )
    for dropoff in tower.book.open_dropoffs():
        if dropoff.state not in _LEFT_TO_STAFF:
            raise NotNow(
                f"drop-off of car {dropoff.vin} is {dropoff.state.value} at bay {dropoff.bay}"
                + _held_by_key(tower)
            )


def _held_by_key(tower: Tower) -> str:
    """Whoever has turned the key already waits for what waits for the key."""
    machine = tower.machine()
    if machine is None or machine.key_switch is KeySwitch.AUTO:
        return ""
    return (
        f", and cannot go on while the key switch stands at {machine.key_switch.value}: turn it to "
        "auto until that is over"
    )


def mode_event(tower: Tower, before: OperatingMode, mode: OperatingMode, by: str) -> NewEvent:
    """The history's line, which the cloud is owed as well."""
    return tell(
        tower,
        "controller",
        "ModeChanged",
        subject="controller",
        correlation_id=tower.chance.new_id(),
        data={"from": before.value, "to": mode.value, "by": by},
    )


async def plc_follows(tower: Tower, mode: OperatingMode) -> str:
    """Ask the PLC for the mode that goes with it; whether it has taken it over, in words."""
    wanted = PLC_MODES[mode]
    tower.mode_wanted = wanted
    tower.bell.ring()
    seen = await tower.until(lambda: _shows(tower, wanted), PLC_FOLLOWS_S)
    tower.mode_wanted = None
    tower.bell.ring()
    if seen is not None and wanted is not None:
        return f"the PLC is in mode {wanted.value}"
    machine = tower.machine()
    if machine is None:
        return "the PLC's mode is not known; choose the mode again when the PLC is heard"
    return (
        f"the PLC stays in mode {machine.mode.value} (key switch: {machine.key_switch.value}), "
        "and nothing moves; turn the key if it must be, and choose the mode again"
    )


def _shows(tower: Tower, wanted: ControlMode | None) -> bool | None:
    machine = tower.machine()
    return True if machine is not None and machine.mode is wanted else None
