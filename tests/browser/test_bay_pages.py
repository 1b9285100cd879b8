"""What a kiosk's page shows around a bay, in a real browser: keys, condition, names, plates."""

from dataclasses import replace

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By

from tests.browser.conftest import WebInThread
from tests.browser.test_pages import open_kiosk, text, until
from tests.unit.web.tower_sample import kiosk
from vendtower.domain.condition import Entered
from vendtower.domain.identity import CaptureHint
from vendtower.ports.screens import KioskPhase
from vendtower.web.texts import LANGUAGES, catalogue

pytestmark = pytest.mark.browser


def shown(driver: Chrome, element: str) -> bool:
    return driver.find_element(By.ID, element).is_displayed()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_key_names_its_compartment(driver: Chrome, web: WebInThread, language: str) -> None:
    texts = catalogue(language)
    open_kiosk(driver, web, replace(kiosk(1, KioskPhase.KEY_TAKE, language), reason="12"))
    assert text(driver, "#title") == texts["phase.key_take.title"].format(compartment=12)
    driver.find_element(By.ID, "key").click()
    until(lambda: ("compartment", 1) in web.controls.asked, "the answer")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_goes_with_the_answer(driver: Chrome, web: WebInThread, language: str) -> None:
    status = replace(kiosk(1, KioskPhase.CONFIRM_CLEAR, language), question=3, wants_name=True)
    open_kiosk(driver, web, status)
    driver.find_element(By.ID, "name").send_keys("technician on duty")
    driver.find_element(By.ID, "confirm").click()
    until(lambda: ("confirm", 1, 3, "technician on duty") in web.controls.asked, "the answer")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_return_asks_for_figures_and_a_signature(
    driver: Chrome, web: WebInThread, language: str
) -> None:
    open_kiosk(driver, web, replace(kiosk(1, KioskPhase.CONDITION, language), reason="return"))
    assert text(driver, "#odometer-label") == catalogue(language)["condition.odometer"]
    assert not driver.find_element(By.ID, "sign-done").is_enabled()
    driver.find_element(By.ID, "odometer").send_keys("18250")
    driver.find_element(By.ID, "energy").send_keys("60")
    pad = driver.find_element(By.ID, "signature")
    drawing = ActionChains(driver).move_to_element(pad).click_and_hold()
    drawing.move_by_offset(40, 10).move_by_offset(20, -15).release().perform()
    driver.find_element(By.ID, "sign-done").click()
    until(lambda: any(asked[0] == "condition" for asked in web.controls.asked), "the answer")
    (entered,) = [asked[2] for asked in web.controls.asked if asked[0] == "condition"]
    assert isinstance(entered, Entered)
    assert (entered.odometer_km, entered.energy_percent) == (18250, 60)
    assert len(entered.strokes) == 1
    assert len(entered.strokes[0]) >= 3


def test_a_hand_over_asks_for_no_figures_and_takes_a_button(
    driver: Chrome, web: WebInThread
) -> None:
    open_kiosk(driver, web, replace(kiosk(1, KioskPhase.CONDITION), reason="hand_over"))
    assert not shown(driver, "odometer")
    assert not shown(driver, "energy")
    driver.find_element(By.ID, "accept").click()
    until(lambda: ("condition", 1, Entered(accepted=True)) in web.controls.asked, "the answer")


def test_a_plate_is_typed_and_sent_by_the_enter_key(driver: Chrome, web: WebInThread) -> None:
    open_kiosk(driver, web, kiosk(1))
    driver.find_element(By.ID, "plate").send_keys("ab 123\n")
    until(lambda: ("return", 1, "ab 123") in web.controls.asked, "the answer")
    until(lambda: driver.find_element(By.ID, "plate").get_attribute("value") == "", "the answer")


@pytest.mark.parametrize("hint", [None, CaptureHint.ONE_PERSON_ONLY, CaptureHint.TYPE_CODE])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_banner_leaves_every_button_in_sight(
    driver: Chrome, web: WebInThread, language: str, hint: CaptureHint | None
) -> None:
    """The longest page there is, on a portrait screen below a browser's own bar."""
    status = replace(kiosk(1, KioskPhase.CHECKING_IN, language), reminders=2, reminding=True)
    status = replace(status, hint=hint)
    open_kiosk(driver, web, status)
    metrics = {"width": 1080, "height": 1777, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    assert shown(driver, "notice")
    for below in ("other-way", "plate-done", "route"):
        assert shown(driver, below)
        hidden_px = driver.execute_script(
            "return document.getElementById(arguments[0]).getBoundingClientRect().bottom"
            " - document.querySelector('footer').getBoundingClientRect().top",
            below,
        )
        assert hidden_px <= 0, f"{below} is {hidden_px} px below the bar that calls staff"
