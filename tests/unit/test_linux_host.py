"""This computer's disk and clock."""

import ctypes
from pathlib import Path
from types import SimpleNamespace

import pytest

from vendtower.adapters.linux_host import LinuxHost


def kernel_says(monkeypatch: pytest.MonkeyPatch, state: int) -> None:
    kernel = SimpleNamespace(adjtimex=lambda _timex: state)
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: kernel)


@pytest.mark.parametrize(("state", "synchronised"), [(0, True), (1, True), (5, False)])
def test_the_kernel_is_asked_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, state: int, synchronised: bool
) -> None:
    kernel_says(monkeypatch, state)
    assert LinuxHost(tmp_path, tmp_path).clock_synchronised() is synchronised


def test_a_service_that_may_not_ask_looks_for_the_flag(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kernel_says(monkeypatch, -1)
    assert LinuxHost(tmp_path, tmp_path / "none").clock_synchronised() is None
    assert LinuxHost(tmp_path, tmp_path).clock_synchronised() is False
    (tmp_path / "synchronized").touch()
    assert LinuxHost(tmp_path, tmp_path).clock_synchronised() is True


def test_a_disk_has_room_and_an_absent_one_has_no_answer(tmp_path: Path) -> None:
    free_bytes = LinuxHost(tmp_path).free_disk_bytes()
    assert free_bytes is not None
    assert free_bytes > 0
    assert LinuxHost(tmp_path / "absent").free_disk_bytes() is None
