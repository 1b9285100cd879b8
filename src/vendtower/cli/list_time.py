"""The command for a list of reservations that was signed in the future."""

import click

from vendtower.cli.acting import BY, YES, act, agree
from vendtower.cli.client import TowerClient
from vendtower.cli.options import daemon_command


@click.command("list-time")
@BY
@YES
@daemon_command
def list_time(*, client: TowerClient, as_json: bool, by: str | None, yes: bool) -> None:
    """Believe this computer's clock, and not a page of the future; moves nothing.

    For alarm C13 where its text says that pages are older than the newest one, and the newest one
    has a time that has not come yet. It is refused in every other case.
    """
    shown = str(client.get("/api/status")["utc"])[:16].replace("T", " ")
    agree(
        f"This computer's clock says {shown} UTC. Compare it with a watch of your own: whoever "
        "plays old pages back would set it back first.",
        yes=yes,
        as_json=as_json,
        question="Is it right?",
    )
    act(client, "/api/reservation-list/time", {}, by=by, as_json=as_json)
