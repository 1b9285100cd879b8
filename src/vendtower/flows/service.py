"""Whether the tower may serve customers and move cars now, and if not, why."""

from vendtower.domain.case import CaseKind
from vendtower.domain.lease import Holder, Lease, Shaft, job_places
from vendtower.domain.ledger_check import disagreements
from vendtower.domain.machine import ControlMode, LinkState, MachineState, PcLink
from vendtower.domain.places import Bay, Place
from vendtower.flows.leasing import leases, open_lift_jobs
from vendtower.flows.tower import Tower

MOVING_STATES = {MachineState.IDLE, MachineState.STARTING, MachineState.EXECUTE}


def hindrances(tower: Tower) -> tuple[str, ...]:
    """Why no new movement is asked for now; empty when it may be."""
    found = [f"{name}: {why}" for name, why in tower.faults.items()]
    found += fatal_alarms(tower)
    if not tower.book.boot_accepted:
        found.append("the cloud has never accepted this tower")
    link = tower.plc.link
    if link.state is not LinkState.UP:
        return (*found, f"PLC link {link.state.value}: {link.reason}".rstrip(": "))
    machine = tower.machine()
    if machine is None:
        limit_s = tower.site.policies.snapshot_age_s_max
        return (*found, f"machine data is older than {limit_s} s")
    found += [why for why in (not_recovered(tower),) if why]
    if not machine.session_accepted:
        found.append("the PLC has not accepted this session yet")
    if machine.pc_link is not PcLink.OK:
        found.append(f"the PLC says of our heartbeat: {machine.pc_link.value}")
    if machine.mode is not ControlMode.PRODUCTION:
        found.append(f"machine mode is {machine.mode.value}")
    if machine.state not in MOVING_STATES:
        found.append(f"machine state is {machine.state.value}")
    found += [f"safety: {name}" for name in sorted(machine.safety_faults)]
    return tuple(found)


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
    return found | in_question(tower)


def in_motion(tower: Tower) -> set[Place]:
    """Every place that an open job of a lift touches: its sensors change under way."""
    return {place for job in open_lift_jobs(tower) for place in job_places(job)}


def in_question(tower: Tower) -> dict[Place, str]:
    """Every place that an open case about a movement asks about, and which case that is."""
    return {
        lease.resource: f"{lease.owner} is open"
        for lease in leases(tower)
        if lease.owner.kind is Holder.CASE
        and lease.phase == CaseKind.MOVEMENT.value
        and not isinstance(lease.resource, Shaft)
    }


def shut_bays(tower: Tower) -> dict[int, str]:
    """Bays that a case keeps untouched, or that are kept for a car that comes in."""
    return _barred_bays(tower, {Holder.CASE, Holder.DROPOFF})


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
