"""Whatever failed in the swarm once holds now: each plan of the corpus is played."""

import pytest

from benchmarks.swarm.corpus import Entry, corpus
from benchmarks.swarm.shrink import play

ENTRIES = corpus()


def test_there_is_a_corpus() -> None:
    """An empty folder would play nothing and find everything in order."""
    assert len(ENTRIES) >= 5


@pytest.mark.timeout(300)
@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.name for entry in ENTRIES])
def test_what_failed_once_holds(entry: Entry) -> None:
    result = play(entry.options, entry.plan)
    assert result.held, "\n".join([entry.story, *result.problems, *result.last_minutes])
