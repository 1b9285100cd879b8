"""Whoever was refused and touches the screen checks in once more, by that one touch."""

import pytest

from tests.bench.controller_life import PATIENCE_S
from tests.bench.tower_bench import TowerBench, unguessable
from vendtower.domain.pickup import VisitState
from vendtower.flows import notice

pytestmark = pytest.mark.slow


async def test_one_touch_begins_the_next_check_in(
    bench: TowerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notice, "NOTICE_S", PATIENCE_S)
    customer = await bench.book(0)
    await bench.touch(1)
    bench.people.show_code(1, unguessable())
    await bench.phase(1, "refused", "unknown_code")
    await bench.touch(1)
    await bench.phase(1, "checking_in")
    bench.people.show_code(1, customer.code)
    await bench.state(customer, VisitState.AT_KIOSK)


async def test_a_refusal_that_nobody_touches_leaves_the_kiosk_free(bench: TowerBench) -> None:
    await bench.touch(1)
    bench.people.show_code(1, unguessable())
    await bench.phase(1, "refused", "unknown_code")
    await bench.phase(1, "free")
    assert not bench.tower.kiosks[1].again
