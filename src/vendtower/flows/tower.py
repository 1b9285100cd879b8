"""Everything that the flows of one tower share: site, memory, ports, and who stands where."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from vendtower.domain.alarm import Alarm, AlarmKey
from vendtower.domain.card import CardHeld
from vendtower.domain.clearance import Confirmation
from vendtower.domain.condition import Entered
from vendtower.domain.identity import CaptureHint, MatchRecord
from vendtower.domain.keypad import Typed
from vendtower.domain.lease import LeaseTerms, Owner, Resource
from vendtower.domain.machine import ControlMode, LinkState, MachineSnapshot
from vendtower.domain.moves import LeftReason
from vendtower.domain.pickup import VisitState
from vendtower.domain.places import Bay, OnLift
from vendtower.domain.reservation import Reservation
from vendtower.domain.site import Site
from vendtower.flows.alarm_facts import AlarmFacts
from vendtower.flows.book import Book
from vendtower.flows.list_memory import ListMemory
from vendtower.flows.news import Bell
from vendtower.flows.staff_orders import StaffOrder
from vendtower.ports.bay_cameras import BayCameras
from vendtower.ports.clock import Chance, Clock
from vendtower.ports.evidence_store import EvidenceStore
from vendtower.ports.identity_verifier import IdentityVerifier
from vendtower.ports.key_cabinet import KeyCabinet
from vendtower.ports.reservation_proof import ReservationProofs
from vendtower.ports.screens import KioskPhase
from vendtower.ports.tower_plc import TowerPlc

SeenT = TypeVar("SeenT")

LOOK_AGAIN_S = 1.0
"""Ages and deadlines pass without a bell, so whoever waits looks again this often."""
REST_S = 60.0
"""In a tower at rest a flow that knows its own deadlines looks again this often: the wall clock
may have been set, the computer may have slept."""
CLOCK_STEP_S = 60.0
"""A wall clock that differs by more from the monotonic one was set, or the computer has slept."""
TIMER_S = 0.001
"""A timer may come this much early by the clock that is compared."""


@dataclass
class Kiosk:
    """What one kiosk is doing; lost at a restart, when it is told anew from the journal."""

    number: int
    bay: int
    language: str
    phase: KioskPhase = KioskPhase.FREE
    hint: CaptureHint | None = None
    reason: str = ""
    visit_id: str | None = None
    dropoff_id: str | None = None
    elsewhere: tuple[int, ...] = ()
    """Bays that could serve the person who was refused at this one."""
    reminders: int = 0
    """How often whoever takes long was reminded since the screen changed."""
    sounding: bool = False
    """A reminder came this moment; the kiosk sounds."""
    question: int = 0
    """Counts how often this kiosk asked whether everybody is out; an answer names its number.

    It begins anywhere at each start: a yes from before a restart is none to what is asked after it.
    """
    confirmed: int | None = None
    """The question that somebody has answered with yes."""
    confirmed_by: str = ""
    """Who did, where a name is asked for."""
    condition_typed: Entered | None = None
    """What the customer has entered of the car's condition."""
    key_asked: bool = False
    """Somebody wants the key's compartment released once more."""
    reopen_asked: bool = False
    """Somebody wants the outer door opened once more."""
    touched: asyncio.Event = field(default_factory=asyncio.Event)
    again: bool = False
    """Whoever was refused touched the screen: they check in once more, without another touch."""
    other_way: asyncio.Event = field(default_factory=asyncio.Event)
    """The customer before the camera would rather have staff look at a document."""
    without_face: bool = False
    """Chosen at this check-in: the camera looks for codes alone."""
    typed: Typed = field(default_factory=Typed, repr=False)
    """What was typed on the board's keypad or the screen's; secret."""
    card: CardHeld | None = None
    """The card that was held to the reader and not looked at yet."""
    recognised: MatchRecord | None = None
    """The comparison by which the customer was found among those who are due."""

    def forget_keys(self) -> None:
        """Nothing that was typed, and no card, stays."""
        self.typed = Typed()
        self.card = None

    @property
    def reminding(self) -> bool:
        """Somebody takes long; the screen asks once more."""
        return self.reminders > 0


@dataclass
class Tower:
    """One tower at work."""

    site: Site
    book: Book
    plc: TowerPlc
    identity: IdentityVerifier
    clock: Clock
    chance: Chance
    kiosks: dict[int, Kiosk]
    enrolled: dict[str, int] = field(default_factory=dict)
    """Reservations of which the identity process holds a template, with the revision it is of."""
    not_enrollable: dict[str, int] = field(default_factory=dict)
    """Reservations whose picture, at this revision, gave no template: they take the other route."""
    unjudged: dict[str, int] = field(default_factory=dict)
    """Reservations at which the identity process ended, and how often."""
    job_began_s: dict[int, float] = field(default_factory=dict)
    """Monotonic time at which this run first saw a job open, for the time to the car."""
    astray_since_s: dict[str, float] = field(default_factory=dict)
    """VIN of a car that should go to a slot, and the monotonic time since which this is known."""
    code_failed_s: dict[str, float] = field(default_factory=dict)
    """Place to the monotonic time of the last code that fitted nobody there."""
    face_refused_s: dict[str, float] = field(default_factory=dict)
    """Reservation to the monotonic time of its last refused face."""
    turned_away_utc: datetime | None = None
    """When a kiosk last sent somebody away for a reason that was not theirs."""
    cloud_reachable: bool = False
    cloud_note: str = "not asked yet"
    reset_wanted: bool = False
    """A person has looked at a stopped machine: the stop may be led back to work once."""
    led_on_by: str = ""
    """That person, until the machine goes on."""
    looks: Bell = field(default_factory=Bell)
    """Rings whenever the machine was read, also where that told nothing new: for those alone who
    wait until everything was read after a moment."""
    recovered: bool = False
    """It is known what became of everything that an earlier run had asked for."""
    unhold_wanted: bool = False
    """A person has confirmed that what had paused the machine is over: it may go on once."""
    hold_ordered_s: float | None = None
    """Monotonic time at which a person told the machine to hold; None once it has gone on since, or
    has not obeyed (`hold_order`), and after a restart."""
    stops_ordered: int = 0
    """How often people have told the machine to hold, stop or abort, in this run: a word to go on
    that is older than the last of them, and waited for the journal, is overruled."""
    resumed_s: float = float("-inf")
    """Monotonic time at which a person last told the machine to go on, as the PLC has confirmed."""
    permits_withheld: dict[int, int] = field(default_factory=dict)
    """Lift to the job that people have told to stop while the journal took no order: its permit is
    away until that job has ended."""
    mode_wanted: ControlMode | None = None
    """The PLC's mode that a person has just asked for; None once it shows, or nobody waits."""
    staff_orders: list[StaffOrder] = field(default_factory=list)
    """Movements that people have ordered and that have not begun; lost at a restart."""
    door_orders: set[asyncio.Future[str]] = field(default_factory=set)
    """Doors that people have ordered and that are on their way, also where nobody waits for it."""
    faults_seen: set[OnLift | Bay] = field(default_factory=set)
    """Lifts and bays at which a person has looked: their latched faults may be reset once."""
    auxiliary: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One door at a time is asked for: there is one auxiliary mailbox."""
    confirmations: dict[str, Confirmation] = field(default_factory=dict)
    """Drop-off to the confirmation by which a lift may take its car; lost at a restart."""
    to_recover: set[int] = field(default_factory=set)
    """Jobs of an earlier run of which nothing is proven yet; nothing moves while there is one."""
    faults: dict[str, str] = field(default_factory=dict)
    """Name of a flow to what stopped it; motion waits while there is one."""
    cabinets: Mapping[int, KeyCabinet] = field(default_factory=dict)
    """Kiosk to the key cabinet on its board."""
    bay_cameras: BayCameras | None = None
    evidence: EvidenceStore | None = None
    proofs: ReservationProofs | None = None
    """None where the site file asks for no signature of the list of reservations."""
    list_memory: ListMemory = field(default_factory=ListMemory)
    alarm_facts: AlarmFacts = field(default_factory=AlarmFacts)
    """What the rest of the controller tells the alarm watch."""

    lease_seen_s: dict[tuple[Resource, Owner, str], float] = field(default_factory=dict)
    """Monotonic time at which this run first saw an owner's hold in its present phase."""
    left: Mapping[str, LeftReason] = field(default_factory=dict)
    """VIN of a car that is wanted elsewhere to why it was not moved when it was last looked."""
    _began: tuple[datetime, float] = field(init=False)

    def __post_init__(self) -> None:
        """Note the beginning."""
        self._began = (self.clock.utc(), self.clock.monotonic_s())

    def lived_since_utc(self) -> datetime:
        """From when on this run has lived through all that the wall clock shows.

        The run's beginning, or when the clock was last found set: of what it has leapt over, and of
        what it showed before, nobody can say who came.
        """
        now, now_s = self.clock.utc(), self.clock.monotonic_s()
        began_utc, began_s = self._began
        ahead_s = (now - began_utc).total_seconds() - (now_s - began_s)
        if abs(ahead_s) > CLOCK_STEP_S:
            self._began = (now, now_s)
        return self._began[0]

    @cached_property
    def lease_terms(self) -> LeaseTerms:
        """What the limits of leases are computed from."""
        return LeaseTerms.of(self.site)

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """Every alarm that is not normal, by code and source, also what could not be written."""
        if self.alarm_facts.unwritten:
            return _in_order(self.book.alarms | self.alarm_facts.unwritten)
        return self.book.derived("alarms", lambda: _in_order(self.book.alarms))

    @property
    def hold_ordered(self) -> bool:
        """Whether staff have told the machine to hold: it is theirs to let it go on."""
        return self.hold_ordered_s is not None

    @property
    def bell(self) -> Bell:
        """Rings whenever memory, machine, or a kiosk has changed."""
        return self.book.bell

    def lead_on(self, by: str, stops_ordered: int) -> bool:
        """Let a stopped machine be led back to work once; False after another order to stop.

        ``stops_ordered`` is what it was when whoever leads it on was heard.
        """
        if stops_ordered != self.stops_ordered:
            return False
        self.reset_wanted = True
        self.led_on_by = by
        return True

    @property
    def at_work(self) -> bool:
        """Somebody is there, something moves or is to be decided; False for a tower at rest."""
        return (
            self.book.derived("at work", self._something_open)
            or bool(self.book.fault or self.faults)
            or bool(self.staff_orders or self.faults_seen or self.to_recover)
            or self.reset_wanted
            or self.unhold_wanted
            or self.mode_wanted is not None
            or any(kiosk.phase is not KioskPhase.FREE for kiosk in self.kiosks.values())
        )

    def _something_open(self) -> bool:
        book = self.book
        return (
            bool(book.open_jobs() or book.open_cases() or book.open_dropoffs())
            or any(visit.state is not VisitState.EXPECTED for visit in book.open_visits())
            or any(isinstance(line.where, Bay | OnLift) for line in book.ledger)
        )

    async def changed(self, heard: int, by_s: float | None = None) -> None:
        """Wait until the bell has rung beyond ``heard``, or until the monotonic time ``by_s``.

        For flows that look for ever: ``by_s`` is the earliest time at which the same world would
        look different to them. What was due and could not be done is tried again after
        ``LOOK_AGAIN_S``; so is everything while the tower is at work.
        """
        left_s = LOOK_AGAIN_S if self.at_work else REST_S
        if by_s is not None:
            due_s = by_s - self.clock.monotonic_s()
            left_s = min(left_s, due_s + TIMER_S if due_s > 0 else LOOK_AGAIN_S)
        await self.bell.wait_beyond(heard, left_s)

    def monotonic_at(self, utc: datetime) -> float:
        """The monotonic time at which the wall clock, going on as now, will show ``utc``."""
        return self.clock.monotonic_s() + (utc - self.clock.utc()).total_seconds()

    def machine(self) -> MachineSnapshot | None:
        """The machine as it is; None when the line is not up or the data is too old to count."""
        plc = self.plc
        age_s = self.clock.monotonic_s() - plc.read_at_s
        if age_s > self.site.policies.snapshot_age_s_max or plc.link.state is not LinkState.UP:
            return None
        return plc.snapshot

    def has_template(self, reservation: Reservation) -> bool:
        """Whether the identity process can compare a face with this customer's picture."""
        return self.enrolled.get(reservation.reservation_id) == reservation.revision

    def kiosk_at(self, bay: int) -> Kiosk:
        """The kiosk beside this bay."""
        return self.kiosks[self.site.kiosk_at_bay(bay).number]

    def show(self, kiosk: Kiosk, phase: KioskPhase, reason: str = "") -> None:
        """Let the kiosk say something else."""
        kiosk.phase = phase
        kiosk.reason = reason
        kiosk.hint = None
        kiosk.elsewhere = ()
        kiosk.reminders = 0
        kiosk.sounding = False
        kiosk.again = False
        self.bell.ring()

    async def until(
        self,
        look: Callable[[], SeenT | None],
        timeout_s: float | None = None,
        bell: Bell | None = None,
    ) -> SeenT | None:
        """Wait until ``look`` sees something; None when the time passes first.

        It looks when the bell rings, the tower's or the one that is named (``looks``).
        """
        bell = bell or self.bell
        began_s = self.clock.monotonic_s()
        while True:
            heard = bell.rings
            seen = look()
            if seen is not None:
                return seen
            left_s = LOOK_AGAIN_S
            if timeout_s is not None:
                left_s = began_s + timeout_s - self.clock.monotonic_s()
                if left_s <= 0:
                    return None
            await bell.wait_beyond(heard, min(left_s, LOOK_AGAIN_S))


def _in_order(alarms: Mapping[AlarmKey, Alarm]) -> tuple[Alarm, ...]:
    return tuple(alarms[key] for key in sorted(alarms))
