"""Commands for jobs: what was asked of the PLC, when and for how long; and how to end one."""

from collections.abc import Sequence
from typing import Any

import click
from rich.console import RenderableType

from vendtower.cli import show
from vendtower.cli.acting import BY, YES, act, agree
from vendtower.cli.client import JsonObject, TowerClient
from vendtower.cli.options import daemon_command, print_json

_JOB = click.argument("number", type=click.IntRange(min=1), metavar="JOB")


@click.group("jobs", invoke_without_command=True)
@daemon_command
def jobs(client: TowerClient, as_json: bool) -> None:
    """Movements asked of the PLC: open ones and the last that ended, with their times."""
    if click.get_current_context().invoked_subcommand is not None:
        return
    answer = client.get("/api/jobs")
    if as_json:
        print_json(answer)
    else:
        show.print_text(jobs_text(answer["jobs"]))


@jobs.command("show")
@_JOB
@daemon_command
def show_job(client: TowerClient, as_json: bool, number: int) -> None:
    """One job with its times, and how long it may stay in each state."""
    job = client.get(f"/api/jobs/{number}")
    if as_json:
        print_json(job)
    else:
        show.print_text(_job_text(job))


@jobs.command("cancel")
@_JOB
@click.option("--finish-move", is_flag=True, required=True, help="The move goes on to its end.")
@BY
@YES
@daemon_command
def cancel(
    *,
    client: TowerClient,
    as_json: bool,
    number: int,
    finish_move: bool,
    by: str | None,
    yes: bool,
) -> None:
    """Let job JOB end its move and let nothing follow: a case then holds the car there."""
    agree(
        f"Job {number} goes on to its end. Its car and its lift then wait for your answer "
        "to a case.",
        yes=yes,
        as_json=as_json,
    )
    act(client, f"/api/jobs/{number}/cancel", {}, by=by, as_json=as_json)


@jobs.command("stop")
@_JOB
@BY
@YES
@daemon_command
def stop(*, client: TowerClient, as_json: bool, number: int, by: str | None, yes: bool) -> None:
    """Ask the PLC to stop job JOB at once. Not an emergency stop: use the button for that.

    The lift comes to rest where it is, a car may hang half-way; a case then asks where it is.
    """
    agree(
        f"Job {number} is stopped where it is; the car may hang half-way until staff bring it on.",
        yes=yes,
        as_json=as_json,
    )
    act(client, f"/api/jobs/{number}/stop", {}, by=by, as_json=as_json)


def jobs_text(jobs_: Sequence[JsonObject]) -> RenderableType:
    """Movements asked of the PLC, one line each; `jobs show` has every time of one."""
    rows = (
        (
            job["job_id"],
            job["verb"],
            job["source"],
            job["destination"],
            job["vin"],
            _state(job),
            _time(job["asked_utc"]),
            _seconds(job["work_s"]),
            job["reason"],
        )
        for job in jobs_
    )
    columns = ("Job", "Verb", "From", "To", "VIN", "State", "Asked (UTC)", "Worked s", "Reason")
    return show.table(columns, rows, "no jobs")


def _job_text(job: JsonObject) -> RenderableType:
    limits = job["limits"]
    rows = [
        ("asked", job["asked_utc"], "", ""),
        ("accepted", job["accepted_utc"], _seconds(job["answer_s"]), limits["answer_s"]),
        ("started", job["started_utc"], _seconds(job["start_s"]), limits["start_s"]),
        ("ended", job["ended_utc"], _seconds(job["work_s"]), limits["end_s"]),
        ("state", _state(job), "", ""),
        ("reason", job["reason"], "", ""),
        ("stopped by", job["stop_by"], "", ""),
        ("nothing follows, by", job["last_by"], "", ""),
    ]
    return show.table((f"Job {job['job_id']}", "", "after s", "late after s"), rows, "")


def _state(job: JsonObject) -> str:
    words = str(job["state"])
    if job["interrupted"]:
        words += ", interrupted"
    if job["runs"] > 1:
        words += ", controller restarted"
    return words


def _time(utc: Any) -> str:
    return "" if utc is None else str(utc)[:19].replace("T", " ")


def _seconds(value: Any) -> str:
    return "" if value is None else f"{value:.1f}"
