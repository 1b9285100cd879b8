"""A killed writer loses nothing that it acknowledged, and leaves nothing by halves."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.journal_writer import SLOTS, change
from tests.unit.journal.opened import opened
from vendtower.domain.places import Slot

KILLS = 10
ROOT = Path(__file__).parents[2]


def run_and_kill(path: Path, acknowledgements: int) -> int:
    """Start the writer, kill it after so many lines; the last number it acknowledged."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.system.journal_writer", str(path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(acknowledgements)]
        writer.kill()
        lines += writer.stdout.readlines()
    # The kill may have cut the last line.
    whole = [line for line in lines if line.endswith("\n")]
    assert len(whole) >= acknowledgements, "the writer ended by itself"
    return int(whole[-1])


@pytest.mark.slow
async def test_no_acknowledged_row_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    for kill in range(KILLS):
        acknowledged = run_and_kill(path, 1 + 7 * kill)
        async with opened(path) as journal:
            state = await journal.load()
            events = await journal.owed_events(10_000)
        last = state.last_job_id
        # The kill may fall between a commit and its acknowledgement.
        assert last in {acknowledged, acknowledged + 1}
        assert [job.job_id for job in state.jobs] == list(range(1, last + 1))
        assert [event.sequence for event in events] == list(range(1, last + 1))
        assert state.carriages == change(last).carriages
        assert [line.where for line in state.ledger] == [Slot(1 + last % SLOTS)]
        assert state.cursor == str(last)
        assert state.last_seq == {1: last}
