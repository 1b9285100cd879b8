"""The operator page's first line: what it says is read whole, however long it is."""

from dataclasses import replace

import pytest
from selenium.webdriver import Chrome

from tests.browser.conftest import WebInThread
from tests.browser.test_pages import overflows, resize, script, until
from tests.unit.web.tower_sample import kiosk, picture
from vendtower.domain.reservation_list import ListAge
from vendtower.ports.screens import KioskPhase, ListStatus

pytestmark = pytest.mark.browser

CUT = """return [...document.querySelectorAll('.chip')].filter(
    (chip) => chip.scrollWidth > chip.clientWidth || chip.scrollHeight > chip.clientHeight
).map((chip) => chip.textContent)"""


def chips(driver: Chrome) -> str:
    found = script(driver, "return document.querySelector('.chips').textContent")
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize("size", ["desk", "tablet", "phone"])
def test_when_the_list_runs_out_is_read_whole(driver: Chrome, web: WebInThread, size: str) -> None:
    resize(driver, size)
    ages = ListStatus(
        ListAge(200_000.0, 259_200.0), signature_required=False, unproven={"R-1": "how"}
    )
    web.show(replace(picture(kiosk(1, KioskPhase.FREE, "en")), reservation_list=ages))
    driver.get(f"{web.url}/")
    until(lambda: "1 not as signed" in chips(driver), "the list's chip")
    assert "Reservations counts until" in chips(driver)
    assert script(driver, CUT) == []
    assert not overflows(driver)
