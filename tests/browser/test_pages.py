"""The pages in a real browser: what is painted, pressed, and said when nobody answers."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.conftest import WebInThread
from tests.unit.web.test_operating_routes import operated
from tests.unit.web.tower_sample import bay_report, kiosk, lift_report, picture, snapshot
from vendtower.domain.case import Settlement
from vendtower.domain.identity import CaptureHint
from vendtower.domain.machine import DoorState, LoadState
from vendtower.ports.screens import KioskPhase, KioskStatus
from vendtower.web.texts import LANGUAGES, catalogue

pytestmark = pytest.mark.browser
SIZES = {"kiosk": (1080, 1920), "phone": (390, 844), "desk": (1280, 800), "tablet": (820, 1180)}


def resize(driver: Chrome, name: str) -> None:
    width, height = SIZES[name]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def until(condition: Callable[[], object], what: str, timeout_s: float = 8.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while True:
        try:
            if condition():
                return
        except (NoSuchElementException, StaleElementReferenceException):
            pass
        assert time.monotonic() < deadline_s, f"waited {timeout_s} s in vain for: {what}"
        time.sleep(0.05)


def find(driver: Chrome, selector: str) -> WebElement:
    return driver.find_element(By.CSS_SELECTOR, selector)


def text(driver: Chrome, selector: str) -> str:
    return find(driver, selector).text


def script(driver: Chrome, code: str, *arguments: object) -> Any:
    return driver.execute_script(code, *arguments)


def overflows(driver: Chrome) -> bool:
    return bool(
        script(driver, "return document.documentElement.scrollWidth > window.innerWidth + 1")
    )


@pytest.fixture(autouse=True)
def no_console_errors(driver: Chrome) -> Iterator[None]:
    """Whatever a test does, the page reports no error; the browser's own lines on a lost daemon
    and on a refusal (HTTP 409) are no errors of the page.
    """
    expected = ("ERR_CONNECTION_REFUSED", "409 (Conflict)")
    driver.get("about:blank")
    driver.get_log("browser")  # type: ignore[no-untyped-call]  # untyped there; empties the log
    yield
    lines = driver.get_log("browser")  # type: ignore[no-untyped-call]  # untyped there
    errors = [
        line["message"]
        for line in lines
        if line["level"] == "SEVERE" and not any(each in line["message"] for each in expected)
    ]
    assert errors == []


def open_kiosk(driver: Chrome, web: WebInThread, status: KioskStatus, size: str = "kiosk") -> None:
    resize(driver, size)
    web.show(picture(status))
    driver.get(f"{web.url}/kiosk/1")
    until(lambda: find(driver, "#serving").is_displayed(), "the kiosk to serve")


@pytest.mark.parametrize("size", ["kiosk", "phone"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_kiosk_paints_each_phase(
    driver: Chrome, web: WebInThread, language: str, size: str
) -> None:
    open_kiosk(driver, web, kiosk(1, KioskPhase.FREE, language), size)
    for phase in KioskPhase:
        hint = CaptureHint.MORE_LIGHT if phase is KioskPhase.CHECKING_IN else None
        status = replace(kiosk(1, phase, language), hint=hint, case_id=17, car_eta_s=83.0)
        if phase in {KioskPhase.KEY_TAKE, KioskPhase.KEY_BACK}:
            status = replace(status, reason="12")
        web.show(picture(status))
        title = catalogue(language)[f"phase.{phase.value}.title"].format(compartment=12)
        until(lambda title=title: text(driver, "#title") == title, title)  # type: ignore[misc]  # bound
        assert script(driver, "return document.documentElement.lang") == language
        assert find(driver, "#staff").is_displayed()
        bottom = script(driver, "return staff.getBoundingClientRect().bottom - innerHeight")
        assert bottom <= 0, f"{phase}: staff cannot be called without scrolling"
        assert not overflows(driver)
        assert find(driver, "#hint").is_displayed() == (hint is not None)
        assert find(driver, "#touch").is_displayed() == (
            phase in (KioskPhase.FREE, KioskPhase.REFUSED)
        )
        assert find(driver, "#eta").is_displayed() == (phase is KioskPhase.BRINGING_CAR)


def test_what_is_pressed_is_sent(driver: Chrome, web: WebInThread) -> None:
    open_kiosk(driver, web, kiosk(1))
    find(driver, "#touch").click()
    until(lambda: ("touch", 1) in web.controls.asked, "the touch")
    find(driver, "#languages [data-language=fr]").click()
    until(lambda: ("language", 1, "fr") in web.controls.asked, "the language")
    find(driver, "#staff").click()
    until(lambda: ("staff", 1) in web.controls.asked, "the call")
    until(lambda: text(driver, "#said") == "Staff have been called", "the answer")


def test_a_code_is_typed_and_not_shown(driver: Chrome, web: WebInThread) -> None:
    open_kiosk(driver, web, kiosk(1))
    assert not find(driver, "#pad").is_displayed()
    web.show(picture(replace(kiosk(1, KioskPhase.CHECKING_IN), typed=2)))
    until(lambda: find(driver, "#pad").is_displayed(), "the keypad")
    for key in "47#":
        find(driver, f'#keys [data-key="{key}"]').click()
        until(lambda key=key: ("key", 1, key) in web.controls.asked, "the key")  # type: ignore[misc]  # bound
    until(lambda: text(driver, "#typed") == "\u25cf \u25cf", "two dots")
    shown = text(driver, "main")
    assert "47" not in shown
    assert find(driver, "#key-clear").get_attribute("aria-label") == "Take back"
    assert find(driver, "#other-way").is_displayed(), "no face is needed, also before it is seen"


def test_a_refused_touch_says_so(driver: Chrome, web: WebInThread) -> None:
    open_kiosk(driver, web, kiosk(1))
    web.controls.refusal = "bay 1 is held by case 7"
    find(driver, "#touch").click()
    until(lambda: "did not work" in text(driver, "#said"), "the refusal")


def test_the_kiosk_works_by_keyboard(driver: Chrome, web: WebInThread) -> None:
    open_kiosk(driver, web, kiosk(1))
    for _ in range(10):
        driver.switch_to.active_element.send_keys(Keys.TAB)
        if driver.switch_to.active_element.get_attribute("id") == "touch":
            break
    outline = script(driver, "return getComputedStyle(document.activeElement).outlineWidth")
    assert float(outline.removesuffix("px")) >= 3
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    until(lambda: ("touch", 1) in web.controls.asked, "the touch")


def test_the_time_to_the_car_counts_down(driver: Chrome, web: WebInThread) -> None:
    status = replace(kiosk(1, KioskPhase.BRINGING_CAR), car_eta_s=83.0)
    open_kiosk(driver, web, status)
    until(lambda: text(driver, "#eta-figure") in ("1:23", "1:22"), "83 s")
    until(lambda: text(driver, "#eta-figure") in ("1:21", "1:20"), "two seconds less", 4)
    web.show(picture(replace(status, car_eta_s=0.2)))
    until(lambda: text(driver, "#eta-label") == "Any moment now", "the end")
    web.show(picture(replace(status, car_eta_s=None)))
    until(lambda: "as soon as we know" in text(driver, "#eta-label"), "no promise")


def test_the_kiosk_shows_the_lift_coming(driver: Chrome, web: WebInThread) -> None:
    status = replace(kiosk(1, KioskPhase.BRINGING_CAR), car_eta_s=83.0)
    open_kiosk(driver, web, status)
    for height_mm, shift in ((9600, "-200px"), (0, "0px")):
        web.show(picture(status, machine=snapshot(lift_report(hoist_mm=height_mm))))
        until(
            lambda shift=shift: (
                shift  # type: ignore[misc]  # bound now
                in str(find(driver, "#cabs rect").get_attribute("style"))
            ),
            f"the lift at {height_mm} mm",
        )


def test_daemon_gone_is_out_of_service_in_all_languages(driver: Chrome, web: WebInThread) -> None:
    open_kiosk(driver, web, replace(kiosk(1, KioskPhase.HAND_OVER), greeting="L."))
    started_s = time.monotonic()
    web.stop()
    until(lambda: find(driver, "#lost").is_displayed(), "out of service", 5)
    assert time.monotonic() - started_s < 4
    assert not find(driver, "#serving").is_displayed()
    for language in LANGUAGES:
        assert catalogue(language)["out_of_service.title"] in text(driver, "#lost")
    assert "L." not in text(driver, "body").split()


def test_out_of_service_still_calls_staff(driver: Chrome, web: WebInThread) -> None:
    open_kiosk(driver, web, kiosk(1))
    web.show(replace(picture(), in_service=False))
    until(lambda: find(driver, "#lost").is_displayed(), "out of service")
    find(driver, "#staff-lost").click()
    until(lambda: ("staff", 1) in web.controls.asked, "the call")
    web.show(picture(kiosk(1)))
    until(lambda: find(driver, "#serving").is_displayed(), "service again")


CONTRAST = """
const light = (text) => {
  const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map((c) => {
    const s = c / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (element) => {
  for (let each = element; each; each = each.parentElement) {
    const colour = getComputedStyle(each).backgroundColor;
    if (!/, 0\\)$/.test(colour)) return colour;
  }
};
return [...document.querySelectorAll("button, h1, h2, p, b, span")]
  .filter((each) => each.offsetParent && each.textContent.trim())
  .map((each) => {
    const [one, other] = [light(getComputedStyle(each).color), light(ground(each))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    return [each.textContent.trim(), ratio];
  });
"""


@pytest.mark.parametrize(
    "phase", [KioskPhase.FREE, KioskPhase.CHECKING_IN, KioskPhase.BRINGING_CAR, KioskPhase.REFERRED]
)
def test_contrast_is_aaa(driver: Chrome, web: WebInThread, phase: KioskPhase) -> None:
    """WCAG 2.2, 1.4.6: at least 7 : 1."""
    status = replace(
        kiosk(1, phase), hint=CaptureHint.COME_CLOSER, case_id=7, car_eta_s=80.0, greeting="L."
    )
    open_kiosk(driver, web, status)
    measured = script(driver, CONTRAST)
    assert len(measured) > 4
    assert [pair for pair in measured if pair[1] < 7] == []


def open_operator(driver: Chrome, web: WebInThread, size: str = "desk") -> None:
    resize(driver, size)
    web.show(picture())
    driver.get(f"{web.url}/")
    until(lambda: "lost" not in str(find(driver, "body").get_attribute("class")), "the picture")


def classes(driver: Chrome, selector: str) -> set[str]:
    return set(str(find(driver, selector).get_attribute("class")).split())


@pytest.mark.parametrize("size", ["desk", "tablet", "phone"])
def test_the_operator_sees_the_tower(driver: Chrome, web: WebInThread, size: str) -> None:
    open_operator(driver, web, size)
    until(lambda: "taken" in classes(driver, "#slot-12"), "the car in slot 12")
    assert "taken" not in classes(driver, "#slot-13")
    assert "blocked" in classes(driver, "#slot-27")
    assert "doubtful" in classes(driver, "#slot-33")
    assert "differs" in classes(driver, "#slot-42")
    assert "taken" in classes(driver, "#bay-2")
    assert "R-1001" in text(driver, "#visits")
    assert "Where does the car stand?" in text(driver, "#case-7")
    assert "1 waiting, 1 dead" in text(driver, "#health")
    assert not overflows(driver)


def lift_at(driver: Chrome) -> tuple[float, float]:
    place = script(
        driver,
        "const box = document.querySelector('#lift-1 .platform').getBoundingClientRect();"
        "return [box.x + box.width / 2, box.y];",
    )
    return place[0], place[1]


def test_the_lift_moves_when_the_picture_does(driver: Chrome, web: WebInThread) -> None:
    open_operator(driver, web)
    low = lift_at(driver)
    lift = lift_report(hoist_mm=7200, turn_deg=80.0, load=LoadState.CAR)
    web.show(picture(machine=snapshot(lift)))
    slot = find(driver, "#slot-27 rect").rect
    until(lambda: abs(lift_at(driver)[1] - (slot["y"] + slot["height"])) < 3, "the lift at level 4")
    assert lift_at(driver)[1] < low[1]
    middle = find(driver, "#slot-27 rect").rect
    assert abs(lift_at(driver)[0] - middle["x"] - middle["width"] / 2) < 3
    assert "taken" in classes(driver, "#lift-1")


def test_doors_and_people_are_shown(driver: Chrome, web: WebInThread) -> None:
    open_operator(driver, web)
    bay = replace(bay_report(1, DoorState.OPEN), person_inside=True)
    web.show(picture(machine=snapshot(None, bay)))
    until(lambda: "person" in classes(driver, "#bay-1"), "the person")
    assert find(driver, "#bay-1 .door.outer").get_attribute("data-state") == "open"
    assert find(driver, "#bay-1 .door.inner").get_attribute("data-state") == "closed"
    assert "Person inside" in text(driver, "#parts")


def test_old_machine_data_is_not_shown_as_present(driver: Chrome, web: WebInThread) -> None:
    open_operator(driver, web)
    web.show(replace(picture(), machine_fresh=False, in_service=False, out_of_service_why=("PLC",)))
    until(lambda: find(driver, "#stale").is_displayed(), "the warning")
    assert "gone" in classes(driver, "#lift-1")
    assert "Out of service: PLC" in text(driver, "#why")
    assert "Safety not known" in text(driver, "#health")


def test_a_lost_controller_is_said_to_the_operator(driver: Chrome, web: WebInThread) -> None:
    open_operator(driver, web)
    web.stop()
    until(lambda: find(driver, "#lost").is_displayed(), "the alarm", 5)


def test_a_case_is_settled_by_name_and_number(driver: Chrome, web: WebInThread) -> None:
    open_operator(driver, web)
    find(driver, "#case-7 summary").click()
    find(driver, "#case-7 input[value=car_in_slot]").click()
    assert "Lift 1 is released" in text(driver, "#case-7 .follows")
    find(driver, "#case-7 input[name=by]").send_keys("technician on duty")
    find(driver, "#case-7 input[name=slot]").send_keys("31")
    find(driver, "#case-7 input[name=confirm]").send_keys("8")
    find(driver, "#case-7 button").click()
    assert web.controls.asked == []
    confirm = find(driver, "#case-7 input[name=confirm]")
    confirm.clear()
    confirm.send_keys("7")
    web.show(picture(machine=snapshot(lift_report(hoist_mm=2400))))
    find(driver, "#case-7 button").click()
    until(lambda: bool(web.controls.asked), "the settlement")
    assert web.controls.asked == [
        ("settle", 7, Settlement.CAR_IN_SLOT, "technician on duty", "", 31)
    ]
    until(lambda: text(driver, "#case-7 .said") == "done as asked", "the answer")
    web.show(replace(picture(), cases=()))
    until(lambda: "Nobody is needed" in text(driver, "#cases"), "the empty list")


def test_the_lists_work_by_keyboard(driver: Chrome, web: WebInThread) -> None:
    open_operator(driver, web)
    script(driver, "document.getElementById('tab-visits').focus()")
    driver.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert find(driver, "#dropoffs").is_displayed()
    driver.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert find(driver, "#jobs").is_displayed()
    assert "slot 12 → bay 1" in text(driver, "#jobs")
    driver.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    find(driver, "#car-search").send_keys("slot 20")
    until(lambda: len(driver.find_elements(By.CSS_SELECTOR, "#cars tbody tr")) == 1, "one car")
    find(driver, "#tab-cars").send_keys(Keys.ARROW_RIGHT)
    until(lambda: "car_departed" in text(driver, "#events"), "the history")


def test_the_operator_sees_what_is_out_of_service_and_who_has_what(
    driver: Chrome, web: WebInThread
) -> None:
    open_operator(driver, web)
    web.show(operated())
    until(lambda: "oil on the floor" in text(driver, "#parts"), "the note on bay 2")
    assert "out" in (find(driver, "#bay-2").get_attribute("class") or "").split()
    assert "reduced to 1 moving lift" in text(driver, "#health")
    find(driver, "#tab-leases").click()
    until(lambda: "visit v-1" in text(driver, "#leases"), "the leases")
    assert "waits behind visit v-1" in text(driver, "#leases")


def test_nothing_is_fetched_from_elsewhere(driver: Chrome, web: WebInThread) -> None:
    for page in ("/", "/kiosk/1"):
        driver.get(web.url + page)
        names = script(driver, "return performance.getEntriesByType('resource').map((e) => e.name)")
        assert names
        assert [name for name in names if not name.startswith(web.url)] == []


def test_words_from_outside_stay_words(driver: Chrome, web: WebInThread) -> None:
    """Markup in data is text on the page."""
    open_operator(driver, web)
    nasty = "<img src=x onerror=alert(1)>"
    case = replace(picture().cases[0], case_id=9, question=nasty)
    web.show(replace(picture(), cases=(case,)))
    until(lambda: text(driver, "#case-9 .question") == nasty, "the text")


def test_a_controller_that_only_paused_is_found_again(driver: Chrome, web: WebInThread) -> None:
    """The line stays up while the controller hangs: out of service, and back without a reload."""
    open_kiosk(driver, web, kiosk(1))
    web.loop.call_soon_threadsafe(time.sleep, 3.5)
    until(lambda: find(driver, "#lost").is_displayed(), "out of service", 4)
    until(lambda: find(driver, "#serving").is_displayed(), "service again", 8)
    assert text(driver, "#title") == "Collect or return your car"
