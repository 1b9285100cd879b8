"""The PLC's program: what one scan does, and the memory that Modbus reads and writes.

Scans happen when there is something to do: after a write, after an event in the plant, at a
deadline; always at the end of the 20 ms in which it came. Between them nothing runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from firmware_bridge import register_map as rm
from firmware_bridge.meanings import (
    AlarmCode,
    ControlCommand,
    JobError,
    JobFlag,
    JobState,
    MachineState,
    Permit,
    Result,
    UnitMode,
    Verb,
)
from firmware_bridge.words import decode_block, integer
from hardware_sim.plant.plant import Plant
from hardware_sim.plc import image
from hardware_sim.plc.admission import decide
from hardware_sim.plc.alarm_conditions import conditions, drive_hot
from hardware_sim.plc.alarms import AlarmKey
from hardware_sim.plc.auxiliary import (
    decide_auxiliary,
    start_auxiliary,
    stop_auxiliary,
    watch_auxiliary,
)
from hardware_sim.plc.field import Field
from hardware_sim.plc.fire import FireDuty, fire_alone
from hardware_sim.plc.interlocks import JOB_MODES
from hardware_sim.plc.jog import AxisMove, Jog, raw_axis, raw_target
from hardware_sim.plc.lift_control import LiftControl
from hardware_sim.plc.machine import build_machine
from hardware_sim.plc.mailbox import Answer, JobWords
from hardware_sim.plc.packml import PAUSED, STOP_SIDE
from hardware_sim.plc.registers import Registers
from hardware_sim.plc.retained import Retained


class PlcProgram:
    """One run of the PLC, from power-up to power-down."""

    def __init__(
        self, plant: Plant, retained: Retained, *, boot_id: int, utc_s: Callable[[], float]
    ) -> None:
        self.machine = build_machine(Field(plant), retained, boot_id=boot_id)
        self._utc_s = utc_s
        self._note = plant.note
        self.registers = Registers(self.machine, utc_s)
        self._jog = Jog(self.machine)
        self._fire = FireDuty()
        self._command_seq = 0
        self._control = decode_block(rm.CONTROL, self.registers.control)
        self._last_scan_s = plant.now_s
        self._scan_at_s: float | None = None
        self.scans = 0
        retained.boots += 1
        retained.job_running = False
        if retained.lost and retained.boots == 1:
            self.machine.alarms.note(AlarmKey(AlarmCode.RETAINED_LOST), utc_s())
        elif retained.boots > 1:
            self.machine.alarms.note(AlarmKey(AlarmCode.PLC_STARTED), utc_s())

    # --- when

    def request_scan(self) -> None:
        """Something has changed; a scan follows at the end of these 20 ms."""
        if self._scan_at_s is None:
            now_s = self.machine.field.now_s
            self._scan_at_s = (math.floor(now_s / image.SCAN_S + 1e-9) + 1) * image.SCAN_S

    def next_due_s(self) -> float | None:
        """When the next scan is wanted, or None."""
        machine = self.machine
        dues = [machine.link.expires_s(), self._jog.due_s(), self._fire.due_s()]
        dues += [lift.due_s() for lift in machine.lifts.values()]
        dues += [bay.due_s() for bay in machine.bays.values()]
        # What was due by the last scan has been dealt with in it.
        future = [due_s for due_s in dues if due_s is not None and due_s > self._last_scan_s]
        if self._scan_at_s is not None:
            future.append(self._scan_at_s)
        return min(future, default=None)

    def scan(self) -> None:
        """One scan at the field's present time."""
        machine = self.machine
        self._scan_at_s = None
        self.scans += 1
        self._last_scan_s = machine.field.now_s
        control = self._control = self._in_time(decode_block(rm.CONTROL, self.registers.control))
        self._read_control(control)
        self._guard()
        self._pause()
        self._take_jobs()
        for bay in machine.bays.values():
            bay.scan()
        for lift in machine.lifts.values():
            self._run_lift(lift)
        watch_auxiliary(machine)
        self._jog.scan(integer(control, "jog_sel"), integer(control, "jog_speed"))
        if machine.packml.settle(standing=machine.standing()):
            self.request_scan()
        machine.retained.job_running = any(lift.job for lift in machine.lifts.values())
        machine.alarms.show(conditions(machine), self._utc_s())

    # --- what the controller says

    def _in_time(self, control: dict[str, int | str]) -> dict[str, int | str]:
        """The words of the control block, or those before when a session has come back."""
        late = self.machine.link.has_left(integer(control, "session"))
        return self._control if late else control

    def _read_control(self, control: dict[str, int | str]) -> None:
        machine, link = self.machine, self.machine.link
        now_s = machine.field.now_s
        heartbeat, session = integer(control, "hb_pc"), integer(control, "session")
        command_seq = integer(control, "cntrl_seq")
        if heartbeat != link.heartbeat and session != link.session:
            link.take(session)
            # A command that stood there before this controller began is not its own.
            self._command_seq = command_seq
            for mailbox in machine.mailboxes:
                mailbox.new_session()
        link.beat(heartbeat, now_s)
        fresh = link.fresh(now_s)
        machine.permit = Permit(integer(control, "permit") & 0x1F) if fresh else Permit(0)
        self._rule_charging(control, fresh=fresh)
        self._jog.see_lease(integer(control, "jog_lease"))
        machine.alarms.acknowledge(integer(control, "alarm_ack_seq"))
        if command_seq != self._command_seq:
            self._command_seq = command_seq
            if fresh:
                self._command(integer(control, "cntrl_cmd"))
        self._request_mode(integer(control, "mode_req"))

    def _rule_charging(self, control: dict[str, int | str], *, fresh: bool) -> None:
        permitted = bool(self.machine.permit & Permit.CHARGING)
        limit_w = 100.0 * integer(control, "charge_limit") if fresh else None
        self.machine.charging.rule(permitted=permitted, limit_w=limit_w)

    def _command(self, number: int) -> None:
        machine = self.machine
        if number not in set(ControlCommand):
            return
        command = ControlCommand(number)
        leads_on = {ControlCommand.CLEAR, ControlCommand.UNHOLD, ControlCommand.START}
        if command in leads_on and not machine.safe():
            return
        if command is ControlCommand.RESET:
            if not machine.safe():
                return
            machine.link.reset(machine.field.now_s)
        machine.packml.command(command)
        if machine.packml.state in STOP_SIDE and command in {
            ControlCommand.STOP,
            ControlCommand.ABORT,
        }:
            self._stop_all(JobError.STOP_COMMAND)

    def _request_mode(self, number: int) -> None:
        machine = self.machine
        if number == UnitMode.NO_REQUEST or number not in set(UnitMode):
            return
        wanted = UnitMode(number)
        busy = any(lift.job is not None for lift in machine.lifts.values())
        if wanted is not machine.mode and not busy and machine.mode_allowed(wanted):
            machine.mode = wanted

    # --- what must stop

    def _stop_all(self, error: JobError) -> None:
        for lift in self.machine.lifts.values():
            lift.stop(error)
        stop_auxiliary(self.machine, error)

    def _guard(self) -> None:
        machine = self.machine
        if machine.link.check(machine.field.now_s):
            machine.packml.stop()
            self._stop_all(JobError.PC_SILENT)
        if not machine.safe():
            self._stand_safely()
        for lift in machine.lifts.values():
            self._guard_lift(lift)

    def _stand_safely(self) -> None:
        """A safety function is not healthy: pause for a gate, act on fire, stop for the rest."""
        machine = self.machine
        if fire_alone(machine):
            machine.packml.abort()
            self._stop_all(JobError.SAFETY)
            self._fire.act(machine)
            return
        if machine.only_gates_open():
            # What runs is kept, and a person has to let it go on.
            machine.packml.command(ControlCommand.HOLD)
        else:
            machine.packml.abort()
            self._stop_all(JobError.SAFETY if machine.estop_ok() else JobError.EMERGENCY_STOP)
            for bay in machine.bays.values():
                bay.stop_doors()
        for number, lift in machine.lifts.items():
            if lift.job is None and machine.field.moving(number):
                machine.field.stop(number)

    def _guard_lift(self, lift: LiftControl) -> None:
        machine = self.machine
        if drive_hot(machine, lift.number):
            lift.fault = JobError.DRIVE_FAULT
            lift.stop(JobError.DRIVE_FAULT)
        if lift.job is None or lift.job.words.flags & JobFlag.RAW_TARGET:
            if lift.job is not None and not machine.field.enabling_held:
                lift.stop(JobError.MODE_CHANGED)
            return
        if not machine.permitted(lift.number):
            lift.stop(JobError.PERMIT_WITHDRAWN)
        if machine.mode not in JOB_MODES or not machine.mode_allowed(machine.mode):
            lift.stop(JobError.MODE_CHANGED)
        number = lift.bay_in_use()
        if number is None or machine.bays[number].shut("inner"):
            return
        bay = machine.bays[number]
        if bay.sees("person_inside"):
            lift.stop(JobError.PERSON_INSIDE)
        elif not bay.shut("outer"):
            lift.stop(JobError.INTERLOCK)

    def _pause(self) -> None:
        paused = self.machine.packml.state in PAUSED
        for lift in self.machine.lifts.values():
            if paused:
                lift.hold()
            else:
                lift.unhold()

    # --- jobs

    def _take_jobs(self) -> None:
        machine = self.machine
        now_s = machine.field.now_s
        job = machine.mailboxes[0].take(now_s)
        if job is not None:
            result = decide_auxiliary(machine, job)
            machine.mailboxes[0].answer(Answer(job.seq, result, job.job_id), now_s)
            if result is Result.ACCEPTED:
                self._note("auxiliary mailbox", "job taken", str(job.job_id))
                start_auxiliary(machine, job)
        for number, mailbox in enumerate(machine.mailboxes[1:], start=1):
            job = mailbox.take(now_s)
            if job is not None:
                result = self._take_lift_job(number, job)
                mailbox.answer(Answer(job.seq, result, job.job_id), now_s)

    def _take_lift_job(self, number: int, job: JobWords) -> Result:
        lift = self.machine.lifts.get(number)
        if lift is None:
            return Result.RANGE
        result = decide(self.machine, lift, job)
        if result is Result.ACCEPTED:
            self._start(lift, job)
        return result

    def _start(self, lift: LiftControl, job: JobWords) -> None:
        self._note(f"lift {lift.number}", "job taken", str(job.job_id))
        axis = raw_axis(job)
        if job.verb == Verb.ABORT:
            lift.abort()
        elif job.verb == Verb.MOVE and job.flags & JobFlag.RAW_TARGET and axis is not None:
            target = raw_target(axis, job)
            lift.start_raw(job, AxisMove(axis, target, job.speed / 1000.0))
        else:
            if job.verb == Verb.MEASURE:
                self.machine.bays[job.src_no].measure_again()
            lift.start(job)
            number = lift.bay_in_use()
            if number is not None and job.verb in {Verb.STORE, Verb.FETCH}:
                self.machine.bays[number].owner = lift.number
        self.request_scan()

    def _run_lift(self, lift: LiftControl) -> None:
        words = lift.job.words if lift.job else None
        number = lift.bay_in_use()
        lift.scan()
        if words is None or lift.job is not None:
            return
        # The job has ended in this scan.
        if number is None:
            return
        bay = self.machine.bays[number]
        if bay.owner == lift.number:
            bay.owner = 0
        if words.verb == Verb.FETCH and lift.job_state is JobState.DONE:
            bay.presented = True
        if lift.job_error is JobError.DOOR_STUCK:
            bay.stuck.add("inner")

    # --- registers

    def read(self, address: int, count: int) -> list[int]:
        """Words as they are now; reserved ones are zero."""
        return self.registers.read(address, count)

    def write(self, address: int, values: list[int]) -> bool:
        """The controller writes; False, and nothing is changed, where it may not."""
        taken = self.registers.write(address, values)
        if taken:
            self.request_scan()
        return taken

    def freeze(self, *, frozen: bool = True) -> None:
        """Fault: the scan counter and the PLC's heartbeat stand still."""
        self.registers.freeze(frozen=frozen)

    def tear(self, reads: int) -> None:
        """Fault: so many of the next reads of status blocks come torn."""
        self.registers.torn_reads = reads

    def state(self) -> MachineState:
        """The tower's PackML state as shown."""
        return self.machine.shown_state()
