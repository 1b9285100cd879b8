"""Any record that the journal keeps, for hypothesis; and a plain one of each."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from vendtower.domain.alarm import Alarm, AlarmState, Severity
from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.delivery import Carriage, CarriageState
from vendtower.domain.dropoff import Dropoff, DropoffState
from vendtower.domain.envelope import Measurement, Misfit
from vendtower.domain.identity import IdentityMethod
from vendtower.domain.job import Job, JobState, PlcMark, Verb
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.loan import Loan
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.places import Bay, OnLift, Outside, Slot, Unsettled
from vendtower.domain.reservation import Reservation
from vendtower.domain.vehicle import Vehicle
from vendtower.ports.journal import Change, NewEvent

NOON = datetime(2024, 5, 27, 12, 0, tzinfo=UTC)

words = st.text(max_size=12)
ids = st.text(min_size=1, max_size=12)
counts = st.integers(0, 2**31)
seconds = st.floats(0, 1e9)
zones = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-3.5))])
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=zones)  # noqa: DTZ001
numbers = st.integers(1, 512)
places = st.builds(Slot, numbers) | st.builds(Bay, numbers) | st.builds(OnLift, numbers)
whereabouts = places | st.just(Outside()) | st.just(Unsettled())
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1e9, 1e9) | words,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(words, below, max_size=3),
    max_leaves=6,
)

vehicles = st.builds(Vehicle, ids, words, words, counts, counts, counts, counts)
visits = st.builds(
    Visit,
    ids,
    ids,
    ids,
    state=st.sampled_from(VisitState),
    bay=st.none() | numbers,
    arrivals=counts,
    refusals=counts,
    by_code=st.booleans(),
    arrived_utc=st.none() | moments,
    arrived_monotonic_s=st.none() | seconds,
    method=st.none() | st.sampled_from(IdentityMethod),
    verified_utc=st.none() | moments,
    verified_monotonic_s=st.none() | seconds,
    reason=words,
)
carriages = st.builds(
    Carriage, ids, st.sampled_from(CarriageState), st.none() | counts, st.none() | counts
)
marks = st.builds(PlcMark, counts, st.integers(0, 65_535), st.none() | counts)
jobs = st.builds(
    Job,
    st.integers(1, 2**32 - 1),
    st.integers(0, 4),
    st.integers(1, 65_535),
    st.sampled_from(Verb),
    st.none() | places,
    st.none() | places,
    st.none() | ids,
    counts,
    counts,
    seconds,
    seconds,
    words,
    before=marks,
    state=st.sampled_from(JobState),
    reason=words,
)
cases = st.builds(
    Case,
    st.integers(1, 2**31),
    st.sampled_from(CaseKind),
    words,
    st.lists(st.sampled_from(Settlement), max_size=4).map(tuple),
    moments,
    words,
    vin=st.none() | ids,
    visit_id=st.none() | ids,
    lift=st.none() | numbers,
    bay=st.none() | numbers,
    settlement=st.none() | st.sampled_from(Settlement),
    settled_by=words,
    note=words,
    settled_utc=st.none() | moments,
)
ledger_lines = st.builds(LedgerLine, vehicles, whereabouts)
reservations = st.builds(
    Reservation,
    ids,
    counts,
    vehicles,
    moments,
    moments,
    words,
    words,
    words,
    st.booleans(),
    st.none() | st.binary(max_size=64),
    slot=st.none() | numbers,
    greeting=words,
)
alarms = st.builds(
    Alarm,
    ids,
    ids,
    st.sampled_from(Severity),
    state=st.sampled_from(AlarmState),
    active=st.booleans(),
    text=words,
    episode_id=ids,
    raised_utc=st.none() | moments,
    returned_utc=st.none() | moments,
    active_s=seconds,
    activations=counts,
    acknowledged_by=words,
    acknowledged_utc=st.none() | moments,
    note=words,
    chattering=st.booleans(),
    grouped=st.booleans(),
    masked_by=words,
    masked_reason=words,
    shelved_until_utc=st.none() | moments,
)
measurements = st.builds(
    Measurement,
    counts,
    counts,
    counts,
    counts,
    counts,
    st.integers(-500, 500),
    st.lists(words, max_size=3).map(tuple),
)
dropoffs = st.builds(
    Dropoff,
    ids,
    vehicles,
    numbers,
    moments,
    counts,
    state=st.sampled_from(DropoffState),
    new=st.booleans(),
    announced_by=words,
    reservation_id=st.none() | ids,
    language=st.none() | words,
    returns_by=st.none() | moments,
    door_wanted=st.booleans(),
    parked_utc=st.none() | moments,
    stored_utc=st.none() | moments,
    measurement=st.none() | measurements,
    evidence=st.lists(words, max_size=3).map(tuple),
    misfits=st.lists(st.sampled_from(Misfit), max_size=3).map(tuple),
    reason=words,
)
loans = st.builds(
    Loan,
    ids,
    ids,
    words,
    words,
    words,
    returns_by=st.none() | moments,
    scale_kg=st.none() | counts,
)
records = (
    dropoffs | loans | visits | carriages | jobs | cases | ledger_lines | reservations | alarms
)


def vehicle(vin: str) -> Vehicle:
    return Vehicle(vin, "A 12345", "Model", 4500, 1900, 1500, 1800)


def job(job_id: int, *, mailbox: int = 1, seq: int = 1, state: JobState = JobState.PLANNED) -> Job:
    return Job(
        job_id=job_id,
        mailbox=mailbox,
        seq=seq,
        verb=Verb.FETCH,
        source=Slot(9),
        destination=Bay(1),
        vin="VIN1",
        expected_weight_kg=1800,
        expected_height_mm=1500,
        valid_s=5.0,
        deadline_s=90.0,
        correlation_id="c",
        before=PlcMark(1, 0, 0),
        state=state,
    )


def case(case_id: int) -> Case:
    choices = (Settlement.CONTINUE, Settlement.CAR_IN_SLOT)
    return Case(case_id, CaseKind.MOVEMENT, "Where is the car?", choices, NOON, "c", vin="VIN1")


def reservation(reservation_id: str, portrait: bytes | None = None) -> Reservation:
    return Reservation(
        reservation_id=reservation_id,
        revision=1,
        vehicle=vehicle("VIN1"),
        starts_at=NOON,
        ends_at=NOON + timedelta(hours=1),
        language="en",
        code_salt="salt",
        code_sha256="0" * 64,
        face_consent=portrait is not None,
        sealed_portrait=portrait,
    )


def dropoff(dropoff_id: str, bay: int = 1, vin: str = "VIN1") -> Dropoff:
    return Dropoff(dropoff_id, vehicle(vin), bay, NOON, 1800)


def loan(vin: str) -> Loan:
    return Loan(vin, "r-1", "salt", "0" * 64, "en", returns_by=NOON, scale_kg=1790)


def event(event_id: str, *, owed: bool = True, **data: object) -> NewEvent:
    return NewEvent(event_id, "com.vendtower.test.v1", "test", NOON, 1.5, "c", data, owed)


def whole_change(mark: str) -> Change:
    """A change with every kind of record in it."""
    return Change(
        visits=(Visit(f"visit-{mark}", f"r-{mark}", "VIN1"),),
        carriages=(Carriage("VIN1"), Carriage("VIN2", CarriageState.GONE)),
        jobs=(job(7, seq=len(mark)),),
        cases=(case(3),),
        ledger=(LedgerLine(vehicle("VIN1"), Slot(9)), LedgerLine(vehicle("VIN2"), Outside())),
        reservations=(reservation(f"r-{mark}", b"portrait"),),
        reservations_gone=("r-before",),
        cursor=f"cursor-{mark}",
        boot_accepted_utc=NOON,
        events=(event(f"e1-{mark}"), event(f"e2-{mark}", owed=False)),
    )
