"""Commands for overrides: one hindrance that software alone imposes, two people, an end."""

import click

from vendtower.cli import show
from vendtower.cli.acting import BY, YES, act, agree
from vendtower.cli.client import JsonObject, TowerClient
from vendtower.cli.options import daemon_command, print_json
from vendtower.domain.override import OVERRIDE_MINUTES_MAX

_NUMBER = click.argument("number", type=click.IntRange(min=1), metavar="NUMBER")


@click.group("override")
def override() -> None:
    """Lift one hindrance that the controller alone imposes, never the machine's or a safety one.

    One person asks, another confirms, from a login of their own; it ends by itself.
    """


@override.command("list")
@daemon_command
def list_overrides(client: TowerClient, as_json: bool) -> None:
    """Overrides that stand, and hindrances that may be lifted."""
    seen = client.get("/api/overrides")
    if as_json:
        print_json(seen)
        return
    columns = ("Number", "Hindrance", "State", "By", "Second", "Ends", "Reason")
    names = ("number", "hindrance", "state", "asked_by", "confirmed_by", "ends_at", "reason")
    rows = [[each[name] for name in names] for each in seen["overrides"]]
    show.print_text(show.table(columns, rows, "no override stands"))
    for each in seen["liftable"]:
        click.echo(f"may be lifted: {each['hindrance']!r}: {each['text']}")


@override.command("ask")
@click.argument("hindrance")
@click.option("--reason", required=True, help="Why, for the record and for others.")
@click.option(
    "--minutes",
    type=click.IntRange(1, OVERRIDE_MINUTES_MAX),
    required=True,
    help="When it ends by itself.",
)
@BY
@daemon_command
def ask(
    *,
    client: TowerClient,
    as_json: bool,
    hindrance: str,
    reason: str,
    minutes: int,
    by: str | None,
) -> None:
    """Ask that HINDRANCE be lifted; nothing is lifted before a second person confirms."""
    body: JsonObject = {"hindrance": hindrance, "reason": reason, "minutes": minutes}
    act(client, "/api/overrides", body, by=by, as_json=as_json)


@override.command("confirm")
@_NUMBER
@BY
@YES
@daemon_command
def confirm(client: TowerClient, as_json: bool, number: int, by: str | None, yes: bool) -> None:
    """Agree as the second person: lifts may move at once without that hindrance."""
    agree(
        "Lifts may move at once without that hindrance.",
        question="Do you agree to it?",
        yes=yes,
        as_json=as_json,
    )
    act(client, f"/api/overrides/{number}/confirm", {}, by=by, as_json=as_json)


@override.command("end")
@_NUMBER
@BY
@daemon_command
def end(client: TowerClient, as_json: bool, number: int, by: str | None) -> None:
    """End an override before its time."""
    act(client, f"/api/overrides/{number}/end", {}, by=by, as_json=as_json)
