"""The list of labelled pairs: a CSV file with the columns ``file_x``, ``file_y`` and ``same``."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vendtower.domain.errors import LocalFault

COLUMNS = ("file_x", "file_y", "same")
_YES = frozenset({"1", "true", "yes", "same"})
_NO = frozenset({"0", "false", "no", "different"})
_FINDINGS_SHOWN = 20


class PairsUnusable(LocalFault):
    """The list cannot be read, or lines of it are wrong; the message names the lines."""


@dataclass(frozen=True)
class Pair:
    """Two pictures, and whether they show one person."""

    line: int
    file_x: str
    """Relative to the folder of the pictures, or absolute."""
    file_y: str
    same: bool


def read_pairs(path: Path, images: Path) -> tuple[Pair, ...]:
    """All pairs, in the order of the file.

    Raises:
        PairsUnusable: see there; every wrong line is named, not only the first.

    """
    if not images.is_dir():
        raise PairsUnusable(f"images {images}: not a folder")
    findings: list[str] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, delimiter=_delimiter(file.readline()))
            file.seek(0)
            pairs = tuple(_parsed(rows, images, findings))
    except OSError as error:
        raise PairsUnusable(f"pairs {path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise PairsUnusable(f"pairs {path}: not CSV in UTF-8: {error}") from error
    if findings:
        shown = findings[:_FINDINGS_SHOWN]
        if len(findings) > len(shown):
            shown.append(f"and {len(findings) - len(shown)} more")
        raise PairsUnusable("\n".join(f"pairs {path}: {finding}" for finding in shown))
    if not pairs:
        raise PairsUnusable(f"pairs {path}: no pairs found, expected at least one")
    return pairs


def _delimiter(header: str) -> str:
    """A spreadsheet writes semicolons where the comma is the decimal point."""
    return max((",", ";", "\t"), key=header.count)


def _parsed(rows: Iterator[list[str]], images: Path, findings: list[str]) -> Iterator[Pair]:
    header = [name.strip() for name in next(rows, [])]
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        findings.append(
            f"line 1: found columns {', '.join(header) or 'none'}, expected {', '.join(COLUMNS)}"
        )
        return
    places = [header.index(name) for name in COLUMNS]
    known: dict[str, bool] = {}
    for line, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        pair = _pair(line, row, places, findings)
        if pair is None:
            continue
        for column, name in (("file_x", pair.file_x), ("file_y", pair.file_y)):
            if not known.setdefault(name, _is_there(images, name)):
                findings.append(f"line {line}: {column}: {name} is not a file in {images}")
        yield pair


def _pair(line: int, row: Sequence[str], places: list[int], findings: list[str]) -> Pair | None:
    if len(row) <= max(places):
        findings.append(f"line {line}: found {len(row)} columns, expected {max(places) + 1}")
        return None
    file_x, file_y, label = (row[place].strip() for place in places)
    if label.lower() not in _YES | _NO:
        findings.append(f'line {line}: same: found "{label}", expected 1 or 0, true or false')
        return None
    return Pair(line, file_x, file_y, label.lower() in _YES)


def _is_there(images: Path, name: str) -> bool:
    """A file below the folder, or one whose whole path is given."""
    if not name or ".." in Path(name).parts:
        return False
    return (images / name).is_file()
