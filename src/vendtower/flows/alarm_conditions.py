"""Which alarm conditions hold now: told from the tower's memory and the machine's snapshot.

A pure reading: nothing is changed, nothing is remembered.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from vendtower.domain.alarm import AlarmKey, Severity
from vendtower.domain.alarm_catalogue import OwnAlarm, plc_code
from vendtower.domain.case import CaseKind
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.ledger_check import disagreements
from vendtower.domain.machine import LinkState, MachineSnapshot, PcLink
from vendtower.domain.places import Bay
from vendtower.domain.wear import Due, PartState
from vendtower.flows.code_desk import pause_left_s
from vendtower.flows.list_watch import list_conditions
from vendtower.flows.operating_watch import operating_conditions
from vendtower.flows.order_watch import OrderWatch
from vendtower.flows.service import in_motion, in_question
from vendtower.flows.tower import Tower
from vendtower.flows.working_conditions import working_conditions
from vendtower.ports.clock import ClockQuality

DISK_FREE_BYTES_MIN = 500_000_000
"""The journal grows by a few megabytes a day; this leaves months, and room for its log."""
PLACES_TOLD_MAX = 5
"""Where ledger and sensors disagree at more places, it is one mistake and not so many."""
TEXT_CHARACTERS_MAX = 400
INVARIANT = "invariant"
"""How the supervisor begins the name of a fault that only a restart ends."""
STOP = "stop"
"""The supervisor's word for a daemon that was asked to stop: no alarm."""

Told = Iterator[tuple[AlarmKey, str]]

NEEDS_MACHINE = frozenset(
    alarm.value
    for alarm in (
        OwnAlarm.PC_LINK_LATCHED,
        OwnAlarm.CALL_PRESSED,
        OwnAlarm.LEDGER_DIFFERS,
        OwnAlarm.ORDER_WAITS,
        OwnAlarm.LIFT_STRANDED,
        OwnAlarm.FIRE_PLACE_NOT_TAKEN,
        OwnAlarm.LEFT_STANDING,
    )
)
"""Codes of which nothing is known while the machine's state is not."""


@dataclass(frozen=True)
class Findings:
    """What holds now, each with a sentence, and how grave the PLC calls its own."""

    holding: Mapping[AlarmKey, str]
    plc_severities: Mapping[AlarmKey, Severity]
    machine_known: bool

    def unjudged(self, key: AlarmKey) -> bool:
        """Nothing is known of this condition now: an alarm of it stays as it was."""
        from_machine = key.code.startswith("P") or key.code in NEEDS_MACHINE
        return from_machine and not self.machine_known


@dataclass(frozen=True)
class Senses:
    """What the conditions are told from, beside the tower itself."""

    orders: OrderWatch
    free_disk_bytes: int | None
    """None when it cannot be known."""
    cameras_lost: frozenset[int]
    """Kiosks whose camera gave no usable picture when it was last asked for one."""
    job_seen_s: Mapping[int, float]
    """Job number to the monotonic time at which this run first saw it open."""
    parts: tuple[PartState, ...] = ()
    """How each part stood when the book or the day was last looked at for it."""


def conditions(tower: Tower, senses: Senses) -> Findings:
    """Everything that is not as it should be, by code and place."""
    machine = tower.machine()
    holding: dict[AlarmKey, str] = {}
    for told in (
        _link(tower),
        _cloud(tower),
        list_conditions(tower),
        _kiosks(tower, senses.cameras_lost),
        _codes(tower),
        _computer(tower, senses),
        _controller(tower),
        _jobs(tower, senses.job_seen_s),
        _cases(tower),
        working_conditions(tower),
        senses.orders.look(tower),
        _parts(senses.parts),
        operating_conditions(tower),
        _machine(tower, machine) if machine is not None else (),
    ):
        holding.update(told)
    alarms = [] if machine is None else [a for a in machine.alarms if a.active]
    severities = {AlarmKey(plc_code(a.code), a.source): a.severity for a in alarms}
    return Findings(holding, severities, machine is not None)


def _own(alarm: OwnAlarm, text: str, source: str = "tower") -> tuple[AlarmKey, str]:
    return AlarmKey(alarm.value, source), text


def _link(tower: Tower) -> Told:
    link = tower.plc.link
    if link.state is LinkState.READ_ONLY:
        yield _own(OwnAlarm.PLC_NOT_OURS, link.reason)
    elif link.state is not LinkState.UP:
        yield _own(OwnAlarm.PLC_LINK_DOWN, link.reason or f"the link is {link.state.value}")
    elif tower.machine() is None:
        limit_s = tower.site.policies.snapshot_age_s_max
        yield _own(OwnAlarm.MACHINE_DATA_OLD, f"the newest data is older than {limit_s} s")


def _cloud(tower: Tower) -> Told:
    refusal, listed = tower.alarm_facts.cloud_refusal, tower.list_memory
    if refusal:
        yield _own(OwnAlarm.CLOUD_REFUSES, refusal)
    elif not tower.cloud_reachable and (listed.unheard or not listed.refusal):
        yield _own(OwnAlarm.CLOUD_UNREACHABLE, tower.cloud_note or "no answer")


def _kiosks(tower: Tower, cameras_lost: Iterable[int]) -> Told:
    if not tower.identity.available:
        why = tower.identity.why_unavailable or "no reason given"
        text = f"no faces are verified ({why}): customers use their code and staff"
        yield _own(OwnAlarm.IDENTITY_UNAVAILABLE, text)
    for kiosk in cameras_lost:
        text = f"kiosk {kiosk}: its camera gives no usable picture; codes are typed there"
        yield _own(OwnAlarm.CAMERA_UNAVAILABLE, text, f"kiosk {kiosk}")
    for kiosk, why in tower.alarm_facts.boards_lost.items():
        text = f"kiosk {kiosk}: board not reached: {why}"
        yield _own(OwnAlarm.BOARD_LOST, text, f"kiosk {kiosk}")


def _codes(tower: Tower) -> Told:
    for place, count in tower.book.guesses.items():
        if pause_left_s(tower, place):
            text = (
                f"{place}: {count.failures} codes or cards fitted nobody; none is taken for "
                f"{count.pause_s:.0f} s"
            )
            yield _own(OwnAlarm.CODES_PAUSED, text, place)


def _computer(tower: Tower, senses: Senses) -> Told:
    free_bytes = senses.free_disk_bytes
    if free_bytes is not None and free_bytes < DISK_FREE_BYTES_MIN:
        text = f"below {DISK_FREE_BYTES_MIN // 1_000_000} MB are free where the journal stands"
        yield _own(OwnAlarm.DISK_LOW, text)
    if tower.clock.quality() is ClockQuality.UNSYNCHRONIZED:
        yield _own(OwnAlarm.CLOCK_UNSYNCHRONISED, "the system's clock follows no time server")


def _controller(tower: Tower) -> Told:
    if tower.book.fault:
        yield _own(OwnAlarm.JOURNAL_FAULT, tower.book.fault)
    for name, why in tower.faults.items():
        if name.startswith(INVARIANT):
            yield _own(OwnAlarm.INVARIANT_BROKEN, why, name.removeprefix(INVARIANT).strip(" ()"))
        elif name != STOP:
            yield _own(OwnAlarm.FLOW_FAILED, why, f"flow {name}")


def _jobs(tower: Tower, seen_s: Mapping[int, float]) -> Told:
    now_s = tower.clock.monotonic_s()
    for job in tower.book.open_jobs():
        if not job.mailbox:
            continue
        late_s = now_s - seen_s.get(job.job_id, now_s) - job.deadline_s
        if late_s > 0:
            text = f"{job} has not ended within {job.deadline_s:.0f} s"
            yield _own(OwnAlarm.JOB_OVERDUE, text, f"lift {job.mailbox}")


def _cases(tower: Tower) -> Told:
    for case in tower.book.open_cases():
        if case.kind in {CaseKind.MOVEMENT, CaseKind.RESCUE} and case.lift is not None:
            text = f"case {case.case_id}: {case.question}"
            yield _own(OwnAlarm.MOVEMENT_HALTED, text, f"lift {case.lift}")
        elif case.kind is CaseKind.LEDGER:
            text = f"case {case.case_id}: {case.question}"[:TEXT_CHARACTERS_MAX]
            yield _own(OwnAlarm.LEDGER_DIFFERS, text, str(case.place or "tower"))
        elif case.kind in {CaseKind.HAND_OVER, CaseKind.DROP_OFF}:
            text = f"case {case.case_id}: {case.question}"
            yield _own(OwnAlarm.BAY_NOT_CLEARED, text, f"bay {case.bay}" if case.bay else "tower")


def _parts(parts: Iterable[PartState]) -> Told:
    """One alarm for each place and degree, naming the parts there."""
    found: dict[tuple[OwnAlarm, str], list[str]] = {}
    for part in parts:
        if part.worst is not Due.FINE:
            alarm = OwnAlarm.PART_OVERDUE if part.worst is Due.OVERDUE else OwnAlarm.PART_DUE_SOON
            found.setdefault((alarm, part.spec.place), []).append(str(part))
    for (alarm, place), said in found.items():
        yield _own(alarm, "; ".join(said)[:TEXT_CHARACTERS_MAX], place)


def _machine(tower: Tower, machine: MachineSnapshot) -> Told:
    for alarm in machine.alarms:
        if alarm.active:
            parameter = f" (parameter {alarm.parameter})" if alarm.parameter else ""
            text = f"the PLC reports alarm {alarm.code} at {alarm.source}{parameter}"
            yield AlarmKey(plc_code(alarm.code), alarm.source), text
    if machine.pc_link is PcLink.LOST:
        yield _own(OwnAlarm.PC_LINK_LATCHED, "the PLC waits for the reset of a lost link")
    for bay in machine.bays.values():
        if bay.call_pressed:
            text = f"bay {bay.number}: somebody presses the call button"
            yield _own(OwnAlarm.CALL_PRESSED, text, f"bay {bay.number}")
    yield from _places(tower, machine)


def _places(tower: Tower, machine: MachineSnapshot) -> Told:
    """One alarm for each place, or one for all when the ledger is not filled in, for instance."""
    left_out = in_motion(tower) | in_question(tower).keys()
    # A car that drives in is the ledger's once it is parked behind a closed door.
    left_out |= {
        Bay(each.bay)
        for each in tower.book.open_dropoffs()
        if each.state in {DropoffState.ADMITTED, DropoffState.REFERRED_TO_STAFF}
    }
    found = disagreements(tower.book.ledger, machine, tower.site.slots, left_out)
    if len(found) > PLACES_TOLD_MAX:
        text = f"more than {PLACES_TOLD_MAX} places; for instance {'; '.join(found.values())}"
        yield _own(OwnAlarm.LEDGER_DIFFERS, text[:TEXT_CHARACTERS_MAX])
        return
    for place, why in found.items():
        yield _own(OwnAlarm.LEDGER_DIFFERS, why, str(place))
