"""The guided rescue of a car from a dead machine: one step at a time, each under a name."""

import click
from rich.console import Group, RenderableType
from rich.text import Text

from vendtower.cli import show
from vendtower.cli.acting import BY, act, agree, not_confirmed
from vendtower.cli.client import DaemonRefused, JsonObject, TowerClient
from vendtower.cli.options import daemon_command, print_json

_NUMBER = click.argument("number", type=click.IntRange(min=1), metavar="ID")
_YES = click.option("--yes", is_flag=True, help="Every check was made; do not ask.")


@click.group("rescue", invoke_without_command=True)
@daemon_command
def rescue(client: TowerClient, as_json: bool) -> None:
    """Bring a car out of a dead or stuck machine by hand, and keep the ledger right.

    Nothing moves by these commands until the last: with the power back the tower homes the lift.
    A rescue survives restarts; without a subcommand, what is under way and what comes next.
    """
    if click.get_current_context().invoked_subcommand is not None:
        return
    said = client.get("/api/rescues")
    if as_json:
        print_json(said)
    else:
        show.print_text(_list(said["rescues"]))


@rescue.command("begin")
@click.argument("car", metavar="VIN|PLATE")
@click.option("--lift", type=click.IntRange(min=1), required=True, help="Which lift is dead.")
@click.option("--reason", required=True, help="What has happened, for the record.")
@BY
@daemon_command
def begin(
    *, client: TowerClient, as_json: bool, car: str, lift: int, reason: str, by: str | None
) -> None:
    """Take the lift out of permits and hold the car for you; nothing moves."""
    body: JsonObject = {"car": car, "lift": lift, "reason": reason}
    act(client, "/api/rescues", body, by=by, as_json=as_json)


@rescue.command("next")
@_NUMBER
@click.option("--slot", type=click.IntRange(min=1), help="Step bring: the slot it stands in.")
@click.option("--bay", type=click.IntRange(min=1), help="Step bring: the bay it stands in.")
@click.option("--outside", is_flag=True, help="Step bring: it has left the tower.")
@click.option("--again", is_flag=True, help="The step bring once more: the sensors contradict it.")
@click.option("--witness", default="", help="A second person, where no sensor can agree.")
@click.option("--note", default="", help="What you saw, for the record.")
@BY
@_YES
@daemon_command
def next_step(
    *,
    client: TowerClient,
    as_json: bool,
    number: int,
    again: bool,
    by: str | None,
    yes: bool,
    **said: object,
) -> None:
    """Confirm the next step of rescue ID, check by check, after doing it."""
    found = _found(client, number)
    step = "bring" if again else str(found["next"])
    checks = [] if again else list(found["checks"])
    click.echo(f"Rescue {number}, car {found['vin']}, lift {found['lift']}: {step}", err=True)
    for check in checks:
        if yes:
            click.echo(f"  - {check}", err=True)
        elif not click.confirm(f"  {check}\n  Is it so?", err=True):
            not_confirmed(as_json=as_json)
    body: JsonObject = {"step": step, **{name: value for name, value in said.items() if value}}
    act(client, f"/api/rescues/{number}/confirm", body, by=by, as_json=as_json)


@rescue.command("cancel")
@_NUMBER
@click.option("--reason", required=True, help="Why it is not needed, for the record.")
@BY
@_YES
@daemon_command
def cancel(
    *, client: TowerClient, as_json: bool, number: int, reason: str, by: str | None, yes: bool
) -> None:
    """End rescue ID before anybody has touched the car; the lift is released and may move."""
    agree(
        "The lift is released and may move at once.",
        question="Is nobody in the shaft?",
        yes=yes,
        as_json=as_json,
    )
    body: JsonObject = {"reason": reason}
    act(client, f"/api/rescues/{number}/cancel", body, by=by, as_json=as_json)


def _found(client: TowerClient, number: int) -> JsonObject:
    for each in client.get("/api/rescues")["rescues"]:
        if each["rescue"] == number:
            return dict(each)
    raise DaemonRefused(f"rescue {number} does not exist")


def _list(rescues: list[JsonObject]) -> RenderableType:
    if not rescues:
        return Text("no rescue is under way")
    return Group(*(_one(each) for each in rescues))


def _one(each: JsonObject) -> Text:
    text = Text()
    text.append(f"Rescue {each['rescue']}", style="bold yellow" if each["open"] else "bold")
    text.append(f" of car {each['vin']} at lift {each['lift']}: {each['reason']}\n")
    for done in each["confirmations"]:
        witness = f", seen by {done['witness']}" if done["witness"] else ""
        text.append(f"  {done['step']}: {done['by']}{witness}, {str(done['utc'])[:19]} UTC\n")
    if each["where"]:
        text.append(f"  the car was brought: {each['where']}\n")
    text.append(f"  next: {each['next']}\n" if each["open"] else f"  {each['next']}\n")
    for check in each["checks"]:
        text.append(f"    - {check}\n")
    return text
