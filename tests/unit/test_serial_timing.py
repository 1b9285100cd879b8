"""What a serial line can carry, and that its time-outs leave the heartbeat in time."""

from pathlib import Path

import pytest

from firmware_bridge import serial_document, serial_timing
from firmware_bridge.link_types import HEARTBEAT_S

BAUDS = (115_200, 230_400, 460_800, 921_600)
PAGE = Path(__file__).parents[2] / "docs" / "modbus_rtu.md"


def test_a_character_takes_eleven_bits() -> None:
    assert serial_timing.character_s(115_200) == pytest.approx(95.49e-6, rel=1e-3)
    assert serial_timing.gap_s(9_600) == pytest.approx(3.5 * 11 / 9_600)
    assert serial_timing.gap_s(115_200) == pytest.approx(0.00175)


def test_lengths_of_frames() -> None:
    """Address, code and checksum around 4 + 1 + 2N bytes (read), 5 + 2N + 4 (write)."""
    assert serial_timing.read_bytes(120) == (1 + 1 + 4 + 2) + (1 + 1 + 1 + 240 + 2)
    assert serial_timing.write_bytes(24) == (1 + 1 + 5 + 48 + 2) + (1 + 1 + 4 + 2)


@pytest.mark.parametrize("baud", BAUDS)
@pytest.mark.parametrize("lifts", [1, 2, 3, 4])
def test_polling_leaves_room(baud: int, lifts: int) -> None:
    plan = serial_timing.poll_plan(baud, lifts=lifts, heartbeat_s=HEARTBEAT_S, poll_s_max=0.4)
    for moving in (True, False):
        load = serial_timing.load(baud, plan, lifts=lifts, heartbeat_s=HEARTBEAT_S, moving=moving)
        assert load <= serial_timing.SHARE_MAX + 0.01
    assert HEARTBEAT_S <= plan.fast_poll_s <= 0.25


@pytest.mark.parametrize("baud", BAUDS)
def test_two_lost_answers_do_not_silence_the_heartbeat(baud: int) -> None:
    patience_s = serial_timing.PLC_PATIENCE_S
    assert serial_timing.heartbeat_again_s(baud, HEARTBEAT_S, 1) < patience_s - 0.15
    assert serial_timing.heartbeat_again_s(baud, HEARTBEAT_S, 2) < patience_s - 0.03


@pytest.mark.parametrize("baud", BAUDS)
def test_a_snapshot_survives_a_lost_answer(baud: int) -> None:
    """The oldest block, a loss, and everything once with four lifts: within one second."""
    lost_s = serial_timing.request_timeout_s(baud) + serial_timing.quiet_s(baud)
    assert 0.4 + lost_s + serial_timing.first_round_s(baud, 4) < 1.0


@pytest.mark.parametrize(
    "table", [serial_document.exchanges(), serial_document.loads(), serial_document.losses()]
)
def test_the_page_has_these_figures(table: str) -> None:
    """Made by ``python -m firmware_bridge.serial_document``."""
    assert table in PAGE.read_text(encoding="utf-8")
