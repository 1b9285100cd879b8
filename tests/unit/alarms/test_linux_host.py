"""This computer's disk and clock."""

import ctypes
from pathlib import Path

import pytest

from vendtower.adapters.linux_host import LinuxHost


def test_the_disk_has_room_and_a_missing_one_is_not_known(tmp_path: Path) -> None:
    free = LinuxHost(tmp_path).free_disk_bytes()
    assert free is not None
    assert free > 0
    assert LinuxHost(tmp_path / "gone").free_disk_bytes() is None


@pytest.mark.parametrize(
    ("state", "synchronised"), [(0, True), (1, True), (4, True), (5, False), (-1, None)]
)
def test_the_clock_is_what_the_kernel_says(
    tmp_path: Path, state: int, synchronised: bool | None
) -> None:
    host = LinuxHost(tmp_path)
    assert host.clock_synchronised() in (True, False, None)

    def kernel(question: ctypes.Array[ctypes.c_char]) -> int:
        assert not any(question.raw), "only asking"
        return state

    host._adjtimex = kernel
    assert host.clock_synchronised() is synchronised


def test_a_system_without_the_call(tmp_path: Path) -> None:
    host = LinuxHost(tmp_path)
    host._adjtimex = None
    assert host.clock_synchronised() is None
