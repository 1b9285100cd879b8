"""Commands for what has interrupted the tower: emergency stops, open doors, fire, pauses."""

import click

from vendtower.cli import show
from vendtower.cli.acting import BY, YES, act, agree
from vendtower.cli.client import TowerClient
from vendtower.cli.options import daemon_command, print_json


@click.group("stops", invoke_without_command=True)
@daemon_command
def stops(client: TowerClient, as_json: bool) -> None:
    """What has stopped the tower from outside, device by device, until somebody confirms it.

    `confirm` says that you have looked at the device and at what it protects.
    """
    if click.get_current_context().invoked_subcommand is not None:
        return
    seen = client.get("/api/stops")
    if as_json:
        print_json(seen)
        return
    columns = ("Number", "What", "Where", "State", "Since")
    rows = [
        (each["number"], each["kind"], each["place"], each["state"], each["began_at"][:19])
        for each in seen["stops"]
    ]
    show.print_text(show.table(columns, rows, "nothing interrupts the tower"))


@stops.command("confirm")
@click.argument("number", type=click.IntRange(min=1), metavar="NUMBER")
@BY
@click.option("--note", default="", help="What you saw, for the record.")
@YES
@daemon_command
def confirm(
    *, client: TowerClient, as_json: bool, number: int, by: str | None, note: str, yes: bool
) -> None:
    """Confirm that one of them is over, after looking at the tower itself.

    A run that was paused goes on once nothing else holds it.
    """
    agree(
        "Lifts may move at once. Have you looked, and is nobody in the shaft or a bay?",
        question="Confirm it?",
        yes=yes,
        as_json=as_json,
    )
    act(client, f"/api/stops/{number}/confirm", {"note": note}, by=by, as_json=as_json)
