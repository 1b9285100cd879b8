"""Whether the tower may serve customers and move cars now, and if not, why."""

from vendtower.domain.dropoff import HOLDS_BAY, DropoffState
from vendtower.domain.ledger_check import disagreements
from vendtower.domain.machine import ControlMode, LinkState, MachineState, PcLink
from vendtower.domain.places import Place
from vendtower.flows.movement import places_of
from vendtower.flows.tower import Tower
from vendtower.flows.wear_watch import blocking_parts

MOVING_STATES = {MachineState.IDLE, MachineState.STARTING, MachineState.EXECUTE}


def hindrances(tower: Tower) -> tuple[str, ...]:
    """Why no new movement is asked for now; empty when it may be."""
    found = [f"{name}: {why}" for name, why in tower.faults.items()]
    found += fatal_alarms(tower)
    found += blocking_parts(tower)
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
    jobs = (tower.book.open_job(lift.number) for lift in tower.site.lifts)
    return {place for job in jobs if job is not None for place in places_of(job)}


def in_question(tower: Tower) -> dict[Place, str]:
    """Every place that an open case asks about, and which case that is."""
    found: dict[Place, str] = {}
    for case in tower.book.open_cases():
        job = tower.book.jobs.get(case.job_id or 0)
        if job is not None:
            found |= dict.fromkeys(places_of(job), f"case {case.case_id} is open")
    return found


def shut_bays(tower: Tower) -> dict[int, str]:
    """Bays that a case keeps untouched, or that are kept for a car that comes in."""
    kept = {
        dropoff.bay: f"drop-off {dropoff.dropoff_id} is {dropoff.state.value}"
        for dropoff in tower.book.open_dropoffs()
        if dropoff.state in HOLDS_BAY and dropoff.state is not DropoffState.CLEARED
    }
    return kept | cased_bays(tower)


def cased_bays(tower: Tower) -> dict[int, str]:
    """Bays that a case keeps untouched."""
    return {
        case.bay: f"case {case.case_id} is open"
        for case in tower.book.open_cases()
        if case.bay is not None
    }
