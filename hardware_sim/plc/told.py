"""What the status registers depend on, taken together so that two moments can be compared.

Most reads find nothing changed since the one before: then what was computed for it still holds.
Whatever `image` looks at is in here, or is counted by `Field.changes`, but for the clocks and
counters of the PLC's own life and for what a moving lift shows: those are computed at every read.
"""

from __future__ import annotations

from hardware_sim.plc.bay_control import BayControl
from hardware_sim.plc.lift_control import LiftControl
from hardware_sim.plc.machine import Machine


def told_by(machine: Machine, moving: frozenset[int]) -> tuple[object, ...]:
    """Equal at two moments: the registers of all that stands tell the same.

    `moving` are the lifts that move at this moment.
    """
    field, link, auxiliary = machine.field, machine.link, machine.auxiliary
    now_s = field.now_s
    return (
        moving,
        field.changes,
        field.key_switch,
        field.enabling_held,
        field.power_source,
        field.hall_temperature_c,
        machine.packml.state,
        machine.mode,
        machine.permit,
        link.state,
        link.session,
        link.fresh(now_s),
        auxiliary.state,
        auxiliary.done_seq,
        auxiliary.done_result,
        machine.alarms.last_seq,
        machine.charging.changes,
        [mailbox.visible(now_s) for mailbox in machine.mailboxes],
        [_of_lift(lift) for lift in machine.lifts.values()],
        [_of_bay(bay) for bay in machine.bays.values()],
    )


def _of_lift(lift: LiftControl) -> tuple[object, ...]:
    job = lift.job
    return (
        None if job is None else (job.stopping, lift.step),
        lift.fault,
        lift.job_state,
        lift.job_error,
        lift.done_seq,
        lift.done_job,
        lift.done_result,
        lift.retained.exec_count,
        lift.retained.cycles,
    )


def _of_bay(bay: BayControl) -> tuple[object, ...]:
    stuck = bay.stuck
    return (
        bay.owner,
        bay.signal,
        bay.out_of_service,
        bay.measurement,
        bay.presented,
        frozenset(stuck) if stuck else None,
    )
