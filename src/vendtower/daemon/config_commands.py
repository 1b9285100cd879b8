"""``vendtower config``: look at a site file without a daemon and without touching anything.

Exit status: 0 the file is right, 1 it is wrong, 2 it cannot be read.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from vendtower.daemon.site_file import (
    LoadedSite,
    SiteFileError,
    SiteFileUnreadable,
    key_text,
    load_site,
    value_text,
)
from vendtower.daemon.toml_lines import KeyPath

WRONG = 1
UNREADABLE = 2

_SITE_FILE = click.argument("file", type=click.Path(path_type=Path))
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("config")
def config() -> None:
    """Check and show a site file."""


@config.command("check")
@_SITE_FILE
@_AS_JSON
def check(file: Path, as_json: bool) -> None:
    """Say everything that is wrong in FILE, one finding per line."""
    loaded = _load(file, as_json=as_json)
    site = loaded.site
    if as_json:
        click.echo(_json({"file": str(file), "sha256": loaded.sha256, "findings": []}))
        return
    click.echo(
        f"{file}: right; tower {site.tower.id} with {len(site.levels)} levels, "
        f"{len(site.slots)} slots, {len(site.lifts)} lifts, {len(site.bays)} bays"
    )


@config.command("show")
@_SITE_FILE
@_AS_JSON
def show(file: Path, as_json: bool) -> None:
    """Print every setting that FILE leads to, with the defaults it leaves out."""
    loaded = _load(file, as_json=as_json)
    settings = loaded.site.model_dump(mode="json", by_alias=True, exclude_none=True)
    if as_json:
        click.echo(_json({"file": str(file), "sha256": loaded.sha256, "site": settings}))
        return
    given = loaded.site.model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude_unset=True
    )
    written = dict(_flat(given))
    click.echo(f"# {file}, sha256 {loaded.sha256}")
    for path, value in _flat(settings):
        note = "" if path in written else "  # default"
        click.echo(f"{key_text(path)} = {value_text(value)}{note}")


def _load(file: Path, *, as_json: bool) -> LoadedSite:
    """The site, or the end of the program with the findings printed."""
    try:
        return load_site(file)
    except SiteFileUnreadable as error:
        click.echo(_json({"file": str(file), "error": str(error)}) if as_json else str(error))
        raise SystemExit(UNREADABLE) from error
    except SiteFileError as error:
        findings = [vars(finding) for finding in error.findings]
        click.echo(_json({"file": str(file), "findings": findings}) if as_json else str(error))
        raise SystemExit(WRONG) from error


def _flat(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    """Every value that is not a table, with its key path."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from _flat(below, (*path, key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for index, below in enumerate(value):
            yield from _flat(below, (*path, index))
    else:
        yield path, value


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2)
