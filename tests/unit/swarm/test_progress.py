"""One line that renews itself on a terminal, plain lines elsewhere."""

import io

from benchmarks.swarm.progress import PLAIN_EVERY_S, Progress, Tally

TALLY = Tally(done=10, failures=1, lived_s=36_000.0, calendar_s=72_000.0, repeated=2)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class _Time:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_the_line_has_counts_hours_rate_and_what_is_left() -> None:
    now = _Time()
    progress = Progress(io.StringIO(), now, seeds=40, until_s=None)
    now.now_s += 120.0
    assert progress.line(TALLY) == (
        "10 of 40 seeds, 1 failed, 2 repeated, 10.0 h lived (20.0 h on the calendar), "
        "5.0 lived h a minute, 6 min left"
    )


def test_with_a_wall_budget_its_end_is_what_is_left() -> None:
    now = _Time()
    progress = Progress(io.StringIO(), now, seeds=None, until_s=150.0)
    now.now_s += 120.0
    assert progress.line(TALLY).startswith("10 seeds, ")
    assert progress.line(TALLY).endswith(", 30 s left")


def test_before_the_first_seed_nothing_is_foretold() -> None:
    progress = Progress(io.StringIO(), _Time(), seeds=40, until_s=None)
    assert "left" not in progress.line(Tally())


def test_a_file_gets_a_line_now_and_then() -> None:
    now, out = _Time(), io.StringIO()
    progress = Progress(out, now, seeds=40, until_s=None)
    progress.look(TALLY)
    assert out.getvalue() == ""
    now.now_s += PLAIN_EVERY_S
    progress.look(TALLY)
    progress.look(TALLY)
    assert out.getvalue().count("\n") == 1
    assert "\r" not in out.getvalue()


def test_a_terminal_gets_one_line_that_what_is_said_replaces() -> None:
    now, out = _Time(), _Terminal()
    progress = Progress(out, now, seeds=40, until_s=None)
    now.now_s += 1.0
    progress.look(TALLY)
    assert out.getvalue().startswith("\r\x1b[K10 of 40")
    progress.say("seed 3 FAILED")
    assert out.getvalue().endswith("\r\x1b[Kseed 3 FAILED\n")
