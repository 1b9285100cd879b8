"""Commands for whoever works at the machine: modes, maintenance, single movements."""

import click

from vendtower.cli.acting import BY, YES, act, agree
from vendtower.cli.client import JsonObject, TowerClient
from vendtower.cli.options import Exit, daemon_command, fail, print_json
from vendtower.domain.machine import MachineCommand
from vendtower.domain.maintenance import SESSION_MINUTES_MAX
from vendtower.domain.modes import CHOSEN_BY_PEOPLE

_MODES = [mode.value for mode in CHOSEN_BY_PEOPLE]


@click.command("mode")
@click.argument("mode", type=click.Choice(_MODES), required=False)
@BY
@YES
@daemon_command
def mode(
    *, client: TowerClient, as_json: bool, mode: str | None, by: str | None, yes: bool
) -> None:
    """Show the operating mode and what it accepts, or choose another.

    Changing it moves nothing by itself; back in automatic the tower serves customers and brings
    cars where they belong at once.
    """
    if mode is None:
        _show(client.get("/api/mode"), as_json=as_json)
        return
    if mode == "automatic":
        agree("The tower serves customers and lifts may move at once.", yes=yes, as_json=as_json)
    act(client, "/api/mode", {"mode": mode}, by=by, as_json=as_json)


@click.group("maintenance")
def maintenance() -> None:
    """Keep customers away while somebody works at the machine."""


@maintenance.command("begin")
@click.option("--reason", required=True, help="What is worked at.")
@click.option(
    "--minutes",
    type=click.IntRange(1, SESSION_MINUTES_MAX),
    required=True,
    help="How long it will take; an alarm tells when it takes longer.",
)
@BY
@daemon_command
def begin(client: TowerClient, as_json: bool, reason: str, minutes: int, by: str | None) -> None:
    """Begin a session: kiosks say out of service, nothing moves by itself.

    Refused while a job runs, a customer's car stands in a bay for them, or a car comes in.
    """
    body: JsonObject = {"reason": reason, "minutes": minutes}
    act(client, "/api/maintenance/begin", body, by=by, as_json=as_json)


@maintenance.command("end")
@click.option("--note", default="", help="What was done, for the record.")
@BY
@YES
@daemon_command
def end(client: TowerClient, as_json: bool, note: str, by: str | None, yes: bool) -> None:
    """End the session, once everybody has left the shaft and the key stands at auto.

    The tower goes back to the mode in which the session began; lifts may move at once.
    """
    agree("Lifts may move at once. Has everybody left the tower?", yes=yes, as_json=as_json)
    act(client, "/api/maintenance/end", {"note": note}, by=by, as_json=as_json)


@maintenance.command("status")
@daemon_command
def status(client: TowerClient, as_json: bool) -> None:
    """Who works at the machine, why, and until when."""
    session = client.get("/api/mode")["maintenance"]
    if as_json:
        print_json({"maintenance": session})
    elif session is None:
        click.echo("no maintenance session runs")
    else:
        click.echo(session_line(session))


@click.command("move")
@click.argument("vin", metavar="VIN")
@click.option("--to", "to", required=True, metavar="slot:N|bay:N", help="Where the car goes.")
@BY
@YES
@daemon_command
def move(
    *, client: TowerClient, as_json: bool, vin: str, to: str, by: str | None, yes: bool
) -> None:
    """Move one car, in semi-automatic mode; answers when the job is begun or refused."""
    kind, _, number = to.partition(":")
    if kind not in {"slot", "bay"} or not number.isdecimal():
        fail(Exit.USAGE, f"--to: found {to!r}, expected slot:N or bay:N", as_json=as_json)
    agree(f"Car {vin} moves to {kind} {number} at once.", yes=yes, as_json=as_json)
    body: JsonObject = {"vin": vin, kind: int(number)}
    act(client, "/api/movements", body, by=by, as_json=as_json)


@click.command("home")
@click.argument("lift", type=click.IntRange(min=1), metavar="LIFT")
@BY
@YES
@daemon_command
def home(client: TowerClient, as_json: bool, lift: int, by: str | None, yes: bool) -> None:
    """Bring an empty lift home, in semi-automatic or manual mode."""
    agree(f"Lift {lift} moves at once.", yes=yes, as_json=as_json)
    act(client, f"/api/lifts/{lift}/home", {}, by=by, as_json=as_json)


@click.command("street-door")
@click.argument("bay", type=click.IntRange(min=1), metavar="BAY")
@click.argument("wanted", type=click.Choice(["open", "closed"]))
@BY
@YES
@daemon_command
def street_door(
    *, client: TowerClient, as_json: bool, bay: int, wanted: str, by: str | None, yes: bool
) -> None:
    """Open or close the street door of a bay, in semi-automatic or manual mode."""
    agree(f"The street door of bay {bay} moves at once.", yes=yes, as_json=as_json)
    body: JsonObject = {"wanted": wanted}
    act(client, f"/api/bays/{bay}/street-door", body, by=by, as_json=as_json)


def packml_command(command: MachineCommand, meaning: str, warning: str) -> click.Command:
    """A command of the group ``machine``; one with a warning asks before it is given."""

    @click.command(command.value, help=meaning)
    @BY
    @YES
    @daemon_command
    def give(*, client: TowerClient, as_json: bool, by: str | None, yes: bool) -> None:
        if warning:
            agree(warning, yes=yes, as_json=as_json)
        body: JsonObject = {"command": command.value}
        act(client, "/api/machine/command", body, by=by, as_json=as_json)

    return give


_MOVES = "Lifts may move at once. Is nobody in the shaft or in a bay?"
PACKML_COMMANDS = (
    packml_command(
        MachineCommand.STOP, "Stop everything in a controlled way; running jobs fail.", ""
    ),
    packml_command(MachineCommand.ABORT, "Stop as for a fault; wants clear and reset.", ""),
    packml_command(MachineCommand.HOLD, "Pause: running jobs stay and can go on.", ""),
    packml_command(MachineCommand.UNHOLD, "Let held jobs go on.", _MOVES),
    packml_command(MachineCommand.START, "Lead an idle machine to execute.", _MOVES),
    packml_command(
        MachineCommand.CLEAR,
        "Lead an aborted machine to stopped, once the cause is gone; `reset` does that as well.",
        "The machine is no longer aborted then.",
    ),
)


def session_line(session: JsonObject) -> str:
    """One session in a sentence."""
    late = " OVERDUE" if session["overdue"] else ""
    return (
        f"maintenance {session['number']} by {session['holder']} since {session['began_at'][:16]} "
        f"until {session['planned_end_at'][:16]}{late}: {session['reason']}"
    )


def _show(seen: JsonObject, *, as_json: bool) -> None:
    if as_json:
        print_json(seen)
        return
    lines = [f"mode {seen['mode']}, PLC mode {seen['plc_mode'] or 'not known'}"]
    if seen["maintenance"] is not None:
        lines.append(session_line(seen["maintenance"]))
    lines.append(f"accepts: {', '.join(seen['accepts'])}")
    lines.append(f"refuses: {', '.join(seen['refuses']) or 'nothing'}")
    click.echo("\n".join(lines))
