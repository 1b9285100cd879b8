"""A plan is the same after a file, and a failing one is made small without losing the failure."""

from dataclasses import replace
from pathlib import Path

from benchmarks.swarm.aimed import AIMED, fault, plan, trip
from benchmarks.swarm.fault_plan import FaultKind
from benchmarks.swarm.plan import draw_plan, read_plan, told, write_plan
from benchmarks.swarm.shrink import ddmin

TWO_LIFTS = AIMED.site.with_name("two-lifts.toml")


def test_a_drawn_plan_comes_back_from_its_file(tmp_path: Path) -> None:
    options = replace(AIMED, days=0.5, strength=3.0, site=TWO_LIFTS)
    drawn = draw_plan(options)
    assert {each.kind for each in drawn.faults} >= {FaultKind.BREAKS, FaultKind.CRASH}
    write_plan(tmp_path / "plan.json", options, drawn)
    assert read_plan(tmp_path / "plan.json") == (options, drawn)


def test_the_seed_gives_the_plan() -> None:
    options = replace(AIMED, days=0.5, strength=3.0)
    assert draw_plan(options) == draw_plan(options)
    assert draw_plan(options) != draw_plan(replace(options, seed=2))


def test_a_plan_is_told_in_words() -> None:
    lines = list(told(plan(trip(), fault(FaultKind.CRASH, 2.0, upon="gripped"))))
    assert "customer 1 at kiosk 1" in lines[0]
    assert "the daemon is killed for 2.0 s, upon 'gripped'" in lines[1]


def test_what_is_needed_for_failing_is_left() -> None:
    tries = []

    def fails(kept: object) -> bool:
        tries.append(kept)
        return {3, 17} <= set(kept)  # type: ignore[call-overload,no-any-return] # a list of numbers

    assert set(ddmin(list(range(40)), fails)) == {3, 17}
    assert len(tries) < 80


def test_all_of_it_is_kept_where_all_is_needed() -> None:
    assert ddmin([1, 2, 3], lambda kept: len(kept) == 3) == (1, 2, 3)
