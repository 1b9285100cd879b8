"""The command that plays named incidents and says whether they ended as they must."""

from __future__ import annotations

import asyncio
import sys

import click

from hardware_sim.scenarios.catalogue import FAMILIES, SCENARIOS
from hardware_sim.scenarios.playing import Outcome, as_json, play_all, play_one


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1, type=click.Choice(list(SCENARIOS)))
@click.option("--list", "listing", is_flag=True, help="Say what there is, and play nothing.")
@click.option("--all", "everything", is_flag=True, help="Play every scenario.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 16),
    default=3,
    show_default=True,
    help="How many are played at a time, where there are several.",
)
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON instead of text.")
def scenario(
    names: tuple[str, ...], *, listing: bool, everything: bool, jobs: int, json_wanted: bool
) -> None:
    """Play named incidents with the real daemon on a simulated tower.

    Exit status 0 only when each of them ended as it must.
    """
    if listing:
        _list()
        return
    chosen = [SCENARIOS[name] for name in (SCENARIOS if everything else names)]
    if not chosen:
        raise click.UsageError("name a scenario, or say --all or --list")
    if len(chosen) == 1:
        outcomes = [play_one(chosen[0])]
        if not json_wanted:
            _tell(outcomes[0])
    else:
        heard = _mute if json_wanted else _tell
        outcomes = asyncio.run(play_all(chosen, jobs, heard))
    wrong = [outcome.name for outcome in outcomes if not outcome.as_expected]
    if json_wanted:
        click.echo(as_json(outcomes))
    elif len(outcomes) > 1:
        click.echo(f"{len(outcomes) - len(wrong)} of {len(outcomes)} ended as expected")
    sys.exit(1 if wrong else 0)


def _list() -> None:
    for family in FAMILIES:
        click.echo(f"{family.title}")
        for each in family.scenarios:
            click.echo(f"  {each.name}\n      {each.story}")


def _mute(_outcome: Outcome) -> None:
    """JSON comes in one piece at the end."""


def _tell(outcome: Outcome) -> None:
    verdict = "as expected" if outcome.as_expected else "NOT AS EXPECTED"
    click.echo(f"{outcome.duration_s:6.1f} s  {outcome.name}: {verdict}")
    if not outcome.as_expected:
        click.echo(f"          {outcome.why}\n{SCENARIOS[outcome.name].ending}\n{outcome.story}")
