"""A cloud that will not have this tower is told from a line that is down."""

from pathlib import Path

import pytest

from hardware_sim.cloud.faults import Fault, FaultKind
from tests.cloud_bench import boot_report, cloud_bench, outbox_event, write_token
from vendtower.flows.alarm_facts import AlarmFacts
from vendtower.flows.cloud_watch import WatchedCloud
from vendtower.ports.reservation_cloud import CloudRefused, CloudUnreachable


async def test_a_refused_token_is_noted_until_the_cloud_answers(tmp_path: Path) -> None:
    facts = AlarmFacts()
    async with cloud_bench(tmp_path) as bench:
        cloud = WatchedCloud(bench.tower, facts, lambda: None)
        assert (await cloud.boot(boot_report())).accepted
        write_token(bench.token_file, "of-somebody-else")
        with pytest.raises(CloudRefused):
            await cloud.changes_since(None)
        assert "401" in facts.cloud_refusal
        write_token(bench.token_file)
        assert (await cloud.changes_since(None)).cursor
        assert facts.cloud_refusal == ""


async def test_a_boot_that_is_not_accepted_is_a_refusal(tmp_path: Path) -> None:
    facts = AlarmFacts()
    async with cloud_bench(tmp_path) as bench:
        bench.cloud.refuse_boots("tower is being moved")
        assert not (
            await WatchedCloud(bench.tower, facts, lambda: None).boot(boot_report())
        ).accepted
        assert facts.cloud_refusal == "boot not accepted: tower is being moved"


@pytest.mark.parametrize(
    ("status", "error"), [(422, CloudRefused), (409, CloudRefused), (503, CloudUnreachable)]
)
async def test_what_is_about_one_event_or_heals_by_itself_is_no_refusal(
    tmp_path: Path, status: int, error: type[Exception]
) -> None:
    facts = AlarmFacts()
    async with cloud_bench(tmp_path) as bench:
        await bench.tower.boot(boot_report())
        bench.cloud.add_fault(Fault(FaultKind.STATUS, status=status))
        with pytest.raises(error):
            await WatchedCloud(bench.tower, facts, lambda: None).deliver([outbox_event(1)])
        assert facts.cloud_refusal == ""
