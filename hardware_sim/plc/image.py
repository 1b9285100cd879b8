"""The PLC's status registers, computed at the moment somebody reads them.

A real PLC copies its image at the end of every scan; here a block is made when it is asked
for, which costs nothing while nobody asks. The scan counter runs with the clock, every 20 ms.
"""

from __future__ import annotations

from firmware_bridge import register_map as rm
from firmware_bridge.meanings import (
    AxisFlags,
    BayStatus,
    Enabling,
    Inhibit,
    JobError,
    LiftStatus,
    LoadState,
    MachineState,
)
from firmware_bridge.words import bitmap_of, crc16_of_words, encode_block
from hardware_sim.plant.axis import AxisName
from hardware_sim.plc.bay_control import BayControl, Measurement
from hardware_sim.plc.interlocks import lift_inhibit
from hardware_sim.plc.jog import axis_limits, jogging_allowed
from hardware_sim.plc.lift_control import LiftControl
from hardware_sim.plc.machine import Machine

SCAN_S = 0.02
PLC_NAME = "VENDTOWER-SIM"
PLC_VERSION = 0x0001_0000
STANDBY_W = 500
AXES = {"hoist": AxisName.HOIST, "turn": AxisName.TURNTABLE, "shuttle": AxisName.SHUTTLE}
CABINET_WARMTH_C = 8.0
"""How much warmer the cabinet is than the hall."""


def identity_words(machine: Machine) -> list[int]:
    """The identity block, with its checksum."""
    site = machine.field.site
    words = encode_block(
        rm.IDENTITY,
        {
            "magic0": rm.MAGIC0,
            "magic1": rm.MAGIC1,
            "map_major": rm.MAP_MAJOR,
            "map_minor": rm.MAP_MINOR,
            "map_crc32": rm.MAP_CRC32,
            "order_probe": rm.ORDER_PROBE,
            "sign_probe": rm.SIGN_PROBE,
            "n_lifts": len(site.lifts),
            "n_bays": len(site.bays),
            "n_slots": len(site.slots),
            "n_sockets": len(site.sockets),
            "site_id": site.site_id,
            "plc_version": PLC_VERSION,
            "plc_name": PLC_NAME,
        },
    )
    words[26] = crc16_of_words(words[:26])
    return words


def i16(value: float) -> int:
    """A measured value in one signed word; beyond its ends it stays at them, as in a real PLC."""
    return max(-0x8000, min(0x7FFF, round(value)))


def scan_count(machine: Machine, until_s: float) -> int:
    """How many scans there have been since the PLC started, as the 16-bit counter shows it."""
    return int((until_s - machine.started_s) / SCAN_S + 1e-6) & 0xFFFF


def life_values(machine: Machine, scan: int, utc_s: float) -> dict[str, int]:
    """The fields of the system block that run on by themselves."""
    return {
        "hb_plc": scan,
        "hb_echo": machine.link.heartbeat,
        "uptime": int(machine.field.now_s - machine.started_s),
        "utc": int(utc_s) & 0xFFFF_FFFF,
        "utc_ms": int(utc_s * 1000.0) % 1000,
    }


def system_values(machine: Machine) -> dict[str, int]:
    """The fields of the system block, but for those of `life_values`."""
    field, auxiliary, alarms = machine.field, machine.auxiliary, machine.alarms
    meters = [field.lift_meter(number) for number in machine.lifts]
    shown = machine.mailboxes[0].visible(field.now_s)
    charging = machine.charging
    charge_w = sum(charging.power_w(number) for number in charging.energised())
    hall_c = field.hall_temperature_c
    return {
        "boot_id": machine.boot_id,
        "session_echo": machine.link.session,
        "state_current": machine.shown_state(),
        "unit_mode": machine.mode,
        "safety_a": machine.safety_a(),
        "safety_b": machine.safety_b(),
        "key_switch": field.key_switch,
        "enabling": Enabling.DEVICE_HELD if field.enabling_held else 0,
        "pc_link": machine.link.state,
        "scan_us": int(SCAN_S * 1e6),
        "scan_max_us": int(SCAN_S * 1e6),
        "alarm_words": alarms.bitmap(),
        "alarm_active": len(alarms.active),
        "alarm_top_sev": alarms.top_severity(),
        "alarm_last_seq": alarms.last_seq,
        "aux_ack_seq": shown.seq,
        "aux_ack_result": shown.result,
        "aux_ack_job": shown.job_id,
        "aux_state": auxiliary.state,
        "aux_done_seq": auxiliary.done_seq,
        "aux_done_result": auxiliary.done_result,
        "power": round(STANDBY_W + charge_w + sum(meter[2] for meter in meters)),
        "energy": int(sum(meter[1] for meter in meters) / 360_000.0),
        "charge_power": round(charge_w),
        "charge_limit": round((charging.limit_w or 0.0) / 100.0),
        "cabinet_temp": round(10.0 * (hall_c + CABINET_WARMTH_C)),
        "hall_temp": round(10.0 * hall_c),
        "ups": field.power_source,
        "ups_charge": 100,
        "wind": 0,
    }


def lift_machine_state(machine: Machine, lift: LiftControl) -> MachineState:
    """The lift's own view of the PackML state."""
    if machine.packml.state not in {MachineState.IDLE, MachineState.EXECUTE}:
        return machine.packml.state
    if lift.job is not None:
        stopping = lift.job.stopping is not None
        return MachineState.STOPPING if stopping else MachineState.EXECUTE
    return MachineState.ABORTED if lift.fault is not JobError.NONE else MachineState.IDLE


def lift_values(machine: Machine, lift: LiftControl) -> dict[str, int]:
    """The fields of one lift block."""
    field, number = machine.field, lift.number
    inhibit = lift_inhibit(machine, lift)
    run_s, energy_j, power_w = field.lift_meter(number)
    shown = lift.mailbox.visible(field.now_s)
    hoist_range = axis_limits(lift, AxisName.HOIST)
    shuttle_range = axis_limits(lift, AxisName.SHUTTLE)
    temperatures = {
        f"{label}_{part}_temp": round(10.0 * field.drive_temperature_c(number, axis))
        for label, axis in AXES.items()
        for part in ("drive", "motor")
    }
    return {
        "state_current": lift_machine_state(machine, lift),
        "unit_mode": machine.mode,
        "status": _lift_status(machine, lift, inhibit),
        "inhibit": inhibit,
        **_axis_values(lift, "hoist", AxisName.HOIST, 1.0, hoist_range),
        **_axis_values(lift, "turn", AxisName.TURNTABLE, 100.0, None),
        **_axis_values(lift, "shuttle", AxisName.SHUTTLE, 1.0, shuttle_range),
        "load": field.number(f"lift{number}.load_kg"),
        "load_state": lift.load_state(),
        "torque": 0 if power_w == 0.0 else 300,
        **temperatures,
        "ack_seq": shown.seq,
        "ack_result": shown.result,
        "ack_job": shown.job_id,
        "job_state": lift.job_state,
        "job_step": lift.step,
        "job_error": lift.job_error,
        "done_seq": lift.done_seq,
        "done_job": lift.done_job,
        "done_result": lift.done_result,
        "exec_count": lift.retained.exec_count,
        "cycles": lift.retained.cycles,
        "run_time": int(run_s / 360.0),
        "energy": int(energy_j / 3600.0),
        "power": i16(power_w / 10.0),
    }


def _lift_status(machine: Machine, lift: LiftControl, inhibit: Inhibit) -> LiftStatus:
    field = machine.field
    moving = field.moving(lift.number)
    facts = {
        LiftStatus.READY: inhibit == 0,
        LiftStatus.ENABLED: machine.safe(),
        LiftStatus.HOMED: field.shuttle_in(lift.number),
        LiftStatus.STANDSTILL: not moving,
        LiftStatus.LOADED: lift.load_state() is not LoadState.EMPTY,
        LiftStatus.BRAKES: not moving,
        LiftStatus.PC_PERMIT: machine.permitted(lift.number),
        LiftStatus.JOG: jogging_allowed(machine),
    }
    return LiftStatus(sum(bit for bit, holds in facts.items() if holds))


def _axis_values(
    lift: LiftControl,
    label: str,
    axis: AxisName,
    scale: float,
    limits: tuple[float, float] | None,
) -> dict[str, int]:
    field, number = lift.view.field, lift.number
    position, target = field.position(number, axis), field.target(number, axis)
    moving = field.axis_moving(number, axis)
    facts = {
        AxisFlags.ENABLED: True,
        AxisFlags.HOMED: True,
        AxisFlags.MOVING: moving,
        AxisFlags.IN_POSITION: not moving and abs(position - target) < 1.0,
        AxisFlags.LIMIT_PLUS: limits is not None and position >= limits[1],
        AxisFlags.LIMIT_MINUS: limits is not None and position <= limits[0],
        AxisFlags.FAULT: lift.fault is JobError.DRIVE_FAULT and not moving and position != target,
    }
    return {
        f"{label}_pos": round(position * scale),
        f"{label}_target": round(target * scale),
        f"{label}_vel": i16(field.velocity(number, axis) * scale),
        f"{label}_flags": sum(bit for bit, holds in facts.items() if holds),
    }


def bay_values(machine: Machine, bay: BayControl) -> dict[str, int]:
    """One bay's fields of the bays block."""
    measured = bay.measurement or Measurement()
    facts = {
        BayStatus.INNER_CLOSED: bay.sees("inner_closed"),
        BayStatus.INNER_LOCKED: bay.sees("inner_locked"),
        BayStatus.OUTER_CLOSED: bay.sees("outer_closed"),
        BayStatus.OUTER_LOCKED: bay.sees("outer_locked"),
        BayStatus.CURTAIN_CLEAR: bay.sees("curtain_clear"),
        BayStatus.PRESENCE: bay.sees("presence"),
        BayStatus.PERSON_INSIDE: bay.sees("person_inside"),
        BayStatus.ESTOP_PRESSED: not bay.sees("estop_ok"),
        BayStatus.CALL: bay.sees("call"),
    }
    return {
        "status": sum(bit for bit, holds in facts.items() if holds),
        "state": bay.state(),
        "inner": bay.door_state("inner"),
        "outer": bay.door_state("outer"),
        "profile": measured.profile,
        "length": measured.length_mm,
        "width": measured.width_mm,
        "height": measured.height_mm,
        # The floor scale is live: "the weight has gone" is one of two signs of an empty bay.
        "weight": machine.field.number(f"bay{bay.number}.weight_kg"),
        "axle1": machine.field.number(f"bay{bay.number}.axle1_kg"),
        "offset": measured.offset_mm,
        "signal": bay.signal,
        "owner": bay.owner,
        "inhibit": bay.inhibit(safety_healthy=machine.safe()),
    }


def bays_values(machine: Machine) -> dict[str, int]:
    """The fields of the bays block."""
    return {
        f"bay{number}_{name}": value
        for number, bay in machine.bays.items()
        for name, value in bay_values(machine, bay).items()
    }


def slots_values(machine: Machine) -> dict[str, int]:
    """The fields of the slot bitmaps, from the slots' sensors."""
    slots = machine.field.site.slots
    occupied = bitmap_of(n for n in slots if machine.field.on(f"slot{n}.occupied"))
    return {"occupied": occupied, "doubtful": 0, "blocked": 0}
