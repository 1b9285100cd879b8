"""The PLC's whole state in one place: what the parts of its program share."""

from __future__ import annotations

import dataclasses
from functools import partial

from firmware_bridge.meanings import (
    AlarmCode,
    AlarmSource,
    KeySwitch,
    MachineState,
    Permit,
    SafetyA,
    SafetyB,
    UnitMode,
)
from hardware_sim.plant.safety_functions import sensor_of
from hardware_sim.plc.alarms import AlarmBook, AlarmKey
from hardware_sim.plc.auxiliary_state import AuxiliaryState
from hardware_sim.plc.bay_control import BayControl
from hardware_sim.plc.charging import Charging
from hardware_sim.plc.field import Field
from hardware_sim.plc.lift_control import LiftControl
from hardware_sim.plc.mailbox import Mailbox
from hardware_sim.plc.packml import PackMl
from hardware_sim.plc.pc_link import PcLinkWatch, lift_permit
from hardware_sim.plc.retained import Retained
from hardware_sim.plc.steps import LiftView

ALL_A, ALL_B = SafetyA(sum(SafetyA)), SafetyB(sum(SafetyB))
SAFETY_ALARMS: dict[str, AlarmCode] = {
    "ESTOP_CHAIN": AlarmCode.ESTOP,
    "BAY_CURTAINS": AlarmCode.SAFETY_CURTAIN,
    "DOOR_LOCKS": AlarmCode.SAFETY_DOOR_LOCK,
    "SLACK_ROPE": AlarmCode.SLACK_ROPE,
    "OVERSPEED": AlarmCode.OVERSPEED,
    "OVERLOAD": AlarmCode.OVERLOAD,
    "END_STOPS": AlarmCode.END_STOP,
    "STO_FEEDBACK": AlarmCode.STO_FEEDBACK,
    "FIRE": AlarmCode.FIRE,
    "PIT": AlarmCode.PIT,
    "INSPECTION_HATCH": AlarmCode.INSPECTION_HATCH,
    "BRAKE_TEST": AlarmCode.BRAKE_TEST_DUE,
    "SAFETY_COMMS": AlarmCode.SAFETY_COMMS,
}


@dataclasses.dataclass(frozen=True, slots=True)
class SafetyInputs:
    """What the safety controller says, 1 = healthy, as long as no input changes."""

    changes: int
    """The field's count at which it was so."""
    estops: tuple[AlarmKey, ...]
    """The emergency stops that are pressed."""
    a: SafetyA
    b: SafetyB
    safe: bool
    """Nothing stops the machine."""


@dataclasses.dataclass(slots=True)
class Machine:
    """Everything between two scans."""

    field: Field
    retained: Retained
    boot_id: int
    started_s: float
    lifts: dict[int, LiftControl]
    bays: dict[int, BayControl]
    packml: PackMl
    charging: Charging
    mailboxes: list[Mailbox]
    link: PcLinkWatch = dataclasses.field(default_factory=PcLinkWatch)
    mode: UnitMode = UnitMode.PRODUCTION
    permit: Permit = dataclasses.field(default_factory=lambda: Permit(0))
    auxiliary: AuxiliaryState = dataclasses.field(default_factory=AuxiliaryState)
    alarms: AlarmBook = dataclasses.field(default_factory=AlarmBook)
    safety_seen: SafetyInputs | None = None
    """What the safety controller said at the last look, while its inputs are the same."""

    def _safety(self) -> SafetyInputs:
        """The safety controller's words as of now."""
        changes = self.field.changes
        if self.safety_seen is None or self.safety_seen.changes != changes:
            self.safety_seen = self._look_at_safety(changes)
        return self.safety_seen

    def _look_at_safety(self, changes: int) -> SafetyInputs:
        estops = self._find_estops()
        a = SafetyA(0) if estops else SafetyA.ESTOP_CHAIN
        for bit in ALL_A & ~SafetyA.ESTOP_CHAIN:
            if self._healthy(bit.name):
                a |= bit
        b = SafetyB(sum(bit for bit in SafetyB if self._healthy(bit.name)))
        safe = a == ALL_A and b | SafetyB.BRAKE_TEST == ALL_B
        return SafetyInputs(changes, tuple(estops), a, b, safe)

    def estop_ok(self) -> bool:
        """Whether no emergency stop is pressed."""
        return not self._safety().estops

    def estops_pressed(self) -> tuple[AlarmKey, ...]:
        """The alarm of each emergency stop that is pressed: the cabinet's, bays', lifts'."""
        return self._safety().estops

    def _find_estops(self) -> list[AlarmKey]:
        found = [] if self.field.on("tower.estop_ok") else [AlarmKey(AlarmCode.ESTOP)]
        found += [
            AlarmKey(AlarmCode.ESTOP, AlarmSource.BAY, number)
            for number, bay in self.bays.items()
            if not bay.sees("estop_ok")
        ]
        found += [
            AlarmKey(AlarmCode.ESTOP, AlarmSource.LIFT, number)
            for number in self.lifts
            if not self.field.on(f"lift{number}.estop_ok")
        ]
        return found

    def safety_a(self) -> SafetyA:
        """The safety controller's first word, 1 = healthy."""
        return self._safety().a

    def safety_b(self) -> SafetyB:
        """The safety controller's second word, 1 = healthy."""
        return self._safety().b

    def _healthy(self, bit_name: str | None) -> bool:
        return self.field.on(sensor_of(str(bit_name).lower()))

    def safe(self) -> bool:
        """Whether no safety function stops the machine; a brake test that is due does not."""
        return self._safety().safe

    def only_gates_open(self) -> bool:
        """Whether nothing is wrong but an open hatch or pit: that pauses and does not abort."""
        gates = SafetyB.INSPECTION_HATCH | SafetyB.PIT
        healthy_else = self.safety_b() | SafetyB.BRAKE_TEST | gates == ALL_B
        return self.safety_a() == ALL_A and healthy_else and not self.safe()

    def brake_tested(self) -> bool:
        """Whether no brake test is due; a lift takes no job before it."""
        return bool(self.safety_b() & SafetyB.BRAKE_TEST)

    def safety_alarms(self) -> list[AlarmCode]:
        """The alarm of each safety function that is not healthy."""
        if self._safety().a == ALL_A and self._safety().b == ALL_B:
            return []
        wrong_a, wrong_b = ALL_A & ~self.safety_a(), ALL_B & ~self.safety_b()
        return [SAFETY_ALARMS[str(bit.name)] for bit in [*wrong_a, *wrong_b]]

    def permitted(self, lift: int) -> bool:
        """The permit of a lift: a lease that is worth nothing without a beating heart."""
        return bool(self.permit & lift_permit(lift)) and self.link.fresh(self.field.now_s)

    def standing(self) -> bool:
        """Whether no job is on its way to an end."""
        return all(
            (lift.job is None or lift.held) and not self.field.moving(lift.number)
            for lift in self.lifts.values()
        )

    def shaft_taken(self, lift: int) -> bool:
        """Whether another lift of the same shaft has a job, moves, or reaches out of its way."""
        shaft = self.field.lift_of(lift).shaft
        return any(
            other.job is not None or self.field.moving(number) or not self.field.shuttle_in(number)
            for number, other in self.lifts.items()
            if number != lift and self.field.lift_of(number).shaft == shaft
        )

    def facing(self, lift: int) -> frozenset[int]:
        """Bays whose inner door opens onto this lift's way: not those another lift holds."""
        return frozenset(
            number
            for number in self.field.lift_of(lift).serves_bays
            if self.bays[number].owner in {0, lift}
        )

    def mode_allowed(self, wanted: UnitMode) -> bool:
        """The key switch has the last word about the mode."""
        if wanted is UnitMode.MAINTENANCE:
            return self.field.key_switch == KeySwitch.MAINTENANCE
        return self.field.key_switch == KeySwitch.AUTO

    def shown_state(self) -> MachineState:
        """The tower's state: idle shows as executing while a job runs."""
        if self.packml.state is MachineState.IDLE and any(
            lift.job is not None for lift in self.lifts.values()
        ):
            return MachineState.EXECUTE
        return self.packml.state


def build_machine(field_bus: Field, retained: Retained, *, boot_id: int) -> Machine:
    """The PLC as it starts: retained memory, no jobs, no link."""
    site = field_bus.site
    mailboxes = [Mailbox(words) for words in retained.mailboxes]
    start = MachineState.STOPPED if retained.job_running else MachineState.IDLE
    machine = Machine(
        field=field_bus,
        retained=retained,
        boot_id=boot_id,
        started_s=field_bus.now_s,
        lifts={},
        bays={number: BayControl(field_bus, bay) for number, bay in site.bays.items()},
        packml=PackMl(start),
        charging=Charging(field_bus),
        mailboxes=mailboxes,
    )
    for number, lift in site.lifts.items():
        view = LiftView(number, lift, field_bus, partial(machine.facing, number))
        machine.lifts[number] = LiftControl(view, mailboxes[number], retained.lifts[number])
    return machine
