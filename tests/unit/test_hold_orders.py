"""What an order of staff to hold explains, what it overrules, and when it is forgotten."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import NOON, Watched, watched
from vendtower.domain.interruption import (
    HATCH,
    UNEXPLAINED,
    Device,
    Interruption,
    InterruptionState,
)
from vendtower.domain.machine import LinkState, MachineCommand, MachineState, PlcLink
from vendtower.flows.controls import Done
from vendtower.flows.hold_order import HOLD_TAKEN_S, resumed
from vendtower.flows.interruptions import (
    UNEXPLAINED_S,
    InterruptionWatch,
    confirm_interruption,
)
from vendtower.flows.machine_desk import MachineDesk
from vendtower.flows.machine_watch import wanted_command
from vendtower.flows.modes import open_interruptions
from vendtower.flows.tower import LOOK_AGAIN_S
from vendtower.ports.journal import Change

BY, OTHER = "technician on duty", "operator on duty"
STEP_S = 0.25
_S = MachineState


class Staffed:
    """A tower whose machine the test moves, with the watch and the desk beside it."""

    def __init__(self, at: Watched) -> None:
        self.at = at
        self.tower = at.tower
        self.watch = InterruptionWatch(at.tower)
        self.desk = MachineDesk(at.tower)

    async def seen(self, state: MachineState, for_s: float = STEP_S) -> None:
        self.at.plc.shown = replace(self.at.plc.shown, state=state)
        await self.last(for_s)

    async def last(self, for_s: float) -> None:
        for _ in range(round(for_s / STEP_S)):
            self.at.clock.now_s += STEP_S
            await self.watch.look()

    def link(self, state: LinkState) -> None:
        self.at.plc.link = PlcLink(state, "cut" if state is LinkState.DOWN else "")

    async def hold(self) -> None:
        assert isinstance(await self.desk.command(MachineCommand.HOLD, BY), Done)

    async def interrupted(self, device: Device) -> None:
        gone = Interruption(1, device, NOON, InterruptionState.GONE, NOON)
        await self.tower.book.record(lambda: Change(standing=(gone,)))

    @property
    def asked(self) -> list[Device]:
        return [each.device for each in open_interruptions(self.tower)]


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Staffed]:
    async with watched(tmp_path / "journal.sqlite") as tower:
        yield Staffed(tower)


@pytest.mark.parametrize("device", [UNEXPLAINED, Device("door", HATCH)], ids=str)
async def test_a_confirmation_leaves_held_what_staff_told_to_hold(
    at: Staffed, device: Device
) -> None:
    await at.seen(_S.HELD)
    await at.interrupted(device)
    await at.hold()
    said = await confirm_interruption(at.tower, 1, OTHER, "")
    assert isinstance(said, Done)
    assert "stays held by order of staff: `vendtower machine unhold`" in said.message
    assert wanted_command(at.tower) is None
    await at.seen(_S.HELD, 3 * UNEXPLAINED_S)
    assert at.asked == []
    assert isinstance(await at.desk.command(MachineCommand.UNHOLD, BY), Done)


async def test_a_confirmation_lets_go_on_what_nobody_told_to_hold(at: Staffed) -> None:
    await at.seen(_S.HELD)
    await at.interrupted(UNEXPLAINED)
    said = await confirm_interruption(at.tower, 1, OTHER, "")
    assert isinstance(said, Done)
    assert "nothing else holds" in said.message
    assert wanted_command(at.tower) is MachineCommand.UNHOLD


@pytest.mark.parametrize(
    "command", [MachineCommand.HOLD, MachineCommand.STOP, MachineCommand.ABORT]
)
async def test_who_stops_the_machine_overrules_a_word_that_waits(
    at: Staffed, command: MachineCommand
) -> None:
    await at.seen(_S.HELD)
    at.tower.unhold_wanted = at.tower.reset_wanted = True
    await at.desk.command(command, BY)
    assert wanted_command(at.tower) is None
    assert not at.tower.unhold_wanted
    assert not at.tower.reset_wanted, "a machine that is told to stop is led back to work at once"


async def test_an_order_explains_the_hold_for_as_long_as_it_lasts(at: Staffed) -> None:
    await at.hold()
    await at.seen(_S.IDLE, HOLD_TAKEN_S / 2)
    await at.seen(_S.HOLDING)
    await at.seen(_S.HELD, 10 * HOLD_TAKEN_S)
    assert at.asked == []
    await at.seen(_S.EXECUTE)
    assert not at.tower.hold_ordered
    await at.seen(_S.HELD, 3 * UNEXPLAINED_S)
    assert at.asked == [UNEXPLAINED]


async def test_an_order_that_the_plc_ignores_explains_no_later_hold(at: Staffed) -> None:
    await at.seen(_S.STARTING)
    await at.hold()
    await at.seen(_S.EXECUTE, HOLD_TAKEN_S + 2 * STEP_S)
    assert not at.tower.hold_ordered
    at.link(LinkState.DOWN)
    await at.last(60.0)
    at.link(LinkState.UP)
    await at.seen(_S.HELD, 3 * UNEXPLAINED_S)
    assert at.asked == [UNEXPLAINED]


async def test_an_order_that_was_taken_back_explains_no_longer_hold(at: Staffed) -> None:
    """The PLC ignores it while it still comes to rest, and holds then; it shows that in time."""
    await at.hold()
    await at.seen(_S.HOLDING)
    assert isinstance(await at.desk.command(MachineCommand.UNHOLD, BY), Done)
    await at.seen(_S.HELD, HOLD_TAKEN_S)
    assert at.asked == [], "asked before the PLC could show that it goes on"
    await at.seen(_S.HELD, 3 * UNEXPLAINED_S)
    assert at.asked == [UNEXPLAINED]
    assert isinstance(await confirm_interruption(at.tower, 1, OTHER, ""), Done)
    assert wanted_command(at.tower) is MachineCommand.UNHOLD


async def test_an_order_that_came_after_the_word_to_go_on_stands(at: Staffed) -> None:
    asked_s = at.tower.clock.monotonic_s()
    at.at.clock.now_s += STEP_S
    await at.hold()
    resumed(at.tower, asked_s)
    assert at.tower.hold_ordered


async def test_an_order_that_was_not_sent_explains_nothing(at: Staffed) -> None:
    at.link(LinkState.DOWN)
    await at.desk.command(MachineCommand.HOLD, BY)
    await at.last(60.0)
    at.link(LinkState.UP)
    await at.seen(_S.HELD, 3 * UNEXPLAINED_S)
    assert at.asked == [UNEXPLAINED]


async def test_an_order_that_arrives_after_the_line_was_cut_still_counts(at: Staffed) -> None:
    """The link repeats the command with its next heartbeat, and the PLC obeys it then."""
    await at.seen(_S.EXECUTE)
    await at.hold()
    await at.seen(_S.EXECUTE)
    at.link(LinkState.DOWN)
    await at.last(60.0)
    at.link(LinkState.UP)
    await at.seen(_S.EXECUTE)
    await at.seen(_S.HELD, 3 * UNEXPLAINED_S)
    assert at.tower.hold_ordered
    assert at.asked == []


async def test_the_end_of_an_earlier_pause_is_not_the_end_of_a_new_order(at: Staffed) -> None:
    await at.seen(_S.UNHOLDING)
    await at.hold()
    await at.seen(_S.EXECUTE)
    await at.seen(_S.HELD, 3 * UNEXPLAINED_S)
    assert at.tower.hold_ordered
    assert at.asked == []


def test_a_pause_that_is_over_is_not_said_to_last() -> None:
    gone = Interruption(1, UNEXPLAINED, NOON, InterruptionState.GONE, NOON)
    assert gone.words == "held, why is unknown, not confirmed"


async def test_the_watch_knows_when_to_look_at_an_order_again(at: Staffed) -> None:
    """No bell rings while nothing happens, and a tower at rest looks once a minute."""

    def due_s() -> float | None:
        return at.watch.hold_order.due_s

    await at.seen(_S.IDLE)
    assert due_s() is None
    await at.hold()
    await at.seen(_S.HELD)
    assert due_s() is None, "a held machine is looked at each second"
    at.tower.hold_ordered_s = at.at.clock.now_s
    await at.seen(_S.IDLE)
    assert due_s() == at.at.clock.now_s + HOLD_TAKEN_S
    at.at.clock.now_s += HOLD_TAKEN_S - 0.05
    flow = asyncio.create_task(at.watch.watch())
    await asyncio.sleep(0)
    at.at.clock.now_s += 0.05
    async with asyncio.timeout(LOOK_AGAIN_S * 5):
        while at.tower.hold_ordered:  # noqa: ASYNC110 - two parties
            await asyncio.sleep(0.01)
    flow.cancel()
