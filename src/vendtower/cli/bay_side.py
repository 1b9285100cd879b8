"""What a member of staff does who stands at a bay."""

import click

from vendtower.cli.acting import act, agree
from vendtower.cli.client import DaemonRefused, JsonObject, TowerClient
from vendtower.cli.options import daemon_command


@click.command("confirm-clear")
@click.option("--bay", type=click.IntRange(min=1), required=True, help="The bay you stand at.")
@click.option("--by", required=True, help="Your name for the record.")
@click.option("--yes", is_flag=True, help="Do not ask; you have looked already.")
@daemon_command
def confirm_clear(client: TowerClient, as_json: bool, bay: int, by: str, yes: bool) -> None:
    """Confirm at a bay that nobody is left in it or in the car: a lift takes the car then.

    Look into the car and the bay first, after the street door has closed. Asked for each time a
    car is put back; the sensors have to agree as well, and any change of one asks anew.
    """
    kiosk = _asking(client, bay)
    agree(
        f"A lift takes the car out of bay {bay} at once.",
        question="Is nobody left in the car and in the bay?",
        yes=yes,
        as_json=as_json,
    )
    body: JsonObject = {"question": kiosk["question"]}
    act(client, f"/kiosk/{kiosk['number']}/confirm", body, by=by, as_json=as_json)


def _asking(client: TowerClient, bay: int) -> JsonObject:
    """The kiosk of this bay, while it asks.

    Raises:
        DaemonRefused: when it does not ask, or there is no such bay.

    """
    for kiosk in client.get("/api/status")["kiosks"]:
        if kiosk["bay"] == bay:
            if kiosk["phase"] != "confirm_clear":
                raise DaemonRefused(
                    f"bay {bay}: its kiosk does not ask for that now: it is {kiosk['phase']}"
                )
            found: JsonObject = kiosk
            return found
    raise DaemonRefused(f"bay {bay}: the tower has no such bay")
