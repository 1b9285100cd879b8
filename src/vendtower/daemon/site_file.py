"""Reading the site file, and saying on which line it is wrong."""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from vendtower.daemon.site_schema import Node, child, expectation, site_schema, unit_of, variants
from vendtower.daemon.toml_lines import KeyPath, locate_keys, nearest_line
from vendtower.domain.errors import LocalFault
from vendtower.domain.site import RELATIONS_ERROR, Site
from vendtower.domain.site_findings import SiteFinding

_SHOWN_CHARACTERS_MAX = 60
_TOO_FEW = "too_short"


@dataclass(frozen=True)
class LocatedFinding:
    """One thing that is wrong, with its line."""

    line: int
    key: str
    """For instance ``lifts[0].hoist.speed_mm_s``."""
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.line}: {self.key}: found {self.found}, expected {self.expected}"


class SiteFileError(LocalFault):
    """A site file that cannot be used; the message has one line per finding."""

    def __init__(self, path: Path, findings: Iterable[LocatedFinding]) -> None:
        self.path = path
        self.findings = tuple(sorted(findings, key=lambda f: (f.line, f.key)))
        super().__init__("\n".join(f"{path}:{finding}" for finding in self.findings))


class SiteFileUnreadable(LocalFault):
    """The site file could not be read at all."""


@dataclass(frozen=True)
class LoadedSite:
    """A site, and which file it came from."""

    site: Site
    sha256: str
    """Of the file's bytes, lower-case hex."""


def load_site(path: Path | str) -> LoadedSite:
    """Read and check a site file.

    Values are checked first, one by one; how they agree with each other is checked once each
    of them is right.

    Raises:
        SiteFileUnreadable: when there is no such file, or no right to read it.
        SiteFileError: with every finding, when its content is wrong.

    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SiteFileUnreadable(
            f"site file {path}: {error.strerror}; expected a readable TOML file"
        ) from error
    text, tables = _parse(path, content)
    findings: Iterable[SiteFinding]
    try:
        site = Site.model_validate(tables)
    except ValidationError as error:
        findings = _findings(error, tables)
    else:
        findings = tuple(_zone_findings(site))
    if findings:
        lines = locate_keys(text)
        raise SiteFileError(path, (_located(finding, lines) for finding in findings))
    return LoadedSite(site, hashlib.sha256(content).hexdigest())


def key_text(path: KeyPath) -> str:
    """A key path as people write it: ``lifts[0].hoist.speed_mm_s``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def value_text(value: object) -> str:
    """A value much as it stands in the file, shortened when it is long."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, float):
        return f"{value}"
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return f"a list of {len(value)}"
    text = json.dumps(value, ensure_ascii=False, default=str)
    if len(text) > _SHOWN_CHARACTERS_MAX:
        return text[:_SHOWN_CHARACTERS_MAX] + "..."
    return text


def _parse(path: Path, content: bytes) -> tuple[str, Mapping[str, Any]]:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        found = f"byte 0x{content[error.start]:02x}"
        raise SiteFileError(
            path, [LocatedFinding(line, f"column {column}", found, "text in UTF-8")]
        ) from error
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        finding = _syntax_finding(str(error), last_line=text.count("\n") + 1)
        raise SiteFileError(path, [finding]) from error


def _syntax_finding(message: str, last_line: int) -> LocatedFinding:
    """What tomllib says, with the position that it says in words."""
    position = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    if position is None:
        return LocatedFinding(1, "syntax", f"an error ({message})", "TOML")
    line, column = position.groups()
    why = message[: position.start()]
    if line is None:
        return LocatedFinding(last_line, "end of file", f"an error ({why})", "TOML")
    return LocatedFinding(int(line), f"column {column}", f"an error ({why})", "TOML")


def _located(finding: SiteFinding, lines: Mapping[KeyPath, int]) -> LocatedFinding:
    line = nearest_line(lines, finding.path)
    return LocatedFinding(line, key_text(finding.path), finding.found, finding.expected)


def _findings(error: ValidationError, tables: Mapping[str, Any]) -> tuple[SiteFinding, ...]:
    """Pydantic's errors in our words, one per key."""
    findings: dict[KeyPath, SiteFinding] = {}
    too_few: list[SiteFinding] = []
    for detail in error.errors():
        if detail["type"] == RELATIONS_ERROR:
            return tuple(detail["ctx"]["findings"])
        finding = _finding(detail, tables)
        if detail["type"] == _TOO_FEW:
            too_few.append(finding)
        else:
            findings.setdefault(finding.path, finding)
    # A list counts as too short for pydantic when its elements are wrong; that is no news then.
    for finding in too_few:
        if not any(path[: len(finding.path)] == finding.path for path in findings):
            findings[finding.path] = finding
    return tuple(findings.values())


def _finding(detail: ErrorDetails, tables: Mapping[str, Any]) -> SiteFinding:
    path: KeyPath = ()
    value: object = tables
    node: Node = site_schema()
    missing = detail["type"] == "missing"
    for nth, step in enumerate(detail["loc"]):
        # Steps that only name the branch of a union are not in the file.
        last = missing and nth == len(detail["loc"]) - 1
        if not last and not _holds(value, step):
            continue
        below = child(node, step, value)
        if below is None:
            known = ", ".join(_known_keys(node, value))
            found = value_text(value[step]) if isinstance(value, Mapping) else ""
            return SiteFinding((*path, step), found, f"no such key; known here: {known}")
        path, node = (*path, step), below
        value = None if last else value[step]  # type: ignore[index]  # _holds has looked
    if detail["type"] == "union_tag_invalid" and isinstance(value, Mapping):
        transports = [kind["properties"]["transport"]["const"] for kind in variants(node)]
        found = value_text(value["transport"])
        return SiteFinding((*path, "transport"), found, expectation({"enum": transports}))
    unit = unit_of(str(path[-1])) if path else ""
    found = "nothing" if missing else value_text(value)
    return SiteFinding(path, found, expectation(node, unit))


def _holds(value: object, step: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, Mapping) and step in value


def _known_keys(node: Node, value: object) -> Iterator[str]:
    for kind in variants(node):
        transport = kind.get("properties", {}).get("transport")
        chosen = value.get("transport", "tcp") if isinstance(value, Mapping) else None
        if transport is None or transport["const"] == chosen:
            yield from kind.get("properties", {})


def _zone_findings(site: Site) -> Iterator[SiteFinding]:
    """The time zone must be known on this very machine, hence not a relation of the domain."""
    try:
        ZoneInfo(site.tower.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield SiteFinding(
            ("tower", "timezone"),
            f'"{site.tower.timezone}"',
            "an IANA time zone that this machine knows",
        )
