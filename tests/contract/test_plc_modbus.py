"""The port `TowerPlc` over a real socket, against a peer whose words the test sets."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from firmware_bridge import meanings
from firmware_bridge.job_mailbox import bay, lift, unpack_job
from firmware_bridge.link_types import LinkConfig
from firmware_bridge.modbus_wire import TcpEndpoint
from firmware_bridge.register_map import BLOCKS, CONTROL, MAILBOXES
from tests.contract.hostile_plc import HostilePlc
from vendtower.adapters.plc_modbus import ModbusTowerPlc
from vendtower.adapters.system_clock import SystemClock
from vendtower.domain.errors import LocalFault
from vendtower.domain.job import (
    Fate,
    Job,
    JobAccepted,
    JobRefused,
    JobResult,
    JobUnanswered,
    PlcJobState,
    PlcMark,
    Verb,
)
from vendtower.domain.machine import (
    ControlMode,
    DoorState,
    LinkState,
    LoadState,
    MachineCommand,
    MachineState,
    PcLink,
)
from vendtower.domain.places import Bay, OnLift, Slot
from vendtower.ports.tower_plc import TowerPlc


@pytest.fixture
async def plc() -> AsyncIterator[HostilePlc]:
    hostile = HostilePlc()
    await hostile.start()
    yield hostile
    await hostile.stop()


@pytest.fixture
async def tower(plc: HostilePlc) -> AsyncIterator[ModbusTowerPlc]:
    made = make_tower(plc, session=7)
    made.start()
    await until(lambda: made.link.state is LinkState.UP)
    yield made
    await made.stop()


def make_tower(plc: HostilePlc, session: int) -> ModbusTowerPlc:
    config = LinkConfig(
        endpoint=TcpEndpoint("127.0.0.1", plc.port),
        request_timeout_s=0.1,
        heartbeat_s=0.03,
        fast_poll_s=0.03,
        idle_poll_s=0.04,
        slots_poll_s=0.04,
        acknowledge_poll_s=0.01,
        silence_s=0.2,
    )
    return ModbusTowerPlc(config, SystemClock(), session)


async def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline_s:  # noqa: ASYNC110 - no event to await
        await asyncio.sleep(0.005)
    assert condition()


JOB = Job(
    job_id=500,
    mailbox=1,
    seq=9,
    verb=Verb.FETCH,
    source=OnLift(1),
    destination=Bay(2),
    vin="LVT00000000000001",
    expected_weight_kg=1500,
    expected_height_mm=1480,
    valid_s=0.1,
    deadline_s=60.0,
    correlation_id="c",
    before=PlcMark(boot_id=1000, ack_seq=8, exec_count=20),
)


def on_job(plc: HostilePlc, result: int, state: int = 0) -> None:
    def acknowledge(address: int, words: list[int]) -> None:
        for number, block in enumerate(MAILBOXES):
            if address == block.address:
                taken = unpack_job(words)
                plc.acknowledge(number, taken.seq, taken.job_id, result, state)

    plc.on_write = acknowledge


def before_the_job(plc: HostilePlc) -> None:
    plc.set_block(BLOCKS["L1"], ack_seq=8, ack_job=499, ack_result=1, exec_count=20)


async def refreshed(tower: ModbusTowerPlc, times: int = 6) -> None:
    for _ in range(times):
        await tower.wait_news()


async def test_is_the_port(tower: ModbusTowerPlc) -> None:
    port: TowerPlc = tower
    assert port.link.state is LinkState.UP


async def test_snapshot_speaks_the_domains_words(plc: HostilePlc, tower: ModbusTowerPlc) -> None:
    bits = meanings.BayStatus
    plc.set_block(
        BLOCKS["B"],
        bay2_status=int(bits.INNER_CLOSED | bits.INNER_LOCKED | bits.PRESENCE | bits.PERSON_INSIDE),
        bay2_inner=int(meanings.DoorState.CLOSED),
        bay2_outer=int(meanings.DoorState.OPENING),
        bay2_weight=1510,
        bay2_length=4630,
    )
    plc.set_block(
        BLOCKS["L1"],
        hoist_pos=-12,
        turn_pos=35_999,
        inhibit=int(meanings.Inhibit.BUSY | meanings.Inhibit.PERSON_IN_BAY),
        load_state=int(meanings.LoadState.SHIFTED),
        job_state=int(meanings.JobState.ACTIVE),
        job_step=int(meanings.JobStep.PICK),
        ack_seq=3,
        ack_job=40,
        ack_result=1,
    )
    plc.set_block(BLOCKS["O"], occupied=1 << 1 | 1 << 42, blocked=1 << 7)
    plc.set_block(BLOCKS["S"], safety_a=0xFE, alarm_active=2)
    await refreshed(tower)
    snapshot = tower.snapshot
    assert snapshot is not None
    assert (snapshot.state, snapshot.mode) == (MachineState.IDLE, ControlMode.PRODUCTION)
    assert snapshot.pc_link is PcLink.OK
    assert snapshot.session_accepted
    assert snapshot.safety_faults == {"estop_chain"}
    assert snapshot.occupied_slots == {1, 42}
    assert snapshot.blocked_slots == {7}
    assert snapshot.alarm_count == 2
    assert sorted(snapshot.bays) == [1, 2]
    one = snapshot.lifts[1]
    assert (one.hoist_position_mm, one.turn_position_deg) == (-12, 359.99)
    assert one.inhibits == {"busy", "person_in_bay"}
    assert one.load is LoadState.SHIFTED
    assert (one.job.state, one.job.step, one.job.error) == (PlcJobState.ACTIVE, "pick", "")
    two = snapshot.bays[2]
    assert (two.inner_door, two.inner_locked) == (DoorState.CLOSED, True)
    assert (two.outer_door, two.outer_locked) == (DoorState.OPENING, False)
    assert two.presence
    assert two.person_inside
    assert (two.weight_kg, two.length_mm) == (1510, 4630)
    assert time.monotonic() - tower.read_at_s < 1.0


async def test_car_on_the_lift_is_brought_on(plc: HostilePlc, tower: ModbusTowerPlc) -> None:
    on_job(plc, meanings.Result.ACCEPTED, meanings.JobState.ACTIVE)
    assert await tower.ask(JOB) == JobAccepted()
    sent = unpack_job(plc.writes_to(MAILBOXES[1])[0])
    assert (sent.verb, sent.source, sent.destination) == (meanings.Verb.FETCH, lift(1), bay(2))
    assert (sent.expected_weight_kg, sent.expected_height_mm) == (1500, 1480)
    assert (sent.session, sent.valid_ms) == (7, 100)
    await refreshed(tower)
    assert tower.fate(JOB).fate is Fate.RUNNING


async def test_refusal_carries_the_inhibits(plc: HostilePlc, tower: ModbusTowerPlc) -> None:
    on_job(plc, meanings.Result.INTERLOCK)
    plc.set_block(BLOCKS["L1"], inhibit=int(meanings.Inhibit.DOOR_OPEN))
    plc.set_block(BLOCKS["B"], bay2_inhibit=int(meanings.BayInhibit.CURTAIN_BROKEN))
    await refreshed(tower)
    assert await tower.ask(JOB) == JobRefused(
        JobResult.INTERLOCK, "interlock: bay 2 curtain_broken, door_open"
    )


async def test_unanswered_is_pending_and_then_proven_never_taken(
    plc: HostilePlc, tower: ModbusTowerPlc
) -> None:
    before_the_job(plc)
    await refreshed(tower)
    asked = asyncio.create_task(tower.ask(JOB))
    await until(lambda: len(plc.writes_to(MAILBOXES[1])) == 1)
    assert tower.fate(JOB).fate is Fate.PENDING
    assert isinstance(await asked, JobUnanswered)
    assert tower.fate(JOB).fate is Fate.PENDING
    await until(lambda: tower.fate(JOB).fate is Fate.NEVER_TAKEN)


async def test_line_down_is_unanswered_and_unheard(plc: HostilePlc, tower: ModbusTowerPlc) -> None:
    await plc.stop()
    await until(lambda: tower.link.state is LinkState.DOWN)
    answer = await tower.ask(JOB)
    assert isinstance(answer, JobUnanswered)
    assert answer.why.startswith("not sent")
    assert tower.fate(JOB).fate is Fate.UNHEARD
    assert not await tower.command(MachineCommand.RESET)


async def test_job_of_an_earlier_run_is_judged_once_the_session_is_ours(plc: HostilePlc) -> None:
    plc.echo_session = False
    before_the_job(plc)
    tower = make_tower(plc, session=8)
    tower.start()
    await until(lambda: tower.link.state is LinkState.UP)
    assert tower.fate(JOB).fate is Fate.PENDING
    plc.echo_session = True
    await until(lambda: tower.fate(JOB).fate is Fate.NEVER_TAKEN)
    await tower.stop()


async def test_cancelled_ask_settles_later(plc: HostilePlc, tower: ModbusTowerPlc) -> None:
    before_the_job(plc)
    await refreshed(tower)
    asked = asyncio.create_task(tower.ask(JOB))
    await asyncio.sleep(0)
    asked.cancel()
    await asyncio.wait([asked])
    await asyncio.sleep(0.15)
    assert tower.fate(JOB).fate is Fate.PENDING


@pytest.mark.parametrize(
    ("done_result", "fate", "reason"),
    [(1, Fate.FINISHED, ""), (12, Fate.FAILED, "door_stuck"), (99, Fate.FAILED, "99")],
)
async def test_done_words_end_a_job(
    plc: HostilePlc, tower: ModbusTowerPlc, done_result: int, fate: Fate, reason: str
) -> None:
    plc.set_block(BLOCKS["L1"], done_seq=9, done_job=500, done_result=done_result)
    await refreshed(tower)
    assert (tower.fate(JOB).fate, tower.fate(JOB).reason) == (fate, reason)


async def test_auxiliary_job(plc: HostilePlc, tower: ModbusTowerPlc) -> None:
    on_job(plc, meanings.Result.ACCEPTED, meanings.JobState.ACTIVE)
    door = replace(
        JOB, mailbox=0, verb=Verb.OPEN_OUTER_DOOR, source=None, before=PlcMark(1000, 8, None)
    )
    assert await tower.ask(door) == JobAccepted()
    plc.set_block(BLOCKS["S"], aux_done_seq=9, aux_done_result=1, aux_state=3)
    await until(lambda: tower.fate(door).fate is Fate.FINISHED)


async def test_command_and_permit_reach_the_control_block(
    plc: HostilePlc, tower: ModbusTowerPlc
) -> None:
    assert await tower.command(MachineCommand.CLEAR)
    tower.permit({1, 2})
    await until(lambda: plc.writes_to(CONTROL)[-1][3] == 0b11)
    assert plc.writes_to(CONTROL)[-1][5] == meanings.ControlCommand.CLEAR
    with pytest.raises(LocalFault, match="lift 5"):
        tower.permit({5})


async def test_job_that_does_not_fit_is_our_fault(plc: HostilePlc, tower: ModbusTowerPlc) -> None:
    with pytest.raises(LocalFault, match="exp_weight"):
        await tower.ask(replace(JOB, expected_weight_kg=70_000))
    with pytest.raises(LocalFault, match="slot 512"):
        await tower.ask(replace(JOB, destination=Slot(512)))
    assert plc.writes_to(MAILBOXES[1]) == []


async def test_the_same_job_goes_out_once_and_a_changed_one_not_at_all(
    plc: HostilePlc, tower: ModbusTowerPlc
) -> None:
    on_job(plc, meanings.Result.ACCEPTED, meanings.JobState.ACTIVE)
    assert await tower.ask(JOB) == JobAccepted()
    again = await tower.ask(JOB)
    changed = await tower.ask(replace(JOB, destination=Bay(1)))
    elsewhere = await tower.ask(replace(JOB, seq=JOB.seq + 1))
    assert again == JobUnanswered("not sent: job 500 was written already, and is written once")
    for answer in (changed, elsewhere):
        assert isinstance(answer, JobUnanswered)
        assert "other content" in answer.why
    assert len(plc.writes_to(MAILBOXES[1])) == 1
    await refreshed(tower)
    assert tower.fate(JOB).fate is Fate.RUNNING
