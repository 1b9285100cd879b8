"""The catalogue is whole, and speaks of exactly the alarms that there are."""

import copy
import tomllib
from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest

from firmware_bridge.meanings import AlarmCode
from vendtower.domain.alarm import Severity
from vendtower.domain.alarm_catalogue import CatalogueError, OwnAlarm, plc_code
from vendtower.flows.alarm_catalogue import LANGUAGES, alarm_catalogue, catalogue_of


def test_every_code_of_the_plc_and_of_the_controller_is_described() -> None:
    plc = {plc_code(code) for code in AlarmCode}
    own = {alarm.value for alarm in OwnAlarm}
    assert {entry.code for entry in alarm_catalogue()} == plc | own


def test_every_entry_is_whole() -> None:
    for entry in alarm_catalogue():
        for text in (entry.cause, entry.consequence, entry.action):
            assert text.endswith("."), f"{entry.code}: {text!r} is no sentence"
        assert not entry.name.endswith(".")
        assert entry.recoveries
        assert set(entry.customer) in (set(), set(LANGUAGES))
        assert 0 <= entry.on_delay_s <= 300
        assert 0 <= entry.off_delay_s <= 60


def test_what_stops_the_tower_is_told_to_customers() -> None:
    for entry in alarm_catalogue():
        if entry.severity is Severity.FATAL:
            assert entry.customer, entry.code
            assert entry.on_delay_s == 0, f"{entry.code}: a fatal alarm must not wait"


def test_the_builders_own_codes_have_an_entry_too() -> None:
    entry = alarm_catalogue().entry("P100")
    assert "100" in entry.name
    assert entry.severity is Severity.CRITICAL
    assert "P100" not in alarm_catalogue()


@pytest.mark.parametrize("code", ["P128", "P1", "P016", "C99", "", "P", "P²", "X01"])
def test_other_codes_are_refused(code: str) -> None:
    with pytest.raises(CatalogueError, match="no such code"):
        alarm_catalogue().entry(code)


def without_text(tables: dict[str, Any]) -> None:
    del tables["customer"]["paused"]["fr"]


def without_action(tables: dict[str, Any]) -> None:
    del tables["alarm"]["P00"]["action"]


def with_stranger(tables: dict[str, Any]) -> None:
    tables["alarm"]["P00"]["colour"] = "red"


def with_wrong_severity(tables: dict[str, Any]) -> None:
    tables["alarm"]["P00"]["severity"] = "deadly"


def with_wrong_customer_text(tables: dict[str, Any]) -> None:
    tables["alarm"]["P00"]["customer"] = "poem"


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (without_text, "customer text paused"),
        (without_action, "alarm P00: unknown keys .*missing keys .'action'"),
        (with_stranger, "alarm P00: unknown keys .'colour'"),
        (with_wrong_severity, "alarm P00: 'deadly'"),
        (with_wrong_customer_text, "alarm P00: customer text 'poem', expected one of"),
    ],
)
def test_a_damaged_catalogue_is_refused(
    damage: Callable[[dict[str, Any]], None], named: str
) -> None:
    file = resources.files("vendtower.flows").joinpath("alarm_catalogue.toml")
    tables = copy.deepcopy(tomllib.loads(file.read_text("utf-8")))
    damage(tables)
    with pytest.raises(CatalogueError, match=named):
        catalogue_of(tables)
