"""A few kills of the real daemon in the middle of visits; `benchmarks.restarts` does hundreds."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.restart_days import opened_day
from benchmarks.restart_findings import tally
from benchmarks.restart_plan import RECOVERY_S, VISIT_S, KillPlan
from benchmarks.restarts import SPEED

SEED = 5
"""Its kills hit visits early and late, and a daemon that is still recovering."""
KILLS = 6


@pytest.mark.slow
@pytest.mark.timeout(150)
async def test_visits_survive_kills(tmp_path: Path) -> None:
    async with opened_day(tmp_path, speed=SPEED, cars=4, tell=lambda _where, _what: None) as day:
        await day.run(KillPlan(SEED), KILLS, counted=lambda: None)
        found = tally(day)
        assert not found.problems, found.problems
        assert found.kills == KILLS
        assert found.visits == found.ended_well > 0
        assert found.jobs_executed > 0
        assert found.events_arrived == found.events_owed > 0
        # The judge itself: what it is there to find, it finds.
        journal = tmp_path / "journal.sqlite"
        alter(journal, "UPDATE job SET state = 'never_sent' WHERE job_id = 1")
        alter(journal, "UPDATE ledger_line SET place = 'slot 42' WHERE vin LIKE '%001'")
        alter(journal, "DELETE FROM event WHERE owed_number = 2")
        problems = "; ".join(tally(day).problems)
        assert "job 1 is never_sent and was executed" in problems
        assert "the ledger says slot 42" in problems
        assert "was never owed" in problems


def alter(journal: Path, statement: str) -> None:
    with closing(sqlite3.connect(journal)) as connection, connection:
        assert connection.execute(statement).rowcount == 1


def test_the_same_seed_gives_the_same_kills() -> None:
    plan, again, other = KillPlan(5), KillPlan(5), KillPlan(6)
    kills = [plan.next() for _ in range(400)]
    assert kills == [again.next() for _ in range(400)]
    assert kills != [other.next() for _ in range(400)]
    gaps_s = sorted(kill.after_s for kill in kills)
    assert gaps_s[0] >= 0.0
    assert gaps_s[-1] <= VISIT_S
    assert sum(gap_s < RECOVERY_S for gap_s in gaps_s) > 80, "too few hit a recovering daemon"
