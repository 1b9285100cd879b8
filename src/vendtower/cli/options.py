"""What all commands share: where the daemon is, JSON or text, and the exit codes."""

import functools
import json
import sys
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Any, NoReturn, ParamSpec

import click

from vendtower.cli.client import DaemonRefused, DaemonUnreachable, TowerClient

DEFAULT_SOCKET = Path("/run/vendtower/control.sock")
_SOCKET_KEY = "vendtower.socket"
_P = ParamSpec("_P")


class Exit(IntEnum):
    """What a command's exit status says."""

    OK = 0
    REFUSED = 1
    """The daemon answered and will not, or the person did not confirm."""
    USAGE = 2
    """The command line or a file given in it is wrong; the daemon was not asked to do anything."""
    UNREACHABLE = 3
    """No daemon answered; for a command that does something, look before asking again."""
    DIFFERS = 4
    """The daemon answered; what was compared does not agree, or could not be compared."""


EXIT_CODES = (
    "Exit status: 0 done; 1 refused by the tower or not confirmed; 2 wrong usage or input file; "
    "3 no daemon answers; 4 an audit found something."
)


def remember_socket(context: click.Context, path: Path) -> None:
    """Keep what was given before the command's name."""
    context.meta[_SOCKET_KEY] = path


def daemon_command(command: Callable[_P, None]) -> Callable[_P, None]:
    """Add ``--socket`` and ``--json``, hand over a client, and turn failures into exit codes.

    The command gets ``client`` (`TowerClient`) and ``as_json`` (bool).
    """

    @click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
    @click.option(
        "--socket", "socket_path", type=click.Path(path_type=Path), help="The daemon's socket."
    )
    @functools.wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        given: Any = kwargs.pop("socket_path")
        context = click.get_current_context()
        if given is not None:
            remember_socket(context, given)
        kwargs["client"] = TowerClient(context.meta.get(_SOCKET_KEY, DEFAULT_SOCKET))
        try:
            command(*args, **kwargs)
        except DaemonUnreachable as error:
            fail(Exit.UNREACHABLE, str(error), as_json=bool(kwargs["as_json"]))
        except DaemonRefused as error:
            fail(Exit.REFUSED, str(error), as_json=bool(kwargs["as_json"]))

    return run


def fail(code: Exit, reason: str, *, as_json: bool) -> NoReturn:
    """End the program with a reason on standard error, as JSON on standard output if asked for."""
    if as_json:
        print_json({"done": False, "reason": reason})
    else:
        click.echo(f"vendtower: {reason}", err=True)
    sys.exit(code)


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
