"""Lines, cloud, cameras, kiosk boards and the power: what is around the machine."""

from __future__ import annotations

from functools import partial

from hardware_sim.cloud.faults import Fault as CloudFault
from hardware_sim.cloud.faults import FaultKind
from hardware_sim.faults.fault import (
    LaterUndo,
    Surroundings,
    SurroundingsFault,
    Target,
    UnknownTarget,
    Where,
)
from hardware_sim.kiosk_board.noise import LineNoise as BoardNoise
from hardware_sim.plc.line_noise import LineNoise
from hardware_sim.plc.server import Cut

SLOW_BY_S = 4.0

NOISE_SHARE = 1 / 2000
"""Of all bytes on the PLC's serial line: some two damaged frames a second."""


async def _plc_line(how: Cut, around: Surroundings, _target: Target) -> LaterUndo:
    tower = around.world.tower
    await tower.cut_plc_link(how=how)
    return tower.restore_plc_link


async def _plc_noise(around: Surroundings, _target: Target) -> LaterUndo:
    tower = around.world.tower
    if tower.rtu is None:
        raise UnknownTarget("plc-noise: the PLC is on Ethernet, expected a world with --plc rtu")
    share = NOISE_SHARE / 3
    tower.disturb_plc_line(LineNoise(1, flipped=share, lost=share, added=share))

    async def mend() -> None:
        tower.disturb_plc_line(None)

    return mend


async def _plc_restart(around: Surroundings, _target: Target) -> LaterUndo:
    tower = around.world.tower
    await tower.power_off_plc()
    return tower.power_on_plc


async def _power_cut(around: Surroundings, _target: Target) -> LaterUndo:
    world = around.world
    await world.tower.power_off_plc()
    if around.daemon is not None:
        await around.daemon.kill()
    for kiosk, board in world.boards.items():
        board.unplug()
        world.cameras[kiosk].unplugged = True

    async def mend() -> None:
        for kiosk, board in world.boards.items():
            board.plug()
            world.cameras[kiosk].unplugged = False
        await world.tower.power_on_plc()
        if around.daemon is not None:
            await around.daemon.start()

    return mend


async def _pc_power_cut(around: Surroundings, _target: Target) -> LaterUndo:
    if around.daemon is None:
        raise UnknownTarget("pc-power-cut: the controller was not started by this simulation")
    await around.daemon.kill()
    return around.daemon.start


async def _cloud_line(around: Surroundings, _target: Target) -> LaterUndo:
    await around.world.cloud.line_down()
    return around.world.cloud.line_up


async def _cloud(fault: CloudFault, around: Surroundings, _target: Target) -> LaterUndo:
    plan = around.world.cloud.faults
    plan.lasting = fault

    async def mend() -> None:
        plan.lasting = None

    return mend


async def _camera_unplugged(around: Surroundings, target: Target) -> LaterUndo:
    camera = around.world.cameras[_kiosk(around, target)]
    camera.unplugged = True

    async def mend() -> None:
        camera.unplugged = False

    return mend


async def _camera_frozen(around: Surroundings, target: Target) -> LaterUndo:
    camera = around.world.cameras[_kiosk(around, target)]
    camera.hangs = True

    async def mend() -> None:
        camera.hangs = False

    return mend


async def _board_unplugged(around: Surroundings, target: Target) -> LaterUndo:
    board = around.world.boards[_kiosk(around, target)]
    board.unplug()

    async def mend() -> None:
        board.plug()

    return mend


async def _board_noise(around: Surroundings, target: Target) -> LaterUndo:
    board = around.world.boards[_kiosk(around, target)]
    board.noise = BoardNoise(target.number, damaged=0.2, lost=0.1, doubled=0.1)

    async def mend() -> None:
        board.noise = None

    return mend


def _kiosk(around: Surroundings, target: Target) -> int:
    if target.number not in around.world.boards:
        raise UnknownTarget(f"{target}, expected one of {sorted(around.world.boards)}")
    return target.number


TOWER, KIOSK = (Where.TOWER,), (Where.KIOSK,)

FAULTS = (
    SurroundingsFault(
        "plc-link",
        "The line to the PLC is dead; what is sent arrives late, once the line is mended.",
        TOWER,
        partial(_plc_line, Cut.BLACK_HOLE),
    ),
    SurroundingsFault(
        "plc-reset",
        "The PLC's connections are reset, and new ones refused.",
        TOWER,
        partial(_plc_line, Cut.DROP),
    ),
    SurroundingsFault(
        "plc-noise",
        "The PLC's serial line damages, loses and adds one byte in 2,000 (with --plc rtu alone).",
        TOWER,
        _plc_noise,
    ),
    SurroundingsFault(
        "plc-restart",
        "The PLC is without power, and starts again when the fault is mended.",
        TOWER,
        _plc_restart,
    ),
    SurroundingsFault(
        "power-cut",
        "The whole tower is without power: PLC, drives, boards and cameras, and the controller"
        " where the simulation has started it.",
        TOWER,
        _power_cut,
    ),
    SurroundingsFault(
        "pc-power-cut",
        "The controller's PC is without power; the machine is not.",
        TOWER,
        _pc_power_cut,
    ),
    SurroundingsFault("cloud-line", "The cloud cannot be reached.", TOWER, _cloud_line),
    SurroundingsFault(
        "cloud-error",
        "The cloud answers every request with status 500.",
        TOWER,
        partial(_cloud, CloudFault(FaultKind.STATUS)),
    ),
    SurroundingsFault(
        "cloud-slow",
        "The cloud answers every request four seconds late.",
        TOWER,
        partial(_cloud, CloudFault(FaultKind.SLOW, delay_s=SLOW_BY_S)),
    ),
    SurroundingsFault("camera-dark", "A kiosk's camera is unplugged.", KIOSK, _camera_unplugged),
    SurroundingsFault(
        "camera-frozen",
        "A kiosk's camera keeps its line and sends no more pictures.",
        KIOSK,
        _camera_frozen,
    ),
    SurroundingsFault("board-unplugged", "A kiosk's board is unplugged.", KIOSK, _board_unplugged),
    SurroundingsFault(
        "board-noise",
        "The line to a kiosk's board damages, loses and doubles four chunks of ten.",
        KIOSK,
        _board_noise,
    ),
)
