"""The PLC contract: a job is taken whole, once, in time, and only if the machine can do it."""

from __future__ import annotations

import asyncio

import pytest

from firmware_bridge import register_map as rm
from firmware_bridge.job_mailbox import Place, bay, slot
from firmware_bridge.meanings import (
    DoneResult,
    JobState,
    PlaceKind,
    Result,
    Verb,
)
from tests.contract.plc_bench import PARTS, PlcBench, far_park, with_words

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3


async def write_parts(bench: PlcBench, words: list[int], pause_s: float = 0.0) -> None:
    for part in PARTS:
        await bench.write(rm.MAILBOXES[1].address + part.start, words[part])
        await asyncio.sleep(pause_s)


# --- mailboxes


async def test_a_job_is_acknowledged_run_once_and_done(bench: PlcBench) -> None:
    executed = (await bench.lift())["exec_count"]
    words = await far_park(bench, job_id=4_000_000_001)
    assert await bench.send(words) is Result.ACCEPTED
    lift = await bench.ended(words[0])
    assert lift["ack_job"] == lift["done_job"] == 4_000_000_001
    assert lift["done_result"] == DoneResult.DONE
    assert lift["job_state"] == JobState.DONE
    assert lift["exec_count"] == executed + 1
    assert lift["hoist_pos"] == lift["hoist_target"]


async def test_a_duplicate_is_not_run_again(bench: PlcBench) -> None:
    words = await far_park(bench)
    assert await bench.send(words) is Result.ACCEPTED
    await bench.write(rm.MAILBOXES[1].address, words)
    executed = (await bench.ended(words[0]))["exec_count"]
    for _ in range(3):
        assert await bench.send(words) is Result.ACCEPTED
        await asyncio.sleep(0.03)
    lift = await bench.lift()
    assert lift["exec_count"] == executed
    assert lift["job_state"] == JobState.DONE


async def test_an_older_duplicate_is_not_run_again_either(bench: PlcBench) -> None:
    first = await bench.job(Verb.PARK)
    assert await bench.send(first) is Result.ACCEPTED
    await bench.ended(first[0])
    second = await bench.job(Verb.PARK)
    assert await bench.send(second) is Result.ACCEPTED
    executed = (await bench.ended(second[0]))["exec_count"]
    assert await bench.send(first) is Result.ACCEPTED
    await asyncio.sleep(0.05)
    lift = await bench.lift()
    assert lift["ack_job"] == 1000 + first[0]
    assert lift["exec_count"] == executed


async def test_a_consumed_number_stays_consumed_whatever_was_answered(bench: PlcBench) -> None:
    words = await far_park(bench)
    damaged = list(words)
    damaged[15] ^= 1
    executed = (await bench.lift())["exec_count"]
    assert await bench.send(damaged) is Result.CRC
    assert await bench.send(words) is Result.CRC
    await asyncio.sleep(0.05)
    assert (await bench.lift())["exec_count"] == executed


@pytest.mark.parametrize("word", [0, 5, 12, 21])
async def test_a_damaged_word_is_found_by_the_checksum(bench: PlcBench, word: int) -> None:
    words = await far_park(bench)
    words[word] ^= 0x0100
    words[23] = words[0]
    assert await bench.send(words) is Result.CRC


async def test_a_write_torn_over_three_requests_runs_once(bench: PlcBench) -> None:
    words = await far_park(bench)
    executed = (await bench.lift())["exec_count"]
    await write_parts(bench, words, pause_s=0.05)
    assert await bench.answer(words[0]) is Result.ACCEPTED
    assert (await bench.ended(words[0]))["exec_count"] == executed + 1


async def test_a_write_whose_middle_is_lost_is_not_run(bench: PlcBench) -> None:
    words = await far_park(bench)
    executed = (await bench.lift())["exec_count"]
    for part in (PARTS[0], PARTS[2]):
        await bench.write(rm.MAILBOXES[1].address + part.start, words[part])
    assert await bench.answer(words[0]) is Result.CRC
    assert (await bench.lift())["exec_count"] == executed


async def test_a_job_without_its_commit_word_waits(bench: PlcBench) -> None:
    words = await far_park(bench)
    before = (await bench.lift())["ack_seq"]
    await bench.write(rm.MAILBOXES[1].address, words[:23])
    await asyncio.sleep(0.1)
    assert (await bench.lift())["ack_seq"] == before
    await bench.write_one(rm.MAILBOXES[1].address + 23, words[23])
    assert await bench.answer(words[0]) is Result.ACCEPTED
    await bench.ended(words[0])


async def test_a_job_that_took_too_long_to_arrive_has_expired(bench: PlcBench) -> None:
    words = await far_park(bench, valid_ms=60)
    await write_parts(bench, words, pause_s=0.08)
    assert await bench.answer(words[0]) is Result.EXPIRED


async def test_busy(bench: PlcBench) -> None:
    first = await far_park(bench, speed_permille=500)
    assert await bench.send(first) is Result.ACCEPTED
    second = await bench.job(Verb.HOME)
    assert await bench.send(second) is Result.BUSY
    assert (await bench.lift())["job_state"] == JobState.ACTIVE
    lift = await bench.ended(first[0])
    assert lift["done_result"] == DoneResult.DONE
    assert (lift["ack_seq"], lift["ack_result"]) == (second[0], Result.BUSY)


@pytest.mark.parametrize("verb", [0, 7, 8, 10, 20, 30, 999])
async def test_an_unknown_verb_or_one_of_another_mailbox(bench: PlcBench, verb: int) -> None:
    words = with_words(await far_park(bench), verb=verb)
    assert await bench.send(words) is Result.VERB


async def test_a_lift_verb_in_the_auxiliary_mailbox(bench: PlcBench) -> None:
    words = await bench.job(Verb.HOME, box=0)
    assert await bench.send(words, box=0) is Result.VERB


@pytest.mark.parametrize(
    ("verb", "source", "destination"),
    [
        (Verb.FETCH, slot(0), bay(1)),
        (Verb.FETCH, slot(511), bay(1)),
        (Verb.FETCH, slot(1), bay(9)),
        (Verb.FETCH, slot(1), slot(2)),
        (Verb.STORE, slot(1), slot(2)),
        (Verb.STORE, Place(PlaceKind.LIFT, 4), slot(1)),
        (Verb.MOVE, slot(1), slot(0)),
        (Verb.MOVE, bay(1), slot(1)),
        (Verb.PARK, slot(1), bay(0)),
        (Verb.MEASURE, bay(0), bay(0)),
    ],
)
async def test_places_that_do_not_exist_are_out_of_range(
    bench: PlcBench, verb: Verb, source: Place, destination: Place
) -> None:
    assert await bench.send(await bench.job(verb, source, destination)) is Result.RANGE


@pytest.mark.parametrize("speed", [0, 1001, 65535])
async def test_a_speed_outside_its_range(bench: PlcBench, speed: int) -> None:
    assert await bench.send(with_words(await far_park(bench), speed=speed)) is Result.RANGE


async def test_kinds_of_place_that_nobody_knows(bench: PlcBench) -> None:
    words = with_words(await bench.job(Verb.FETCH, slot(7), bay(1)), src_kind=9)
    assert await bench.send(words) is Result.RANGE


async def test_abort_is_done_at_once_and_the_job_ends_under_its_own_number(
    bench: PlcBench,
) -> None:
    words = await far_park(bench, speed_permille=300)
    assert await bench.send(words) is Result.ACCEPTED
    await bench.until_lift(lambda v: v["hoist_vel"] != 0)
    abort = await bench.job(Verb.ABORT)
    assert await bench.send(abort) is Result.ACCEPTED
    lift = await bench.ended(words[0])
    assert lift["done_result"] == DoneResult.ABORT_REQUESTED
    assert (lift["job_state"], lift["hoist_vel"]) == (JobState.ABORTED, 0)
    assert lift["hoist_pos"] != lift["hoist_target"]
    assert (await bench.run(Verb.HOME))["done_result"] == DoneResult.DONE
