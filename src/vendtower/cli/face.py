"""The command that has a customer's face forgotten."""

import click

from vendtower.cli.client import JsonObject, TowerClient
from vendtower.cli.options import Exit, daemon_command, fail, print_json


@click.command("erase")
@click.argument("reservation")
@click.option("--by", help="Your name for the record; default: your login.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@daemon_command
def erase(
    *, client: TowerClient, as_json: bool, reservation: str, by: str | None, yes: bool
) -> None:
    """Erase picture and template of RESERVATION's customer; the booking itself stays.

    The event identity.template_erased is the receipt; it comes as soon as the identity process
    has answered.
    """
    if not yes:
        click.echo(
            f"The face of reservation {reservation} is erased for good. Nothing moves; the "
            "customer goes on with the code and staff.",
            err=True,
        )
        if not click.confirm("Erase it?", err=True):
            fail(Exit.REFUSED, "not confirmed; nothing was changed", as_json=as_json)
    body: JsonObject = {"reservation_id": reservation}
    answer = client.post("/api/identity/erase", body if by is None else {**body, "by": by})
    if as_json:
        print_json(answer)
    else:
        click.echo(answer["message"])
