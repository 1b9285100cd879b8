"""A status block is believed only when it is whole, in range, and of a PLC that works."""

import pytest

from firmware_bridge.errors import PlcSilent, WrongAnswer
from firmware_bridge.meanings import LiftStatus, MachineState, UnitMode
from firmware_bridge.modbus_wire import screen_tcp
from firmware_bridge.plc_image import Liveness, decode_checked
from firmware_bridge.register_map import BAYS, LIFTS, SYSTEM, Block
from firmware_bridge.words import Value, encode_block


def words_of(block: Block, **values: Value) -> list[int]:
    good: dict[str, Value] = {"block_id": block.block_id or 0, "scan_a": 5, "scan_b": 5}
    if "state_current" in block.by_name:
        good |= {"state_current": MachineState.IDLE, "unit_mode": UnitMode.PRODUCTION}
    return encode_block(block, good | values)


def test_good_blocks_are_decoded() -> None:
    lift = decode_checked(LIFTS[0], words_of(LIFTS[0], hoist_pos=-5, status=LiftStatus.HOMED))
    assert (lift["hoist_pos"], lift["status"]) == (-5, LiftStatus.HOMED)
    assert decode_checked(BAYS, words_of(BAYS, bay8_weight=2500))["bay8_weight"] == 2500


@pytest.mark.parametrize(
    ("block", "values", "message"),
    [
        (LIFTS[0], {"block_id": 0xB012}, "block L1: block_id is 0xB012, expected 0xB011"),
        (LIFTS[1], {"scan_b": 6}, "block L2 is torn: scan_a is 5, scan_b is 6"),
        (LIFTS[0], {"hoist_pos": 2_000_000}, r"hoist_pos is 2000000, expected -100000\.\.1000000"),
        (LIFTS[0], {"turn_pos": 72_001}, r"turn_pos is 72001, expected -72000\.\.72000 0\.01 deg"),
        (LIFTS[0], {"load_state": 4}, r"load_state is 4, expected one of \[0, 1, 2, 3\]"),
        (LIFTS[0], {"state_current": 0}, "state_current is 0"),
        (SYSTEM, {"state_current": 18}, "state_current is 18"),
        (SYSTEM, {"ups_charge": 101}, r"ups_charge is 101, expected 0\.\.100 %"),
        (BAYS, {"bay3_inner": 6}, "bay3_inner is 6"),
    ],
)
def test_damage_is_named(block: Block, values: dict[str, Value], message: str) -> None:
    with pytest.raises(WrongAnswer, match=message):
        decode_checked(block, words_of(block, **values))


def test_numbers_that_only_explain_may_be_new() -> None:
    lift = decode_checked(LIFTS[0], words_of(LIFTS[0], job_step=99, job_error=99, ack_result=99))
    assert (lift["job_step"], lift["job_error"], lift["ack_result"]) == (99, 99, 99)


def test_a_counter_that_stands_is_silence() -> None:
    now_s = 100.0
    liveness = Liveness(0.6, lambda: now_s)
    liveness.note("S", 7)
    now_s = 100.5
    liveness.note("S", 7)
    liveness.note("L1", 3)
    now_s = 100.7
    liveness.note("L1", 4)
    with pytest.raises(PlcSilent, match=r"block S: scan counter stands at 7 for 0\.7 s"):
        liveness.note("S", 7)
    liveness.note("S", 8)
    now_s = 200.0
    liveness.forget()
    liveness.note("S", 8)


READ_ANSWER = b"\x00\x01\x00\x00\x00\x07\x01\x03\x04\x00\x01\x00\x02"
WRITE_ANSWER = b"\x00\x02\x00\x00\x00\x06\x01\x10\x03\x70\x00\x10"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", ""),
        (READ_ANSWER[:5], ""),
        (READ_ANSWER[:9], ""),
        (READ_ANSWER, ""),
        (READ_ANSWER + WRITE_ANSWER, ""),
        (WRITE_ANSWER[:5] + b"\x03\x01\x90\x06", ""),
        (b"HTTP/1.1 400 Bad Request", "header 48 54 54 50 2f 31 2e 31"),
        (READ_ANSWER[:4] + b"\x01\x07" + READ_ANSWER[6:], "expected protocol 0 and length 3..254"),
        (READ_ANSWER[:7] + b"\x04" + READ_ANSWER[8:], "function code 4, expected 3 or 16"),
        (READ_ANSWER[:8] + b"\x06" + READ_ANSWER[9:], "byte count 06 in an answer of 6 bytes"),
        (WRITE_ANSWER[:5] + b"\x03\x01\x10\x00", "2 bytes in the answer to a write, expected 5"),
        (READ_ANSWER + b"\x00\x02\x00\x09\x00\x06\x01\x10", "expected protocol 0"),
    ],
)
def test_frames_are_screened_before_the_library_sees_them(data: bytes, problem: str) -> None:
    found = screen_tcp(data)
    assert problem in found if problem else not found
