"""The page for the firmware's engineer says what the code does."""

from pathlib import Path

from firmware_bridge.kiosk_board import messages as m
from firmware_bridge.kiosk_board.board_end import EVENTS_QUEUED_MAX
from firmware_bridge.kiosk_board.catalogue import (
    MAJOR,
    MINOR,
    MessageId,
    enum_lines,
    map_crc,
    table_lines,
)
from firmware_bridge.kiosk_board.frame import ENCODED_BYTES_MAX, Frame, Kind, encode_frame
from firmware_bridge.kiosk_board.reliability import REPLIES_KEPT

PAGE = (Path(__file__).parents[2] / "docs" / "kiosk_board.md").read_text(encoding="utf-8")


def _tables() -> list[list[str]]:
    tables: list[list[str]] = [[]]
    for line in PAGE.splitlines():
        if line.startswith("|"):
            tables[-1].append(line)
        elif tables[-1]:
            tables.append([])
    return [table for table in tables if table]


def test_both_tables_are_those_of_the_code() -> None:
    assert _tables() == [table_lines(), enum_lines()]


def test_version_and_checksum_are_those_of_the_code() -> None:
    assert f"wire contract {MAJOR}.{MINOR}" in PAGE
    assert f"for this version 0x{map_crc():04X}" in PAGE


def test_numbers_in_the_prose_are_those_of_the_code() -> None:
    assert f"stand at most {ENCODED_BYTES_MAX} bytes" in PAGE
    assert f"keeps the last {REPLIES_KEPT} requests" in PAGE
    assert f"a queue of {EVENTS_QUEUED_MAX}" in PAGE


def test_example_frame_is_the_encoded_one() -> None:
    frame = Frame(Kind.REQUEST, 7, MessageId.LOCK_PULSE, m.LockPulse(1, 500).pack())
    assert f"`{encode_frame(frame).hex(' ').upper()}`" in PAGE
