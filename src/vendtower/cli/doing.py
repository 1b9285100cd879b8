"""Commands that change something; each says what follows before it does it."""

from pathlib import Path

import click

from vendtower.cli import show
from vendtower.cli.acting import BY, act, not_confirmed
from vendtower.cli.client import DaemonRefused, JsonObject, TowerClient
from vendtower.cli.options import Exit, daemon_command, fail, print_json
from vendtower.cli.stock_file import COLUMNS, read_stock
from vendtower.domain.case import Settlement
from vendtower.domain.errors import LocalFault

_OWN = {Settlement.NO_LONGER_NEEDED, Settlement.RESCUED}
_ANSWERS = [each.value for each in Settlement if each not in _OWN]


@click.group("cars", invoke_without_command=True)
@daemon_command
def cars(client: TowerClient, as_json: bool) -> None:
    """The ledger: which car stands where. `load` and `admit` put cars into it."""
    if click.get_current_context().invoked_subcommand is not None:
        return
    answer = client.get("/api/cars")
    if as_json:
        print_json(answer)
    else:
        show.print_text(show.cars_text(answer["cars"]))


@cars.command("load", epilog=f"Columns of FILE, in any order: {', '.join(COLUMNS)}.")
@click.argument("file", type=click.Path(path_type=Path))
@BY
@daemon_command
def load(client: TowerClient, as_json: bool, file: Path, by: str | None) -> None:
    """Put the cars of FILE (CSV) into the ledger, all or none.

    Nothing moves: the cars stand in their slots already, and the slots' sensors must agree.
    """
    try:
        rows = read_stock(file)
    except LocalFault as error:
        fail(Exit.USAGE, str(error), as_json=as_json)
    act(client, "/api/cars", {"lines": rows}, by=by, as_json=as_json)


@cars.command("admit")
@click.argument("car", metavar="VIN|PLATE")
@click.option("--bay", type=click.IntRange(min=1), required=True, help="Where it drives in.")
@click.option("--plate", help="Of a car that the tower has never had, as all that follow.")
@click.option("--model", help="What people call it.")
@click.option("--length-mm", type=click.IntRange(1, 20_000), help="Without a trailer.")
@click.option("--width-mm", type=click.IntRange(1, 20_000), help="With the mirrors folded in.")
@click.option("--height-mm", type=click.IntRange(1, 20_000), help="With an empty roof.")
@click.option("--weight-kg", type=click.IntRange(1, 10_000), help="Empty, as the papers say.")
@BY
@daemon_command
def admit(
    *, client: TowerClient, as_json: bool, car: str, bay: int, by: str | None, **figures: object
) -> None:
    """Announce a car at a bay: one that is out, or, with all its figures, a new one.

    The outer door opens once the bay is proven empty. No lift moves before the car was measured
    and somebody outside has confirmed that nobody is left inside.
    """
    body: JsonObject = {"car": car, "bay": bay}
    missing = [f"--{name.replace('_', '-')}" for name, value in figures.items() if value is None]
    if missing and len(missing) < len(figures):
        fail(Exit.USAGE, f"a new car wants {', '.join(missing)} as well", as_json=as_json)
    if not missing:
        body["vehicle"] = {"vin": car, **figures}
    act(client, "/api/dropoffs", body, by=by, as_json=as_json)


@click.group("machine")
def machine() -> None:
    """Stop the machine, pause it, or lead it on after a stop."""


@machine.command("reset")
@BY
@click.option("--confirm", metavar="reset", help="The word 'reset', for scripts.")
@daemon_command
def reset(client: TowerClient, as_json: bool, by: str | None, confirm: str | None) -> None:
    """Let a stopped machine take jobs again, after looking at the tower itself.

    Lifts may move at once. A safety function is never reset from here.
    """
    if confirm is None:
        click.echo("The lifts may move at once. Is nobody in the shaft or in a bay?", err=True)
        confirm = str(click.prompt("Type 'reset' to confirm", default="", err=True)).strip()
    if confirm != "reset":
        not_confirmed(as_json=as_json)
    act(client, "/api/machine/reset", {}, by=by, as_json=as_json)


@click.group("case")
def case() -> None:
    """Settle a question that only a person may settle."""


@case.command("settle")
@click.argument("number", type=click.IntRange(min=1), metavar="ID")
@click.argument("settlement", type=click.Choice(_ANSWERS))
@click.option("--slot", type=click.IntRange(min=1), help="Where the car stands, with car_in_slot.")
@click.option("--bay", type=click.IntRange(min=1), help="Where it stands, with car_in_bay.")
@click.option("--car", help="Which car stands there, with car_identified: VIN or plate.")
@BY
@click.option("--note", default="", help="What you saw, for the record.")
@click.option("--yes", is_flag=True, help="Do not ask; only for what moves nothing.")
@click.option("--confirm", type=int, metavar="ID", help="The case's number again, for scripts.")
@daemon_command
def settle(
    *,
    client: TowerClient,
    as_json: bool,
    number: int,
    settlement: str,
    slot: int | None,
    bay: int | None,
    car: str | None,
    by: str | None,
    note: str,
    yes: bool,
    confirm: int | None,
) -> None:
    """Answer case ID with SETTLEMENT, after looking at the tower itself.

    Where something may move because of it, the case's number has to be typed again (or given as
    --confirm); --yes is not enough for that.
    """
    answer = _answer_of(client, number, settlement)
    given: JsonObject = {"slot": slot, "bay": bay, "car": car}
    reason = _wrong_usage(number, answer, given, yes=yes, confirm=confirm)
    if reason:
        fail(Exit.USAGE, reason, as_json=as_json)
    if confirm is None and not yes:
        _ask_for_confirmation(number, answer, as_json=as_json)
    body: JsonObject = {"settlement": settlement, "note": note}
    body |= {name: value for name, value in given.items() if value is not None}
    act(client, f"/api/cases/{number}/settle", body, by=by, as_json=as_json)


def _wrong_usage(
    number: int, answer: JsonObject, given: JsonObject, *, yes: bool, confirm: int | None
) -> str:
    """What does not fit together on the command line; empty when all does."""
    for name, value in given.items():
        if bool(answer[f"wants_{name}"]) != (value is not None):
            need = f"wants --{name}" if answer[f"wants_{name}"] else f"takes no --{name}"
            return f"settlement {answer['settlement']} {need}"
    if confirm is not None and confirm != number:
        return f"--confirm: found {confirm}, expected the case's number {number}"
    if yes and answer["may_move"] and confirm is None:
        return f"--yes is not enough, something may move: give --confirm {number}"
    return ""


def _answer_of(client: TowerClient, number: int, settlement: str) -> JsonObject:
    """What this settlement means for this case.

    Raises:
        DaemonRefused: when there is no such case, it is settled, or takes other answers.

    """
    found = [each for each in client.get("/api/cases")["cases"] if each["case_id"] == number]
    if not found:
        raise DaemonRefused(f"case {number}: the tower has no such case")
    [asked] = found
    if not asked["open"]:
        raise DaemonRefused(
            f"case {number}: settled already as {asked['settlement']} by {asked['settled_by']}"
        )
    for answer in asked["answers"]:
        if answer["settlement"] == settlement:
            return {**answer, "question": asked["question"]}
    takes = ", ".join(asked["choices"]) or "no answer"
    raise DaemonRefused(f"case {number}: found settlement {settlement}, it takes {takes}")


def _ask_for_confirmation(number: int, answer: JsonObject, *, as_json: bool) -> None:
    """Say what follows and let a person agree; ends the program when they do not."""
    click.echo(f"Case {number}: {answer['question']}", err=True)
    click.echo(f"You state: {answer['meaning']}", err=True)
    for consequence in answer["consequences"]:
        click.echo(f"  - {consequence}", err=True)
    if not answer["may_move"]:
        agreed = click.confirm("Settle it so?", err=True)
    else:
        typed = click.prompt(
            "Something may move. Type the case's number to confirm", default="", err=True
        )
        agreed = str(typed).strip() == str(number)
    if not agreed:
        not_confirmed(as_json=as_json)
