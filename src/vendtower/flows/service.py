"""Whether the tower may serve customers and move cars now, and if not, why."""

from collections.abc import Iterator

from vendtower.domain.case import CaseKind
from vendtower.domain.hindrance import Hindrance, ImposedBy
from vendtower.domain.interruption import Situation, Standstill, of_the_tower, standstill
from vendtower.domain.lease import Holder, Lease, Shaft, job_places
from vendtower.domain.ledger_check import disagreements
from vendtower.domain.machine import (
    LinkState,
    MachineSnapshot,
    MachineState,
    PcLink,
)
from vendtower.domain.modes import PLC_MODES, Request
from vendtower.domain.override import Override
from vendtower.domain.places import Bay, Place
from vendtower.flows.leasing import leases, open_lift_jobs
from vendtower.flows.lift_service import BEGUN_BY_CUSTOMERS, no_lift_works
from vendtower.flows.modes import open_interruptions, operating_mode, refusal, stop_seen
from vendtower.flows.shuttle_reach import reached_into
from vendtower.flows.tower import Tower
from vendtower.flows.wear_watch import blocking_parts

ABOUT_PLACES = {kind.value for kind in (CaseKind.MOVEMENT, CaseKind.LEDGER, CaseKind.RESCUE)}
"""Cases that ask where a car is: nothing is said of their places until a person has answered."""
MOVING_STATES = {MachineState.IDLE, MachineState.STARTING, MachineState.EXECUTE}
CANNOT_BE_LIFTED = (
    "invariant",
    "stop",
    "machine watch",
    "dispatch",
    "alarm watch",
    "start-up",
    "recovery",
    "interruptions",
    "ledger watch",
    "exposed cars",
    "overrides",
)
"""Faults of these flows, by the beginning of the name: without them nobody looks."""

FOR_CUSTOMERS = {Request.CHECK_IN, Request.ADMIT_CAR, Request.DRIVE_IN, Request.CAR_MOVE}
"""What an overdue part can forbid: staff still move the lift to work on it, a street door opens."""


def hindrances(tower: Tower, request: Request = Request.CAR_MOVE) -> tuple[str, ...]:
    """Why nothing of this kind is asked for now, in sentences; empty when it may be.

    What two people have lifted is left out, and that is never the machine's nor a safety word.
    """
    found = standing_hindrances(tower, request)
    return tuple(each.text for each in found if not _is_lifted(tower, each))


def _is_lifted(tower: Tower, hindrance: Hindrance) -> bool:
    if hindrance.imposed_by is not ImposedBy.SOFTWARE:
        return False
    now = tower.clock.utc()
    return any(each.lifts(hindrance.key, now) for each in tower.book.facts(Override))


def standing_hindrances(tower: Tower, request: Request) -> Iterator[Hindrance]:
    """Everything that stands against the request."""
    mode = refusal(tower, request)
    if mode is not None:
        yield Hindrance("mode", mode, ImposedBy.PERSON)
    if request in FOR_CUSTOMERS:
        for text in blocking_parts(tower):
            yield Hindrance("part overdue", text, ImposedBy.SOFTWARE)
    yield from _controller(tower)
    yield from _interruptions(tower)
    if (line := line_hindrance(tower)) is not None:
        yield line
    if request in BEGUN_BY_CUSTOMERS and (why := no_lift_works(tower)):
        yield Hindrance("no lift", why)
    machine = tower.machine()
    if machine is not None:
        yield from _machine(tower, machine)


def _controller(tower: Tower) -> Iterator[Hindrance]:
    for name, why in tower.faults.items():
        own = ImposedBy.MACHINE if name.startswith(CANNOT_BE_LIFTED) else ImposedBy.SOFTWARE
        yield Hindrance(f"flow {name}", f"{name}: {why}", own)
    for text in fatal_alarms(tower):
        yield Hindrance("fatal alarm", text)
    if not tower.book.boot_accepted:
        text = "the cloud has never accepted this tower"
        yield Hindrance("cloud never accepted", text, ImposedBy.SOFTWARE)
    stop = stop_seen(tower)
    if stop is not None:
        text = f"{stop}, and nobody has led it on"
        yield Hindrance("machine stop", text, ImposedBy.PERSON)


def _interruptions(tower: Tower) -> Iterator[Hindrance]:
    """What keeps the whole tower still until it is over and a person has confirmed that."""
    for each in of_the_tower(open_interruptions(tower)):
        if standstill(Situation((each,))) is not Standstill.NOTHING:
            yield Hindrance(f"interruption {each.number}", str(each), ImposedBy.PERSON)


def line_hindrance(tower: Tower) -> Hindrance | None:
    """That the PLC is not heard now; None while it is."""
    link = tower.plc.link
    if link.state is not LinkState.UP:
        return Hindrance("plc link", f"PLC link {link.state.value}: {link.reason}".rstrip(": "))
    if tower.machine() is None:
        limit_s = tower.site.policies.snapshot_age_s_max
        return Hindrance("machine data", f"machine data is older than {limit_s} s")
    return None


def _machine(tower: Tower, machine: MachineSnapshot) -> Iterator[Hindrance]:
    if why := not_recovered(tower):
        yield Hindrance("recovery", why)
    if not machine.session_accepted:
        yield Hindrance("plc session", "the PLC has not accepted this session yet")
    if machine.pc_link is not PcLink.OK:
        yield Hindrance("heartbeat", f"the PLC says of our heartbeat: {machine.pc_link.value}")
    wanted = PLC_MODES[operating_mode(tower)]
    if wanted is not None and machine.mode is not wanted:
        yield Hindrance(
            "machine mode", f"machine mode is {machine.mode.value}, expected {wanted.value}"
        )
    if machine.state not in MOVING_STATES:
        yield Hindrance("machine state", f"machine state is {machine.state.value}")
    for name in sorted(machine.safety_faults):
        yield Hindrance(f"safety {name}", f"safety: {name}")


def not_recovered(tower: Tower) -> str:
    """Why nothing may move yet after the start; empty once everything found open is proven."""
    if tower.to_recover:
        numbers = ", ".join(map(str, sorted(tower.to_recover)))
        return f"recovery: what became of job {numbers} of an earlier run is not proven yet"
    return ""


def fatal_alarms(tower: Tower) -> list[str]:
    """The fatal alarms that forbid every new job, each with its sentence."""
    return [f"alarm {a.key}: {a.text}" for a in tower.alarms if a.forbids_motion]


def untouchable(tower: Tower) -> dict[Place, str]:
    """Every place that no new job may touch now, and why."""
    machine = tower.machine()
    if machine is None:
        return {}
    moving = in_motion(tower)
    found = disagreements(tower.book.ledger, machine, tower.site.slots, moving)
    found |= {place: f"{place}: an open job touches it" for place in moving}
    found |= {Bay(number): why for number, why in interrupted_bays(tower).items()}
    return found | in_question(tower) | reached_into(tower, machine)


def in_motion(tower: Tower) -> set[Place]:
    """Every place that an open job of a lift touches: its sensors change under way."""
    return {place for job in open_lift_jobs(tower) for place in job_places(job)}


def in_question(tower: Tower) -> dict[Place, str]:
    """Every place that an open case asks about where a car is, and which case that is."""
    return {
        lease.resource: f"{lease.owner} is open"
        for lease in leases(tower)
        if lease.owner.kind is Holder.CASE
        and lease.phase in ABOUT_PLACES
        and not isinstance(lease.resource, Shaft)
    }


def shut_bays(tower: Tower) -> dict[int, str]:
    """Bays that a case keeps untouched, or that are kept for a car that comes in."""
    return _barred_bays(tower, {Holder.CASE, Holder.DROPOFF})


def interrupted_bays(tower: Tower) -> dict[int, str]:
    """Bays that something keeps still until a person has confirmed that it is over."""
    return {
        each.device.bay: str(each)
        for each in open_interruptions(tower)
        if each.device.bay is not None
    }


def cased_bays(tower: Tower) -> dict[int, str]:
    """Bays that a case keeps untouched."""
    return _barred_bays(tower, {Holder.CASE})


def _barred_bays(tower: Tower, kinds: set[Holder]) -> dict[int, str]:
    return {
        lease.resource.number: f"{lease.owner} is {_held_how(lease)}"
        for lease in reversed(leases(tower))
        if isinstance(lease.resource, Bay) and lease.bars_lifts and lease.owner.kind in kinds
    }


def _held_how(lease: Lease) -> str:
    return "open" if lease.owner.kind is Holder.CASE else lease.phase
