"""The work of staff in the swarm: each kind is really done, reaches its aim, and is judged."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.swarm.aimed import AIMED, SITE, TWO_LIFTS, fault, plan, trip
from benchmarks.swarm.fault_plan import FaultKind, PlannedFault
from benchmarks.swarm.people import Visitor
from benchmarks.swarm.plan import Options
from benchmarks.swarm.reach import MODES, Counts, reached, states_of, transitions_of
from benchmarks.swarm.returning import Returning
from benchmarks.swarm.run import Result, run_seed
from benchmarks.swarm.varied import FOUR_LIFTS

pytestmark = pytest.mark.slow

CALM = replace(AIMED, cars=8, settling_s_max=7200.0)
SECURED, SLOT = "secure is noted", "slot1.occupied"


def played(
    directory: Path, kind: FaultKind, draw: int, site: Path = SITE, *, trips: int = 2
) -> tuple[Result, Counts]:
    """Some customers one after the other, and one piece of work that meets the first of them."""
    people = [
        replace(trip(n, 70.0 + 200.0 * n), ends_at_s=70.0 + 200.0 * n + 3000.0, out_s=200.0)
        for n in range(1, trips + 1)
    ]
    options: Options = replace(CALM, site=site, seed=draw)
    with reached() as counts:
        result = run_seed(
            options, directory, plan(*people, fault(kind, 200.0, at_s=200, draw=draw))
        )
    assert result.problems == []
    return result, counts


def test_cars_are_brought_out_by_hand(tmp_path: Path) -> None:
    """Over some draws: to slots and bays, cancelled, with the machine dead, with a wrong word."""
    done: Counter[str] = Counter()
    states: Counter[str] = Counter()
    for draw in range(1, 7):
        directory = tmp_path / str(draw)
        directory.mkdir()
        result, counts = played(directory, FaultKind.RESCUE, draw, TWO_LIFTS)
        done.update(result.counts)
        states.update(counts[states_of("rescue")])
    assert done["rescue begun"] >= 5
    assert done["rescue done"] >= 3
    assert {"ISOLATE", "SECURE", "BRING", "CLEAR", "POWER", "HOME", "DONE"} <= states.keys()


A_SECOND_AND_A_HALF, THE_OTHER_VALUE = 5, 1
"""Draws with which a commit takes that long, and a sensor shows what is not so."""


@pytest.mark.parametrize(
    "faults",
    [
        (
            fault(FaultKind.DISK_SLOW, 12.0, upon=SECURED, after_s=55.0, draw=A_SECOND_AND_A_HALF),
            fault(FaultKind.PLC_LINE_CUT, 5.0, upon=SECURED, after_s=56.0),
        ),
        (fault(FaultKind.SENSOR_STUCK, 60.0, at_s=200, name=SLOT, draw=THE_OTHER_VALUE),),
    ],
    ids=["the line is back before it is written", "a sensor agrees with them"],
)
def test_a_wrong_word_that_no_sensor_denied(
    faults: tuple[PlannedFault, ...], tmp_path: Path
) -> None:
    """Two people may be wrong where nothing denies it; once the power is back they are asked."""
    options = replace(CALM, site=TWO_LIFTS, seed=6)
    errand = fault(FaultKind.RESCUE, 200.0, draw=6)
    result = run_seed(options, tmp_path, plan(trip(), errand, *faults))
    assert result.problems == []
    assert result.counts["rescue: a wrong word is taken"] == 1
    assert result.counts["rescue done"] == 1


def test_staff_move_things_themselves(tmp_path: Path) -> None:
    result, counts = played(tmp_path, FaultKind.STAFF_ORDERS, 3)
    assert result.counts["staff order done"] >= 1
    assert counts[MODES].keys() & {"semi-automatic", "manual"}


@pytest.mark.parametrize(("draw", "how"), [(2, "finish"), (3, "stop")])
def test_a_movement_is_ended(draw: int, how: str, tmp_path: Path) -> None:
    for each in range(draw, draw + 6):
        directory = tmp_path / str(each)
        directory.mkdir()
        result, _ = played(directory, FaultKind.JOB_ENDED, each, trips=1)
        if result.counts[f"job asked to {how}: done"]:
            return
    pytest.fail(f"in six draws nobody has asked a job to {how}")


def test_two_people_lift_what_an_overdue_part_forbids(tmp_path: Path) -> None:
    result, counts = played(tmp_path, FaultKind.AUDIT, 1, FOUR_LIFTS, trips=4)
    assert result.counts["a part is overdue"] >= 2
    assert result.counts["override asked"] >= 1
    assert counts[transitions_of("override")]
    assert any(what.startswith("audit: ") for what in result.counts)


def test_a_car_that_comes_back_heavier_is_vouched_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive_in = Returning._drive_in  # what no plan draws

    def laden(driver: Returning, visitor: Visitor) -> None:
        outside, vin = driver.world.tower.plant.outside, driver.record.vin
        known_kg = driver.world.known_cars[vin].weight_kg
        outside[vin] = replace(outside[vin], weight_kg=known_kg + 60)
        drive_in(driver, visitor)

    monkeypatch.setattr(Returning, "_drive_in", laden)
    result = run_seed(CALM, tmp_path, plan(trip()))
    assert result.problems == []
    assert result.settled["drop_off: try_again"] == 1
    assert result.settled["drop_off: weight_is_right"] == 1


@pytest.mark.parametrize("draw", [1, 2])
def test_a_car_is_carried_and_nobody_says_so(draw: int, tmp_path: Path) -> None:
    result, _ = played(tmp_path, FaultKind.CARRIED, draw)
    assert any("ledger" in answer for answer in result.settled), "nobody was asked"
