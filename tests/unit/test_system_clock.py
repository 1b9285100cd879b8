"""The clock says how far wall time can be believed."""

import ctypes
from pathlib import Path
from types import SimpleNamespace

import pytest

from vendtower.adapters.system_clock import SystemClock
from vendtower.ports.clock import ClockQuality

GOOD, BAD, UNKNOWN = ClockQuality.SYNCHRONIZED, ClockQuality.UNSYNCHRONIZED, ClockQuality.UNKNOWN


def kernel_says(monkeypatch: pytest.MonkeyPatch, state: int) -> None:
    def adjtimex(question: ctypes.Array[ctypes.c_char]) -> int:
        assert not any(question.raw), "only asking"
        return state

    monkeypatch.setattr(ctypes, "CDLL", lambda _name: SimpleNamespace(adjtimex=adjtimex))


@pytest.mark.parametrize(
    # 1: a leap second is announced; 4: it has just been.
    ("state", "quality"),
    [(0, GOOD), (1, GOOD), (4, GOOD), (5, BAD)],
)
def test_the_kernel_is_asked_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, state: int, quality: ClockQuality
) -> None:
    kernel_says(monkeypatch, state)
    assert SystemClock(tmp_path).quality() is quality


def test_a_service_that_may_not_ask_looks_for_the_flag(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kernel_says(monkeypatch, -1)
    assert SystemClock(tmp_path / "none").quality() is UNKNOWN
    assert SystemClock(tmp_path).quality() is BAD
    (tmp_path / "synchronized").touch()
    assert SystemClock(tmp_path).quality() is GOOD


def test_a_system_without_the_call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: SimpleNamespace())
    assert SystemClock(tmp_path / "none").quality() is UNKNOWN


def test_the_real_kernel_takes_the_question() -> None:
    assert SystemClock().quality() in ClockQuality
