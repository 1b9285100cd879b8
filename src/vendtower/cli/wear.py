"""Commands for counters, parts and inspections."""

from collections.abc import Sequence

import click
from rich.console import Group, RenderableType
from rich.text import Text

from vendtower.cli import show
from vendtower.cli.acting import BY, YES, act, not_confirmed
from vendtower.cli.client import DaemonRefused, JsonObject, TowerClient
from vendtower.cli.options import daemon_command, print_json

DAYS_MAX = 3660
LIMIT_MAX = 1000
_STYLES = {"overdue": "bold red", "soon": "yellow"}
_UNITS = {"hours": "h", "energy_kwh": "kWh"}


@click.command("counters")
@click.option(
    "--days",
    type=click.IntRange(0, DAYS_MAX),
    default=0,
    show_default=True,
    help="Also what each of the last days added.",
)
@daemon_command
def counters(client: TowerClient, as_json: bool, days: int) -> None:
    """Cycles, hours and door openings since the tower was first watched.

    They go on when a PLC is replaced; `PLC` is what the PLC itself shows now.
    """
    said = client.get("/api/counters", {"days": str(days)})
    if as_json:
        print_json(said)
    else:
        show.print_text(counters_text(said))


@click.group("inspect", invoke_without_command=True)
@daemon_command
def inspect(client: TowerClient, as_json: bool) -> None:
    """Parts: what is due, what to look at, and signing it off. Nothing moves by itself."""
    if click.get_current_context().invoked_subcommand is None:
        _list(client, as_json=as_json)


@inspect.command("list")
@daemon_command
def list_parts(client: TowerClient, as_json: bool) -> None:
    """Every part, the most urgent first."""
    _list(client, as_json=as_json)


@inspect.command("records")
@click.option(
    "--limit",
    type=click.IntRange(1, LIMIT_MAX),
    default=50,
    show_default=True,
    help="How many, newest first.",
)
@daemon_command
def records(client: TowerClient, as_json: bool, limit: int) -> None:
    """Who inspected or replaced what, and when."""
    said = client.get("/api/parts/records", {"limit": str(limit)})
    if as_json:
        print_json(said)
    else:
        show.print_text(records_text(said["records"]))


@inspect.command("sign")
@click.argument("part")
@BY
@click.option("--note", default="", help="What you saw, measured or did.")
@click.option("--replaced", is_flag=True, help="A new part was fitted: its life begins anew.")
@YES
@daemon_command
def sign(
    *,
    client: TowerClient,
    as_json: bool,
    part: str,
    by: str | None,
    note: str,
    replaced: bool,
    yes: bool,
) -> None:
    """Put on record that you inspected PART, or replaced it. It cannot be taken back."""
    state = _part(client, part)
    if not yes:
        _confirm(state, replaced=replaced, as_json=as_json)
    body: JsonObject = {"note": note, "replaced": replaced}
    act(client, f"/api/parts/{part}/sign", body, by=by, as_json=as_json)


def _part(client: TowerClient, part: str) -> JsonObject:
    found: list[JsonObject] = client.get("/api/parts")["parts"]
    for each in found:
        if each["id"] == part:
            return each
    known = ", ".join(each["id"] for each in found) or "none"
    raise DaemonRefused(f"part {part!r}: the tower has no such part; it has {known}")


def _confirm(state: JsonObject, *, replaced: bool, as_json: bool) -> None:
    click.echo(f"{state['name']} ({state['place']}): {state['check']}", err=True)
    done = "replaced this part" if replaced else "inspected this part"
    click.echo(f"You state: I have {done}. This stays in its record.", err=True)
    if state["blocking"]:
        click.echo(
            "  - If nothing else holds them, lifts may move at once. Is nobody in the shaft or"
            " in a bay?",
            err=True,
        )
    else:
        click.echo("  - Nothing moves because of this.", err=True)
    if not click.confirm("Sign it off?", err=True):
        not_confirmed(as_json=as_json)


def _list(client: TowerClient, *, as_json: bool) -> None:
    said = client.get("/api/parts")
    if as_json:
        print_json(said)
    else:
        show.print_text(parts_text(said["parts"]))


def parts_text(parts: Sequence[JsonObject]) -> RenderableType:
    """One block for each part that is due, one line for the others."""
    due = [_due_text(each) for each in parts if each["due"] != "fine"]
    rows = (
        (
            each["id"],
            each["name"],
            each["place"],
            each["due"],
            f"{each['inspection']['share']:.0%}",
            f"{each['life']['share']:.0%}",
            _last(each["last"]),
        )
        for each in parts
    )
    columns = ("Part", "Name", "Place", "Due", "Interval used", "Life used", "Last (UTC)")
    return Group(*due, show.table(columns, rows, "the site file names no parts"))


def _due_text(each: JsonObject) -> Text:
    text = Text()
    text.append(f"{each['name']} ({each['id']}, {each['place']}): ", style="bold")
    text.append(each["due"].upper(), style=_STYLES[each["due"]])
    if each["blocking"]:
        text.append(", nothing new moves until it is signed off", style="bold red")
    text.append(f"\n  do: {each['check']}\n")
    return text


def _last(line: JsonObject) -> str:
    by = f" by {line['by']}" if line["by"] else ""
    return f"{line['utc'][:16].replace('T', ' ')} {line['care'].replace('_', ' ')}{by}"


def records_text(lines: Sequence[JsonObject]) -> RenderableType:
    """One line per sign-off."""
    rows = (
        (line["part"], _last(line), f"{line['count']:g}", f"{line['hours']:g}", line["note"])
        for line in lines
    )
    return show.table(("Part", "What (UTC)", "Count", "Hours", "Note"), rows, "nothing on record")


def counters_text(said: JsonObject) -> RenderableType:
    """The counters, and what each day added to them."""
    rows = (
        (
            each["place"],
            each["counter"].replace("_", " "),
            f"{each['total']:g} {_UNITS.get(each['counter'], '')}".strip(),
            f"{each['shown']:g}",
        )
        for each in said["counters"]
    )
    blocks = [
        show.table(("Place", "Counter", "Total", "PLC"), rows, "nothing has been counted yet")
    ]
    if said["days"]:
        blocks.append(_days_table(said["days"]))
    return Group(*blocks)


def _days_table(days: Sequence[JsonObject]) -> RenderableType:
    """Differences from day to day; the first day has nothing before it."""
    keys = sorted({key for day in days for key in day["totals"]})
    rows = []
    before: JsonObject = {}
    for day in days:
        totals = {**before, **day["totals"]}
        added = (f"{totals[key] - before[key]:g}" if key in before else "" for key in keys)
        rows.append((day["day"], *added))
        before = totals
    return show.table(("Day (UTC)", *keys), rows, "")
