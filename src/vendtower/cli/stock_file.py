"""Cars to load, from a CSV file; every error names its line and column."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vendtower.domain.errors import LocalFault
from vendtower.domain.site_machine import SLOT_NUMBER_MAX

TEXT_COLUMNS = ("vin", "plate", "model")
NUMBER_MAXIMA: Mapping[str, int] = {
    "length_mm": 20_000,
    "width_mm": 20_000,
    "height_mm": 20_000,
    "weight_kg": 10_000,
    "slot": SLOT_NUMBER_MAX,
}
COLUMNS = (*TEXT_COLUMNS, *NUMBER_MAXIMA)
_NEEDED_TEXTS = frozenset({"vin"})

StockRow = dict[str, str | int]


@dataclass(frozen=True)
class StockFinding:
    """One thing that is wrong in the file."""

    line: int
    column: str
    found: str
    expected: str

    def __str__(self) -> str:
        return (
            f"line {self.line}, column {self.column}: found {self.found}, expected {self.expected}"
        )


class StockFileError(LocalFault):
    """The file cannot be taken; ``findings`` has everything that is wrong in it."""

    def __init__(self, file: Path, findings: Sequence[StockFinding]) -> None:
        super().__init__("\n".join(f"{file}: {finding}" for finding in findings))
        self.findings = tuple(findings)


def read_stock(file: Path) -> list[StockRow]:
    """All cars of the file (UTF-8, comma, header line with the names of `COLUMNS` in any order).

    Raises:
        StockFileError: with every finding, not only the first.
        LocalFault: when the file cannot be read.

    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            findings = list(_header_findings(reader.fieldnames or ()))
            numbered = [] if findings else [(reader.line_num, row) for row in reader]
    except OSError as error:
        raise LocalFault(f"{file}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise LocalFault(f"{file}: not a CSV file in UTF-8: {error}") from error
    rows: list[StockRow] = []
    for line, fields in numbered:
        row, wrong = _row(line, fields)
        rows.append(row)
        findings += wrong
    findings += _doubles([line for line, _ in numbered], rows)
    if not findings and not rows:
        findings.append(StockFinding(2, "vin", "the end of the file", "at least one car"))
    if findings:
        raise StockFileError(file, sorted(findings, key=lambda finding: finding.line))
    return rows


def _header_findings(names: Sequence[str]) -> Iterator[StockFinding]:
    for column in COLUMNS:
        if names.count(column) != 1:
            times = names.count(column)
            found = "no such column" if times == 0 else f"{times} such columns"
            yield StockFinding(1, column, found, "exactly one")
    for name in names:
        if name not in COLUMNS:
            yield StockFinding(1, repr(name), "an unknown column", f"only {', '.join(COLUMNS)}")


def _row(
    line: int, fields: Mapping[str | None, str | list[str] | None]
) -> tuple[StockRow, list[StockFinding]]:
    findings: list[StockFinding] = []
    row: StockRow = {}
    if None in fields:
        extra = repr(fields[None])
        findings.append(StockFinding(line, "after slot", extra, f"{len(COLUMNS)} fields"))
    for column in COLUMNS:
        found = str(fields[column] or "").strip()
        if column in TEXT_COLUMNS:
            row[column] = found
            if not found and column in _NEEDED_TEXTS:
                findings.append(StockFinding(line, column, "nothing", "a text"))
            continue
        maximum = NUMBER_MAXIMA[column]
        if found.isascii() and found.isdecimal() and 1 <= int(found) <= maximum:
            row[column] = int(found)
        else:
            expected = f"a whole number from 1 to {maximum}"
            findings.append(StockFinding(line, column, repr(found), expected))
    return row, findings


def _doubles(lines: Sequence[int], rows: Sequence[StockRow]) -> Iterator[StockFinding]:
    """The same car or the same slot twice."""
    for column in ("vin", "slot"):
        first: dict[str | int, int] = {}
        for line, row in zip(lines, rows, strict=True):
            value = row.get(column)
            if value is None or value == "":
                continue
            before = first.setdefault(value, line)
            if before != line:
                found = f"{value} again"
                yield StockFinding(line, column, found, f"another than in line {before}")
