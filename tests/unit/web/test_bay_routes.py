"""The kiosk page's buttons for what happens around a bay, over real sockets."""

import pytest
from aiohttp import ClientSession

from tests.unit.web.tower_sample import RunningWeb, picture


@pytest.mark.parametrize(
    ("path", "body", "status", "asked"),
    [
        ("/kiosk/1/compartment", {}, 200, [("compartment", 1)]),
        ("/kiosk/1/compartment", {"number": 4}, 400, []),
        ("/kiosk/9/compartment", {}, 404, []),
    ],
)
async def test_buttons(
    served: RunningWeb,
    browser: ClientSession,
    path: str,
    body: dict[str, object],
    status: int,
    asked: list[tuple[object, ...]],
) -> None:
    served.board.show(picture())
    async with browser.post(path, json=body) as answer:
        assert answer.status == status
    assert served.controls.asked == asked
