"""A PLC that answers late, twice or never, or whose program stands still."""

from __future__ import annotations

import math
from functools import partial

from hardware_sim.faults.fault import Target, TowerFault, Undo, Where
from hardware_sim.plc.program import PlcProgram
from hardware_sim.tower import TowerCore

BEGINS_AFTER_S = 8.0
BEGINS_LATE_S = 45.0
"""Longer than the controller takes for a start."""
LATE_BY_S = 1.0
REPEATED_AFTER_S = 0.25


def _running(core: TowerCore) -> PlcProgram:
    if core.plc is None:
        raise RuntimeError("PLC: it has no power, so nothing of it can fail")
    return core.plc


def _frozen(core: TowerCore, _target: Target) -> Undo:
    plc = _running(core)
    plc.freeze()
    return lambda: plc.freeze(frozen=False)


def _answers_late(by_s: float, core: TowerCore, _target: Target) -> Undo:
    mailboxes = _running(core).machine.mailboxes

    def be(delay_s: float) -> None:
        for mailbox in mailboxes:
            mailbox.answer_delay_s = delay_s

    be(by_s)
    return lambda: be(0.0)


def _begins_late(by_s: float, core: TowerCore, _target: Target) -> Undo:
    lifts = list(_running(core).machine.lifts.values())

    def add(after_s: float) -> None:
        for lift in lifts:
            lift.begins_after_s += after_s

    add(by_s)
    return lambda: add(-by_s)


def _repeated(core: TowerCore, _target: Target) -> Undo:
    def be(after_s: float | None) -> None:
        core.jobs_repeated_after_s = after_s

    be(REPEATED_AFTER_S)
    return lambda: be(None)


FAULTS = (
    TowerFault(
        "plc-frozen",
        "The PLC's heartbeat and scan counter stand still while its line is up.",
        (Where.TOWER,),
        _frozen,
    ),
    TowerFault(
        "ack-late",
        "The PLC acts on a job at once, and its acknowledgement shows a second later.",
        (Where.TOWER,),
        partial(_answers_late, LATE_BY_S),
    ),
    TowerFault(
        "ack-lost",
        "The PLC acts on a job, and its acknowledgement never shows until the fault is mended.",
        (Where.TOWER,),
        partial(_answers_late, math.inf),
    ),
    TowerFault(
        "start-late",
        "The PLC accepts a job and begins it eight seconds later, as one that leaves its rest.",
        (Where.TOWER,),
        partial(_begins_late, BEGINS_AFTER_S),
    ),
    TowerFault(
        "start-overdue",
        "The PLC accepts a job and begins it 45 seconds later, when it counts as late.",
        (Where.TOWER,),
        partial(_begins_late, BEGINS_LATE_S),
    ),
    TowerFault(
        "ack-doubled",
        "Every job comes to the PLC a second time after 0.25 s, so that it answers twice.",
        (Where.TOWER,),
        _repeated,
    ),
)
