"""A few busy minutes with faults on the virtual clock: everything holds, twice the same."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUSY = ["--days", "0.004", "--haste", "30", "--trips", "500", "--strength", "30"]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("tier", ["port", "codec"])
def test_busy_minutes_hold_and_repeat_themselves(tier: str) -> None:
    """Other interpreters, other hash seeds, other directories: the same trace."""
    runs = [_start(seed=7, tier=tier, hash_seed=hash_seed) for hash_seed in ("1", "2")]
    told = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], told[0]
    traces = {re.findall(r"trace (\w{16})", text)[0] for text in told}
    assert len(traces) == 1
    assert "drove off" in told[0]
    assert "faults:" in told[0]


def _start(seed: int, tier: str, hash_seed: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.seven_days", "--seed", str(seed), "--tier", tier, *BUSY],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
    )
