"""The auxiliary mailbox: doors, traffic lights, charging, reset of faults."""

from __future__ import annotations

from firmware_bridge.meanings import (
    AUXILIARY_VERBS,
    BayInhibit,
    DoorState,
    JobError,
    JobState,
    MachineState,
    PcLink,
    PlaceKind,
    Result,
    Signal,
    Verb,
)
from hardware_sim.plc.admission import frame_result
from hardware_sim.plc.bay_control import BayControl
from hardware_sim.plc.machine import Machine
from hardware_sim.plc.mailbox import JobWords

DOORS = {
    Verb.OPEN_OUTER_DOOR: ("outer", True),
    Verb.CLOSE_OUTER_DOOR: ("outer", False),
    Verb.OPEN_INNER_DOOR: ("inner", True),
    Verb.CLOSE_INNER_DOOR: ("inner", False),
}
REFUSES_DOOR = {
    Verb.OPEN_OUTER_DOOR: BayInhibit.INNER_DOOR | BayInhibit.TRANSFER,
    Verb.CLOSE_OUTER_DOOR: BayInhibit.CURTAIN_BROKEN | BayInhibit.PERSON_INSIDE,
    Verb.OPEN_INNER_DOOR: BayInhibit.OUTER_DOOR
    | BayInhibit.PERSON_INSIDE
    | BayInhibit.CURTAIN_BROKEN
    | BayInhibit.TRANSFER,
    Verb.CLOSE_INNER_DOOR: BayInhibit.PERSON_INSIDE | BayInhibit.TRANSFER,
}
REFUSES_ALWAYS = BayInhibit.SAFETY | BayInhibit.DOOR_FAULT | BayInhibit.OUT_OF_SERVICE


def decide_auxiliary(machine: Machine, job: JobWords) -> Result:
    """The answer to an auxiliary job."""
    frame = frame_result(machine, job)
    if frame is not Result.ACCEPTED:
        return frame
    if job.verb not in AUXILIARY_VERBS:
        return Result.VERB
    if not _in_range(machine, job):
        return Result.RANGE
    if job.verb in {Verb.RESET_FAULT, Verb.SIGNAL}:
        return Result.BUSY if machine.auxiliary.running else Result.ACCEPTED
    if machine.link.state is PcLink.LOST or machine.packml.state not in _WORKING:
        return Result.FAULTED
    if machine.auxiliary.running is not None:
        return Result.BUSY
    if job.verb == Verb.CHARGE:
        return machine.charging.decide(job, permit=machine.permit)
    return _door_result(machine, job)


_WORKING = frozenset(
    {MachineState.IDLE, MachineState.EXECUTE, MachineState.HELD, MachineState.SUSPENDED}
)


def _in_range(machine: Machine, job: JobWords) -> bool:
    if job.verb == Verb.CHARGE:
        return job.dst_kind == PlaceKind.SOCKET and job.dst_no in machine.field.site.sockets
    if job.verb == Verb.RESET_FAULT:
        numbers: dict[int, set[int]] = {
            PlaceKind.NONE: {job.dst_no},
            PlaceKind.LIFT: set(machine.lifts),
            PlaceKind.BAY: set(machine.bays),
        }
        return job.dst_no in numbers.get(job.dst_kind, set())
    known = job.dst_kind == PlaceKind.BAY and job.dst_no in machine.bays
    return known and (job.verb != Verb.SIGNAL or job.arg_a in set(Signal))


def _door_result(machine: Machine, job: JobWords) -> Result:
    bay = machine.bays[job.dst_no]
    refuses = REFUSES_ALWAYS | REFUSES_DOOR[Verb(job.verb)]
    if bay.inhibit(safety_healthy=machine.safe()) & refuses:
        return Result.INTERLOCK
    if job.verb == Verb.OPEN_INNER_DOOR and not _a_lift_waits(machine, bay):
        return Result.INTERLOCK
    if job.verb == Verb.CLOSE_INNER_DOOR and machine.field.shuttle_in_doorway(bay.number):
        return Result.INTERLOCK
    return Result.ACCEPTED


def _a_lift_waits(machine: Machine, bay: BayControl) -> bool:
    """The inner door opens only onto a lift that stands before it, and towards none that moves."""
    serving = [lift for lift in machine.lifts.values() if bay.number in lift.view.lift.serves_bays]
    field = machine.field
    return any(field.points_at(lift.number, bay.bay) for lift in serving) and not any(
        lift.job is not None or field.moving(lift.number) for lift in serving
    )


def start_auxiliary(machine: Machine, job: JobWords) -> None:
    """Carry out an auxiliary job that has been admitted."""
    auxiliary = machine.auxiliary
    auxiliary.running = job
    auxiliary.state = JobState.ACTIVE
    machine.field.note("auxiliary", "job begun", str(job.job_id))
    if job.verb in DOORS:
        which, opening = DOORS[Verb(job.verb)]
        machine.bays[job.dst_no].drive(which, opening=opening)
        return
    if job.verb == Verb.SIGNAL:
        machine.bays[job.dst_no].signal = Signal(job.arg_a)
    elif job.verb == Verb.CHARGE:
        machine.charging.set_limit(job.dst_no, job.arg_a)
    else:
        reset_faults(machine, job.dst_kind, job.dst_no)
    auxiliary.end(job)


def reset_faults(machine: Machine, kind: int = PlaceKind.NONE, number: int = 0) -> None:
    """Forget latched faults of lifts and doors; safety functions are none of them."""
    for lift in machine.lifts.values():
        if kind in {PlaceKind.NONE, PlaceKind.LIFT} and number in {0, lift.number}:
            lift.fault = JobError.NONE
    for bay in machine.bays.values():
        if kind in {PlaceKind.NONE, PlaceKind.BAY} and number in {0, bay.number}:
            bay.clear_stuck()


def stop_auxiliary(machine: Machine, error: JobError) -> None:
    """A door on its way stands still and its job has failed."""
    job = machine.auxiliary.running
    if job is not None:
        machine.bays[job.dst_no].stop_doors()
        machine.auxiliary.end(job, error)


def watch_auxiliary(machine: Machine) -> None:
    """See whether the door on its way has arrived, turned back, or got stuck."""
    job = machine.auxiliary.running
    if job is None:
        return
    bay = machine.bays[job.dst_no]
    which, opening = DOORS[Verb(job.verb)]
    if which in bay.stuck:
        machine.auxiliary.end(job, JobError.DOOR_STUCK)
    elif bay.reopened:
        if bay.door_state(which) is DoorState.OPEN:
            machine.auxiliary.end(job, JobError.CURTAIN_BROKEN)
    elif bay.door_state(which) is DoorState.OPEN if opening else bay.shut(which):
        machine.auxiliary.end(job)
