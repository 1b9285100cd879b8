"""``vendtower identity attack-bench``: how often attacks pass and people do not, in simulation."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vendtower.adapters.system_clock import SystemClock
from vendtower.daemon.identity_commands import (
    UNUSABLE,
    chosen_engine,
    engine_options,
    progress_bar,
    quiet_libraries,
    writable,
    write_report,
)
from vendtower.domain.errors import LocalFault

if TYPE_CHECKING:
    from vendtower.adapters.identity.attack_bench.run import Setup
    from vendtower.adapters.identity.attack_bench.trial import Outcome

TARGET_MISSED = 1

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("attack-bench")
@click.option("--trials", type=click.IntRange(min=1), default=60, show_default=True, help="A kind.")
@click.option("--kind", "kinds", multiple=True, help="Only this kind; may be given several times.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of everything random.")
@engine_options
@click.option("--renderer", default=None, help="Which installed renderer; default the simulator's.")
@click.option(
    "--processes", type=click.IntRange(1, 8), default=1, show_default=True, help="At work at once."
)
@click.option(
    "--results",
    "results_path",
    type=_FILE,
    default=None,
    help="Keep each outcome here (JSON lines), and go on where an earlier run ended.",
)
@click.option("--json", "json_path", type=_FILE, default=None, help="Write everything here.")
@click.option("--picture", type=_FILE, default=None, help="Draw one trial of each kind (PNG).")
def attack_bench(
    *,
    trials: int,
    kinds: tuple[str, ...],
    seed: int,
    renderer: str | None,
    processes: int,
    results_path: Path | None,
    json_path: Path | None,
    picture: Path | None,
    engine: str | None,
    models_directory: Path | None,
    site_path: Path | None,
) -> None:
    """Try rendered people, prints and screens on the tower's own sessions, engine and limits.

    A simulation: it shows what the method tells apart, and is no error rate of a site. Exit status
    1 when a target is missed, 2 when something cannot be read, written or loaded.
    """
    quiet_libraries()
    # Loaded here: OpenCV and dlib take a second, which other commands need not wait for.
    from vendtower.adapters.identity.attack_bench.plan import plan  # noqa: PLC0415
    from vendtower.adapters.identity.attack_bench.renderers import load_renderer  # noqa: PLC0415
    from vendtower.adapters.identity.attack_bench.results import ResultsFile  # noqa: PLC0415
    from vendtower.adapters.identity.attack_bench.run import Setup, run_trials  # noqa: PLC0415

    try:
        chosen = chosen_engine(engine, models_directory, site_path)
        setup = Setup(
            chosen.engine,
            chosen.models_directory,
            renderer,
            chosen.distance_max,
            chosen.challenges,
        )
        source = load_renderer(renderer)
        wanted = _wanted(kinds, source.kinds)
        for path in (json_path, picture):
            writable(path)
        planned = plan(wanted, source.people, trials, seed)
        results = None if results_path is None else ResultsFile(results_path, setup.fingerprint)
        with progress_bar("trials", len(planned)) as advance:
            outcomes = run_trials(
                planned, setup, processes=processes, results=results, done=lambda: advance("")
            )
        if picture is not None:
            _draw(picture, wanted, source.people, seed, setup)
        good = _tell(outcomes, wanted, setup, seed, json_path)
    except LocalFault as error:
        click.echo(str(error), err=True)
        raise SystemExit(UNUSABLE) from error
    if not good:
        raise SystemExit(TARGET_MISSED)


def _wanted(asked: tuple[str, ...], known: Sequence[str]) -> list[str]:
    unknown = [kind for kind in asked if kind not in known]
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(known)}", param_hint="kind")
    return [kind for kind in known if not asked or kind in asked]


def _tell(
    outcomes: "list[Outcome]", kinds: list[str], setup: "Setup", seed: int, json_path: Path | None
) -> bool:
    from vendtower.adapters.identity.attack_bench.report import (  # noqa: PLC0415
        report_of,
        text_lines,
    )

    reports = [
        report_of([outcome for outcome in outcomes if outcome.trial.kind == kind]) for kind in kinds
    ]
    for line in text_lines(reports):
        click.echo(line)
    good = all(report["met"] for report in reports)
    click.echo(f"\n{len(outcomes)} trials; targets {'met' if good else 'MISSED'}")
    if json_path is not None:
        content = {
            "simulation": True,
            "setup": setup.fingerprint,
            "seed": seed,
            "utc": SystemClock().utc().isoformat(timespec="seconds"),
            "targets_met": good,
            "kinds": reports,
        }
        write_report(json_path, json.dumps(content, indent=1))
    return good


def _draw(path: Path, kinds: list[str], people: Sequence[str], seed: int, setup: "Setup") -> None:
    import cv2  # noqa: PLC0415

    from vendtower.adapters.identity.attack_bench.run import contact_sheet  # noqa: PLC0415

    done, png = cv2.imencode(".png", contact_sheet(kinds, people, seed, setup))
    assert done, "OpenCV writes PNG"
    write_report(path, png.tobytes())
