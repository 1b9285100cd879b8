"""The command ``vendtower-sim``: a whole tower in software, to watch or to develop against."""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console

from hardware_sim.demo.story import log_tail, play_all, staged
from hardware_sim.demo.timeline import Timeline
from hardware_sim.demo.verdict import findings, show
from hardware_sim.world import SimulatedWorld, open_world

EXAMPLE = Path(__file__).resolve().parent.parent / "docs" / "examples" / "guangzhou.toml"
DEMO_SPEED = 6.0
WEB_PORT = 8080

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


@click.group()
def main() -> None:
    """Simulate a whole car vending tower: PLC, mechanics, boards, cameras, people, cloud."""
    # A link that is cut on purpose is no news, and pymodbus would tell it frame by frame.
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)


@main.command()
@site_option
@speed_option
@port_option
@click.option("--keep", is_flag=True, help="Leave it running afterwards, until Ctrl-C.")
def demo(template: Path, speed: float, web_port: int, keep: bool) -> None:
    """Watch customers being served by the real daemon; exit status 0 when all went well."""
    try:
        held = asyncio.run(_demo(template, speed, web_port, keep=keep))
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0 if held else 1)


async def _demo(template: Path, speed: float, web_port: int, *, keep: bool) -> bool:
    with tempfile.TemporaryDirectory(prefix="vendtower-demo-") as directory:
        async with open_world(template, Path(directory), speed=speed, web_port=web_port) as world:
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
                if keep:
                    click.echo("\nStill running; Ctrl-C ends it.")
                    await asyncio.Event().wait()
                return held


def _introduce(world: SimulatedWorld, speed: float) -> None:
    click.echo(
        f"A simulated tower ({len(world.site.slots)} slots, {len(world.site.lifts)} lift, "
        f"{len(world.site.bays)} bays, {len(world.cars)} cars), mechanics at {speed:g} times "
        "the real speed; the controller is the real one.\n"
        f"  tower    {world.web_url}/\n"
        + "".join(f"  kiosk {n}  {world.web_url}/kiosk/{n}\n" for n in world.boards)
        + f"  commands VENDTOWER_SOCKET={world.control_socket} vendtower status\n"
        f"  log      {world.directory / 'daemon.log'}"
    )


if __name__ == "__main__":
    main()
