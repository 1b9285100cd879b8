"""The PLC link against a peer that does everything wrong that a peer can do."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable

import pytest

from firmware_bridge.errors import NoAnswer, WrongAnswer
from firmware_bridge.handshake import Handshake, Phase
from firmware_bridge.job_mailbox import JobRequest, bay, slot, unpack_job
from firmware_bridge.link_types import LinkConfig, LinkState, NotSent
from firmware_bridge.meanings import ControlCommand, JobState, Permit, Result, Verb
from firmware_bridge.modbus_link import PlcLink
from firmware_bridge.modbus_wire import TcpEndpoint
from firmware_bridge.plc_identity import ExpectedPlc
from firmware_bridge.register_map import BLOCKS, CONTROL, MAILBOXES
from tests.contract.hostile_plc import Fault, HostilePlc

SESSION = 0xCAFE_F00D


@pytest.fixture
async def plc() -> AsyncIterator[HostilePlc]:
    hostile = HostilePlc()
    await hostile.start()
    yield hostile
    await hostile.stop()


@pytest.fixture
async def link(plc: HostilePlc) -> AsyncIterator[PlcLink]:
    made = make_link(plc)
    made.start()
    yield made
    await made.stop()


def make_link(plc: HostilePlc, expected: ExpectedPlc | None = None) -> PlcLink:
    """A link with times shortened six times, in the proportions of the real ones."""
    config = LinkConfig(
        endpoint=TcpEndpoint("127.0.0.1", plc.port),
        request_timeout_s=0.05,
        expected=expected or ExpectedPlc(site_id=4401, lifts=1, bays=2, slots=42),
        heartbeat_s=0.03,
        fast_poll_s=0.03,
        idle_poll_s=0.06,
        slots_poll_s=0.06,
        acknowledge_poll_s=0.01,
        silence_s=0.15,
        reconnect_delay_s_max=0.2,
        examine_again_s=0.1,
    )
    return PlcLink(config, clock=time.monotonic, utc_s=lambda: 1_700_000_000.0, session=SESSION)


async def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + timeout_s
    while not condition() and loop.time() < deadline_s:  # noqa: ASYNC110 - a peer has no event
        await asyncio.sleep(0.005)
    assert condition()


async def up(link: PlcLink) -> None:
    await until(lambda: link.status.state is LinkState.UP)


async def next_images(link: PlcLink, count: int = 3) -> None:
    for _ in range(count):
        async with asyncio.timeout(5.0):
            await link.wait_news()


async def test_a_permit_that_stays_does_not_hurry_the_heartbeat(link: PlcLink) -> None:
    await up(link)
    link.permit(Permit.LIFT_1)
    await next_images(link)
    writes, began_s = link.counters.writes, time.monotonic()
    for _ in range(20):
        link.permit(Permit.LIFT_1)
        await asyncio.sleep(0.005)
    beats = (time.monotonic() - began_s) / link.config.heartbeat_s
    assert link.counters.writes - writes <= beats + 2


def job(seq: int = 1, job_id: int = 77) -> JobRequest:
    return JobRequest(
        seq=seq,
        job_id=job_id,
        session=SESSION,
        verb=Verb.FETCH,
        source=slot(5),
        destination=bay(1),
        valid_ms=500,
    )


async def test_comes_up_beats_and_reads_everything(plc: HostilePlc, link: PlcLink) -> None:
    plc.set_block(BLOCKS["O"], occupied=1 << 42 | 1 << 3)
    await up(link)
    await until(lambda: len(plc.writes_to(CONTROL)) >= 4)
    beats = [words[0] for words in plc.writes_to(CONTROL)]
    assert beats[:4] == [1, 2, 3, 4]
    assert link.session_accepted
    image = link.image
    assert image is not None
    assert image.identity.plc_name == "HOSTILE"
    assert image.slots.number("occupied") == 1 << 42 | 1 << 3
    assert time.monotonic() - image.taken_at_s < 1.0
    assert image.alarms is not None


async def test_reads_two_lifts_in_one_request() -> None:
    plc = HostilePlc(lifts=3)
    await plc.start()
    link = make_link(plc, ExpectedPlc())
    link.start()
    await up(link)
    assert link.image is not None
    assert sorted(link.image.lifts) == [1, 2, 3]
    assert (96, 120) in plc.reads
    assert (216, 60) in plc.reads
    assert all(count <= 120 for _, count in plc.reads)
    await link.stop()
    await plc.stop()


async def test_permits_are_withheld_until_the_line_is_up_and_renewed(
    plc: HostilePlc, link: PlcLink
) -> None:
    link.permit(Permit.LIFT_1)
    await up(link)
    await until(lambda: plc.writes_to(CONTROL)[-1][3] == Permit.LIFT_1)
    assert plc.writes_to(CONTROL)[0][3] == 0
    link.permit(0)
    await until(lambda: plc.writes_to(CONTROL)[-1][3] == 0)


ONE_OFF = [
    Fault.SHORT,
    Fault.WRONG_FUNCTION,
    Fault.EXCEPTION,
    Fault.GARBAGE,
    Fault.BAD_COUNT,
    Fault.SILENCE,
    Fault.RESET,
    Fault.CLOSE,
    Fault.LATE,
    Fault.TORN,
    Fault.WRONG_BLOCK,
    Fault.OTHER_DEVICE,
]


@pytest.mark.parametrize("fault", ONE_OFF, ids=lambda fault: fault.name.lower())
async def test_one_wrong_answer_costs_nothing_but_itself(
    plc: HostilePlc, link: PlcLink, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await up(link)
    plc.misbehave(fault, at=BLOCKS["S"].address)
    await until(lambda: link.counters.no_answers + _wrong(link) > 0)
    await next_images(link)
    assert link.status.state is LinkState.UP
    assert link.counters.losses == 0
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def _wrong(link: PlcLink) -> int:
    return link.counters.wrong_answers + link.counters.torn_or_damaged_blocks


@pytest.mark.parametrize("fault", ONE_OFF, ids=lambda fault: fault.name.lower())
async def test_a_lasting_fault_is_said_once_and_its_end_once(
    plc: HostilePlc, link: PlcLink, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    await up(link)
    caplog.set_level(logging.INFO, logger="firmware_bridge")
    # A damaged identity block has its own test: it makes the line read-only.
    damages = fault in {Fault.TORN, Fault.WRONG_BLOCK}
    plc.misbehave(fault, times=10_000, at=BLOCKS["S"].address if damages else None)
    await until(lambda: link.status.state is LinkState.DOWN)
    assert link.status.reason
    await asyncio.sleep(0.1)
    plc.forgive()
    await up(link)
    await next_images(link)
    lines = [record.getMessage() for record in caplog.records]
    assert [line for line in lines if "link down" in line] == lines[:1]
    assert len(lines) == 2, lines
    assert "link up" in lines[1]
    assert link.counters.losses == 1


async def test_black_hole_is_noticed_within_the_silence_and_a_request(
    plc: HostilePlc, link: PlcLink
) -> None:
    await up(link)
    plc.black_hole = True
    began_s = time.monotonic()
    await until(lambda: link.status.state is LinkState.DOWN)
    assert time.monotonic() - began_s < 0.6
    plc.black_hole = False
    await up(link)


async def test_refused_connections_and_return_on_the_same_port(
    plc: HostilePlc, link: PlcLink
) -> None:
    await up(link)
    port = plc.port
    await plc.stop()
    await until(lambda: link.status.state is LinkState.DOWN)
    assert "no connection" in link.status.reason
    await plc.start(port)
    began_s = time.monotonic()
    await up(link)
    assert time.monotonic() - began_s < 1.0


async def test_frozen_scan_counter_is_silence_on_a_live_connection(
    plc: HostilePlc, link: PlcLink
) -> None:
    link.permit(Permit.LIFT_1)
    await up(link)
    plc.frozen = True
    await until(lambda: link.status.state is LinkState.DOWN)
    assert "scan counter stands" in link.status.reason
    await until(lambda: plc.writes_to(CONTROL)[-1][3] == 0)
    reads = len(plc.reads)
    await asyncio.sleep(0.1)
    assert len(plc.reads) - reads < 20  # it keeps its pace
    assert plc.connections == 1
    plc.frozen = False
    await up(link)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"map_major": 2}, "map version 2.0, expected 1.0"),
        ({"map_crc32": 1}, "map CRC 0x00000001"),
        ({"order_probe": 0x03040102}, "the low word comes first"),
        ({"order_probe": 0x02010403}, "bytes of a word are swapped"),
        ({"sign_probe": 2}, "sign_probe is 2, expected -2"),
        ({"magic0": 0}, "not a vendtower PLC"),
        ({"site_id": 4402}, "site_id is 4402, the site file says 4401"),
        ({"n_lifts": 2}, "n_lifts is 2, the site file says 1"),
        ({"n_bays": 9}, "n_bays is 9, expected 1..8"),
    ],
)
async def test_another_identity_is_read_only_with_a_reason(
    plc: HostilePlc, change: dict[str, int], reason: str
) -> None:
    plc.set_identity(**change)
    link = make_link(plc)
    link.start()
    await until(lambda: link.status.state is LinkState.READ_ONLY)
    assert reason in link.status.reason
    assert isinstance(await link.ask(1, job(), timeout_s=0.2), NotSent)
    assert not await link.command(ControlCommand.RESET, timeout_s=0.05)
    assert plc.writes == []
    plc.set_identity()
    await up(link)
    await link.stop()


async def test_damaged_identity_is_read_again(plc: HostilePlc) -> None:
    plc.misbehave(Fault.TORN, at=0)
    link = make_link(plc)
    link.start()
    await until(lambda: link.status.state is not LinkState.CONNECTING)
    assert link.status.state is LinkState.UP
    await link.stop()


async def test_another_boot_reads_the_identity_again(plc: HostilePlc, link: PlcLink) -> None:
    await up(link)
    plc.set_block(BLOCKS["S"], boot_id=2000)
    await until(lambda: link.image is not None and link.image.boot_id == 2000)
    assert plc.reads.count((0, 27)) == 2
    plc.set_identity(map_minor=1)
    plc.set_block(BLOCKS["S"], boot_id=3000)
    await until(lambda: link.status.state is LinkState.READ_ONLY)


async def test_accepted_job_is_written_once(plc: HostilePlc, link: PlcLink) -> None:
    await up(link)
    answers(plc, Result.ACCEPTED, JobState.ACTIVE)
    answer = await link.ask(1, job(), timeout_s=2.0)
    assert isinstance(answer, Handshake)
    assert answer.phase is Phase.RUNNING
    written = plc.writes_to(MAILBOXES[1])
    assert [unpack_job(words) for words in written] == [job()]


async def test_refused_job_says_why(plc: HostilePlc, link: PlcLink) -> None:
    await up(link)
    answers(plc, Result.INTERLOCK, JobState.NONE)
    answer = await link.ask(0, job(), timeout_s=2.0)
    assert isinstance(answer, Handshake)
    assert (answer.phase, answer.result) == (Phase.REFUSED, Result.INTERLOCK)


def answers(plc: HostilePlc, result: Result, state: JobState) -> None:
    """Let the peer acknowledge every job that reaches a mailbox."""

    def acknowledge(address: int, words: list[int]) -> None:
        for number, block in enumerate(MAILBOXES):
            if address == block.address:
                taken = unpack_job(words)
                plc.acknowledge(number, taken.seq, taken.job_id, int(result), int(state))

    plc.on_write = acknowledge


@pytest.mark.parametrize(
    "fault", [Fault.SILENCE, Fault.RESET, Fault.CLOSE, Fault.EXCEPTION, Fault.GARBAGE, Fault.LATE]
)
async def test_a_lost_confirmation_never_makes_a_second_write(
    plc: HostilePlc, link: PlcLink, fault: Fault
) -> None:
    await up(link)
    answers(plc, Result.ACCEPTED, JobState.ACTIVE)
    plc.misbehave(fault, at=MAILBOXES[1].address, writes=True)
    answer = await link.ask(1, job(), timeout_s=2.0)
    assert isinstance(answer, Handshake)
    assert answer.phase is Phase.RUNNING
    assert len(plc.writes_to(MAILBOXES[1])) == 1


async def test_no_acknowledgement_is_answered_at_the_deadline(
    plc: HostilePlc, link: PlcLink
) -> None:
    await up(link)
    answer = await link.ask(1, job(), timeout_s=0.15)
    assert isinstance(answer, Handshake)
    assert answer.phase is Phase.WRITTEN
    assert len(plc.writes_to(MAILBOXES[1])) == 1


async def test_unproven_job_changes_the_session(plc: HostilePlc, link: PlcLink) -> None:
    """A copy of the job that turns up later carries a session that the PLC no longer takes."""
    await up(link)
    answer = await link.ask(1, job(), timeout_s=0.1)
    assert isinstance(answer, Handshake)
    assert answer.session == SESSION
    assert link.session == SESSION + 1
    renewed_at_s = time.monotonic()
    await until(lambda: link.session_accepted)
    assert link.session_accepted_at_s is not None
    assert link.session_accepted_at_s >= renewed_at_s - 0.05  # not since the session before
    assert {words[1] << 16 | words[2] for words in plc.writes_to(CONTROL)} == {SESSION, SESSION + 1}
    answers(plc, Result.ACCEPTED, JobState.ACTIVE)
    await link.ask(1, job(seq=2, job_id=78), timeout_s=2.0)
    assert unpack_job(plc.writes_to(MAILBOXES[1])[1]).session == SESSION + 1
    assert link.session == SESSION + 1


async def test_job_waits_for_a_faultless_round(plc: HostilePlc, link: PlcLink) -> None:
    """What is lost first on a connection is then the job itself, never a heartbeat before it."""
    await up(link)
    plc.black_hole = True
    await until(lambda: link.counters.no_answers > 0)
    asked = asyncio.create_task(link.ask(1, job(), timeout_s=2.0))
    await asyncio.sleep(0)
    plc.black_hole = False
    reads = len(plc.reads)
    read_before_the_job: list[int] = []

    def note(address: int, _words: list[int]) -> None:
        if address == MAILBOXES[1].address:
            read_before_the_job.append(len(plc.reads) - reads)

    plc.on_write = note
    await until(lambda: bool(read_before_the_job))
    assert read_before_the_job[0] >= 1
    assert isinstance(await asked, Handshake)
    assert len(plc.writes_to(MAILBOXES[1])) == 1


async def test_blocks_are_read_on_request(plc: HostilePlc, link: PlcLink) -> None:
    plc.set_block(BLOCKS["P"], s3_power=70)
    await up(link)
    page = await link.read_block(BLOCKS["P"], timeout_s=1.0)
    assert page.number("s3_power") == 70
    control = await link.read_block(CONTROL, timeout_s=1.0)
    assert control.number("session") == SESSION
    identity = await link.read_block(BLOCKS["H"], timeout_s=1.0)
    assert identity.values["plc_name"] == "HOSTILE"
    plc.misbehave(Fault.EXCEPTION, at=BLOCKS["E"].address)
    with pytest.raises(WrongAnswer, match="exception 6"):
        await link.read_block(BLOCKS["E"], timeout_s=1.0)
    await plc.stop()
    with pytest.raises(NoAnswer):
        await link.read_block(BLOCKS["E"], timeout_s=0.3)


async def test_restart_of_the_plc_before_the_acknowledgement_is_unknown(
    plc: HostilePlc, link: PlcLink
) -> None:
    await up(link)
    asked = asyncio.create_task(link.ask(1, job(), timeout_s=5.0))
    await until(lambda: len(plc.writes_to(MAILBOXES[1])) == 1)
    plc.set_block(BLOCKS["S"], boot_id=2000)
    answer = await asked
    assert isinstance(answer, Handshake)
    assert answer.phase is Phase.UNKNOWN


async def test_one_unacknowledged_job_a_mailbox(plc: HostilePlc, link: PlcLink) -> None:
    await up(link)
    first = asyncio.create_task(link.ask(1, job(), timeout_s=0.3))
    await asyncio.sleep(0)
    second = await link.ask(1, job(seq=2, job_id=78), timeout_s=0.3)
    assert isinstance(second, NotSent)
    assert isinstance(await first, Handshake)
    assert isinstance(await link.ask(4, job(), timeout_s=0.3), NotSent)


async def test_caller_that_goes_away_leaves_the_wire_in_order(
    plc: HostilePlc, link: PlcLink
) -> None:
    await up(link)
    asked = asyncio.create_task(link.ask(1, job(), timeout_s=5.0))
    await until(lambda: len(plc.writes_to(MAILBOXES[1])) == 1)
    asked.cancel()
    await asyncio.wait([asked])
    await next_images(link)
    assert link.status.state is LinkState.UP
    assert _wrong(link) + link.counters.no_answers == 0


async def test_command_is_counted_once_and_repeated_with_the_heartbeat(
    plc: HostilePlc, link: PlcLink
) -> None:
    await up(link)
    plc.misbehave(Fault.SILENCE, writes=True)
    assert await link.command(ControlCommand.RESET, timeout_s=2.0)
    await until(lambda: len(plc.writes_to(CONTROL)) >= 6)
    given = {(words[5], words[6]) for words in plc.writes_to(CONTROL)}
    assert given == {(0, 0), (ControlCommand.RESET, 1)}


async def test_command_waits_for_the_session(plc: HostilePlc, link: PlcLink) -> None:
    plc.echo_session = False
    await up(link)
    assert not await link.command(ControlCommand.RESET, timeout_s=0.1)
    assert all(words[6] == 0 for words in plc.writes_to(CONTROL))


async def test_polls_lifts_faster_when_followed(plc: HostilePlc, link: PlcLink) -> None:
    await up(link)
    lift = (BLOCKS["L1"].address, BLOCKS["L1"].size)
    slow = await _count_during(plc, lift, 0.3)
    link.follow(moving=True)
    fast = await _count_during(plc, lift, 0.3)
    assert fast >= 1.4 * slow


async def _count_during(plc: HostilePlc, request: tuple[int, int], duration_s: float) -> int:
    before = plc.reads.count(request)
    await asyncio.sleep(duration_s)
    return plc.reads.count(request) - before


async def test_a_mistake_of_our_own_does_not_end_the_owner(
    plc: HostilePlc,
    link: PlcLink,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await up(link)

    def break_once(_name: str) -> int:
        monkeypatch.undo()
        raise ZeroDivisionError

    monkeypatch.setattr(link._control, "beat", lambda *, up: break_once(str(up)))
    await until(lambda: link.status.state is LinkState.DOWN)
    assert "ZeroDivisionError" in link.status.reason
    assert "unexpected error" in caplog.text
    await up(link)


async def test_stops_in_the_middle_of_a_request(plc: HostilePlc) -> None:
    link = make_link(plc)
    link.start()
    await up(link)
    plc.black_hole = True
    await asyncio.sleep(0.02)
    began_s = time.monotonic()
    await link.stop()
    assert time.monotonic() - began_s < 0.5
    assert isinstance(await link.ask(1, job(), timeout_s=0.1), NotSent)
