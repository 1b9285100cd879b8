"""This computer's disk."""

from pathlib import Path

from vendtower.adapters.linux_host import LinuxHost


def test_a_disk_has_room_and_an_absent_one_has_no_answer(tmp_path: Path) -> None:
    free_bytes = LinuxHost(tmp_path).free_disk_bytes()
    assert free_bytes is not None
    assert free_bytes > 0
    assert LinuxHost(tmp_path / "absent").free_disk_bytes() is None
