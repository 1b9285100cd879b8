"""Keys in the swarm: they go out and come back on the boards' own lines, and each is judged."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.swarm.aimed import WITH_BOARDS, fault, manner, plan, trip
from benchmarks.swarm.fault_plan import FaultKind, PlannedFault
from benchmarks.swarm.key_manners import CANCELS, LaysKey, TakesKey
from benchmarks.swarm.plan import Options, draw_plan, plan_of, plan_tables
from benchmarks.swarm.reach import reached, transitions_of
from benchmarks.swarm.run import Result, run_seed
from benchmarks.swarm.traffic import Manner, Trip
from benchmarks.swarm.varied import Fixed, options_of_seed
from benchmarks.swarm.world import Tier

pytestmark = pytest.mark.slow

OPTIONS = replace(WITH_BOARDS, settling_s_max=3600.0)
TO_STAFF = "WITH_STAFF --StaffMovedKey--> DONE_BY_STAFF"


def played(
    directory: Path, who: Trip, *faults: PlannedFault, options: Options = OPTIONS
) -> tuple[Result, set[str]]:
    """One run that has to hold, and the transitions of keys that it reached."""
    with reached() as counts:
        result = run_seed(options, directory, plan(who, *faults))
    assert result.problems == [], "\n".join([*result.problems, *result.last_minutes[-80:]])
    return result, set(counts[transitions_of("key")])


def test_a_key_goes_out_and_comes_back(tmp_path: Path) -> None:
    result, turned = played(tmp_path, trip())
    assert result.counts["compartment released"] == 2
    assert turned == {
        "WANTED --ReleaseAsked--> ASKED",
        "ASKED --CompartmentOpened--> OPENED",
        "OPENED --KeyMoved--> MOVED",
    }


@pytest.mark.parametrize(
    ("how", "turned"),
    [
        (TakesKey.ASKS_AGAIN, ["ASKED --CompartmentShut--> SHUT", "SHUT --ReleaseAsked--> ASKED"]),
        (TakesKey.SHUTS_IT, ["OPENED --ReleaseAsked--> ASKED"]),
        (TakesKey.LEAVES_IT, ["OPENED --KeyOverdue--> WITH_STAFF", TO_STAFF]),
        (TakesKey.GOES_WITH_IT, [TO_STAFF]),
        (TakesKey.CANCELS_SHUT, ["WITH_STAFF --KeyMoved--> MOVED"]),
        (TakesKey.CANCELS_OPEN, ["OPENED --KeyRecalled--> WITH_STAFF"]),
    ],
    ids=lambda value: value.name if isinstance(value, TakesKey) else "",
)
def test_customers_take_keys_otherwise(
    how: TakesKey, turned: Sequence[str], tmp_path: Path
) -> None:
    late = manner(trip(), Manner.CANCELS_LATE) if how in CANCELS else trip()
    _, found = played(tmp_path, replace(late, takes_key=how))
    assert set(turned) <= found


def test_nobody_takes_what_the_screen_has_for_the_one_before(tmp_path: Path) -> None:
    """The first one walks off; the next one neither takes that key nor goes for that refusal."""
    first = manner(replace(trip(), takes_key=TakesKey.SHUTS_IT), Manner.WALKS_OFF)
    second = replace(trip(2, arrives_s=100.0), ends_at_s=4000.0)
    result = run_seed(OPTIONS, tmp_path, plan(first, second))
    assert result.problems == [], "\n".join([*result.problems, *result.last_minutes[-80:]])
    one, two = (record for record in result.records if record.manner in Manner.__members__)
    assert (one.ending, two.ending) == ("walked off", "drove off")
    assert any(what.startswith("key: ") for what in result.settled), "staff closed no visit"
    assert two.reasons == []


def test_the_next_in_the_queue_leaves_the_key_of_somebody_who_walked_off(tmp_path: Path) -> None:
    first = manner(trip(1), Manner.WALKS_OFF)
    second = replace(trip(2, 72.0), ends_at_s=3000.0)
    result = run_seed(OPTIONS, tmp_path, plan(first, second))
    assert result.problems == [], "\n".join([*result.problems, *result.last_minutes[-80:]])
    assert result.counts["event: key.not_taken"] == 1
    assert result.counts["event: key.taken"] == result.counts["event: visit.car_departed"] == 1


@pytest.mark.parametrize("how", [each for each in LaysKey if each is not LaysKey.AT_ONCE])
def test_drivers_lay_keys_back_otherwise(how: LaysKey, tmp_path: Path) -> None:
    result, _ = played(tmp_path, replace(trip(), lays_key=how))
    asked_staff = how in {LaysKey.KEEPS_IT, LaysKey.LEAVES_OPEN}
    assert asked_staff == any(what.startswith("key: ") for what in result.settled)


@pytest.mark.parametrize(
    "broken",
    [
        fault(FaultKind.BOARD_UNPLUGGED, 20.0, upon=": key asked"),
        fault(FaultKind.BOARD_SILENT, 3.0, upon="compartment is released"),
        fault(FaultKind.BOARD_NOISE, 60.0, upon="verified"),
        fault(FaultKind.BOARD_RESTART, upon=": key asked"),
        fault(FaultKind.BOARD_TAMPERED, upon=": key opened"),
        fault(FaultKind.KEY_SENSOR_STUCK, 300.0, upon=": key asked", name="present"),
        fault(FaultKind.KEY_SENSOR_STUCK, 300.0, upon=": key asked", name="absent"),
        fault(FaultKind.COMPARTMENT_STUCK, 300.0, upon=": key asked"),
        fault(FaultKind.CRASH, 1.0, upon="compartment is released"),
        fault(FaultKind.POWER_CUT, 1.0, upon="pulls compartment"),
        fault(FaultKind.CRASH_AT_COMMIT, 1.0, upon=": key opened", draw=2),
    ],
    ids=lambda broken: f"{broken.kind.name} {broken.name}".strip(),
)
def test_what_breaks_while_a_key_is_handed_out(broken: PlannedFault, tmp_path: Path) -> None:
    result, _ = played(tmp_path, trip(), broken)
    assert result.counts[f"fault: {broken.kind.value}"] == 1


def test_a_board_on_its_line_beside_a_plc_with_frames(tmp_path: Path) -> None:
    result, turned = played(tmp_path, trip(), options=replace(OPTIONS, tier=Tier.CODEC))
    assert result.counts["compartment released"] == 2
    assert "OPENED --KeyMoved--> MOVED" in turned


def test_keypad_and_card_of_the_board_are_used(tmp_path: Path) -> None:
    typed = replace(manner(trip(), Manner.TYPES), by_board=True)
    result, _ = played(tmp_path, typed)
    assert [record.ending for record in result.records] == ["drove off", "car taken"]


def test_a_visit_that_ends_with_the_key_in_somebodys_hand(tmp_path: Path) -> None:
    """After a restart the car stands exposed, and no loan asks for its key: staff do."""
    who = replace(manner(trip(), Manner.CANCELS_LATE), takes_key=TakesKey.CANCELS_WITH_IT)
    _, turned = played(
        tmp_path,
        who,
        fault(FaultKind.CRASH, 2.0, upon=": key moved", after_s=0.001),
        fault(FaultKind.BAY_ESTOP, 200.0, upon="takes compartment"),
    )
    assert "MOVED --KeyRecalled--> WITH_STAFF" in turned


def test_boards_change_nothing_of_runs_without_them() -> None:
    """What is drawn for boards is drawn apart, and a plan of before plays as it did."""
    options = options_of_seed(3, Fixed(boards=False))
    without, with_boards = draw_plan(options), draw_plan(replace(options, boards=True))
    assert set(without.faults) <= set(with_boards.faults)
    assert [each.arrives_s for each in without.trips] == [
        each.arrives_s for each in with_boards.trips
    ]
    tables = plan_tables(without)
    for each in tables["trips"]:
        del each["takes_key"], each["lays_key"], each["by_board"]
    assert plan_of(tables) == without
