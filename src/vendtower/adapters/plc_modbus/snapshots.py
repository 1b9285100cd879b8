"""The PLC's words as the domain's machine snapshot. Translated by name, never by number."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import TypeVar

from firmware_bridge import meanings
from firmware_bridge.handshake import MailboxWords
from firmware_bridge.plc_image import PlcImage, Reading
from firmware_bridge.words import Value, group, integer, numbers_in
from vendtower.adapters.plc_modbus.alarms import plc_alarms
from vendtower.domain.job import JobWord, PlcJobState
from vendtower.domain.machine import (
    BayActivity,
    BayReport,
    ControlMode,
    DoorState,
    KeySwitch,
    LiftReport,
    LoadState,
    MachineSnapshot,
    MachineState,
    PcLink,
    PowerSource,
)

_FlagT = TypeVar("_FlagT", bound=IntFlag)


@dataclass(frozen=True)
class Translated:
    """An image, and what it says in the domain's words."""

    image: PlcImage
    snapshot: MachineSnapshot

    def lift(self, number: int, lift: Reading) -> LiftReport | None:
        """This lift's report, if its block tells what it told then."""
        before = self.image.lifts.get(number)
        same = before is not None and lift.tells_the_same_as(before)
        return self.snapshot.lifts.get(number) if same else None


def snapshot_of(
    image: PlcImage, *, session_accepted: bool, before: Translated | None = None
) -> MachineSnapshot:
    """The image in the domain's words; lifts and bays that the tower does not have are left out.

    Reports whose blocks tell the same as ``before`` are taken over from there.
    """
    system = image.system
    faults = _names_of_missing(meanings.SafetyA, system.number("safety_a"))
    faults |= _names_of_missing(meanings.SafetyB, system.number("safety_b"))
    return MachineSnapshot(
        boot_id=image.boot_id,
        state=_machine_state(system.number("state_current")),
        mode=ControlMode[meanings.UnitMode(system.number("unit_mode")).name],
        pc_link=PcLink[meanings.PcLink(system.number("pc_link")).name],
        session_accepted=session_accepted,
        safety_faults=faults,
        lifts={
            number: (before and before.lift(number, lift)) or _lift_report(image, number, lift)
            for number, lift in image.lifts.items()
        },
        bays=_bay_reports(image, before),
        occupied_slots=_slots(image, "occupied"),
        doubtful_slots=_slots(image, "doubtful"),
        blocked_slots=_slots(image, "blocked"),
        power_source=PowerSource[meanings.Ups(system.number("ups")).name],
        auxiliary=_job_word(image.mailbox(0), step=0, error=0),
        alarm_count=system.number("alarm_active"),
        alarms=plc_alarms(image),
        key_switch=KeySwitch[meanings.KeySwitch(system.number("key_switch")).name],
        enabling_held=bool(system.number("enabling") & meanings.Enabling.DEVICE_HELD),
    )


def _bay_reports(image: PlcImage, before: Translated | None) -> Mapping[int, BayReport]:
    numbers = range(1, image.identity.bays + 1)
    same_tower = before is not None and before.image.identity == image.identity
    if before is not None and same_tower and image.bays.tells_the_same_as(before.image.bays):
        return before.snapshot.bays
    return {n: _bay_report(n, group(image.bays.values, f"bay{n}_")) for n in numbers}


def _slots(image: PlcImage, name: str) -> frozenset[int]:
    return numbers_in(image.slots.number(name))


def _machine_state(number: int) -> MachineState:
    return MachineState[meanings.MachineState(number).name]


def _lift_report(image: PlcImage, number: int, lift: Reading) -> LiftReport:
    status = meanings.LiftStatus(lift.number("status"))
    return LiftReport(
        number=number,
        state=_machine_state(lift.number("state_current")),
        ready=bool(status & meanings.LiftStatus.READY),
        homed=bool(status & meanings.LiftStatus.HOMED),
        standstill=bool(status & meanings.LiftStatus.STANDSTILL),
        inhibits=names_of(meanings.Inhibit, lift.number("inhibit")),
        hoist_position_mm=lift.number("hoist_pos"),
        turn_position_deg=lift.number("turn_pos") / 100,
        shuttle_position_mm=lift.number("shuttle_pos"),
        load=LoadState[meanings.LoadState(lift.number("load_state")).name],
        load_kg=lift.number("load"),
        job=_job_word(
            image.mailbox(number), step=lift.number("job_step"), error=lift.number("job_error")
        ),
        exec_count=lift.number("exec_count"),
        cycles=lift.number("cycles"),
        run_time_h=lift.number("run_time") / 10,
        energy_kwh=lift.number("energy") / 1000,
        may_jog=bool(status & meanings.LiftStatus.JOG),
    )


def _job_word(words: MailboxWords, *, step: int, error: int) -> JobWord:
    return JobWord(
        ack_seq=words.ack_seq,
        ack_result=words.ack_result,
        ack_job=words.ack_job,
        state=PlcJobState[words.state.name],
        step=name_of(meanings.JobStep, step),
        error=name_of(meanings.JobError, error) if error else "",
        done_seq=words.done_seq,
        done_job=words.done_job or 0,
        done_result=words.done_result,
    )


def _bay_report(number: int, bay: Mapping[str, int]) -> BayReport:
    status = meanings.BayStatus(bay["status"])
    return BayReport(
        number=number,
        inner_door=_door(bay["inner"]),
        inner_locked=bool(status & meanings.BayStatus.INNER_LOCKED),
        outer_door=_door(bay["outer"]),
        outer_locked=bool(status & meanings.BayStatus.OUTER_LOCKED),
        curtain_clear=bool(status & meanings.BayStatus.CURTAIN_CLEAR),
        presence=bool(status & meanings.BayStatus.PRESENCE),
        person_inside=bool(status & meanings.BayStatus.PERSON_INSIDE),
        estop_pressed=bool(status & meanings.BayStatus.ESTOP_PRESSED),
        call_pressed=bool(status & meanings.BayStatus.CALL),
        weight_kg=bay["weight"],
        length_mm=bay["length"],
        width_mm=bay["width"],
        height_mm=bay["height"],
        axle1_kg=bay["axle1"],
        offset_mm=bay["offset"],
        profile=names_of(meanings.Profile, bay["profile"]),
        activity=BayActivity[meanings.BayState(bay["state"]).name],
    )


def _door(number: int) -> DoorState:
    return DoorState[meanings.DoorState(number).name]


def name_of(kind: type[IntEnum], number: int) -> str:
    """The contract's name in small letters; ``"12"`` for a number that it does not have."""
    try:
        return kind(number).name.lower()
    except ValueError:
        return str(number)


def names_of(kind: type[_FlagT], word: int) -> frozenset[str]:
    """Names of the bits that are set, in small letters; unknown ones as ``"bit_9"``."""
    known = {member.value: member.name for member in kind}
    return frozenset(str(known.get(1 << bit, f"bit_{bit}")).lower() for bit in numbers_in(word))


def _names_of_missing(kind: type[_FlagT], word: int) -> frozenset[str]:
    """Names of the known bits that are not set."""
    return frozenset(str(member.name).lower() for member in kind if not word & member.value)


def bay_inhibits(bays: Mapping[str, Value], number: int) -> frozenset[str]:
    """Why a door or a transfer of this bay is refused now."""
    return names_of(meanings.BayInhibit, integer(bays, f"bay{number}_inhibit"))
