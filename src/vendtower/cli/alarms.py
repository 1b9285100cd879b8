"""Commands for alarms: what stands, what was, what a code means, and what to do about it."""

from typing import Any

import click
from rich.console import Group, RenderableType
from rich.text import Text

from vendtower.cli import show
from vendtower.cli.acting import BY, act, not_confirmed
from vendtower.cli.client import DaemonRefused, JsonObject, TowerClient
from vendtower.cli.options import Exit, daemon_command, fail, print_json
from vendtower.domain.alarm_catalogue import AlarmEntry, CatalogueError, OwnAlarm
from vendtower.flows.alarm_catalogue import alarm_catalogue

_HISTORY_MAX = 1000
_STYLES = {"fatal": "bold white on red", "critical": "bold red", "warning": "yellow"}
_CODE = click.argument("code", type=str.upper)
_SOURCE = click.argument("source", nargs=-1)
_REASON = click.option("--reason", required=True, help="Why, for the record and for others.")


@click.group("alarms", invoke_without_command=True)
@daemon_command
def alarms(client: TowerClient, as_json: bool) -> None:
    """Alarms: what stands now, the most urgent first.

    CODE is such as P16 or C01, SOURCE the place: tower, lift 1, bay 2, kiosk 1, slot 31. SOURCE
    may be left out while only one alarm of that code stands. Nothing moves by these commands,
    but a fatal alarm that is latched holds the tower until it is acknowledged.
    """
    if click.get_current_context().invoked_subcommand is None:
        _list(client, as_json=as_json)


@alarms.command("list")
@daemon_command
def list_alarms(client: TowerClient, as_json: bool) -> None:
    """Every alarm that is not normal."""
    _list(client, as_json=as_json)


@alarms.command("history")
@click.option(
    "--limit",
    type=click.IntRange(1, _HISTORY_MAX),
    default=50,
    show_default=True,
    help="How many, newest first.",
)
@daemon_command
def history(client: TowerClient, as_json: bool, limit: int) -> None:
    """Episodes, newest first: when, how often, how long, who acknowledged."""
    said = client.get("/api/alarms/history", {"limit": str(limit)})
    if as_json:
        print_json(said)
    else:
        show.print_text(history_text(said["episodes"]))


@alarms.command("explain")
@_CODE
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def explain(code: str, as_json: bool) -> None:
    """What CODE means and what to do; works without a daemon."""
    try:
        entry = alarm_catalogue().entry(code)
    except CatalogueError as error:
        fail(Exit.USAGE, str(error), as_json=as_json)
    if as_json:
        print_json(_entry_json(entry))
    else:
        show.print_text(entry_text(entry))


@alarms.command("ack")
@_CODE
@_SOURCE
@BY
@click.option("--note", default="", help="What you saw or do about it.")
@click.option("--confirm", metavar="CODE", help="The code again, for scripts.")
@daemon_command
def acknowledge(
    *,
    client: TowerClient,
    as_json: bool,
    code: str,
    source: tuple[str, ...],
    by: str | None,
    note: str,
    confirm: str | None,
) -> None:
    """Say that you know of an alarm; of a latched one, that you have seen it is gone.

    A latched fatal alarm holds every movement: ending it wants the code typed again (or given
    as --confirm).
    """
    place = _place(client, code, source, as_json=as_json)
    if _releases_motion(client, code, place) and (confirm or _typed(code, place)).upper() != code:
        not_confirmed(as_json=as_json)
    _ask(client, "ack", code, place, {"note": note}, by=by, as_json=as_json)


@alarms.command("shelve")
@_CODE
@_SOURCE
@BY
@click.option("--minutes", type=click.IntRange(min=1), required=True, help="For how long.")
@_REASON
@daemon_command
def shelve(
    *,
    client: TowerClient,
    as_json: bool,
    code: str,
    source: tuple[str, ...],
    by: str | None,
    minutes: int,
    reason: str,
) -> None:
    """Keep an alarm out of sight for a while; it comes back by itself."""
    body: JsonObject = {"minutes": minutes, "reason": reason}
    place = _place(client, code, source, as_json=as_json)
    _ask(client, "shelve", code, place, body, by=by, as_json=as_json)


@alarms.command("unshelve")
@_CODE
@_SOURCE
@BY
@daemon_command
def unshelve(
    client: TowerClient, as_json: bool, code: str, source: tuple[str, ...], by: str | None
) -> None:
    """Show a shelved alarm again before its time."""
    place = _place(client, code, source, as_json=as_json)
    _ask(client, "unshelve", code, place, {}, by=by, as_json=as_json)


@alarms.command("out-of-service")
@_CODE
@_SOURCE
@BY
@_REASON
@daemon_command
def out_of_service(
    *,
    client: TowerClient,
    as_json: bool,
    code: str,
    source: tuple[str, ...],
    by: str | None,
    reason: str,
) -> None:
    """Switch an alarm off until somebody switches it on again."""
    place = _place(client, code, source, as_json=as_json)
    _ask(client, "out-of-service", code, place, {"reason": reason}, by=by, as_json=as_json)


@alarms.command("return")
@_CODE
@_SOURCE
@BY
@daemon_command
def return_to_service(
    client: TowerClient, as_json: bool, code: str, source: tuple[str, ...], by: str | None
) -> None:
    """Switch an alarm on again."""
    place = _place(client, code, source, as_json=as_json)
    _ask(client, "return", code, place, {}, by=by, as_json=as_json)


def alarms_text(found: list[JsonObject]) -> RenderableType:
    """The standing alarms, each with what to do; those of a flood in one line while it lasts."""
    flood = any(each["code"] == OwnAlarm.ALARM_FLOOD.value and each["active"] for each in found)
    grouped = [f"{each['code']} {each['source']}" for each in found if flood and each["grouped"]]
    blocks: list[RenderableType] = [
        _alarm_text(each) for each in found if not (flood and each["grouped"])
    ]
    if grouped:
        blocks.append(Text(f"grouped in a flood: {', '.join(grouped)}"))
    return Group(*blocks) if blocks else Text("no alarms")


def _alarm_text(each: JsonObject) -> Text:
    text = Text()
    text.append(
        f"{each['code']} {each['source']}: {each['name']}\n", style=_STYLES.get(each["severity"])
    )
    state = str(each["state"]).replace("_", " ")
    holds = "holds" if each["active"] else "gone"
    text.append(f"  {each['severity']}, {state}, condition {holds}; {each['text']}\n")
    for label, value in _details(each):
        text.append(f"  {label}: {value}\n")
    return text


def _details(each: JsonObject) -> list[tuple[str, str]]:
    details = []
    if each["raised_utc"]:
        often = f", {each['activations']} times" if each["activations"] > 1 else ""
        chatter = ", chattering" if each["chattering"] else ""
        details.append(("raised", f"{_time(each['raised_utc'])} UTC{often}{chatter}"))
    if each["acknowledged_by"]:
        note = f" ({each['note']})" if each["note"] else ""
        details.append(("acknowledged", f"by {each['acknowledged_by']}{note}"))
    if each["masked_by"]:
        until = each["shelved_until_utc"]
        end = f", until {_time(until)} UTC" if until else ""
        details.append(("hidden", f"by {each['masked_by']}: {each['masked_reason']}{end}"))
    details.append(("do", each["action"]))
    return details


def history_text(episodes: list[JsonObject]) -> RenderableType:
    """One line per episode."""
    return show.table(
        ("Raised (UTC)", "Code", "Source", "Severity", "State", "Times", "Held", "Acknowledged"),
        (
            (
                _time(each["raised_utc"]),
                each["code"],
                each["source"],
                each["severity"],
                each["state"],
                each["activations"],
                "holds" if each["active"] else f"{each['active_s']:.1f} s",
                each["acknowledged_by"],
            )
            for each in episodes
        ),
        "no alarm has ever been raised",
    )


def entry_text(entry: AlarmEntry) -> RenderableType:
    """Everything the catalogue says of one code."""
    text = Text()
    text.append(f"{entry.code} {entry.name}", style="bold")
    text.append(f" ({entry.severity.value}{', latched' if entry.latched else ''})\n")
    for label in ("cause", "consequence", "action"):
        text.append(f"  {label}: {getattr(entry, label)}\n")
    text.append(f"  recoveries: {', '.join(each.value for each in entry.recoveries)}\n")
    text.append(f"  raised after {entry.on_delay_s:g} s, returns after {entry.off_delay_s:g} s\n")
    for language, said in entry.customer.items():
        text.append(f"  customers read ({language}): {said}\n")
    text.rstrip()
    return text


def _entry_json(entry: AlarmEntry) -> dict[str, Any]:
    return {
        **vars(entry),
        "schema": 1,
        "severity": entry.severity.value,
        "recoveries": [each.value for each in entry.recoveries],
    }


def _list(client: TowerClient, *, as_json: bool) -> None:
    said = client.get("/api/alarms")
    if as_json:
        print_json(said)
    else:
        show.print_text(alarms_text(said["alarms"]))


def _place(client: TowerClient, code: str, source: tuple[str, ...], *, as_json: bool) -> str:
    """The source that is meant; ends the program for a code that does not exist."""
    try:
        alarm_catalogue().entry(code)
    except CatalogueError as error:
        fail(Exit.USAGE, str(error), as_json=as_json)
    return " ".join(source) or _only_source(client, code)


def _releases_motion(client: TowerClient, code: str, place: str) -> bool:
    """Whether acknowledging this alarm lets lifts move that stand now."""
    return any(
        (each["code"], each["source"]) == (code, place)
        and (each["severity"], each["state"]) == ("fatal", "latched")
        for each in client.get("/api/alarms")["alarms"]
    )


def _typed(code: str, place: str) -> str:
    click.echo(f"Alarm {code} at {place} is fatal and its condition is gone.", err=True)
    click.echo("  - If nothing else holds them, lifts and doors may move at once.", err=True)
    return str(click.prompt("Type the alarm's code to confirm", default="", err=True)).strip()


def _ask(
    client: TowerClient,
    what: str,
    code: str,
    place: str,
    body: JsonObject,
    *,
    by: str | None,
    as_json: bool,
) -> None:
    body = {**body, "source": place}
    act(client, f"/api/alarms/{code}/{what}", body, by=by, as_json=as_json)


def _only_source(client: TowerClient, code: str) -> str:
    """The place of the one alarm of this code; the tower itself when none stands.

    Raises:
        DaemonRefused: when several stand, so that somebody has to choose.

    """
    sources = [a["source"] for a in client.get("/api/alarms")["alarms"] if a["code"] == code]
    if len(sources) > 1:
        raise DaemonRefused(f"alarm {code}: stands at {', '.join(sources)}; say which")
    return sources[0] if sources else "tower"


def _time(utc: str) -> str:
    return utc[:19].replace("T", " ")
