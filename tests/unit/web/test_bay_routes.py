"""The kiosk page's buttons for what happens around a bay, over real sockets."""

import pytest
from aiohttp import ClientSession

from tests.unit.web.tower_sample import RunningWeb, picture


async def test_a_compartment_is_asked_for_again(served: RunningWeb, browser: ClientSession) -> None:
    served.board.show(picture())
    async with browser.post("/kiosk/1/compartment", json={}) as answer:
        assert answer.status == 200
    assert served.controls.asked == [("compartment", 1)]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("/kiosk/1/compartment", {"number": 4}, 400), ("/kiosk/9/compartment", {}, 404)],
)
async def test_wrong_questions(
    served: RunningWeb, browser: ClientSession, path: str, body: dict[str, object], status: int
) -> None:
    served.board.show(picture())
    async with browser.post(path, json=body) as answer:
        assert answer.status == status
    assert served.controls.asked == []
