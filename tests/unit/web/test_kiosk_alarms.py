"""Which alarm a customer reads of, and which not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.web.tower_sample import UTC_NOW, kiosk, picture, standing_alarm
from vendtower.domain.alarm import Alarm, AlarmReturned, AlarmShelved, Severity
from vendtower.flows.alarm_catalogue import alarm_catalogue
from vendtower.ports.screens import KioskPhase, KioskStatus
from vendtower.web.kiosk_view import kiosk_view

WAITING = kiosk(1, KioskPhase.BRINGING_CAR)
LINK = standing_alarm("C01", "tower")
DOOR = standing_alarm("P20", "bay 1")


def notice(status: KioskStatus, *alarms: Alarm) -> str:
    return kiosk_view(status, replace(picture(status), alarms=alarms)).notice


def catalogue_text(code: str, language: str = "en") -> str:
    return alarm_catalogue().entry(code).customer[language]


@pytest.mark.parametrize(
    ("status", "alarm", "shown"),
    [
        (WAITING, LINK, True),
        (kiosk(1), LINK, True),
        (WAITING, DOOR, True),
        (kiosk(1), DOOR, False),
        (kiosk(2, KioskPhase.BRINGING_CAR), DOOR, False),
        (WAITING, standing_alarm("C42", "lift 1"), True),
        (kiosk(1, KioskPhase.HAND_OVER), standing_alarm("C42", "lift 1"), False),
        (WAITING, standing_alarm("P26", "tower", Severity.WARNING), False),
        (WAITING, LINK.apply(AlarmReturned(UTC_NOW, 3.0)), False),
        (
            WAITING,
            LINK.apply(AlarmShelved("technician on duty", "test", UTC_NOW + timedelta(hours=1))),
            False,
        ),
    ],
)
def test_what_is_shown_to_whom(status: KioskStatus, alarm: Alarm, shown: bool) -> None:
    assert notice(status, alarm) == (catalogue_text(alarm.code) if shown else "")


def test_the_gravest_is_read_first_and_in_the_customers_language() -> None:
    fire = standing_alarm("P08", "tower", Severity.FATAL)
    french = kiosk(1, KioskPhase.BRINGING_CAR, "fr")
    assert notice(french, LINK, fire, DOOR) == catalogue_text("P08", "fr")


def test_a_fatal_alarm_goes_before_what_the_machine_shows() -> None:
    stopped = replace(picture(WAITING), machine_fresh=False, alarms=(LINK,))
    assert "paused" in kiosk_view(WAITING, stopped).notice
    assert kiosk_view(WAITING, stopped).notice != catalogue_text("C01")
    fire = standing_alarm("P08", "tower", Severity.FATAL)
    burning = replace(stopped, alarms=(LINK, fire))
    assert kiosk_view(WAITING, burning).notice == catalogue_text("P08")


def test_a_closed_kiosk_says_why_when_customers_have_to_know() -> None:
    fire = standing_alarm("P08", "tower", Severity.FATAL)
    closed = replace(picture(kiosk(1)), in_service=False, alarms=(fire,))
    view = kiosk_view(kiosk(1), closed)
    assert (view.phase, view.notice) == ("out_of_service", catalogue_text("P08"))
