"""Which seeds are played, and with which options."""

import argparse
from dataclasses import replace
from itertools import islice

import pytest

from benchmarks.swarm.fault_plan import FaultKind
from benchmarks.swarm.plan import Plan, draw_plan
from benchmarks.swarm.seeds import fresh_seeds, seeds_of
from benchmarks.swarm.traffic import Manner, ReturnManner
from benchmarks.swarm.varied import SITES, Fixed, options_of_seed


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("3", (1, 2, 3)), ("5-7", (5, 6, 7)), ("9-9", (9,)), ("1-2, 9,12-13", (1, 2, 9, 12, 13))],
)
def test_a_count_or_ranges(text: str, seeds: tuple[int, ...]) -> None:
    assert seeds_of(text) == seeds


@pytest.mark.parametrize("text", ["", "0", "x", "4-2", "1-", "-3", "1-3,2", "1.5"])
def test_anything_else_is_refused_and_named(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="seeds '"):
        seeds_of(text)


def test_fresh_seeds_begin_elsewhere_each_time() -> None:
    first, second = list(islice(fresh_seeds(), 3)), list(islice(fresh_seeds(), 3))
    assert first == [first[0], first[0] + 1, first[0] + 2]
    assert first != second


def test_a_seed_gives_its_options_and_others_give_others() -> None:
    fixed = Fixed(hours=2.0)
    assert options_of_seed(7, fixed) == options_of_seed(7, fixed)
    drawn = [options_of_seed(seed, fixed) for seed in range(1, 41)]
    assert {each.site for each in drawn} == set(SITES)
    assert len({each.strength for each in drawn}) > 2
    assert len({each.cars for each in drawn}) > 1
    assert {each.days for each in drawn} == {2.0 / 24.0}
    left_out = {name for each in drawn for name in each.without}
    assert {FaultKind.CRASH.name, Manner.EARLY.name, ReturnManner.SILENT.name} <= left_out
    assert Manner.PUNCTUAL.name not in left_out


def test_what_is_given_changes_nothing_else() -> None:
    free = options_of_seed(7, Fixed())
    given = options_of_seed(7, Fixed(strength=3.5, cars=2))
    assert given == replace(free, strength=3.5, cars=2)


def test_what_is_left_out_is_not_drawn() -> None:
    options = replace(options_of_seed(7, Fixed(hours=24.0, strength=5.0)), without=())
    left_out = (FaultKind.CRASH.name, Manner.PUNCTUAL.name, ReturnManner.CAREFUL.name)
    whole, partial = draw_plan(options), draw_plan(replace(options, without=left_out))
    assert {*left_out} <= _names(whole)
    assert not {*left_out} & _names(partial)


def _names(plan: Plan) -> set[str]:
    manners = {name for trip in plan.trips for name in (trip.manner.name, trip.back.name)}
    return manners | {fault.kind.name for fault in plan.faults}
