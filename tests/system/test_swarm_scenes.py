"""Rows of the recovery table that want a PLC which is slow, or forgets, each led to by a plan."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.swarm.aimed import AIMED, fault, plan, trip
from benchmarks.swarm.fault_plan import FaultKind, PlannedFault
from benchmarks.swarm.reach import RECOVERY_ROWS, Counts, reached
from benchmarks.swarm.record import WrittenRecord
from benchmarks.swarm.run import run_seed
from benchmarks.swarm.scenes import ACCEPTED, AT_ONCE_STOPPED, EVERY_SLOT, MEMORY_LOST

pytestmark = pytest.mark.slow

CALM = replace(AIMED, settling_s_max=3600.0)


def breaks(name: str, lasts_s: float, *, upon: str = "", after_s: float = 0.0) -> PlannedFault:
    at_s = 60.0 if upon else 10.0
    return fault(FaultKind.BREAKS, lasts_s, name=name, at_s=at_s, upon=upon, after_s=after_s)


def upon_acceptance(
    kind: FaultKind, after_s: float, name: str = "", lasts_s: float = 2.0
) -> PlannedFault:
    return fault(kind, lasts_s, name=name, at_s=60.0, upon=ACCEPTED, after_s=after_s)


def played(directory: Path, *faults: PlannedFault) -> tuple[Counts, set[str]]:
    """One customer, and these; what was reached, and the alarms there were."""
    with reached() as counts:
        result = run_seed(CALM, directory, plan(trip(), *faults))
    assert result.problems == []
    return counts, set(WrittenRecord(directory).alarm_codes())


WAITS = breaks("start-late", 1500.0)
REACHED: dict[str, tuple[tuple[PlannedFault, ...], set[str]]] = {
    "accepted / accepted": ((WAITS,), set()),
    "accepted / aborted": (
        (WAITS, upon_acceptance(FaultKind.JOB_ENDED, 1.0, AT_ONCE_STOPPED)),
        {"C42"},
    ),
    "accepted / restarted": (
        (WAITS, upon_acceptance(FaultKind.PLC_RESTART, 3.0)),
        {"C42", "P14"},
    ),
    "accepted / held": (
        (WAITS, breaks("hatch-open", 5.0, upon=ACCEPTED, after_s=1.0)),
        {"C63", "P10"},
    ),
    "accepted / late": ((breaks("start-overdue", 600.0),), {"C42"}),
    "active / late": ((breaks("lift-creeps", 3600.0),), {"C41", "C42"}),
}


@pytest.mark.parametrize("row", REACHED)
def test_a_row_is_reached_and_the_tower_comes_to_rest(row: str, tmp_path: Path) -> None:
    faults, alarms = REACHED[row]
    counts, codes = played(tmp_path, *faults)
    assert counts[RECOVERY_ROWS][row]
    assert alarms <= codes


def test_a_plc_that_has_lost_its_memory_is_told_and_its_counters_go_on(tmp_path: Path) -> None:
    restart = fault(
        FaultKind.PLC_RESTART, 2.0, name=MEMORY_LOST, at_s=60.0, upon="placed", after_s=20.0
    )
    _, codes = played(tmp_path, restart)
    assert {"P15", "C72"} <= codes


def test_slots_that_all_look_empty_are_asked_about(tmp_path: Path) -> None:
    _, codes = played(tmp_path, fault(FaultKind.SENSOR_STUCK, 60.0, name=EVERY_SLOT, at_s=30.0))
    assert "C40" in codes
