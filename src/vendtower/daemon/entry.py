"""The command ``vendtower``: the maintenance commands, and those that construct something."""

import asyncio
import logging
import os
import sys
from pathlib import Path

import click

from vendtower.adapters.identity.sealed_box import create_key_file
from vendtower.cli.face import erase
from vendtower.cli.main import cli
from vendtower.daemon.attack_commands import attack_bench
from vendtower.daemon.config_commands import config
from vendtower.daemon.identity_commands import identity
from vendtower.daemon.main import JournalLost, run_daemon
from vendtower.daemon.model_commands import models
from vendtower.daemon.sd_notify import ServiceNotifier
from vendtower.daemon.site_file import load_site
from vendtower.daemon.vault_commands import vault_key
from vendtower.domain.errors import LocalFault

CANNOT_RUN = 1
CANNOT_START = 78
"""EX_CONFIG of sysexits(3): a person has to mend a file, key, or port on this machine first."""
JOURNAL_LOST = 75
"""EX_TEMPFAIL of sysexits(3): the disk failed in mid-run, and the service manager starts anew."""


@click.command()
@click.option(
    "--site",
    "site_path",
    type=click.Path(path_type=Path),
    required=True,
    help="The tower's site file.",
)
@click.option(
    "--socket",
    "control_socket",
    type=click.Path(path_type=Path),
    envvar="VENDTOWER_SOCKET",
    default=None,
    help="Unix socket for the maintenance commands; default in the run-time directory.",
)
def run(site_path: Path, control_socket: Path | None) -> None:
    """Run the controller of one tower until it is asked to stop."""
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(levelname)s %(name)s: %(message)s"
        if "JOURNAL_STREAM" in os.environ
        else "%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for chatty, level in (("pymodbus", logging.CRITICAL), ("transitions", logging.WARNING)):
        logging.getLogger(chatty).setLevel(level)
    try:
        loaded = load_site(site_path)
        asyncio.run(
            run_daemon(
                loaded, control_socket or default_socket(), ServiceNotifier.from_environment()
            )
        )
    except JournalLost as error:
        click.echo(f"vendtower has left: {error}", err=True)
        sys.exit(JOURNAL_LOST)
    except LocalFault as error:
        click.echo(f"vendtower does not start: {error}", err=True)
        sys.exit(CANNOT_START)


def default_socket() -> Path:
    """Where systemd made the run-time directory, else the usual place."""
    return Path(os.environ.get("RUNTIME_DIRECTORY", "/run/vendtower")) / "control.sock"


@click.command("make-key")
@click.argument("file", type=click.Path(path_type=Path))
def make_key(file: Path) -> None:
    """Make the tower's key for enrolment pictures, and print its public part."""
    try:
        click.echo(create_key_file(file))
    except LocalFault as error:
        click.echo(str(error), err=True)
        sys.exit(CANNOT_RUN)


identity.add_command(attack_bench)
identity.add_command(erase)
identity.add_command(vault_key)
cli.add_command(run)
cli.add_command(make_key)
cli.add_command(config)
cli.add_command(identity)
cli.add_command(models)


def main() -> None:
    """Entry point of the package."""
    cli()
