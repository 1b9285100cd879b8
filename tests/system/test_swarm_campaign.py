"""The campaign with workers that die, hang and differ; and a minute of the real swarm."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.swarm.__main__ import main
from benchmarks.swarm.plan import read_plan
from tests.system import swarm_worker
from tests.system.swarm_worker import (
    SEED_BREAKS,
    SEED_DIES,
    SEED_DIFFERS,
    SEED_ENDS,
    SEED_FAILS,
    SEED_HANGS,
)

FAKE = (sys.executable, str(Path(swarm_worker.__file__)))
SEEDS_OF_A_MINUTE = "1-34"
"""Some sixty seconds of computing; SWARM_SEEDS plays others, for instance 1-200."""


ROOT = Path(__file__).parents[2]
_STOPPED = ["--seeds", f"{SEED_HANGS}-{SEED_HANGS}", "--jobs", "1"]


def _play(seeds: object, *more: str, keep: Path) -> int:
    return main(["--seeds", str(seeds), "--keep", str(keep), *more], FAKE)


def test_seeds_that_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    coverage = tmp_path / "coverage.json"
    assert _play("1-7", "--jobs", "3", "--coverage", str(coverage), keep=tmp_path) == 0
    said = capsys.readouterr().out
    assert "7 of 7 seeds, 0 failed, 1 repeated, 4.0 h lived (8.0 h on the calendar)" in said
    assert "4 s of computing (60.0 lived h a minute of it)" in said
    assert "everything held" in said
    assert json.loads(coverage.read_text())["modes"]["counts"] == {"automatic": 7}


def test_a_failure_is_told_with_plan_story_and_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _play(f"1-2,{SEED_FAILS}", "--shrink", "5", keep=tmp_path) == 1
    said = capsys.readouterr().out
    path = tmp_path / f"seed-{SEED_FAILS}.json"
    assert "two cars in one place" in said
    assert "one trip" in said
    assert "many trips" not in said
    assert "order of a set: 1" in said
    assert f"again: python -m benchmarks.swarm --plan {path}" in said
    assert f"FAILED: two cars in one place: seed-{SEED_FAILS}\n" in said
    assert read_plan(path)[0].seed == SEED_FAILS


@pytest.mark.parametrize(
    ("seed", "why"),
    [
        (SEED_DIES, "the worker was killed by SIGKILL"),
        (SEED_ENDS, "the worker ended with status 3"),
        (SEED_BREAKS, "ZeroDivisionError"),
    ],
)
def test_a_worker_that_dies_has_failed_its_seed_and_the_next_one_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seed: int, why: str
) -> None:
    assert _play(f"{seed},1-3", "--jobs", "1", keep=tmp_path) == 1
    said = capsys.readouterr().out
    assert why in said
    assert "4 of 4 seeds, 1 failed" in said
    assert ("it hurts" in said) is (seed == SEED_DIES)
    assert read_plan(tmp_path / f"seed-{seed}.json")[0].seed == seed


def test_a_worker_that_hangs_is_ended_and_has_failed_its_seed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _play(f"{SEED_HANGS},1", "--limit", "3", "--jobs", "1", keep=tmp_path) == 1
    said = capsys.readouterr().out
    assert "no answer within 3 s; the worker was ended" in said
    assert "2 of 2 seeds, 1 failed" in said


def test_another_trace_in_another_process_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _play(f"{SEED_DIFFERS}-{SEED_DIFFERS}", keep=tmp_path) == 1
    said = capsys.readouterr().out
    assert (
        "the same seed gives another trace in another process: trace 104 1, then trace 104 2"
        in said
    )
    assert (
        "first difference in the last minutes: 'order of a set: 1' and 'order of a set: 2'" in said
    )
    path = tmp_path / f"seed-{SEED_DIFFERS}.json"
    assert f"again: PYTHONHASHSEED=2 python -m benchmarks.swarm --plan {path}" in said
    assert read_plan(path)[0].seed == SEED_DIFFERS


def test_enough_failures_end_a_campaign(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = f"{SEED_BREAKS},{SEED_FAILS},1-30"
    assert _play(asked, "--failures", "2", "--jobs", "1", keep=tmp_path) == 1
    assert "2 of 32 seeds, 2 failed" in capsys.readouterr().out


def test_no_seed_begins_after_the_budget(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _play("1-9", "--for", "0", keep=tmp_path) == 1
    assert "nothing was played" in capsys.readouterr().out


def test_a_campaign_that_is_stopped_ends_its_workers_and_says_what_it_has() -> None:
    """A worker that hangs must not outlive it."""
    code = f"from benchmarks.swarm.__main__ import main; raise SystemExit(main({_STOPPED}, {FAKE}))"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as campaign:
        worker = _child_of(campaign.pid)
        campaign.send_signal(signal.SIGTERM)
        said, cried = campaign.communicate(timeout=40)
    assert campaign.returncode == 1
    assert "broken off; nothing had failed" in said
    assert "Traceback" not in cried
    assert not psutil.pid_exists(worker)


def _child_of(pid: int) -> int:
    deadline_s = time.monotonic() + 40.0
    while time.monotonic() < deadline_s:
        children = psutil.Process(pid).children()
        if children:
            return int(children[0].pid)
        time.sleep(0.05)
    raise AssertionError("the campaign began no worker")


def test_fresh_seeds_are_played_until_the_time_is_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--for", "3", "--keep", str(tmp_path)], FAKE) == 0
    said = capsys.readouterr().out
    done = re.search(r"^(\d+) seeds, 0 failed", said, re.MULTILINE)
    assert done is not None
    assert int(done[1]) >= 1


@pytest.mark.timeout(400)
def test_a_planted_bug_is_found_made_small_and_found_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Through the real worker: from a drawn seed to the command that replays it."""
    bug = ["--bug", "departure_not_owed"]
    seed = ["--seeds", "7-7", "--hours", "0.5", "--strength", "0", "--shrink", "60"]
    assert main([*seed, *bug, "--keep", str(tmp_path), "--repeated-every", "0"]) == 1
    said = capsys.readouterr().out
    assert "a departure is not told" in said
    path = tmp_path / "seed-7.json"
    assert f"again: python -m benchmarks.swarm --plan {path} --bug departure_not_owed" in said
    _, small = read_plan(path)
    assert (len(small.trips), len(small.faults)) == (1, 0)
    assert main(["--plan", str(path), *bug]) == 1
    assert main(["--plan", str(path)]) == 0


@pytest.mark.timeout(1800)
def test_a_minute_of_the_swarm_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seeds = os.environ.get("SWARM_SEEDS", SEEDS_OF_A_MINUTE)
    held = main(["--seeds", seeds, "--jobs", "1", "--hours", "0.5", "--keep", str(tmp_path)])
    assert held == 0, capsys.readouterr().out


@pytest.mark.timeout(600)
def test_a_seed_with_frames_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Played twice: Modbus frames, HTTP and the network in memory, which the minute leaves out."""
    asked = ["--tier", "codec", "--seeds", "1-1", "--hours", "0.5", "--jobs", "1"]
    held = main([*asked, "--keep", str(tmp_path)])
    assert held == 0, capsys.readouterr().out
