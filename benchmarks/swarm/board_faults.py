"""Faults of kiosk boards and key cabinets, as they happen to a world."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

from benchmarks.swarm.fault_act import Act
from benchmarks.swarm.fault_plan import FaultKind, PlannedFault
from benchmarks.swarm.key_rack import KeyRack
from benchmarks.swarm.world import World
from hardware_sim.kiosk_board.noise import LineNoise
from hardware_sim.kiosk_board.peer import SimKioskBoard
from vendtower.domain.key_errand import KEY_ENDED, KeyErrand

WHERE_A_KEY_MOVES = 0.8
"""Share of faults that befall the kiosk and the compartment where a key is on its way."""


def _rack(world: World) -> KeyRack:
    if world.keys is None:
        raise ValueError("a fault of a kiosk board in a run without boards")
    return world.keys


def _moving(world: World) -> KeyErrand | None:
    book = world.controller.book
    found = [] if book is None else [k for k in book.keys.values() if k.state not in KEY_ENDED]
    return found[-1] if found else None


def _board(world: World, fault: PlannedFault, chance: random.Random) -> SimKioskBoard:
    """The one that is named as ``kiosk:1``, else one that is drawn."""
    boards, key = _rack(world).boards, _moving(world)
    if fault.where:
        return boards[int(fault.where.removeprefix("kiosk:"))]
    if key is not None and key.kiosk in boards and chance.random() < WHERE_A_KEY_MOVES:
        return boards[key.kiosk]
    return boards[chance.choice(sorted(boards))]


def _compartment(world: World, fault: PlannedFault, chance: random.Random) -> int:
    """The one that is named by its number, else one that is drawn."""
    rack, key = _rack(world), _moving(world)
    if fault.where:
        return int(fault.where)
    if key is not None and chance.random() < WHERE_A_KEY_MOVES:
        return key.compartment
    return chance.choice(sorted(rack.home.values()))


async def _unplugged(world: World, fault: PlannedFault, chance: random.Random) -> None:
    board = _board(world, fault, chance)
    board.unplug()
    await asyncio.sleep(fault.duration_s)
    board.plug()


async def _silent(world: World, fault: PlannedFault, chance: random.Random) -> None:
    await _noise(_board(world, fault, chance), LineNoise(fault.draw, lost=1.0), fault.duration_s)


async def _noisy(world: World, fault: PlannedFault, chance: random.Random) -> None:
    noise = LineNoise(fault.draw, damaged=0.2, lost=0.1, doubled=0.1)
    await _noise(_board(world, fault, chance), noise, fault.duration_s)


async def _noise(board: SimKioskBoard, noise: LineNoise, for_s: float) -> None:
    board.noise = noise
    await asyncio.sleep(for_s)
    if board.noise is noise:
        board.noise = None


async def _restart(world: World, fault: PlannedFault, chance: random.Random) -> None:
    _board(world, fault, chance).reboot()


async def _tampered(world: World, fault: PlannedFault, chance: random.Random) -> None:
    _board(world, fault, chance).tamper()


async def _key_sensor_stuck(world: World, fault: PlannedFault, chance: random.Random) -> None:
    """``name`` may say what it shows: ``present`` or ``absent``."""
    rack, number = _rack(world), _compartment(world, fault, chance)
    board, place = rack.cabinet_of(number)
    present = fault.name == "present" if fault.name else chance.random() < 0.5
    world.story.tell("FAULT", f"compartment {number} shows a key: {present}")
    rack.deceived.add(number)
    board.key_sensor_shows(place, present)
    await asyncio.sleep(fault.duration_s)
    rack.heal(number)


async def _compartment_stuck(world: World, fault: PlannedFault, chance: random.Random) -> None:
    rack, number = _rack(world), _compartment(world, fault, chance)
    world.story.tell("FAULT", f"compartment {number} does not open")
    rack.stuck_doors.add(number)
    await asyncio.sleep(fault.duration_s)
    rack.stuck_doors.discard(number)


BOARD_ACTS: Mapping[FaultKind, Act] = {
    FaultKind.BOARD_UNPLUGGED: _unplugged,
    FaultKind.BOARD_SILENT: _silent,
    FaultKind.BOARD_NOISE: _noisy,
    FaultKind.BOARD_RESTART: _restart,
    FaultKind.BOARD_TAMPERED: _tampered,
    FaultKind.KEY_SENSOR_STUCK: _key_sensor_stuck,
    FaultKind.COMPARTMENT_STUCK: _compartment_stuck,
}
