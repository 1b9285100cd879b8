"""What all commands that change something share: a name, agreement before, the answer after."""

from typing import NoReturn

import click

from vendtower.cli.client import JsonObject, TowerClient
from vendtower.cli.options import Exit, fail, print_json

BY = click.option("--by", help="Your name for the record; default: your login.")
YES = click.option("--yes", is_flag=True, help="Do not ask.")


def agree(consequence: str, *, yes: bool, as_json: bool, question: str = "Do it?") -> None:
    """Say what follows and ask; ends the program when the person does not agree."""
    if yes:
        return
    click.echo(consequence, err=True)
    if not click.confirm(question, err=True):
        not_confirmed(as_json=as_json)


def not_confirmed(*, as_json: bool) -> NoReturn:
    """End the program because the person did not agree."""
    fail(Exit.REFUSED, "not confirmed; nothing was changed", as_json=as_json)


def named(by: str | None, body: JsonObject) -> JsonObject:
    """The body with the name in it; without one the daemon takes the login."""
    return body if by is None else {**body, "by": by}


def act(
    client: TowerClient, resource: str, body: JsonObject, *, by: str | None, as_json: bool
) -> None:
    """Ask the daemon to do it, under this name, and print what it says.

    Raises:
        DaemonRefused: when it will not.
        DaemonUnreachable: when no daemon answers.

    """
    answer = client.post(resource, named(by, body))
    if as_json:
        print_json(answer)
    else:
        click.echo(answer["message"])
