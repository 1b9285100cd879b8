"""The PLC contract, proved against an endpoint: what arrives, what is refused, what never runs.

See conftest.py for running this against another PLC than the simulator's. The mailboxes are in
test_plc_contract_mailboxes.py; what happens to cars and people is in test_plc_machine*.py and
needs the simulator.
"""

from __future__ import annotations

import asyncio
import struct

import pytest

from firmware_bridge import register_map as rm
from firmware_bridge.meanings import (
    ControlCommand,
    DoneResult,
    Inhibit,
    JobError,
    JobState,
    MachineState,
    PcLink,
    Result,
    Verb,
)
from firmware_bridge.words import crc16_of_words
from tests.contract.plc_bench import PlcBench, Refused, far_park

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3


# --- the map


async def test_identity_names_the_map_and_proves_the_word_order(bench: PlcBench) -> None:
    identity = await bench.block(rm.IDENTITY)
    assert (identity["magic0"], identity["magic1"]) == (rm.MAGIC0, rm.MAGIC1)
    assert identity["map_major"] == rm.MAP_MAJOR
    assert identity["map_crc32"] == rm.MAP_CRC32
    assert identity["order_probe"] == rm.ORDER_PROBE
    assert identity["sign_probe"] == rm.SIGN_PROBE
    words = await bench.read(0, 27)
    assert words[26] == crc16_of_words(words[:26])


async def test_every_status_block_is_framed_and_its_scan_counter_moves(bench: PlcBench) -> None:
    for block in rm.BLOCKS.values():
        if block.block_id is None or block.name in {"L2", "L3", "L4"}:
            continue
        first = await bench.block(block)
        assert first["block_id"] == block.block_id
        assert first["scan_a"] == first["scan_b"]
        await asyncio.sleep(0.045)
        assert (await bench.block(block))["scan_a"] != first["scan_a"]


@pytest.mark.parametrize(
    "pdu",
    [
        bytes([1, 0, 0, 0, 8]),
        bytes([2, 0, 0, 0, 8]),
        bytes([4, 0, 0, 0, 2]),
        bytes([5, 0, 0, 0xFF, 0]),
        bytes([15, 0, 0, 0, 8, 1, 1]),
        struct.pack(">BHHH", 22, 880, 0, 1),
        struct.pack(">BHHHHBH", 23, 32, 2, 880, 1, 2, 7),
        bytes([43, 14, 1, 0]),
        bytes([7]),
    ],
    ids=lambda pdu: f"fc{pdu[0]}",
)
async def test_other_function_codes_do_not_exist(bench: PlcBench, pdu: bytes) -> None:
    assert await bench.raw(pdu) == bytes([pdu[0] | 0x80, ILLEGAL_FUNCTION])


@pytest.mark.parametrize("address", [0, 45, 96, 129, 338, 453, 869, 879, 896])
async def test_a_stray_write_into_status_words_is_refused(bench: PlcBench, address: int) -> None:
    with pytest.raises(Refused) as refused:
        await bench.write(address, [0x5A5A, 0x5A5A])
    assert refused.value.code == ILLEGAL_ADDRESS
    with pytest.raises(Refused):
        await bench.write_one(address, 0x5A5A)
    assert await bench.read(address, 1) != [0x5A5A]


async def test_a_write_that_only_begins_in_the_control_block_changes_nothing(
    bench: PlcBench,
) -> None:
    before = await bench.read(893, 3)
    with pytest.raises(Refused) as refused:
        await bench.write(893, [1] * 8)
    assert refused.value.code == ILLEGAL_ADDRESS
    assert await bench.read(893, 3) == before


async def test_reads_beyond_120_words_and_writes_beyond_24_are_refused(bench: PlcBench) -> None:
    assert bench.tower
    with pytest.raises(Refused) as refused:
        await bench.read(0, 121)
    assert refused.value.code == ILLEGAL_VALUE
    with pytest.raises(Refused) as refused:
        await bench.write(904, [0] * 25)
    assert refused.value.code == ILLEGAL_VALUE
    assert len(await bench.read(336, 120)) == 120


# --- heartbeat and session


async def test_heartbeat_and_session_are_echoed(bench: PlcBench) -> None:
    system = await bench.system()
    assert system["session_echo"] == bench.session
    assert system["pc_link"] == PcLink.OK
    await bench.until_system(lambda s: s["hb_echo"] != system["hb_echo"])


async def test_silence_of_the_pc_stops_the_job_and_latches(bench: PlcBench) -> None:
    words = await far_park(bench, speed_permille=500)
    assert await bench.send(words) is Result.ACCEPTED
    await bench.until_lift(lambda v: v["hoist_vel"] != 0)
    bench.heart_beats = False
    lift = await bench.ended(words[0])
    assert lift["done_result"] == DoneResult.PC_SILENT
    assert (lift["job_state"], lift["job_error"]) == (JobState.FAILED, JobError.PC_SILENT)
    assert (await bench.system())["pc_link"] == PcLink.LOST
    stood = (lift["hoist_pos"], lift["turn_pos"])
    assert lift["hoist_pos"] != lift["hoist_target"]

    # Still latched, and nothing moves by itself, when the heart beats again.
    bench.heart_beats = True
    await bench.until_lift(lambda v: not v["inhibit"] & Inhibit.PC_SILENT)
    assert (await bench.system())["pc_link"] == PcLink.LOST
    again = await far_park(bench)
    executed = (await bench.lift())["exec_count"]
    assert await bench.send(again) is Result.FAULTED
    assert (await bench.lift())["inhibit"] & Inhibit.LATCHED

    # A reset ends the latch and still moves nothing: the old jobs stay ended.
    await bench.command(ControlCommand.RESET)
    await bench.until_system(lambda s: s["pc_link"] == PcLink.OK)
    await asyncio.sleep(0.15)
    lift = await bench.lift()
    assert (lift["hoist_pos"], lift["turn_pos"]) == stood
    assert lift["exec_count"] == executed
    assert (await bench.run(Verb.PARK))["done_result"] == DoneResult.DONE


async def test_a_reset_counts_only_while_the_heart_beats(bench: PlcBench) -> None:
    bench.heart_beats = False
    await bench.until_system(lambda s: s["pc_link"] == PcLink.LOST)
    await bench.command(ControlCommand.RESET)
    await asyncio.sleep(0.1)
    assert (await bench.system())["pc_link"] == PcLink.LOST
    bench.heart_beats = True
    await bench.until_lift(lambda v: not v["inhibit"] & Inhibit.PC_SILENT)
    assert (await bench.system())["pc_link"] == PcLink.LOST
    await bench.make_ready()
    assert (await bench.system())["pc_link"] == PcLink.OK


async def test_no_job_without_a_heartbeat(bench: PlcBench) -> None:
    bench.heart_beats = False
    await bench.until_system(lambda s: s["pc_link"] == PcLink.LOST)
    assert await bench.send(await far_park(bench)) is Result.PC_NOT_ALIVE


async def test_a_session_that_was_left_does_not_come_back(bench: PlcBench) -> None:
    """Late words of a connection that was given up must not make its late jobs count."""
    before = bench.session
    words = await far_park(bench, session=before)
    bench.session = after = before ^ 2
    await bench.until_system(lambda s: s["session_echo"] == after)
    bench.session = before
    silent = await bench.until_system(lambda s: s["pc_link"] == PcLink.LOST)
    assert silent["session_echo"] == after
    assert await bench.send(words) in {Result.PC_NOT_ALIVE, Result.SESSION}


async def test_a_job_of_another_session_is_refused(bench: PlcBench) -> None:
    words = await far_park(bench, session=bench.session ^ 2)
    assert await bench.send(words) is Result.SESSION


async def test_a_new_session_may_count_from_one_again(bench: PlcBench) -> None:
    first = await bench.job(Verb.PARK, seq=1)
    assert await bench.send(first) is Result.ACCEPTED
    await bench.ended(1)
    second = await bench.job(Verb.PARK, seq=2)
    await bench.send(second)
    await bench.ended(2)
    bench.session ^= 2
    await bench.until_system(lambda s: s["session_echo"] == bench.session)
    executed = (await bench.lift())["exec_count"]
    assert await bench.send(await bench.job(Verb.PARK, seq=1, job_id=77)) is Result.ACCEPTED
    assert (await bench.ended(1))["exec_count"] == executed + 1


async def test_a_permit_is_a_lease_that_can_be_withdrawn(bench: PlcBench) -> None:
    words = await far_park(bench, speed_permille=500)
    assert await bench.send(words) is Result.ACCEPTED
    await bench.until_lift(lambda v: v["hoist_vel"] != 0)
    bench.permit = 0
    assert (await bench.ended(words[0]))["done_result"] == DoneResult.PERMIT_WITHDRAWN
    assert await bench.send(await far_park(bench)) is Result.MODE_OR_PERMIT
    assert (await bench.lift())["inhibit"] & Inhibit.NO_PERMIT


# --- commands


async def test_hold_and_unhold_go_on_with_the_same_job(bench: PlcBench) -> None:
    words = await far_park(bench, speed_permille=500)
    assert await bench.send(words) is Result.ACCEPTED
    executed = (await bench.until_lift(lambda v: v["hoist_vel"] != 0))["exec_count"]
    await bench.command(ControlCommand.HOLD)
    await bench.until_system(lambda s: s["state_current"] == MachineState.HELD)
    lift = await bench.lift()
    assert (lift["job_state"], lift["hoist_vel"]) == (JobState.HELD, 0)
    assert await bench.send(await bench.job(Verb.HOME)) is Result.FAULTED
    await bench.command(ControlCommand.UNHOLD)
    lift = await bench.ended(words[0])
    assert (lift["done_result"], lift["exec_count"]) == (DoneResult.DONE, executed)


async def test_stop_fails_the_job_and_wants_a_reset(bench: PlcBench) -> None:
    words = await far_park(bench, speed_permille=500)
    assert await bench.send(words) is Result.ACCEPTED
    await bench.until_lift(lambda v: v["hoist_vel"] != 0)
    await bench.command(ControlCommand.STOP)
    assert (await bench.ended(words[0]))["done_result"] == DoneResult.STOP_COMMAND
    await bench.until_system(lambda s: s["state_current"] == MachineState.STOPPED)
    assert await bench.send(await bench.job(Verb.PARK)) is Result.FAULTED
    await bench.make_ready()
    assert (await bench.run(Verb.PARK))["done_result"] == DoneResult.DONE


async def test_a_command_is_carried_out_once_by_its_number(bench: PlcBench) -> None:
    await bench.command(ControlCommand.STOP)
    await bench.until_system(lambda s: s["state_current"] == MachineState.STOPPED)
    await bench.command(ControlCommand.RESET)
    await bench.until_system(lambda s: s["state_current"] == MachineState.IDLE)
    # The word says RESET with every heartbeat from now on; a new stop is not undone by it.
    await bench.command(ControlCommand.STOP)
    bench._command = (int(ControlCommand.RESET), bench._command[1])
    await bench.until_system(lambda s: s["state_current"] == MachineState.STOPPED)
    await asyncio.sleep(0.25)
    assert (await bench.system())["state_current"] == MachineState.STOPPED
