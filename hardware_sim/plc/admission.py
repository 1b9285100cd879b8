"""What the PLC answers to a job in a lift's mailbox, decided once, in this order."""

from __future__ import annotations

from firmware_bridge.meanings import (
    FULL_SPEED_PERMILLE,
    LIFT_VERBS,
    Inhibit,
    JobFlag,
    PlaceKind,
    Result,
    Verb,
)
from hardware_sim.plc.bay_control import BayControl
from hardware_sim.plc.interlocks import (
    FAULT_BITS,
    PERMISSION_BITS,
    WHOLE_BITS,
    lift_inhibit,
)
from hardware_sim.plc.jog import axis_free, jogging_allowed, raw_axis, raw_target_fits
from hardware_sim.plc.lift_control import LiftControl
from hardware_sim.plc.machine import Machine
from hardware_sim.plc.mailbox import JobWords
from hardware_sim.plc.steps import weight_fits
from hardware_sim.site import Slot

HEIGHT_TOLERANCE_MM = 100

BAY, SLOT, LIFT, NONE = PlaceKind.BAY, PlaceKind.SLOT, PlaceKind.LIFT, PlaceKind.NONE
ANY_SOURCE = frozenset(PlaceKind)
SHAPES: dict[int, tuple[frozenset[PlaceKind], frozenset[PlaceKind]]] = {
    Verb.STORE: (frozenset({BAY, LIFT}), frozenset({SLOT})),
    Verb.FETCH: (frozenset({SLOT, LIFT}), frozenset({BAY})),
    Verb.MOVE: (frozenset({SLOT}), frozenset({SLOT})),
    Verb.PARK: (ANY_SOURCE, frozenset({NONE, BAY, SLOT})),
    Verb.HOME: (ANY_SOURCE, ANY_SOURCE),
    Verb.MEASURE: (frozenset({BAY}), ANY_SOURCE),
    Verb.ABORT: (ANY_SOURCE, ANY_SOURCE),
}
"""Kinds of source and destination that each verb takes."""


def frame_result(machine: Machine, job: JobWords) -> Result:
    """Whether the words are whole, in time, and from the controller whose heart beats."""
    if not job.crc_good:
        return Result.CRC
    if not machine.link.fresh(machine.field.now_s):
        return Result.PC_NOT_ALIVE
    if job.session != machine.link.session or job.session == 0:
        return Result.SESSION
    if job.age_ms >= job.valid_ms:
        return Result.EXPIRED
    return Result.ACCEPTED


def decide(machine: Machine, lift: LiftControl, job: JobWords) -> Result:
    """The answer to a lift job; ACCEPTED when every question has been passed."""
    frame = frame_result(machine, job)
    if frame is not Result.ACCEPTED:
        return frame
    if job.verb not in LIFT_VERBS:
        return Result.VERB
    if job.verb == Verb.MOVE and job.flags & JobFlag.RAW_TARGET:
        return _raw_target(machine, lift, job)
    if not _in_range(lift, job):
        return Result.RANGE
    if job.verb == Verb.ABORT:
        return Result.ACCEPTED
    standing = _standing_result(lift_inhibit(machine, lift), job)
    if standing is not Result.ACCEPTED:
        return standing
    return _places_result(machine, lift, job)


def _raw_target(machine: Machine, lift: LiftControl, job: JobWords) -> Result:
    if not jogging_allowed(machine):
        return Result.MODE_OR_PERMIT
    if lift.job is not None:
        return Result.BUSY
    if lift_inhibit(machine, lift) & FAULT_BITS:
        return Result.FAULTED
    axis = raw_axis(job)
    if axis is None or not raw_target_fits(lift, axis, job):
        return Result.RANGE
    return Result.ACCEPTED if axis_free(machine, lift, axis) else Result.INTERLOCK


def _in_range(lift: LiftControl, job: JobWords) -> bool:
    sources, destinations = SHAPES[job.verb]
    return (
        1 <= job.speed <= FULL_SPEED_PERMILLE
        and _reachable(lift, job.src_kind, job.src_no, sources)
        and _reachable(lift, job.dst_kind, job.dst_no, destinations)
    )


def _reachable(lift: LiftControl, kind: int, number: int, kinds: frozenset[PlaceKind]) -> bool:
    if kinds == ANY_SOURCE:
        return True
    if kind not in kinds:
        return False
    if kind == BAY:
        return number in lift.view.lift.serves_bays
    if kind == LIFT:
        return number == lift.number
    if kind == SLOT:
        slot = lift.view.field.site.slots.get(number)
        return slot is not None and slot.level in lift.view.lift.serves_levels
    return True


def _standing_result(inhibit: Inhibit, job: JobWords) -> Result:
    continues = job.verb == Verb.HOME or job.src_kind == LIFT
    if continues:
        inhibit &= ~WHOLE_BITS
        # An inner door that a stop left open before the lift is closed by the job itself.
        inhibit &= ~Inhibit.DOOR_OPEN
    if job.verb == Verb.MEASURE:
        inhibit &= FAULT_BITS | PERMISSION_BITS | Inhibit.BUSY
    if inhibit & FAULT_BITS:
        return Result.FAULTED
    if inhibit & PERMISSION_BITS:
        return Result.MODE_OR_PERMIT
    if inhibit & Inhibit.BUSY:
        return Result.BUSY
    return Result.INTERLOCK if inhibit else Result.ACCEPTED


def _places_result(machine: Machine, lift: LiftControl, job: JobWords) -> Result:
    if job.verb in {Verb.HOME, Verb.PARK}:
        return _parking_result(machine, lift, job)
    if job.verb == Verb.MEASURE:
        return _measuring_result(machine.bays[job.src_no])
    loaded = machine.field.loaded(lift.number)
    if loaded != (job.src_kind == LIFT):
        return Result.PLACE_STATE
    held = {place for other in machine.lifts.values() if other.job for place in other.job.places()}
    if {(job.src_kind, job.src_no), (job.dst_kind, job.dst_no)} & held:
        return Result.PLACE_STATE
    for result in (
        _source_result(machine, job),
        _destination_result(machine, job),
        _size_result(machine, lift, job),
    ):
        if result is not Result.ACCEPTED:
            return result
    return Result.ACCEPTED


def _parking_result(machine: Machine, lift: LiftControl, job: JobWords) -> Result:
    if job.verb == Verb.PARK and machine.field.loaded(lift.number):
        return Result.PLACE_STATE
    return Result.ACCEPTED


def _measuring_result(bay: BayControl) -> Result:
    if not bay.sees("presence"):
        return Result.PLACE_STATE
    if bay.sees("person_inside") or not (bay.shut("outer") and bay.shut("inner")):
        return Result.INTERLOCK
    return Result.ACCEPTED


def _bay_result(machine: Machine, number: int) -> Result:
    """Whether a lift may work in a bay at all: doors shut, nobody inside, nobody else's."""
    bay = machine.bays[number]
    free = (
        bay.owner == 0
        and not bay.stuck
        and not bay.out_of_service
        and bay.sees("curtain_clear")
        and not bay.sees("person_inside")
        and bay.shut("outer")
    )
    return Result.ACCEPTED if free else Result.INTERLOCK


def _source_result(machine: Machine, job: JobWords) -> Result:
    if job.src_kind == SLOT:
        seen = machine.field.on(f"slot{job.src_no}.occupied")
        return Result.ACCEPTED if seen else Result.PLACE_STATE
    if job.src_kind == BAY:
        if not machine.bays[job.src_no].sees("presence"):
            return Result.PLACE_STATE
        return _bay_result(machine, job.src_no)
    return Result.ACCEPTED


def _destination_result(machine: Machine, job: JobWords) -> Result:
    if job.dst_kind == SLOT:
        seen = machine.field.on(f"slot{job.dst_no}.occupied")
        return Result.PLACE_STATE if seen else Result.ACCEPTED
    bay = machine.bays[job.dst_no]
    # A car that still hangs on the shuttle reaches into the bay and may be seen there.
    if bay.sees("presence"):
        return Result.PLACE_STATE
    return _bay_result(machine, job.dst_no)


def _size_result(machine: Machine, lift: LiftControl, job: JobWords) -> Result:
    """Compare a car in a bay with what was announced, with the slot, and with the lift."""
    if job.src_kind != BAY:
        return Result.ACCEPTED
    measured = machine.bays[job.src_no].measurement
    if measured is None:
        return Result.INTERLOCK
    slot: Slot = machine.field.site.slots[job.dst_no]
    limits = slot.slot_class
    fits = (
        measured.profile == 0
        and measured.length_mm <= limits.length_mm_max
        and measured.width_mm <= limits.width_mm_max
        and measured.height_mm <= limits.height_mm_max
        and measured.weight_kg <= min(limits.weight_kg_max, lift.view.lift.load_kg_max)
        and weight_fits(job.exp_weight, measured.weight_kg)
        and (job.exp_height == 0 or abs(job.exp_height - measured.height_mm) <= HEIGHT_TOLERANCE_MM)
    )
    return Result.ACCEPTED if fits else Result.MISMATCH
