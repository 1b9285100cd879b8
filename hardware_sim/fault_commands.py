"""The commands that break and mend a running world."""

from __future__ import annotations

import json

import click

from hardware_sim.faults.catalogue import FAULTS
from hardware_sim.faults.fault import expected_at
from hardware_sim.world_client import control_port_option, tell_world

NAME = click.Choice(sorted(FAULTS))


@click.command()
@click.argument("name", type=NAME, metavar="NAME")
@click.option("--at", help="Where, e.g. bay:1, lift:1, slot:31, kiosk:2, or a sensor's name.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0),
    default=5.0,
    show_default=True,
    help="How long until it mends itself.",
)
@click.option("--until-mended", is_flag=True, help="It stays until 'vendtower-sim mend NAME'.")
@control_port_option
def fault(name: str, at: str | None, seconds: float, until_mended: bool, control_port: int) -> None:
    """Break something in the world that runs; 'vendtower-sim faults' lists what there is."""
    lasts_s = None if until_mended else seconds
    tell_world(control_port, "faults", {"name": name, "at": at, "seconds": lasts_s})


@click.command()
@click.argument("name", type=NAME, metavar="NAME")
@click.option("--at", help="Where; left out: everywhere.")
@control_port_option
def mend(name: str, at: str | None, control_port: int) -> None:
    """Mend what 'vendtower-sim fault NAME' broke."""
    tell_world(control_port, "mended", {"name": name, "at": at})


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def faults(as_json: bool) -> None:
    """List the faults, what each does, and where it can be."""
    if as_json:
        listed = [
            {"name": each.name, "what": each.what, "at": [where.value for where in each.where]}
            for each in FAULTS.values()
        ]
        click.echo(json.dumps(listed, indent=1))
        return
    for each in FAULTS.values():
        click.echo(f"{each.name}\n    {each.what}\n    --at {expected_at(each.where)}")
