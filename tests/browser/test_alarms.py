"""Alarms on the pages, in a real browser."""

from dataclasses import replace

import pytest
from selenium.webdriver import Chrome

from tests.browser.conftest import WebInThread
from tests.browser.test_pages import (
    find,
    no_console_errors,
    overflows,
    resize,
    script,
    text,
    until,
)
from tests.unit.web.tower_sample import UTC_NOW, kiosk, picture, standing_alarm
from vendtower.domain.alarm import AlarmAcknowledged, AlarmKey, AlarmLatched, Severity
from vendtower.flows.controls import AcknowledgeAlarm, ShelveAlarm
from vendtower.ports.screens import KioskPhase

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures(no_console_errors.__name__)]
DOOR = AlarmKey("P20", "bay 1")
STAFF = "technician on duty"


@pytest.mark.parametrize("size", ["desk", "tablet", "phone"])
def test_alarms_are_listed_and_acknowledged_by_name(
    driver: Chrome, web: WebInThread, size: str
) -> None:
    hot = standing_alarm("P26", "tower", Severity.WARNING)
    web.show(replace(picture(), alarms=(hot, standing_alarm())))
    resize(driver, size)
    driver.get(web.url)
    until(lambda: text(driver, "#alarms-count") == "2", "two alarms")
    assert not overflows(driver)
    assert "P20 bay 1: Bay door stuck" in text(driver, "#alarm-list > :first-child h3")
    assert driver.title.startswith("(2)")
    find(driver, "#alarm-list .do-ack input[name=by]").send_keys(STAFF)
    find(driver, "#alarm-list .do-ack button").click()
    until(lambda: web.controls.asked, "the acknowledgement")
    assert web.controls.asked == [("alarm", AcknowledgeAlarm(DOOR), STAFF)]
    web.show(picture())
    until(lambda: text(driver, "#alarms-count") == "0", "no alarm")
    assert text(driver, "#alarms-none") == "No alarms."
    assert not driver.title.startswith("(")


def test_shelving_wants_minutes_and_a_reason(driver: Chrome, web: WebInThread) -> None:
    web.show(replace(picture(), alarms=(standing_alarm(),)))
    resize(driver, "desk")
    driver.get(web.url)
    until(lambda: text(driver, "#alarms-count") == "1", "an alarm")
    find(driver, "#alarm-list details:has(.do-shelve) summary").click()
    for name, typed in (("by", STAFF), ("minutes", "30"), ("reason", "painting")):
        find(driver, f".do-shelve input[name={name}]").send_keys(typed)
    find(driver, ".do-shelve button").click()
    until(lambda: web.controls.asked, "the shelving")
    assert web.controls.asked == [("alarm", ShelveAlarm(DOOR, 30, "painting"), STAFF)]


def test_a_fatal_alarm_cannot_be_hidden_and_its_end_wants_its_code(
    driver: Chrome, web: WebInThread
) -> None:
    overspeed = standing_alarm("P04", "lift 1", Severity.FATAL)
    web.show(replace(picture(), alarms=(overspeed.apply(AlarmLatched(UTC_NOW, 3.0)),)))
    resize(driver, "desk")
    driver.get(web.url)
    until(lambda: text(driver, "#alarms-count") == "1", "an alarm")
    assert not driver.find_elements("css selector", ".do-shelve")
    find(driver, ".do-ack input[name=by]").send_keys(STAFF)
    find(driver, ".do-ack input[name=confirm]").send_keys("P05")
    find(driver, ".do-ack button").click()
    assert web.controls.asked == []
    find(driver, ".do-ack input[name=confirm]").clear()
    find(driver, ".do-ack input[name=confirm]").send_keys("P04")
    find(driver, ".do-ack button").click()
    until(lambda: web.controls.asked, "the acknowledgement")


def test_the_kiosk_says_what_customers_have_to_know(driver: Chrome, web: WebInThread) -> None:
    fire = standing_alarm("P08", "tower", Severity.FATAL)
    waiting = kiosk(1, KioskPhase.BRINGING_CAR, "fr")
    web.show(replace(picture(waiting), alarms=(fire,)))
    resize(driver, "kiosk")
    driver.get(f"{web.url}/kiosk/1")
    until(lambda: text(driver, "#notice").startswith("Alarme incendie"), "the fire")
    free = kiosk(1, KioskPhase.FREE, "en")
    closed = replace(picture(free), alarms=(fire,), in_service=False)
    web.show(closed)
    until(lambda: text(driver, "#lost-notice").startswith("Fire alarm"), "the fire, closed")
    assert not overflows(driver)


COUNT_TONES = """
window.tones = 0;
const create = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { window.tones++; return create.call(this); };
"""


def test_it_sounds_until_somebody_acknowledges(driver: Chrome, web: WebInThread) -> None:
    web.show(replace(picture(), alarms=(standing_alarm(),)))
    resize(driver, "desk")
    driver.get(web.url)
    until(lambda: text(driver, "#alarms-count") == "1", "an alarm")
    script(driver, COUNT_TONES)
    find(driver, "#alarm-sound").click()
    until(lambda: script(driver, "return window.tones") == 1, "a tone")
    known = standing_alarm().apply(AlarmAcknowledged(STAFF, UTC_NOW))
    web.show(replace(picture(), alarms=(known,)))
    until(lambda: f"acknowledged by {STAFF}" in text(driver, "#alarm-list .about"), "it is known")
    find(driver, "#alarm-sound").click()
    find(driver, "#alarm-sound").click()
    assert script(driver, "return window.tones") == 1


def test_what_is_typed_outlives_a_new_picture(driver: Chrome, web: WebInThread) -> None:
    shown = replace(picture(), alarms=(standing_alarm(),))
    web.show(shown)
    driver.get(web.url)
    until(lambda: text(driver, "#alarms-count") == "1", "an alarm")
    find(driver, ".do-ack input[name=by]").send_keys("techn")
    second = standing_alarm("P00", "tower", Severity.FATAL)
    web.show(replace(shown, alarms=(standing_alarm(), second)))
    until(lambda: text(driver, "#alarms-count") == "2", "a second alarm")
    typed = find(driver, "#alarm-list > :nth-child(2) .do-ack input[name=by]")
    assert typed.get_attribute("value") == "techn"
