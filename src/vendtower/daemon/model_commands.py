"""``vendtower models``: the files that a face engine needs and no package brings.

Exit status: 0 done, 1 a file is missing or was refused, 2 wrong use.
"""

import json
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from vendtower.adapters.identity.model_files import CATALOGUE, ENGINES, ModelFile
from vendtower.adapters.identity.model_install import Source, install, installed
from vendtower.adapters.identity.process_settings import MODELS_DIRECTORY
from vendtower.domain.errors import VendtowerError

REFUSED = 1

_DIRECTORY = click.option(
    "--to",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=MODELS_DIRECTORY,
    show_default=True,
    help="Directory of the models, identity.models_directory of the site file.",
)
_ENGINE = click.option(
    "--engine", type=click.Choice(ENGINES), default="opencv", show_default=True, help="Face engine."
)


@click.group("models")
def models() -> None:
    """Install and list the model files of the face engines."""


@models.command("list")
@_DIRECTORY
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_models(directory: Path, as_json: bool) -> None:
    """Every known model file, and whether it is installed as pinned."""
    rows = [_row(directory, model) for model in CATALOGUE.values()]
    if as_json:
        click.echo(json.dumps({"directory": str(directory), "models": rows}, indent=2))
        return
    click.echo(f"models in {directory}; the engine dlib needs none of them")
    for row in rows:
        click.echo(
            f"{row['state']:9} {row['name']}  {row['size_bytes']} bytes, sha256 {row['sha256']}, "
            f"{row['licence']}: {row['purpose']}"
        )


def _row(directory: Path, model: ModelFile) -> dict[str, object]:
    there = (directory / model.name).exists()
    right = there and installed(directory, model)
    return {
        "name": model.name,
        "engine": model.engine,
        "state": "installed" if right else "wrong" if there else "missing",
        "size_bytes": model.size_bytes,
        "sha256": model.sha256,
        "licence": model.licence,
        "purpose": model.purpose,
        "url": model.url,
    }


@models.command("install")
@_DIRECTORY
@_ENGINE
@click.option(
    "--from",
    "place",
    default="",
    help="Folder or URL that has the files; without it the publisher's address.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0.1),
    default=30.0,
    show_default=True,
    help="Seconds to wait for the next bytes.",
)
def install_models(directory: Path, engine: str, place: str, timeout_s: float) -> None:
    """Fetch what an engine needs, check it against the pinned hashes, and put it in place."""
    wanted = [model for model in CATALOGUE.values() if model.engine == engine]
    if not wanted:
        click.echo(f"engine {engine}: its weights come with the package, nothing to install")
        return
    source, failed = Source(place), False
    for model in wanted:
        if installed(directory, model):
            click.echo(f"{model.name}: already installed")
            continue
        try:
            path = _install_with_bar(model, source, directory, timeout_s)
        except VendtowerError as error:
            click.echo(str(error), err=True)
            failed = True
        else:
            click.echo(f"{model.name}: installed as {path}")
    if failed:
        raise SystemExit(REFUSED)


def _install_with_bar(model: ModelFile, source: Source, directory: Path, timeout_s: float) -> Path:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(model.name, total=model.size_bytes)
        return install(
            model,
            source,
            directory,
            timeout_s=timeout_s,
            progress=lambda size: bar.update(task, completed=size),
        )
