"""What the journal holds, at hand: taken up at a start, and kept up with every change."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar, cast

from vendtower.domain.alarm import Alarm, AlarmKey, AlarmState
from vendtower.domain.case import Case
from vendtower.domain.code_guard import GuessCount
from vendtower.domain.condition import Condition, EvidenceFile
from vendtower.domain.delivery import Carriage
from vendtower.domain.dropoff import DROPOFF_ENDED, Dropoff
from vendtower.domain.erasure import ErasureOwed, SealedTemplate
from vendtower.domain.job import Job, last_movements, last_reaches
from vendtower.domain.key_errand import KEY_ENDED, KeyErrand
from vendtower.domain.ledger import Ledger
from vendtower.domain.loan import Loan
from vendtower.domain.out_of_service import ServiceNote
from vendtower.domain.pickup import ENDED, Visit
from vendtower.domain.places import Place
from vendtower.domain.power import PowerOrder
from vendtower.domain.reservation import Reservation
from vendtower.domain.reservation_list import ListStanding
from vendtower.domain.spent_code import SpentCode
from vendtower.domain.wear import Meter, SignOff
from vendtower.ports.journal import Change, JournalState
from vendtower.ports.standing import Standing

JOBS_KEPT = 50
CASES_KEPT = 50
VISITS_KEPT = 200
SEQ_MAX = 65535
STANDING_ENDED_KEPT = 200
"""Of each kind, as the journal is read: many jogs must not make a session forgotten."""

DerivedT = TypeVar("DerivedT")
KeyT = TypeVar("KeyT")
RecordT = TypeVar("RecordT")


class Memory:
    """The records by their keys; what has long ended is forgotten here, and kept in the journal."""

    changes = 0
    """Counts what was remembered in this run."""
    list_standing: ListStanding | None = None
    """How far the list of reservations could be believed when that was last written."""

    def __init__(self) -> None:
        self.visits: dict[str, Visit] = {}
        self.carriages: dict[str, Carriage] = {}
        self.jobs: dict[int, Job] = {}
        self.cases: dict[int, Case] = {}
        self.reservations: dict[str, Reservation] = {}
        self.dropoffs: dict[str, Dropoff] = {}
        self.keys: dict[str, KeyErrand] = {}
        """By the visit's or the drop-off's id."""
        self.conditions: dict[str, Condition] = {}
        """By the visit's or the drop-off's id."""
        self.evidence: dict[str, EvidenceFile] = {}
        """By SHA-256."""
        self.loans: dict[str, Loan] = {}
        """By VIN."""
        self.notes: dict[Place, ServiceNote] = {}
        """Places that are out of service."""
        self.power_order: PowerOrder | None = None
        self.guesses: dict[str, GuessCount] = {}
        """By place."""
        self.spent_codes: dict[str, SpentCode] = {}
        """By the code's hash."""
        self.templates: dict[str, SealedTemplate] = {}
        """By reservation: what the identity process made, and alone can open."""
        self.erasures: dict[str, ErasureOwed] = {}
        """By their own id, oldest first."""
        self.ledger = Ledger()
        self.alarms: dict[AlarmKey, Alarm] = {}
        """Every alarm that is not normal."""
        self.meters: dict[str, Meter] = {}
        """Counters by key."""
        self.sign_offs: dict[str, list[SignOff]] = {}
        """By part: the last line of each kind, in the order in which they were made."""
        self.standing: dict[str, Standing] = {}
        """Facts that somebody has to end, by key; the last that ended as well."""
        self.cursor: str | None = None
        self.boot_accepted = False
        self._last_job_id = self._last_case_id = 0
        self._last_seq: dict[int, int] = {}
        self._derived: dict[str, object] = {}
        """What was worked out since the last change."""

    def _take_up(self, state: JournalState) -> None:
        """Know what the journal holds."""
        self._derived.clear()
        self.visits = {visit.visit_id: visit for visit in state.visits}
        self.carriages = {carriage.vin: carriage for carriage in state.carriages}
        self.jobs = {job.job_id: job for job in state.jobs}
        self.cases = {case.case_id: case for case in state.cases}
        self.reservations = {r.reservation_id: r for r in state.reservations}
        self.dropoffs = {dropoff.dropoff_id: dropoff for dropoff in state.dropoffs}
        self.keys = {key.errand_id: key for key in state.keys}
        self.conditions = {each.errand_id: each for each in state.conditions}
        self.evidence = {file.piece.sha256: file for file in state.evidence}
        self.loans = {loan.vin: loan for loan in state.loans}
        self.notes = {note.place: note for note in state.notes}
        self.power_order = state.power_order
        self.ledger = Ledger(state.ledger)
        self.guesses = {count.place: count for count in state.guesses}
        self.spent_codes = {spent.code_sha256: spent for spent in state.spent_codes}
        self.templates = {each.reservation_id: each for each in state.templates}
        self.erasures = {each.erasure_id: each for each in state.erasures}
        self.alarms = {alarm.key: alarm for alarm in state.alarms}
        self.meters = {meter.key: meter for meter in state.meters}
        self.sign_offs = {}
        self._sign(state.sign_offs)
        self.standing = {fact.key: fact for fact in state.standing}
        self.cursor = state.cursor
        self.list_standing = state.list_standing
        self.boot_accepted = state.boot_accepted_utc is not None
        self._last_job_id = state.last_job_id
        self._last_case_id = state.last_case_id
        self._last_seq = dict(state.last_seq)

    def _remember(self, change: Change, ledger: Ledger) -> None:
        self._derived.clear()
        self.changes += 1
        self.ledger = ledger
        self.visits.update((visit.visit_id, visit) for visit in change.visits)
        self.carriages.update((carriage.vin, carriage) for carriage in change.carriages)
        self.reservations.update((r.reservation_id, r) for r in change.reservations)
        _drop(self.reservations, change.reservations_gone)
        self.dropoffs.update((each.dropoff_id, each) for each in change.dropoffs)
        self.keys.update((key.errand_id, key) for key in change.keys)
        self.conditions.update((each.errand_id, each) for each in change.conditions)
        self.evidence.update((file.piece.sha256, file) for file in change.evidence)
        _drop(self.evidence, change.evidence_gone)
        self.loans.update((loan.vin, loan) for loan in change.loans)
        _drop(self.loans, change.loans_gone)
        self.notes.update((note.place, note) for note in change.notes)
        _drop(self.notes, change.notes_gone)
        self.power_order = change.power_order or self.power_order
        self.guesses.update((count.place, count) for count in change.guesses)
        self.spent_codes.update((spent.code_sha256, spent) for spent in change.spent_codes)
        self._remember_personal_data(change)
        self._remember_numbered(change)
        self.alarms.update((alarm.key, alarm) for alarm in change.alarms)
        for alarm in change.alarms:
            if alarm.state is AlarmState.NORMAL:
                self.alarms.pop(alarm.key)
        self.meters.update((meter.key, meter) for meter in change.meters)
        self._sign(change.sign_offs)
        self.standing.update((fact.key, fact) for fact in change.standing)
        self.cursor = change.cursor if change.cursor is not None else self.cursor
        self.list_standing = change.list_standing or self.list_standing
        self.boot_accepted = self.boot_accepted or change.boot_accepted_utc is not None
        self._shorten()

    def _remember_numbered(self, change: Change) -> None:
        for job in change.jobs:
            if job.job_id not in self.jobs:
                # An older job of the mailbox may still change: its number is not the last one.
                self._last_seq[job.mailbox] = job.seq
            self.jobs[job.job_id] = job
            self._last_job_id = max(self._last_job_id, job.job_id)
        for case in change.cases:
            self.cases[case.case_id] = case
            self._last_case_id = max(self._last_case_id, case.case_id)

    def _remember_personal_data(self, change: Change) -> None:
        self.templates.update((each.reservation_id, each) for each in change.templates)
        _drop(self.templates, change.templates_gone)
        self.erasures.update((each.erasure_id, each) for each in change.erasures)
        _drop(self.erasures, change.erasures_done)

    def _sign(self, sign_offs: Iterable[SignOff]) -> None:
        for new in sign_offs:
            kept = [old for old in self.sign_offs.get(new.part_id, ()) if old.care != new.care]
            self.sign_offs[new.part_id] = [*kept, new]

    def _shorten(self) -> None:
        """Keep memory flat over months: forget what has long ended (the journal keeps it)."""
        needed = self._jobs_needed()
        _forget(self.jobs, lambda job: not job.is_open and job.job_id not in needed, JOBS_KEPT)
        _forget(self.cases, lambda case: not case.is_open, CASES_KEPT)
        _forget(self.visits, lambda visit: visit.state in ENDED, VISITS_KEPT)
        _forget(self.dropoffs, lambda dropoff: dropoff.state in DROPOFF_ENDED, VISITS_KEPT)
        _forget(self.conditions, lambda _: True, VISITS_KEPT)
        _forget(self.keys, lambda key: key.state in KEY_ENDED, VISITS_KEPT)
        if len(self.standing) > STANDING_ENDED_KEPT:
            for kind in {type(fact) for fact in self.standing.values()}:
                _forget(self.standing, partial(_is_over, kind), STANDING_ENDED_KEPT)

    def _jobs_needed(self) -> set[int | None]:
        """Ended jobs that somebody is asked about, or that tell where a lift has stopped."""
        jobs = self.jobs.values()
        last = (*last_movements(jobs).values(), *last_reaches(jobs).values())
        asked_about = {case.job_id for case in self.cases.values() if case.is_open}
        return asked_about | {job.job_id for job in last}

    def next_job_id(self) -> int:
        """The number of a job about to be recorded; call it inside ``decide``."""
        return self._last_job_id + 1

    def next_case_id(self) -> int:
        """The number of a case about to be recorded; call it inside ``decide``."""
        return self._last_case_id + 1

    def next_seq(self, mailbox: int) -> int:
        """The mailbox's next sequence number, 1..65535 in a circle; call it inside ``decide``."""
        return self._last_seq.get(mailbox, 0) % SEQ_MAX + 1

    def derived(self, name: str, make: Callable[[], DerivedT]) -> DerivedT:
        """What follows from the book alone, worked out once for each change of it.

        ``name`` tells the facts apart; every look of every flow asks for the same few.
        """
        found = self._derived.get(name, self)
        if found is self:
            found = self._derived[name] = make()
        return cast("DerivedT", found)


def _is_over(kind: type[Standing], fact: Standing) -> bool:
    return type(fact) is kind and fact.ended


def _drop(records: dict[KeyT, RecordT], gone: Iterable[KeyT]) -> None:
    for key in gone:
        records.pop(key, None)


def _forget(records: dict[KeyT, RecordT], over: Callable[[RecordT], bool], kept: int) -> None:
    """Of what is over, keep the last."""
    for key in [key for key, record in records.items() if over(record)][:-kept]:
        del records[key]
