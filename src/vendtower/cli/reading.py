"""Commands that only look."""

import json
from collections.abc import Callable

import click
from rich.console import Console, RenderableType
from rich.live import Live

from vendtower.cli import show
from vendtower.cli.client import JsonObject, TowerClient
from vendtower.cli.options import daemon_command, print_json
from vendtower.cli.picture_text import picture_text

_EVENTS_MAX = 1000


@click.command("status")
@daemon_command
def status(client: TowerClient, as_json: bool) -> None:
    """The tower at a glance, part by part."""
    seen, health = client.get("/api/status"), client.get("/health/ready")
    if as_json:
        print_json(seen | {"health": health})
    else:
        show.print_text(show.status_text(seen, health))


@click.command("visits")
@daemon_command
def visits(client: TowerClient, as_json: bool) -> None:
    """Customers' ways, with their cars."""
    _print(client.get("/api/visits"), "visits", show.visits_text, as_json=as_json)


@click.command("dropoffs")
@daemon_command
def dropoffs(client: TowerClient, as_json: bool) -> None:
    """Cars on their way in, and the last that ended."""
    _print(client.get("/api/dropoffs"), "dropoffs", show.dropoffs_text, as_json=as_json)


@click.command("cases")
@daemon_command
def cases(client: TowerClient, as_json: bool) -> None:
    """Questions that only a person may settle, with the answers each one takes."""
    _print(client.get("/api/cases"), "cases", show.cases_text, as_json=as_json)


@click.command("events")
@click.option("--dead", is_flag=True, help="Only events that the cloud will never take.")
@click.option(
    "--limit",
    type=click.IntRange(1, _EVENTS_MAX),
    default=50,
    show_default=True,
    help="How many, newest first.",
)
@daemon_command
def events(client: TowerClient, as_json: bool, dead: bool, limit: int) -> None:
    """The history, newest first, and whether the cloud has it."""
    params = {"limit": str(limit), "dead": "true" if dead else "false"}
    _print(client.get("/api/events", params), "events", show.events_text, as_json=as_json)


@click.command("watch")
@click.option("--pictures", type=click.IntRange(min=1), help="End after so many pictures.")
@daemon_command
def watch(client: TowerClient, as_json: bool, pictures: int | None) -> None:
    """The live picture of the tower; end it with Ctrl-C.

    With --json: one picture per line.
    """
    site = client.get("/api/site")
    seen = 0

    def count_on() -> bool:
        nonlocal seen
        seen += 1
        return pictures is None or seen < pictures

    if as_json:

        def print_line(picture: JsonObject) -> bool:
            click.echo(json.dumps(picture, ensure_ascii=False))
            return count_on()

        client.watch(print_line)
        return
    console = Console(highlight=False, markup=False, emoji=False)
    with Live(console=console, auto_refresh=False, screen=console.is_terminal) as live:

        def paint(picture: JsonObject) -> bool:
            live.update(picture_text(site, picture), refresh=True)
            return count_on()

        client.watch(paint)


def _print(
    answer: JsonObject,
    key: str,
    text: Callable[[list[JsonObject]], RenderableType],
    *,
    as_json: bool,
) -> None:
    if as_json:
        print_json(answer)
    else:
        show.print_text(text(answer[key]))
