"""What is to be done about a job, told from journal, PLC words and sensors together.

Asked at every look, also while nothing has gone wrong: a restart is no other case than a line
that was away for a moment. `docs/recovery.md` is made from these functions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from vendtower.domain.after_job import shows_car
from vendtower.domain.job import Fate, Job, JobState
from vendtower.domain.machine import MachineSnapshot
from vendtower.domain.places import OnLift, Place


class JournalSays(Enum):
    """What the journal has of the job."""

    ASKED = "asked"
    """Journaled; whether it was written to the PLC is not known."""
    ACCEPTED = "accepted"
    ACTIVE = "active"
    ENDED = "ended"


class SensorsSay(Enum):
    """Where the sensors see the job's car, among its source, its destination and the lift."""

    NO_CAR = "no_car"
    """The job moves no car, so they are not asked."""
    AT_SOURCE = "at_source"
    AT_SOURCE_AT_LEAST = "at_source_at_least"
    """At its source and not on the lift; its destination shows a car too, or is in doubt."""
    ON_LIFT = "on_lift"
    AT_DESTINATION = "at_destination"
    NOWHERE = "nowhere"
    SEVERAL = "several"
    """In more than one of these places."""
    IN_DOUBT = "in_doubt"
    """Two sensors of one place disagree, or one calls itself doubtful."""
    UNREAD = "unread"
    """The line is down or the data too old."""


class Ruling(Enum):
    """What the tower does."""

    CLOSED = "closed"
    """Nothing: the job has ended; its places are compared with the ledger like all others."""
    LOOK_AGAIN = "look again"
    """Nothing is proven yet, and nothing moves on the strength of it."""
    FOLLOW = "follow"
    """The PLC is at it: follow it to its end."""
    ARRIVED = "arrived"
    """Done, and the sensors agree."""
    NOT_BEGUN = "not begun"
    """Never begun, and the sensors agree: everything is as before, a new job may be asked."""
    ASK = "ask"
    """A named person says where the car is."""


class Question(Enum):
    """Why a person is asked, in a sentence."""

    CONTRADICTED = "the journal has it begun, and the PLC says that it never was"
    CAR_ELSEWHERE = "it was never begun, but the car is not seen at its source alone"
    NOT_SEEN = "it ended as asked, but the car is not seen at its destination alone"
    STOPPED = "it was stopped on request"
    FAILED = "it was begun and failed"
    RESTARTED = "the PLC restarted and may have begun it before"
    ANOTHER_JOB = "the PLC shows another job's words and proves nothing of this one"
    LATE = "the time computed for it has passed and nothing is proven"


@dataclass(frozen=True)
class Verdict:
    """A ruling, and with ASK the reason."""

    ruling: Ruling
    question: Question | None = None


_UNPROVEN = frozenset({Fate.UNHEARD, Fate.PENDING})
AT_WORK = frozenset({Fate.ACCEPTED, Fate.RUNNING, Fate.HELD})
"""Fates of a job that the PLC has taken and not ended."""
_NEVER_BEGUN = frozenset({Fate.NEVER_TAKEN, Fate.REFUSED})
_AS_BEFORE = frozenset({SensorsSay.AT_SOURCE, SensorsSay.AT_SOURCE_AT_LEAST, SensorsSay.NO_CAR})
"""Of a job that was never begun: who else stands at its destination is the ledger's question."""
_BROKEN_OFF = {
    Fate.ABORTED: Question.STOPPED,
    Fate.FAILED: Question.FAILED,
    Fate.RESTARTED: Question.RESTARTED,
    Fate.UNKNOWN: Question.ANOTHER_JOB,
    Fate.LATE: Question.LATE,
}
ENDED_BY_WORDS = frozenset({*_NEVER_BEGUN, Fate.FINISHED, *_BROKEN_OFF})
"""Fates of which the PLC will say nothing else any more; the sensors may still have to agree."""
STILL_OPEN = frozenset({Ruling.LOOK_AGAIN, Ruling.FOLLOW})


def judge(journal: JournalSays, plc: Fate, sensors: SensorsSay) -> Verdict:
    """What is to be done, for every combination there is.

    Only a person's answer ends what is uncertain; nothing is ever asked of the PLC a second time.
    """
    if journal is JournalSays.ENDED:
        return Verdict(Ruling.CLOSED)
    if plc in _UNPROVEN:
        return Verdict(Ruling.LOOK_AGAIN)
    if plc in AT_WORK:
        return Verdict(Ruling.FOLLOW)
    if plc in _BROKEN_OFF:
        return Verdict(Ruling.ASK, _BROKEN_OFF[plc])
    if plc in _NEVER_BEGUN and journal is not JournalSays.ASKED:
        return Verdict(Ruling.ASK, Question.CONTRADICTED)
    if sensors is SensorsSay.UNREAD:
        return Verdict(Ruling.LOOK_AGAIN)
    if plc in _NEVER_BEGUN:
        if sensors in _AS_BEFORE:
            return Verdict(Ruling.NOT_BEGUN)
        return Verdict(Ruling.ASK, Question.CAR_ELSEWHERE)
    if sensors in {SensorsSay.AT_DESTINATION, SensorsSay.NO_CAR}:
        return Verdict(Ruling.ARRIVED)
    return Verdict(Ruling.ASK, Question.NOT_SEEN)


def is_for_the_sensors(journal: JournalSays, plc: Fate) -> bool:
    """Whether waiting for the sensors can still change the verdict."""
    return len({judge(journal, plc, sensors) for sensors in SensorsSay}) > 1


SENSOR_WORDS = {
    SensorsSay.NO_CAR: "The job moved no car",
    SensorsSay.AT_SOURCE: "The sensors see the car where it came from",
    SensorsSay.AT_SOURCE_AT_LEAST: "The sensors see a car where it came from, and perhaps a "
    "second one where it had to go",
    SensorsSay.ON_LIFT: "The sensors see the car on the lift",
    SensorsSay.AT_DESTINATION: "The sensors see the car where it had to go",
    SensorsSay.NOWHERE: "The sensors see no car in any of these places",
    SensorsSay.SEVERAL: "The sensors see a car in more than one of these places",
    SensorsSay.IN_DOUBT: "The sensors of one of these places do not agree",
    SensorsSay.UNREAD: "The sensors cannot be read now",
}
"""For people; the place stands in the question itself."""


def journal_says(job: Job) -> JournalSays:
    """What the journal has of this job."""
    open_states = {
        JobState.PLANNED: JournalSays.ASKED,
        JobState.ACCEPTED: JournalSays.ACCEPTED,
        JobState.STARTED: JournalSays.ACTIVE,
    }
    return open_states.get(job.state, JournalSays.ENDED)


def sensors_say(job: Job, machine: MachineSnapshot | None) -> SensorsSay:
    """Where the sensors see this job's car; ``machine`` is None while nothing counts as read."""
    if job.vin is None:
        return SensorsSay.NO_CAR
    if machine is None:
        return SensorsSay.UNREAD
    seen = {place: shows_car(place, machine) for place in _candidates(job)}
    holding = [place for place, car in seen.items() if car]
    if _is_before_the_move(job, seen):
        others_empty = all(car is False for place, car in seen.items() if place != job.source)
        return SensorsSay.AT_SOURCE if others_empty else SensorsSay.AT_SOURCE_AT_LEAST
    if any(car is None for car in seen.values()):
        return SensorsSay.IN_DOUBT
    if not holding:
        return SensorsSay.NOWHERE
    if len(holding) > 1:
        return SensorsSay.SEVERAL
    return SensorsSay.AT_DESTINATION if holding[0] == job.destination else SensorsSay.ON_LIFT


def _is_before_the_move(job: Job, seen: Mapping[Place, bool | None]) -> bool:
    """A car is seen at the source, and none on the lift unless that is the source."""
    lift = OnLift(job.mailbox)
    on_lift = job.source != lift and seen[lift] is not False
    return job.source is not None and bool(seen[job.source]) and not on_lift


def place_seen(job: Job, sensors: SensorsSay) -> Place | None:
    """The one place in which the sensors see the job's car; None when they name none."""
    return {
        SensorsSay.AT_SOURCE: job.source,
        SensorsSay.AT_DESTINATION: job.destination,
        SensorsSay.ON_LIFT: OnLift(job.mailbox),
    }.get(sensors)


def _candidates(job: Job) -> list[Place]:
    ends = [place for place in (job.source, job.destination) if place is not None]
    return list(dict.fromkeys([OnLift(job.mailbox), *ends]))
