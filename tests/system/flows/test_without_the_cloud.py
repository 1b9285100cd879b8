"""The tower works through its day without the cloud, also after a restart."""

import pytest

from tests.bench.tower_bench import TowerBench
from vendtower.domain.pickup import VisitState


async def delivered(bench: TowerBench) -> bool:
    status = await bench.status()
    return bool(status and status["outbox"]["owed"] == len(bench.world.cloud.events_received))


@pytest.mark.slow
async def test_customers_are_served_while_the_cloud_is_away(bench: TowerBench) -> None:
    first, second = await bench.book(0), await bench.book(1)
    await bench.until(lambda: delivered(bench), "the cloud has not heard of the bookings")
    heard = len(bench.world.cloud.events_received)
    await bench.world.cloud.line_down()
    await bench.collect(first)
    await bench.restart()
    await bench.in_service()
    await bench.collect(second)
    await bench.state(second, VisitState.DEPARTED)
    assert len(bench.world.cloud.events_received) == heard
    await bench.world.cloud.line_up()
    await bench.until(lambda: delivered(bench), "the cloud is not told what happened meanwhile")
    assert len(bench.events("visit.car_departed")) == 2
