"""What may be done after a movement has failed, error by error; the tower offers nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass

from vendtower.domain.alarm_catalogue import Recovery
from vendtower.domain.case import Settlement
from vendtower.domain.job import Fate
from vendtower.domain.places import OnLift, Place

_RETRY, _RESUME = Recovery.RETRY, Recovery.FIX_THEN_RESUME
_CONFIRM, _ABORT = Recovery.CONFIRM_PHYSICAL_STATE, Recovery.ABORT
_NEVER_BEGUN = "The PLC has not begun it; somebody else may have moved the car: look."


@dataclass(frozen=True)
class JobError:
    """One way in which a job ends otherwise than as asked."""

    name: str
    """As the PLC contract has it (``done_result``), or the fate that the tower has found."""
    action: str
    """What the person does before answering."""
    recoveries: tuple[Recovery, ...]


_ENTRIES = (
    ("abort_requested", "Look why it was stopped.", (_RETRY, _CONFIRM, _ABORT)),
    ("pc_silent", "Look at the car; the line or the daemon was away.", (_RETRY, _CONFIRM, _ABORT)),
    ("permit_withdrawn", "Look why the lift was held.", (_RETRY, _CONFIRM, _ABORT)),
    ("interlock", "Find what barred the lift, and mend it.", (_RESUME, _CONFIRM, _ABORT)),
    ("emergency_stop", "Find out who pressed it and why; reset it.", (_RESUME, _CONFIRM, _ABORT)),
    ("safety", "Find the safety function and its cause; reset it.", (_RESUME, _CONFIRM, _ABORT)),
    (
        "load_mismatch",
        "The car is not the announced one, or is loaded: identify and weigh it.",
        (_CONFIRM, _ABORT),
    ),
    (
        "place_state",
        "The source was empty or the destination taken: look at both.",
        (_CONFIRM, _ABORT),
    ),
    ("deadline", "Find what was slow or blocked.", (_RESUME, _CONFIRM, _ABORT)),
    ("drive_fault", "Mend the drive by its own message.", (_RESUME, _CONFIRM, _ABORT)),
    ("door_stuck", "Free the door.", (_RESUME, _CONFIRM, _ABORT)),
    ("curtain_broken", "Look into the bay; clear the curtain.", (_RESUME, _CONFIRM, _ABORT)),
    ("person_inside", "Get everybody out of the bay.", (_RESUME, _CONFIRM, _ABORT)),
    ("mode_changed", "Ask who turned the mode, and why.", (_RETRY, _CONFIRM, _ABORT)),
    ("stop_command", "Ask who stopped the machine, and why.", (_RETRY, _CONFIRM, _ABORT)),
    ("position_lost", "Check the axis; the lift is homed after.", (_RESUME, _CONFIRM, _ABORT)),
    (
        "sensor_conflict",
        "Two sensors disagree: find the wrong one and mend it.",
        (_RESUME, _CONFIRM, _ABORT),
    ),
    ("power_lost", "Look at the car after the power is back.", (_RESUME, _CONFIRM, _ABORT)),
    (Fate.RESTARTED.value, "The PLC restarted: look at the car.", (_RESUME, _CONFIRM, _ABORT)),
    (Fate.LATE.value, "Nothing was proven in time: look.", (_RESUME, _CONFIRM, _ABORT)),
    (Fate.UNKNOWN.value, "The PLC shows another job: look.", (_RESUME, _CONFIRM, _ABORT)),
    (Fate.NEVER_TAKEN.value, _NEVER_BEGUN, (_CONFIRM, _ABORT)),
    (Fate.REFUSED.value, _NEVER_BEGUN, (_CONFIRM, _ABORT)),
    (
        Fate.FINISHED.value,
        "Ended as asked, and the sensors deny it: look at both places.",
        (_RESUME, _CONFIRM, _ABORT),
    ),
)
JOB_ERRORS = {name: JobError(name, action, recoveries) for name, action, recoveries in _ENTRIES}
"""Every error of the contract, and every fate that ends in a question."""


def job_error(name: str) -> JobError:
    """The entry; a number that the contract does not have allows no resumption."""
    known = JOB_ERRORS.get(name)
    if known is not None:
        return known
    return JobError(name, "An error of another PLC program: see its manual.", (_CONFIRM, _ABORT))


def error_of(fate: Fate, reason: str) -> str:
    """Under which name the end of a job is found."""
    return reason if fate in {Fate.FAILED, Fate.ABORTED} and reason else fate.value


def choices_after(error: str, place: Place | None) -> tuple[Settlement, ...]:
    """The answers that a case about this error takes; ``place`` is where the sensors see the car.

    To *continue* is to retry or to resume, from there. Somebody who has looked into the car may
    confirm it on the lift, as in a slot or a bay, whatever the sensors saw when the case was
    opened: a job that was not proven in time may have gone on since. A new job then brings it on.
    """
    allowed = set(job_error(error).recoveries)
    choices: list[Settlement] = []
    goes_on = place is not None and bool(allowed & {_RETRY, _RESUME})
    if goes_on:
        choices.append(Settlement.CONTINUE)
    if not (goes_on and isinstance(place, OnLift)):
        choices.append(Settlement.CAR_ON_LIFT)
    if _CONFIRM in allowed:
        choices += [Settlement.CAR_IN_SLOT, Settlement.CAR_IN_BAY]
    if _ABORT in allowed:
        choices.append(Settlement.CAR_OUTSIDE)
    return tuple(choices)


def refusal_after(error: str, settlement: Settlement, choices: Iterable[Settlement]) -> str:
    """Why this answer is not taken after this error; for people."""
    allowed = ", ".join(each.value for each in choices)
    return (
        f"after {error} {settlement.value} is not allowed, but {allowed}: {job_error(error).action}"
    )
