"""How each visit had to end, and whether it did, or is in a person's hands with a case number."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.swarm.fault_plan import FaultKind
from benchmarks.swarm.record import WrittenCase, WrittenRecord
from benchmarks.swarm.record_of_visit import (
    CLOSED,
    NOT_HEARD_OF,
    OTHERS_MATTER,
    QUEUED_TOO_LONG,
    TURN_TOO_LATE,
    Record,
)
from benchmarks.swarm.world import World
from hardware_sim.cloud.compensation import FAILED
from vendtower.domain.envelope import Misfit
from vendtower.domain.identity import IdentityRefusal
from vendtower.domain.out_of_service import Closure
from vendtower.domain.visit_failure import FailureCause
from vendtower.flows.check_in import OUT_OF_SERVICE, TOO_EARLY, UNKNOWN_CODE

GONE, TAKEN = "drove off", "car taken"
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
    "STRANGER_INSISTS": frozenset({GONE, "went away"}),
    "LATE": frozenset({"went away"}),
    "ABSENT": frozenset({"never came"}),
    # The car may be there before the customer has turned round, or the word have come too late.
    "WALKS_OFF": frozenset({"walked off", GONE}),
    "CANCELS_LATE": frozenset({"went away", GONE}),
    "LEAVES_CAR": frozenset({"left without the car"}),
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
BAY_NOT_FREE = "bay_not_free"
NOT_READY = frozenset({OUT_OF_SERVICE, OTHERS_MATTER, *CLOSED})
"""Why a customer in time is not served, and it is not the customer's doing."""
MISTAKEN = frozenset(refusal.value for refusal in IdentityRefusal)
"""What a camera that errs may say to the right person, who has not the time to try again."""
COLLECTS = frozenset({"PUNCTUAL", "EARLY", "DAWDLES", "CHANGES_LATE", "STAYS", "LEAVES_CAR"})
"""Manners of customers who come within the window, alone, and want the car."""
CLOCK_WRONG_S_MAX = 7200.0
"""A tower whose clock was set wrong dates its cases by so much at most."""
MEASURED_WRONG = frozenset(misfit.value for misfit in Misfit)
"""What a sensor that lies may say of a car that fits."""
SENSORS_LIE = (
    f"fault: {FaultKind.SENSOR_STUCK.value}",
    "broken: sensor-stuck",
    "broken: sensor-flickering",
    "broken: wrong-weight",
)
"""Counted when one of them was broken."""
CODES_PAUSED = "codes_paused"
"""Told at the kiosk after somebody has guessed codes there."""
PART_OVERDUE = "a part is overdue"
"""Counted by whoever answers for the parts; until they have come nothing moves."""
CASE_MAY_LAG_S = 900.0
"""A case about a visit may be opened so long after the person has gone."""


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
    record = WrittenRecord(world.machine.directory)
    cases = record.cases()
    verdicts = [_judge(world, each, cases) for each in records]
    for verdict in verdicts:
        if verdict.fails:
            world.story.violated("a visit ends otherwise than it should", _story(world, verdict))
    if not record.dead_letters():
        _look_at_turned_away(world, verdicts)
    return verdicts


def _look_at_turned_away(world: World, verdicts: list[Verdict]) -> None:
    """Whom a tower that stood still sent away is neither forgotten nor said to have stayed away.

    A tower whose clock was set wrong cannot tell in which window that was.
    """
    if world.story.counts[f"fault: {FaultKind.CLOCK_STEP.value}"]:
        return
    # What was heard of too late is told as such, and the cloud knows the rest.
    too_late = {
        str(event.data.get("reservation_id"))
        for event in world.cloud.store.events
        if event.event_type == REFUSED
    }
    # Whose window is not over may still come.
    inside = world.inside
    expected = {v.reservation_id for v in inside.book.open_visits()} if inside else set()
    told = {
        str(event.data.get("reservation_id")): event.data.get("cause")
        for event in world.cloud.store.events
        if event.event_type == FAILED and event.data.get("final")
    }
    for verdict in verdicts:
        record = verdict.record
        not_ready = (NOT_READY | MISTAKEN) & set(record.reasons)
        sent_away = record.ending == "went away" and not_ready
        asked = verdict.cases or record.reservation_id in too_late | expected
        if not sent_away or record.manner not in COLLECTS or asked:
            continue
        cause = told.get(record.reservation_id)
        if cause in {None, FailureCause.NOT_COLLECTED.value}:
            detail = f"the cloud heard {cause}; {_story(world, verdict)}"
            world.story.violated("a customer is sent away and the cloud is not told", detail)


def _judge(world: World, record: Record, cases: list[WrittenCase]) -> Verdict:
    expected = EXPECTED[record.manner]
    if record.reservation_id in world.pavement.taken_for:
        expected |= {"car gone with a stranger"}
    if record.manner == "LATE" and world.story.counts[f"fault: {FaultKind.MAINTENANCE.value}"]:
        expected |= {GONE}  # the time that maintenance took of the window is given back
    if record.reasons and set(record.reasons) <= _no_failure(world, record):
        expected |= {"went away"}
    about = [case.case_id for case in cases if _is_about(world, case, record)]
    return Verdict(record, expected, tuple(about))


def _no_failure(world: World, record: Record) -> frozenset[str]:
    """For what somebody may go away without a case: others took the time, or the tower stood still.

    Whether a tower that stood still had to is judged elsewhere: it has to serve once all is healed.
    """
    overdue = bool(world.story.counts[PART_OVERDUE])
    faults = overdue or any(what.startswith("fault: ") for what in world.story.counts)
    stands_still = {OUT_OF_SERVICE, *CLOSED} if faults else set()
    # Staff who have announced a car stand beside it, and its driver has lost nothing.
    announced = {BAY_NOT_FREE, "no_room"} if record.manner == "ANNOUNCED" else set()
    if announced and any(world.story.counts[lie] for lie in SENSORS_LIE):
        announced |= MEASURED_WRONG
    if OUT_OF_SERVICE in record.reasons and record.manner not in COLLECTS:
        announced |= {BAY_NOT_FREE}  # whoever comes back with a car asks again at a busy bay
    stepped = world.story.counts[f"fault: {FaultKind.CLOCK_STEP.value}"]
    # By a clock that is set wrong a window has not begun yet, or is over already.
    wrong_time = {TOO_EARLY, UNKNOWN_CODE} if stepped else set()
    unheard = {NOT_HEARD_OF, OTHERS_MATTER}
    # Whose booking has not been heard of shows a code that is nobody's, again and again.
    guesser = world.story.counts[f"fault: {FaultKind.GUESSER.value}"]
    guessed = {CODES_PAUSED} if guesser or NOT_HEARD_OF in record.reasons else set()
    waited = {QUEUED_TOO_LONG, TURN_TOO_LATE}
    if TURN_TOO_LATE in record.reasons:
        waited |= {Closure.CAR_NOT_REACHABLE.value}  # they went on to a bay where others stood
        if any(vars(world.machine.errors).values()):
            waited |= MISTAKEN
    return frozenset({*waited, *unheard, *stands_still, *guessed, *announced, *wrong_time})


def _is_about(world: World, case: WrittenCase, record: Record) -> bool:
    stepped = bool(world.story.counts[f"fault: {FaultKind.CLOCK_STEP.value}"])
    wrong_s = CLOCK_WRONG_S_MAX if stepped else 0.0
    from_utc = world.calendar.utc_at(record.began_s - wrong_s)
    until_utc = world.calendar.utc_at(record.ended_s + CASE_MAY_LAG_S + wrong_s)
    return case.vin == record.vin and from_utc <= case.opened_utc <= until_utc


def _story(world: World, verdict: Verdict) -> str:
    record = verdict.record
    lines = world.story.about(record.who + " ", record.vin, "FAULT", record.reservation_id)
    told = "\n        ".join(lines[-40:])
    due = " or ".join(sorted(verdict.expected))
    return (
        f"{record.who} ({record.manner}) {record.ending}, due was {due}; "
        f"told at the kiosk: {record.reasons}\n        {told}"
    )
