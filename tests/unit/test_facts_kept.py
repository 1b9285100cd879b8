"""What is over of one kind of facts makes nobody forget another kind, that still counts."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.unit.alarms.watched_tower import NOON, watched
from tests.unit.journal.records import reservation
from vendtower.domain.jog import JogAxis, JogRun
from vendtower.domain.maintenance import MaintenanceSession
from vendtower.domain.modes import OperatingMode
from vendtower.flows.memory import STANDING_ENDED_KEPT
from vendtower.flows.windows import closes_at
from vendtower.ports.journal import Change

BY = "technician on duty"


async def test_a_session_with_many_jogs_gives_its_time_back(tmp_path: Path) -> None:
    """Whoever inches an axis presses a few hundred times."""
    async with watched(tmp_path / "journal.sqlite") as bench:
        tower, lasted = bench.tower, timedelta(hours=2)
        window = replace(reservation("r-1"), starts_at=NOON, ends_at=NOON + timedelta(hours=3))
        without = closes_at(tower, window)
        ends = NOON + lasted
        session = MaintenanceSession(1, BY, "rope", NOON, ends, OperatingMode.AUTOMATIC)
        await tower.book.record(lambda: Change(standing=(session,)))
        jogs = tuple(
            JogRun(n, BY, 1, JogAxis.HOIST, True, 0, NOON, to_position=5, ended_utc=NOON)
            for n in range(1, STANDING_ENDED_KEPT + 2)
        )
        await tower.book.record(lambda: Change(standing=jogs))
        over = replace(session, ended_utc=ends, ended_by=BY)
        await tower.book.record(lambda: Change(standing=(over,)))
        bench.clock.now_s += lasted.total_seconds()
        found = closes_at(tower, window)
        assert without is not None
        assert found == without + lasted
        # The jogs themselves are forgotten, but for the last.
        assert len(tower.book.facts(JogRun)) == STANDING_ENDED_KEPT
