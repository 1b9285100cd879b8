"""The command that has a customer's face forgotten."""

import click

from vendtower.cli.acting import BY, YES, act, agree
from vendtower.cli.client import JsonObject, TowerClient
from vendtower.cli.options import daemon_command


@click.command("erase")
@click.argument("reservation")
@BY
@YES
@daemon_command
def erase(
    *, client: TowerClient, as_json: bool, reservation: str, by: str | None, yes: bool
) -> None:
    """Erase picture and template of RESERVATION's customer; the booking itself stays.

    The event identity.template_erased is the receipt; it comes as soon as the identity process
    has answered.
    """
    agree(
        f"The face of reservation {reservation} is erased for good. Nothing moves; the customer "
        "goes on with the code and staff.",
        question="Erase it?",
        yes=yes,
        as_json=as_json,
    )
    body: JsonObject = {"reservation_id": reservation}
    act(client, "/api/identity/erase", body, by=by, as_json=as_json)
