"""What is seen of a tower that may keep somebody from being served."""

from types import SimpleNamespace
from typing import cast

import pytest

from benchmarks.swarm.hard_times import HardTimes
from benchmarks.swarm.hardship_watch import NOTHING_STANDS, HardshipWatch
from benchmarks.swarm.world import World
from vendtower.domain.case import CaseKind


def why_out_of_service(*cases: SimpleNamespace) -> str:
    """For customer 1 with VIN 1, of a tower at rest with these open cases."""
    book = SimpleNamespace(
        open_cases=lambda: list(cases), open_dropoffs=list[object], open_visits=list[object]
    )
    times = HardTimes()
    world = SimpleNamespace(
        hard_times=times,
        pavement=SimpleNamespace(standing={1: None}),
        kiosks={1: 1},
        calendar=SimpleNamespace(now_s=lambda: 100.0),
        inside=SimpleNamespace(machine=lambda: None, book=book),
    )
    HardshipWatch(cast("World", world)).look()
    return times.why_out_of_service(100.0, 200.0, {"customer 1", "VIN 1"})


def case(kind: CaseKind, vin: str | None = "VIN 2") -> SimpleNamespace:
    return SimpleNamespace(kind=kind, vin=vin)


@pytest.mark.parametrize("kind", [CaseKind.IDENTITY, CaseKind.KEY])
def test_a_case_about_a_person_or_a_key_stops_no_tower(kind: CaseKind) -> None:
    assert why_out_of_service() == why_out_of_service(case(kind)) == ""


@pytest.mark.parametrize("kind", [each for each in CaseKind if each not in NOTHING_STANDS])
def test_a_case_about_the_machine_or_another_car_may(kind: CaseKind) -> None:
    assert why_out_of_service(case(kind, "VIN 1")) == ""
    assert why_out_of_service(case(kind)) == why_out_of_service(case(kind, None)) != ""
