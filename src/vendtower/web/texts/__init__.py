"""The kiosk's words, one TOML file per language, read once."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

LANGUAGES = ("en", "zh-Hans", "fr")
"""BCP 47 tags of the languages there are, the one to fall back on first."""


@dataclass(frozen=True)
class Catalogue:
    """All texts of one language, by dotted key (``phase.free.title``)."""

    language: str
    texts: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.texts[key]

    def get(self, key: str) -> str | None:
        """The text of this key, None when there is none."""
        return self.texts.get(key)


@cache
def catalogue(language: str) -> Catalogue:
    """The texts of the nearest language that there is: ``fr-CA`` gets ``fr``, unknown ones ``en``.

    ``zh`` in any form gets Simplified Chinese, the only Chinese there is.
    """
    primary = language.split("-", maxsplit=1)[0].lower()
    for tag in LANGUAGES:
        if tag.split("-")[0] == primary:
            return _read(tag)
    return _read(LANGUAGES[0])


def _read(tag: str) -> Catalogue:
    text = resources.files(__name__).joinpath(f"{tag}.toml").read_text(encoding="utf-8")
    return Catalogue(tag, dict(_flat("", tomllib.loads(text))))


def _flat(prefix: str, table: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{key}.", value)
        else:
            yield f"{prefix}{key}", str(value)
