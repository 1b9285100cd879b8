"""Reads the alarm catalogue that comes with the package."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from vendtower.domain.alarm import Severity
from vendtower.domain.alarm_catalogue import (
    AlarmCatalogue,
    AlarmEntry,
    CatalogueError,
    Recovery,
)

LANGUAGES = ("en", "zh-Hans", "fr")
"""Every text for customers is there in each of them."""
_TEXTS = ("name", "cause", "consequence", "action")
_KEYS = frozenset(
    {*_TEXTS, "severity", "recoveries", "customer", "on_delay_s", "off_delay_s", "latched"}
)


@cache
def alarm_catalogue() -> AlarmCatalogue:
    """The catalogue, read once.

    Raises:
        CatalogueError: when the packaged file is not whole; a test keeps it whole.
    """
    text = resources.files("vendtower.flows").joinpath("alarm_catalogue.toml").read_text("utf-8")
    return catalogue_of(tomllib.loads(text))


def catalogue_of(tables: Mapping[str, Any]) -> AlarmCatalogue:
    """The catalogue of these tables: ``customer`` holds texts by name, ``alarm`` the entries.

    Raises:
        CatalogueError: names the entry and what is wrong with it.
    """
    texts: Mapping[str, Mapping[str, str]] = tables["customer"]
    for name, languages in texts.items():
        if set(languages) != set(LANGUAGES) or not all(languages.values()):
            raise CatalogueError(
                f"customer text {name}: found {', '.join(languages)}, "
                f"expected a text in each of {', '.join(LANGUAGES)}"
            )
    return AlarmCatalogue({code: _entry(code, t, texts) for code, t in tables["alarm"].items()})


def _entry(
    code: str, table: Mapping[str, Any], texts: Mapping[str, Mapping[str, str]]
) -> AlarmEntry:
    unknown = sorted(set(table) - _KEYS)
    missing = [key for key in (*_TEXTS, "severity", "recoveries") if not table.get(key)]
    if unknown or missing:
        raise CatalogueError(f"alarm {code}: unknown keys {unknown}, missing keys {missing}")
    customer = table.get("customer")
    if customer is not None and customer not in texts:
        raise CatalogueError(
            f"alarm {code}: customer text {customer!r}, expected one of {', '.join(texts)}"
        )
    try:
        return AlarmEntry(
            code=code,
            severity=Severity(table["severity"]),
            recoveries=tuple(Recovery(name) for name in table["recoveries"]),
            customer=texts[customer] if customer is not None else {},
            on_delay_s=float(table.get("on_delay_s", 0.0)),
            off_delay_s=float(table.get("off_delay_s", 0.5)),
            latched=bool(table.get("latched", False)),
            **{key: str(table[key]) for key in _TEXTS},
        )
    except ValueError as error:
        raise CatalogueError(f"alarm {code}: {error}") from error
