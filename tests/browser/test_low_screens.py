"""Nothing that a person is told lies behind the bar that calls staff, however low the screen is."""

from dataclasses import replace

import pytest
from selenium.webdriver import Chrome

from tests.browser.conftest import WebInThread
from tests.browser.test_pages import find, overflows, script, text, until
from tests.unit.web.tower_sample import kiosk, picture
from vendtower.domain.identity import CaptureHint
from vendtower.ports.screens import KioskPhase, KioskStatus
from vendtower.web.texts import LANGUAGES, catalogue

pytestmark = pytest.mark.browser
SIZES = [(1080, 1920), (1080, 1357), (768, 1024), (1920, 1080), (1280, 720)]
DURING_A_CHALLENGE = [
    None,
    CaptureHint.LESS_LIGHT,
    CaptureHint.NO_SUNGLASSES,
    CaptureHint.LOOK_STRAIGHT,
    CaptureHint.TURN_LEFT,
    CaptureHint.TURN_RIGHT,
    CaptureHint.COME_CLOSER,
]
NOT_SEEN = """
const bar = document.querySelector('footer').getBoundingClientRect().top;
return [...document.querySelectorAll('main *, #route, #notice')]
  .filter((each) => each.children.length === 0 && each.checkVisibility())
  .filter((each) => each.textContent.trim() !== '' || each.tagName === 'use')
  .map((each) => [each.id || each.textContent, each.getBoundingClientRect()])
  .filter(([name, box]) => box.top < 0 || box.bottom > bar + 1)
  .map(([name, box]) => `${name}: ${Math.round(box.bottom - bar)} px below the bar's edge`);
"""
"""Whatever has words or is the picture, and is not wholly between the top and the bar."""


def show(driver: Chrome, web: WebInThread, status: KioskStatus) -> None:
    web.show(picture(status))
    wanted = (
        status.phase.value,
        "" if status.hint is None else catalogue(status.language)[f"hint.{status.hint.value}"],
    )
    until(
        lambda: (
            (script(driver, "return document.body.dataset.phase"), text(driver, "#hint")) == wanted
        ),
        str(wanted),
    )


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def size(driver: Chrome, request: pytest.FixtureRequest) -> str:
    width, height = request.param
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    return f"{width} x {height}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_of_a_challenge_is_seen(
    driver: Chrome, web: WebInThread, language: str, size: str
) -> None:
    verifying = kiosk(1, KioskPhase.VERIFYING, language)
    web.show(picture(verifying))
    driver.get(f"{web.url}/kiosk/1")
    until(lambda: find(driver, "#serving").is_displayed(), "the kiosk to serve")
    for hint in DURING_A_CHALLENGE:
        show(driver, web, replace(verifying, hint=hint, greeting="Eileen C."))
        assert script(driver, NOT_SEEN) == [], f"{hint} at {size}"
        assert not overflows(driver)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_of_each_phase_is_seen(
    driver: Chrome, web: WebInThread, language: str, size: str
) -> None:
    web.show(picture(kiosk(1, KioskPhase.FREE, language)))
    driver.get(f"{web.url}/kiosk/1")
    until(lambda: find(driver, "#serving").is_displayed(), "the kiosk to serve")
    for phase in KioskPhase:
        hint = CaptureHint.LESS_LIGHT if phase is KioskPhase.CHECKING_IN else None
        greeting = "" if phase in {KioskPhase.FREE, KioskPhase.CHECKING_IN} else "Eileen C."
        show(
            driver,
            web,
            replace(
                kiosk(1, phase, language),
                hint=hint,
                greeting=greeting,
                case_id=17,
                car_eta_s=83.0,
                reason="12",
            ),
        )
        assert script(driver, NOT_SEEN) == [], f"{phase} at {size}"
        assert not overflows(driver)
