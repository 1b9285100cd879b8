"""The story of a run, by which two runs of one seed are compared."""

from benchmarks.swarm.story import Story


def test_two_runs_in_two_directories_have_one_trace() -> None:
    traces = set()
    for directory in ("/tmp/one", "/tmp/another"):  # names alone; nothing is there
        story = Story(lambda: 1.0, directory)
        story.tell("staff", f"not yet: journal {directory}/journal.sqlite: disk is full")
        assert story.last(1.0)[-1].endswith("journal /journal.sqlite: disk is full")
        traces.add(story.trace)
    assert len(traces) == 1
