"""``vendtower identity``: measuring the face engine, and looking at an enrolment picture.

Neither needs a running daemon; `cli.face` has the part that does. Exit status: 0 done, 1 the
picture cannot be enrolled, 2 something cannot be read, written or loaded.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from vendtower.adapters.identity.model_files import ENGINES
from vendtower.adapters.identity.process_settings import ENVIRONMENT, MODELS_DIRECTORY
from vendtower.daemon.site_file import load_site
from vendtower.domain.errors import LocalFault

CANNOT_BE_ENROLLED = 1
UNUSABLE = 2

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)


class ReportNotWritten(LocalFault):
    """The file for the report cannot be written."""


def engine_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of every command that loads a face engine."""
    for option in (
        click.option(
            "--site",
            "site_path",
            type=_FILE,
            default=None,
            help="Site file with engine, models and limit.",
        ),
        click.option(
            "--models",
            "models_directory",
            type=_FOLDER,
            default=None,
            help=f"Directory of the models; default {MODELS_DIRECTORY}.",
        ),
        click.option("--engine", type=click.Choice(ENGINES), default=None, help="Default dlib."),
    ):
        command = option(command)
    return command


@click.group("identity")
def identity() -> None:
    """Measure the face engine, try enrolment pictures, erase a face, make the vault's key."""


@identity.command("bench")
@click.option(
    "--pairs",
    "pairs_path",
    type=_FILE,
    required=True,
    help="CSV with the columns file_x, file_y, same.",
)
@click.option("--images", type=_FOLDER, required=True, help="Folder of the pictures.")
@engine_options
@click.option(
    "--threshold",
    type=click.FloatRange(0, 2, min_open=True),
    default=None,
    help="Default: the site's, or the engine's own.",
)
@click.option(
    "--fmr-target",
    type=click.FloatRange(0, 1),
    default=1e-3,
    show_default=True,
    help="False match rate to find a threshold for.",
)
@click.option(
    "--enrolment-gates",
    is_flag=True,
    help="Pictures that enrolment would refuse count as failures to acquire.",
)
@click.option(
    "--processes", type=click.IntRange(1, 2), default=2, show_default=True, help="At work at once."
)
@click.option("--json", "json_path", type=_FILE, default=None, help="Write everything here.")
@click.option("--roc", "roc_path", type=_FILE, default=None, help="Draw the ROC here (PNG).")
def bench(
    *,
    pairs_path: Path,
    images: Path,
    fmr_target: float,
    enrolment_gates: bool,
    processes: int,
    json_path: Path | None,
    roc_path: Path | None,
    threshold: float | None,
    engine: str | None,
    models_directory: Path | None,
    site_path: Path | None,
) -> None:
    """Measure the errors of the tower's own face engine on labelled pairs of pictures."""
    quiet_libraries()
    # Loaded here: OpenCV and dlib take a second, which other commands need not wait for.
    from vendtower.adapters.identity.pair_bench.describing import (  # noqa: PLC0415
        EngineChoice,
        describe_files,
    )
    from vendtower.adapters.identity.pair_bench.pairs import read_pairs  # noqa: PLC0415
    from vendtower.adapters.identity.pair_bench.report import Bench, text_lines  # noqa: PLC0415
    from vendtower.adapters.identity.pair_bench.roc_picture import write_roc  # noqa: PLC0415

    try:
        chosen = chosen_engine(engine, models_directory, site_path)
        choice = EngineChoice(chosen.engine, chosen.models_directory)
        limit = threshold or chosen.distance_max or choice.limits.distance_max
        # Before the work, which may take an hour.
        for path in (json_path, roc_path):
            writable(path)
        pairs = read_pairs(pairs_path, images)
        files = sorted({name for pair in pairs for name in (pair.file_x, pair.file_y)})
        with progress_bar("describing pictures", len(files)) as done:
            descriptions = describe_files(files, images, choice, processes=processes, done=done)
        report = Bench(
            engine=choice.engine,
            threshold=limit,
            fmr_target=fmr_target,
            pairs=pairs,
            descriptions=descriptions,
            enrolment_gates=enrolment_gates,
        ).report()
        for line in text_lines(report):
            click.echo(line)
        if json_path is not None:
            write_report(json_path, json.dumps(report, ensure_ascii=False, indent=1))
        if roc_path is not None:
            write_roc(report, roc_path)
    except LocalFault as error:
        click.echo(str(error), err=True)
        raise SystemExit(UNUSABLE) from error


@identity.command("enrol-test")
@click.argument("file", type=_FILE)
@engine_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def enrol_test(
    *,
    file: Path,
    engine: str | None,
    models_directory: Path | None,
    site_path: Path | None,
    as_json: bool,
) -> None:
    """Say whether the picture in FILE can be enrolled, and if not, everything that is wrong."""
    quiet_libraries()
    from vendtower.adapters.identity.engines import make_engine  # noqa: PLC0415
    from vendtower.adapters.identity.limits import face_limits  # noqa: PLC0415
    from vendtower.adapters.identity.templates import enrolment_trial  # noqa: PLC0415

    try:
        chosen = chosen_engine(engine, models_directory, site_path)
        encoded = file.read_bytes()
        trial = enrolment_trial(
            make_engine(chosen.engine, chosen.models_directory),
            encoded,
            face_limits(chosen.engine),
        )
    except OSError as error:
        click.echo(f"picture {file}: cannot be read: {error.strerror}", err=True)
        raise SystemExit(UNUSABLE) from error
    except LocalFault as error:
        click.echo(str(error), err=True)
        raise SystemExit(UNUSABLE) from error
    if as_json:
        values = {"file": str(file), "engine": chosen.engine, "enrollable": not trial.findings}
        click.echo(json.dumps(values | vars(trial), ensure_ascii=False, indent=2))
    elif trial.findings:
        click.echo(f"{file}: cannot be enrolled")
        for finding in trial.findings:
            click.echo(f"  {finding}")
    else:
        click.echo(
            f"{file}: can be enrolled; {trial.eye_distance_px:.0f} px between the eyes, "
            f"found by: {trial.found_by}"
        )
    if trial.findings:
        raise SystemExit(CANNOT_BE_ENROLLED)


@dataclass(frozen=True)
class EngineChosen:
    """What the options and the site file come to."""

    engine: str
    models_directory: Path
    distance_max: float | None
    """None: the engine's own."""
    challenges: int | None
    """How many a site has followed; None: the usual number."""


def chosen_engine(
    engine: str | None, directory: Path | None, site_path: Path | None
) -> EngineChosen:
    """The options, then the site file, then the defaults.

    Raises:
        LocalFault: the site file cannot be used.

    """
    site = None if site_path is None else load_site(site_path).site.identity
    name = engine or (site.engine if site else "dlib")
    place = directory or (Path(site.models_directory) if site else MODELS_DIRECTORY)
    # A limit belongs to its engine: it does not go along with another one.
    limit = site.distance_max if site and site.engine == name else None
    challenges = None if site is None else site.liveness_challenges if site.liveness else 0
    return EngineChosen(name, place, limit, challenges)


def quiet_libraries() -> None:
    """What OpenCV and dlib read when they are loaded."""
    os.environ.update({name: ENVIRONMENT[name] for name in ENVIRONMENT if name not in os.environ})


@contextmanager
def progress_bar(words: str, total: int) -> Iterator[Callable[[str], None]]:
    """A bar on standard error; what is yielded moves it on by one."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(words, total=total)
        yield lambda _file: progress.advance(task)


def writable(path: Path | None) -> None:
    """Make sure that a report can be written there later.

    Raises:
        ReportNotWritten: it cannot.

    """
    if path is None:
        return
    try:
        path.open("ab").close()
    except OSError as error:
        raise ReportNotWritten(f"report {path}: cannot be written: {error.strerror}") from error


def write_report(path: Path, content: str | bytes) -> None:
    """Write a text, or a picture's bytes.

    Raises:
        ReportNotWritten: the file cannot be written.

    """
    try:
        path.write_bytes(content if isinstance(content, bytes) else f"{content}\n".encode())
    except OSError as error:
        raise ReportNotWritten(f"report {path}: cannot be written: {error.strerror}") from error
