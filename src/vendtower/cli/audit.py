"""The command that compares the ledger with the sensors."""

import sys

import click
from rich.console import Group, RenderableType
from rich.text import Text

from vendtower.cli import show
from vendtower.cli.acting import BY, named
from vendtower.cli.client import JsonObject, TowerClient
from vendtower.cli.options import Exit, daemon_command, print_json

_SEEN = {True: "car", False: "none", None: "in doubt"}
_SOUND = {"agrees", "not judged"}


@click.command("audit-tower")
@click.option("--all", "every", is_flag=True, help="Also the places that agree.")
@click.option("--record", is_flag=True, help="Write the result into the history, with your name.")
@BY
@daemon_command
def audit_tower(
    *, client: TowerClient, as_json: bool, every: bool, record: bool, by: str | None
) -> None:
    """Compare the ledger with the sensors, place by place; moves and changes nothing.

    What differs keeps its place still, is an alarm (C40), and becomes a case once it has lasted.
    Exit status 4 when anything differs, is in question, or could not be compared.
    """
    audit = client.post("/api/audit", named(by, {})) if record else client.get("/api/audit")
    if as_json:
        print_json(audit)
    else:
        show.print_text(_text(audit, every=every))
    if not audit["sound"]:
        sys.exit(Exit.DIFFERS)


def _text(audit: JsonObject, *, every: bool) -> RenderableType:
    shown = [each for each in audit["places"] if every or each["finding"] != "agrees"]
    table = show.table(
        ("Place", "Ledger", "Sensors", "Finding", ""),
        (
            (
                each["place"],
                each["vin"] or "none",
                _SEEN[each["seen"]],
                each["finding"],
                each["words"],
            )
            for each in shown
        ),
        "",
    )
    agreeing = sum(each["finding"] == "agrees" for each in audit["places"])
    lines = [Text(f"{agreeing} of {len(audit['places'])} places agree")]
    lines += [Text(f"car {vin}: nobody knows where it stands") for vin in audit["unsettled"]]
    if audit["unread"]:
        lines = [Text(str(audit["unread"]), style="bold red"), *lines[1:]]
    return Group(*([table] if shown else []), *lines)
