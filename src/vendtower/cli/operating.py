"""Commands of the person who operates the tower: places out of service, leases, power."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import click
from rich.console import RenderableType

from vendtower.cli import show
from vendtower.cli.acting import BY, YES, act, agree
from vendtower.cli.client import JsonObject, TowerClient
from vendtower.cli.options import Exit, daemon_command, fail, print_json

_UNITS_S = {"m": 60, "h": 3600, "d": 86_400}
_CONSEQUENCES = {
    "slot": "No car is fetched from it or brought to it. A car that stands in it stays.",
    "lift": "It ends the job it has, brings away the car it carries if it can, and begins nothing. "
    "Customers are sent to bays that another lift serves. The lift has power all the same: nobody "
    "enters the shaft because of this.",
    "bay": "Who has a car or stands in it finishes; everybody else is sent to another bay.",
}


class Duration(click.ParamType):  # type: ignore[type-arg]  # click of the oldest supported release is not generic
    """How long: ``45m``, ``2h`` or ``3d``."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """The duration; fails the command line when it is none."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", str(value))
        if match is None:
            self.fail(f"found {value!r}, expected minutes, hours or days as 45m, 2h or 3d")
        return timedelta(seconds=int(match[1]) * _UNITS_S[match[2]])


def _place_group(kind: str) -> click.Group:
    @click.group(kind)
    def group() -> None:
        pass

    group.help = f"Take a {kind} out of service while the tower runs, and return it."

    @group.command("out-of-service")
    @click.argument("number", type=click.IntRange(min=1))
    @click.option("--reason", required=True, help="Why; shown on every screen.")
    @click.option("--for", "duration", type=Duration(), help="How long it is meant to last: 2h.")
    @click.option(
        "--until",
        type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]),
        help="When it is meant to be over, in this machine's local time.",
    )
    @BY
    @YES
    @daemon_command
    def take_out(
        *,
        client: TowerClient,
        as_json: bool,
        number: int,
        reason: str,
        duration: timedelta | None,
        until: datetime | None,
        by: str | None,
        yes: bool,
    ) -> None:
        """Let finish what has begun there, and begin nothing new until it is returned.

        It never returns by itself: after --until or --for an alarm asks about it.
        """
        if duration is not None and until is not None:
            fail(Exit.USAGE, "--for and --until exclude each other", as_json=as_json)
        body: JsonObject = {"place": f"{kind} {number}", "reason": reason}
        end = until.astimezone() if until is not None else None
        if duration is not None:
            end = datetime.now(UTC) + duration
        if end is not None:
            body["until_utc"] = end.astimezone(UTC).isoformat()
        agree(f"{kind} {number} out of service: {_CONSEQUENCES[kind]}", yes=yes, as_json=as_json)
        act(client, "/api/out-of-service", body, by=by, as_json=as_json)

    @group.command("return")
    @click.argument("number", type=click.IntRange(min=1))
    @BY
    @YES
    @daemon_command
    def put_back(
        *, client: TowerClient, as_json: bool, number: int, by: str | None, yes: bool
    ) -> None:
        """Use it again; lifts may move there at once."""
        question = f"{kind} {number} returns to service: lifts may move there at once."
        agree(f"{question} Is nobody at work there?", yes=yes, as_json=as_json)
        body: JsonObject = {"place": f"{kind} {number}"}
        act(client, "/api/return-to-service", body, by=by, as_json=as_json)

    return group


slot, lift, bay = _place_group("slot"), _place_group("lift"), _place_group("bay")


@click.command("out-of-service")
@daemon_command
def out_of_service(client: TowerClient, as_json: bool) -> None:
    """Every slot, lift and bay that is out of service, with reason and name."""
    answer = client.get("/api/out-of-service")
    if as_json:
        print_json(answer)
    else:
        show.print_text(notes_text(answer["out_of_service"]))


@click.command("leases")
@daemon_command
def leases(client: TowerClient, as_json: bool) -> None:
    """Who has which lift, bay, shaft or slot, until when, and who waits for it."""
    answer = client.get("/api/leases")
    if as_json:
        print_json(answer)
    else:
        show.print_text(leases_text(answer["leases"]))


@click.command("power")
@click.argument("profile", type=click.Choice(["normal", "reduced"]), required=False)
@BY
@YES
@daemon_command
def power(
    *, client: TowerClient, as_json: bool, profile: str | None, by: str | None, yes: bool
) -> None:
    """Say which power profile holds, or order one.

    On reduced power fewer lifts move at one time; what moves already ends its movement. A battery
    that the PLC reports keeps the power reduced whatever is ordered.
    """
    if profile is None:
        found = client.get("/api/status")["power"]
        if as_json:
            print_json(found)
        else:
            click.echo(power_text(found))
        return
    agree(f"Power {profile}: more or fewer lifts may move at one time.", yes=yes, as_json=as_json)
    act(client, "/api/power", {"profile": profile}, by=by, as_json=as_json)


def notes_text(notes: Sequence[JsonObject]) -> RenderableType:
    """The places out of service."""
    return show.table(
        ("Place", "Since (UTC)", "Until (UTC)", "By", "Reason", "In effect"),
        (
            (
                note["place"],
                _minute(note["since_utc"]),
                _minute(note["until_utc"]),
                note["by"],
                note["reason"],
                "yes" if note["in_effect"] else f"waits for {note['waits_for']}",
            )
            for note in notes
        ),
        "everything is in service",
    )


def leases_text(found: Sequence[JsonObject]) -> RenderableType:
    """Who has what."""
    return show.table(
        ("What", "Who", "State", "Waits behind", "For", "Left", "Then"),
        (
            (
                each["resource"],
                each["owner"],
                each["phase"],
                each["behind"],
                show.seconds(each["lasted_s"]),
                "OVERDUE" if each["overdue"] else show.seconds(each["left_s"]),
                each["at_end"],
            )
            for each in found
        ),
        "nothing is held",
    )


def power_text(found: JsonObject) -> str:
    """The power profile in a line."""
    most = found["moving_lifts_max"]
    moves = "all lifts may move" if most is None else f"at most {most} moves at a time"
    why = f" ({found['why']})" if found["why"] else ""
    return f"power {found['profile']}{why}: {moves}; supply: {found['source'] or 'not known'}"


def _minute(utc: str | None) -> str:
    return "" if utc is None else utc[:16].replace("T", " ")
