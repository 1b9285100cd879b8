"""The command group `vendtower`; the daemon's entry adds ``run`` and ``config`` to it."""

from pathlib import Path

import click

from vendtower.cli import (
    alarms,
    audit,
    bay_side,
    doing,
    jobs,
    jog,
    list_time,
    operating,
    override,
    reading,
    rescue,
    stops,
    wear,
    working,
)
from vendtower.cli.options import DEFAULT_SOCKET, EXIT_CODES, remember_socket


@click.group("vendtower", epilog=EXIT_CODES)
@click.option(
    "--socket",
    "socket_path",
    type=click.Path(path_type=Path),
    envvar="VENDTOWER_SOCKET",
    default=DEFAULT_SOCKET,
    show_default=True,
    show_envvar=True,
    help="Where the daemon listens.",
)
@click.pass_context
def cli(context: click.Context, socket_path: Path) -> None:
    """Look at the tower and settle what only people may settle.

    Works over the daemon's own socket: without browser, cloud or network.
    """
    remember_socket(context, socket_path)


for command in (
    reading.status,
    reading.visits,
    doing.cars,
    reading.dropoffs,
    jobs.jobs,
    audit.audit_tower,
    rescue.rescue,
    reading.cases,
    reading.events,
    reading.watch,
    doing.case,
    bay_side.confirm_clear,
    alarms.alarms,
    doing.machine,
    stops.stops,
    jog.jog,
    override.override,
    wear.counters,
    wear.inspect,
    working.mode,
    working.maintenance,
    working.move,
    working.home,
    working.street_door,
    operating.slot,
    operating.lift,
    operating.bay,
    operating.out_of_service,
    operating.leases,
    operating.power,
    list_time.list_time,
):
    cli.add_command(command)
for command in working.PACKML_COMMANDS:
    doing.machine.add_command(command)
