"""``vendtower identity vault-key``: the file with the key under which templates are kept."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from vendtower.adapters.identity.vault import create_vault_key, prune_vault_key, rotate_vault_key
from vendtower.domain.errors import LocalFault

ResultT = TypeVar("ResultT")

UNUSABLE = 2
_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group("vault-key")
def vault_key() -> None:
    """Make and change the key under which templates are kept. Restart the daemon afterwards."""


@vault_key.command("create")
@_FILE
def create(file: Path) -> None:
    """Make FILE with a new key, readable by its owner alone; prints the key's id."""
    click.echo(_done(lambda: create_vault_key(file)))


@vault_key.command("rotate")
@_FILE
def rotate(file: Path) -> None:
    """Put a new key into FILE; the older ones still open what they sealed.

    At its next start the daemon seals every template anew; `prune` then removes the older keys.
    """
    newest, *older = _done(lambda: rotate_vault_key(file))
    click.echo(f"{newest} seals from the next start on; {', '.join(older)} still open")


@vault_key.command("prune")
@_FILE
@click.option("--yes", is_flag=True, help="Do not ask.")
def prune(file: Path, yes: bool) -> None:
    """Keep the newest key of FILE alone.

    Templates that were not sealed anew since the rotation are lost; their customers need another
    picture, or take the way without a face.
    """
    if not yes:
        click.confirm("Has the daemon been restarted since the rotation?", abort=True, err=True)
    gone = _done(lambda: prune_vault_key(file))
    click.echo(f"gone: {', '.join(gone) or 'none, there was one key'}")


def _done(work: Callable[[], ResultT]) -> ResultT:
    try:
        return work()
    except LocalFault as error:
        click.echo(str(error), err=True)
        raise SystemExit(UNUSABLE) from error
