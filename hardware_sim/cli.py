"""The command ``vendtower-sim``: a whole tower in software, to watch or to develop against."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Sequence, Sized
from pathlib import Path

import aiohttp
import click
from aiohttp import web
from rich.console import Console

from hardware_sim.control import WorldControl, control_app
from hardware_sim.demo.daemon_process import DaemonProcess, Screens
from hardware_sim.demo.story import log_tail, play_all, staged
from hardware_sim.demo.timeline import Timeline
from hardware_sim.demo.verdict import findings, show
from hardware_sim.demo.visitor import Visitor
from hardware_sim.fault_commands import fault, faults, mend
from hardware_sim.faults.catalogue import FaultDesk
from hardware_sim.faults.fault import Surroundings
from hardware_sim.fleet import stock_list
from hardware_sim.people.acting import Presented
from hardware_sim.people.portraits import PORTRAITS
from hardware_sim.plant.bay import Pace
from hardware_sim.scenarios.commands import scenario
from hardware_sim.world import PlcLine, SimulatedWorld, open_world
from hardware_sim.world_client import control_port_option, tell_world

EXAMPLE = Path(__file__).resolve().parent.parent / "docs" / "examples" / "guangzhou.toml"
DEMO_SPEED = 6.0
WEB_PORT = 8080
BRISK = Pace(walk_s=0.8, drive_s=4.0)
"""People in the demo do not dawdle: spectators wait for them."""
STOCK_FILE = "stock.csv"

site_option = click.option(
    "--site",
    "template",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=EXAMPLE,
    show_default="the Guangzhou example",
    help="The real tower's site file that the simulation is made from.",
)
speed_option = click.option(
    "--speed",
    type=click.FloatRange(min=0.1),
    default=DEMO_SPEED,
    show_default=True,
    help="Multiple at which the mechanics run.",
)
port_option = click.option(
    "--web-port",
    type=click.IntRange(0, 65535),
    default=WEB_PORT,
    show_default=True,
    help="Port of the tower's screens; another one is taken when it is in use, and for 0.",
)

plc_option = click.option(
    "--plc",
    "line",
    type=click.Choice([each.value for each in PlcLine]),
    default=PlcLine.TCP.value,
    show_default=True,
    help="The PLC's line: Modbus TCP, or Modbus RTU at the pace of 115,200 baud.",
)


@click.group()
def main() -> None:
    """Simulate a whole car vending tower: PLC, mechanics, boards, cameras, people, cloud."""


@main.command()
@site_option
@speed_option
@port_option
@plc_option
@control_port_option
@click.option("--keep", is_flag=True, help="Leave it running afterwards, until Ctrl-C.")
def demo(
    *, template: Path, speed: float, web_port: int, line: str, control_port: int, keep: bool
) -> None:
    """Watch customers being served by the real daemon; exit status 0 when all went well."""
    try:
        keep_at = control_port if keep else None
        held = asyncio.run(_demo(template, speed, web_port, PlcLine(line), keep_at))
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0 if held else 1)


async def _demo(
    template: Path, speed: float, web_port: int, line: PlcLine, keep_at: int | None
) -> bool:
    with tempfile.TemporaryDirectory(prefix="vendtower-demo-") as directory:
        async with open_world(
            template, Path(directory), speed=speed, web_port=web_port, pace=BRISK, plc=line
        ) as world:
            timeline = Timeline(asyncio.get_running_loop().time)
            _introduce(world, speed)
            async with staged(world, timeline) as stage:
                try:
                    status = await play_all(stage)
                except TimeoutError as error:
                    click.echo(f"\nThe demonstration got stuck: {error}", err=True)
                    click.echo(log_tail(stage.daemon.log_file), err=True)
                    return False
                jobs = await stage.screens.read("/api/jobs")
                held = show(findings(stage, status, jobs or {"jobs": []}), Console())
                if keep_at is not None:
                    click.echo(
                        "\nStill running; Ctrl-C ends it. Send somebody with"
                        " 'vendtower-sim visitor grace_hopper --kiosk 2'."
                    )
                    await _keep(world, timeline, keep_at, stage.drivers, stage.daemon)
                return held


@main.command()
@site_option
@speed_option
@port_option
@plc_option
@control_port_option
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-run"),
    show_default=True,
    help="Where the site file, the keys and the tower's journal go.",
)
def run(
    *,
    template: Path,
    speed: float,
    web_port: int,
    line: str,
    control_port: int,
    directory: Path,
) -> None:
    """Keep a simulated tower running for a daemon that you start yourself."""
    try:
        asyncio.run(
            _run(template, speed, web_port, PlcLine(line), control_port, directory.resolve())
        )
    except KeyboardInterrupt:
        sys.exit(130)


async def _run(  # noqa: PLR0917 - the command's options, in its order
    template: Path,
    speed: float,
    web_port: int,
    line: PlcLine,
    control_port: int,
    directory: Path,
) -> None:
    async with open_world(template, directory, speed=speed, web_port=web_port, plc=line) as world:
        await asyncio.to_thread(_write_stock, world)
        _introduce(world, speed)
        click.echo(
            "Start the controller in another shell, and give it its cars once:\n"
            f"  export VENDTOWER_SOCKET={world.control_socket}\n"
            f"  vendtower run --site {world.site_file}\n"
            f"  vendtower cars load {directory / STOCK_FILE} --by NAME\n"
            "Then send somebody, or break something:\n"
            "  vendtower-sim visitor grace_hopper --kiosk 1\n"
            "  vendtower-sim visitor grace_hopper --kiosk 1 --returns --card\n"
            "  vendtower-sim fault plc-link --seconds 5\n"
            "  vendtower-sim fault outer-door-stuck --at bay:1 --until-mended\n"
            "  vendtower-sim mend outer-door-stuck\n"
            "  vendtower-sim faults\n"
        )
        await _keep(world, Timeline(asyncio.get_running_loop().time), control_port)


def _write_stock(world: SimulatedWorld) -> None:
    (world.directory / STOCK_FILE).write_text(stock_list(world.cars), encoding="utf-8")


async def _keep(
    world: SimulatedWorld,
    timeline: Timeline,
    control_port: int,
    drivers: Sequence[Visitor] = (),
    daemon: DaemonProcess | None = None,
) -> None:
    """Serve the keyboard until Ctrl-C."""
    timeout = aiohttp.ClientTimeout(total=2.0)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        desk = FaultDesk(Surroundings(world, daemon))
        screens = Screens(world.web_url, http)
        control = WorldControl(world, screens, timeline.tell, desk, [*drivers])
        runner = web.AppRunner(control_app(control), access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", control_port).start()
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()


@main.command()
@click.argument("person", type=click.Choice(sorted(PORTRAITS)))
@click.option("--kiosk", type=int, default=1, show_default=True)
@click.option("--face", type=click.Choice(sorted(PORTRAITS)), help="Somebody else comes instead.")
@click.option(
    "--shows",
    type=click.Choice([each.value for each in Presented]),
    help="What the camera sees: the person, or a picture of them in somebody's hand.",
)
@click.option("--returns", is_flag=True, help="Bring back the car that PERSON is out with.")
@click.option("--offset-mm", type=int, default=0, help="With --returns: park off the middle.")
@click.option("--boot-open", is_flag=True, help="With --returns: forget to close the boot.")
@click.option("--leaves-somebody", is_flag=True, help="With --returns: somebody stays in the car.")
@click.option("--never-confirms", is_flag=True, help="With --returns: walk away at the question.")
@click.option("--card", is_flag=True, help="With --returns: hold a card to the reader, no code.")
@control_port_option
def visitor(
    *,
    person: str,
    kiosk: int,
    face: str | None,
    shows: str | None,
    returns: bool,
    offset_mm: int,
    boot_open: bool,
    leaves_somebody: bool,
    never_confirms: bool,
    card: bool,
    control_port: int,
) -> None:
    """Let PERSON book a car and come for it, or bring it back, in the world that runs."""
    if returns:
        body: dict[str, object] = {
            "person": person,
            "kiosk": kiosk,
            "offset_mm": offset_mm,
            "boot_open": boot_open,
            "leaves_somebody": leaves_somebody,
            "confirms": not never_confirms,
            "card": card,
        }
        tell_world(control_port, "returns", body)
    body = {"person": person, "kiosk": kiosk, "face": face, "shows": shows}
    tell_world(control_port, "visitors", body)


def _count(things: Sized, name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _introduce(world: SimulatedWorld, speed: float) -> None:
    click.echo(
        f"A simulated tower ({_count(world.site.slots, 'slot')}, "
        f"{_count(world.site.lifts, 'lift')}, {_count(world.site.bays, 'bay')}, "
        f"{_count(world.cars, 'car')}), mechanics at {speed:g} times "
        "the real speed; the controller is the real one.\n"
        f"  tower    {world.web_url}/\n"
        + "".join(f"  kiosk {n}  {world.web_url}/kiosk/{n}\n" for n in world.boards)
        + f"  commands VENDTOWER_SOCKET={world.control_socket} vendtower status"
    )


for command in (fault, mend, faults, scenario):
    main.add_command(command)


if __name__ == "__main__":
    main()
