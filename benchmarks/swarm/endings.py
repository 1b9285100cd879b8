"""How each visit had to end, and whether it did.

One that did not is in a person's hands, with a case number; or something was the matter at that
time that can be the cause of each word that the person was told, and the cloud has heard of a
failure that is not the customer's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.swarm.fault_plan import FaultKind
from benchmarks.swarm.record import ToldEvent, WrittenCase, WrittenRecord
from benchmarks.swarm.record_of_visit import (
    CLOSED,
    LEFT_CAR,
    NOT_HEARD_OF,
    OTHERS_MATTER,
    PATIENCE_OVER,
    QUEUED_TOO_LONG,
    TURN_TOO_LATE,
    WALKED_OFF,
    Record,
)
from benchmarks.swarm.told import told_by
from benchmarks.swarm.traffic import Manner, ReturnManner
from benchmarks.swarm.world import World
from hardware_sim.cloud.compensation import FAILED
from vendtower.domain.dropoff import EntryRefusal
from vendtower.domain.envelope import Misfit
from vendtower.domain.identity import IdentityRefusal
from vendtower.domain.out_of_service import Closure
from vendtower.domain.visit_failure import PROPOSALS, FailureCause, Fault
from vendtower.flows.check_in import (
    CODE_USED,
    CODES_PAUSED,
    OUT_OF_SERVICE,
    TOO_EARLY,
    UNKNOWN_CODE,
)

GONE, TAKEN, AWAY = "drove off", "car taken", "went away"
EXPECTED: dict[str, frozenset[str]] = {
    "PUNCTUAL": frozenset({GONE}),
    "EARLY": frozenset({GONE}),
    "DAWDLES": frozenset({GONE}),
    "CHANGES_LATE": frozenset({GONE}),
    "STAYS": frozenset({"was led out by staff"}),
    "TYPES": frozenset({GONE}),
    "OTHER_WAY": frozenset({GONE}),
    "STRANGER_FIRST": frozenset({GONE}),
    # The window may be over before the stranger has given up.
    "STRANGER_INSISTS": frozenset({GONE, AWAY}),
    "LATE": frozenset({AWAY}),
    "ABSENT": frozenset({"never came"}),
    # The car may be there before the customer has turned round, or the word have come too late.
    "WALKS_OFF": frozenset({WALKED_OFF, GONE}),
    "CANCELS_LATE": frozenset({AWAY, GONE}),
    "LEAVES_CAR": frozenset({LEFT_CAR}),
    "CANCELS": frozenset({"cancelled"}),
    "CAREFUL": frozenset({TAKEN}),
    "OFF_CENTRE": frozenset({TAKEN}),
    "ROOF_BOX": frozenset({TAKEN}),
    "BOOT_OPEN": frozenset({TAKEN}),
    "PASSENGER": frozenset({TAKEN}),
    "BY_PLATE": frozenset({TAKEN}),
    "REOPENS": frozenset({TAKEN}),
    "SILENT": frozenset({"walked away from the question", TAKEN}),
    "ANNOUNCED": frozenset({TAKEN}),
}
"""By the manner of coming."""
REFUSED = "com.vendtower.reservation.refused.v1"
MISTAKEN = frozenset(refusal.value for refusal in IdentityRefusal)
"""What a camera that errs may say to the right person, who has not the time to try again."""
NOBODYS_DOING = frozenset({QUEUED_TOO_LONG, TURN_TOO_LATE, OTHERS_MATTER, NOT_HEARD_OF})
"""Why somebody goes away of whom the tower cannot know that they were there."""
OUT_OF_USE = frozenset({OUT_OF_SERVICE, *CLOSED}) - {Closure.CAR_NOT_REACHABLE.value}
"""What the whole tower or a bay has to have a cause of its own for."""
BY_THE_CLOCK = frozenset({UNKNOWN_CODE, CODE_USED, TOO_EARLY})
"""What is said of a right code in time by nobody but a tower whose clock is wrong."""
UNHEARD = frozenset({NOT_HEARD_OF, UNKNOWN_CODE, TOO_EARLY, CODES_PAUSED, TURN_TOO_LATE})
"""What comes with a booking that is not heard of: a code that is nobody's, again and again."""
BY_OTHERS = frozenset(
    {
        EntryRefusal.BAY_NOT_FREE.value,
        OTHERS_MATTER,
        TURN_TOO_LATE,
        QUEUED_TOO_LONG,
        PATIENCE_OVER,
    }
)
"""What whoever stood at the same bay can be the cause of."""
MEASURED_WRONG = frozenset(misfit.value for misfit in Misfit if misfit is not Misfit.NO_ROOM)
"""What a sensor that lies may say of a car that fits."""
SENSORS_LIE = (
    f"fault: {FaultKind.SENSOR_STUCK.value}",
    "broken: sensor-stuck",
    "broken: sensor-flickering",
    "broken: wrong-weight",
)
"""Counted when one of them was broken."""
PARKS_BADLY = frozenset(
    each.name for each in (ReturnManner.OFF_CENTRE, ReturnManner.ROOF_BOX, ReturnManner.BOOT_OPEN)
)
"""Whose car does not fit as they first drive it in; from then on they take care."""
NO_ROOM = EntryRefusal.NO_ROOM.value
"""Told to a new car; staff who have announced it stand beside it, and its driver loses nothing."""
CLOCK_WRONG_S_MAX = 7200.0
"""A tower whose clock was set wrong dates its cases by so much at most."""
CASE_MAY_LAG_S = 900.0
"""A case about a visit may be opened so long after the person has gone."""
LEFT_IN_THE_MIDDLE = frozenset({WALKED_OFF, LEFT_CAR})
"""Of these the tower learns by waiting, and may itself be away or kept from it for long."""


@dataclass(frozen=True)
class Verdict:
    """One visit: what was due, what became of it, who has it."""

    record: Record
    expected: frozenset[str]
    cases: tuple[int, ...]
    """Numbers of the cases about it, whether it ended as it should or not."""

    @property
    def as_it_should(self) -> bool:
        """It ended as its script says."""
        return self.record.ending in self.expected

    @property
    def fails(self) -> bool:
        """It neither ended as it should, nor has anybody been asked."""
        return not self.as_it_should and not self.cases

    @property
    def row(self) -> str:
        """A line of the table of endings."""
        due = " or ".join(sorted(self.expected))
        how = "" if self.as_it_should else ", case" if self.cases else ", NOBODY ASKED"
        return f"{self.record.manner.lower():<14} due: {due:<32} found: {self.record.ending}{how}"


def judge_visits(world: World, records: list[Record]) -> list[Verdict]:
    """Every visit with its verdict; one that fails is told with its story."""
    cases = WrittenRecord(world.machine.directory).cases()
    verdicts = [_judge(world, each, cases) for each in records]
    for verdict in verdicts:
        if verdict.fails:
            world.story.violated("a visit ends otherwise than it should", _story(world, verdict))
    # A tower whose clock was set wrong cannot tell in which window somebody was sent away.
    if not _clock_stepped(world):
        look_at_turned_away(world, verdicts, told_by(world))
    return verdicts


def _judge(world: World, record: Record, cases: list[WrittenCase]) -> Verdict:
    expected = EXPECTED[record.manner]
    if record.reservation_id in world.pavement.taken_for:
        expected |= {"car gone with a stranger"}
    if record.manner == "LATE" and world.story.counts[f"fault: {FaultKind.MAINTENANCE.value}"]:
        expected |= {GONE}  # the time that maintenance took of the window is given back
    if why_sent_away(world, record):
        expected |= {AWAY}
    about = [case.case_id for case in cases if is_about(world, case, record)]
    return Verdict(record, expected, tuple(about))


def why_sent_away(world: World, record: Record) -> str:
    """What explains that somebody came and was not served; empty when nothing does.

    Each word that they were told has to be explained, by what can be its cause. A customer loses
    the reservation, so that everything counts from when they first came, and the cloud has to be
    told beside. A driver comes again until the car is stored: what counts is the last try.
    """
    words = _words(record)
    why = [_why(world, record, word, unheard=NOT_HEARD_OF in words) for word in words]
    return ", ".join(dict.fromkeys(why)) if all(why) else ""


def _words(record: Record) -> list[str]:
    """What they were told, each once and beside what they have brought upon themselves."""
    told = record.reasons
    if record.manner in PARKS_BADLY and _listed(told[:1]) <= MEASURED_WRONG:
        told = told[1:]
    words = _listed(told)
    if record.manner == "EARLY" and words != {TOO_EARLY}:
        words.discard(TOO_EARLY)
    return sorted(words)


def _listed(told: list[str]) -> set[str]:
    """Of a car that does not fit everything is told at once."""
    return {word.strip() for reason in told for word in reason.split(",")}


def _why(world: World, record: Record, word: str, *, unheard: bool) -> str:
    """What explains this word; ``unheard`` when the tower could not have heard of the booking."""
    if word in OUT_OF_USE:
        return world.hard_times.why_out_of_service(*_span(record), _own(record))
    if unheard and word in UNHEARD:
        return NOT_HEARD_OF
    if word in BY_THE_CLOCK:
        return FaultKind.CLOCK_STEP.value if _clock_stepped(world) else ""
    if word in MEASURED_WRONG:
        return next((lie for lie in SENSORS_LIE if world.story.counts[lie]), "")
    if word == NO_ROOM and record.manner == "ANNOUNCED":
        return NO_ROOM
    if word in MISTAKEN and any(vars(world.machine.errors).values()):
        return "the camera errs"
    bays = record.bays if word in BY_OTHERS else set[int]()
    return world.hard_times.why_not_served(*_span(record), bays, _own(record))


def _span(record: Record) -> tuple[float, float]:
    collects = record.manner in Manner.__members__
    return record.began_s if collects else record.tried_s, record.ended_s


def _own(record: Record) -> set[str]:
    """Their name and their car, which do not stand in their own way."""
    return {record.who, record.vin}


def look_at_turned_away(world: World, verdicts: list[Verdict], events: Sequence[ToldEvent]) -> None:
    """Whom the tower sent away is neither forgotten nor said to have stayed away."""
    # What was heard of too late is told as such, and the cloud knows the rest.
    answered = {str(e.data.get("reservation_id")) for e in events if e.event_type == REFUSED}
    # Whose window is not over may still come.
    if world.inside is not None:
        answered |= {visit.reservation_id for visit in world.inside.book.open_visits()}
    told = {
        str(event.data.get("reservation_id")): FailureCause(str(event.data.get("cause")))
        for event in events
        if event.event_type == FAILED and event.data.get("final")
    }
    for verdict in verdicts:
        record = verdict.record
        if verdict.cases or record.reservation_id in answered or not _has_lost(record):
            continue
        cause = told.get(record.reservation_id)
        if cause is None or PROPOSALS[cause].fault is Fault.CUSTOMER:
            heard = None if cause is None else cause.value
            detail = f"the cloud heard {heard}; {_story(world, verdict)}"
            world.story.violated("a customer is sent away and the cloud is not told", detail)


def _has_lost(record: Record) -> bool:
    """A customer who wanted the car, came in time, and was sent away by the tower itself."""
    wanted = record.manner in Manner.__members__ and AWAY not in EXPECTED[record.manner]
    # Who comes before the window is told so, and comes again.
    own_doing = {TOO_EARLY} if record.manner == "EARLY" else set()
    by_tower = set(record.reasons) - NOBODYS_DOING - own_doing
    return wanted and record.ending == AWAY and bool(by_tower)


def _clock_stepped(world: World) -> bool:
    return bool(world.story.counts[f"fault: {FaultKind.CLOCK_STEP.value}"])


def is_about(world: World, case: WrittenCase, record: Record) -> bool:
    """Whether a person was asked about this visit, by car and time."""
    wrong_s = CLOCK_WRONG_S_MAX if _clock_stepped(world) else 0.0
    from_utc = world.calendar.utc_at(record.began_s - wrong_s)
    if case.vin != record.vin or case.opened_utc < from_utc:
        return False
    if record.ending in LEFT_IN_THE_MIDDLE:
        return True
    return case.opened_utc <= world.calendar.utc_at(record.ended_s + CASE_MAY_LAG_S + wrong_s)


def _story(world: World, verdict: Verdict) -> str:
    record = verdict.record
    lines = world.story.about(record.who + " ", record.vin, "FAULT", record.reservation_id)
    told = "\n        ".join(lines[-40:])
    due = " or ".join(sorted(verdict.expected))
    return (
        f"{record.who} ({record.manner}) {record.ending}, due was {due}; "
        f"told at the kiosk: {record.reasons}\n        {told}"
    )
