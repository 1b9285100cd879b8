"""All languages say the same things."""

import re

import pytest

from vendtower.domain.identity import CaptureHint, IdentityRefusal
from vendtower.ports.screens import KioskPhase
from vendtower.web.texts import LANGUAGES, catalogue


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_key(language: str) -> None:
    assert set(catalogue(language).texts) == set(catalogue("en").texts)
    assert all(text.strip() for text in catalogue(language).texts.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_the_same(language: str) -> None:
    for key, text in catalogue("en").texts.items():
        places = re.findall(r"{\w+}", text)
        assert re.findall(r"{\w+}", catalogue(language)[key]) == places, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phase_hint_and_refusal_has_its_text(language: str) -> None:
    texts = catalogue(language).texts
    assert {f"phase.{phase.value}.title" for phase in KioskPhase} <= set(texts)
    assert {f"hint.{hint.value}" for hint in CaptureHint} <= set(texts)
    assert {f"refusal.{reason.value}" for reason in IdentityRefusal} <= set(texts)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("en", "en"),
        ("fr-CA", "fr"),
        ("zh-CN", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("de", "en"),
        ("", "en"),
    ],
)
def test_the_nearest_language_is_taken(asked: str, found: str) -> None:
    assert catalogue(asked).language == found


def test_translations_differ() -> None:
    shared = {"direction"}
    english = catalogue("en").texts
    for language in LANGUAGES[1:]:
        same = {key for key, text in catalogue(language).texts.items() if text == english[key]}
        assert same - shared == set(), same
