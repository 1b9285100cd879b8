"""Cars on their way in, over real sockets: read, announced, confirmed."""

import pytest
from aiohttp import ClientSession, UnixConnector

from tests.unit.web.tower_sample import RunningWeb, picture
from vendtower.domain.vehicle import Vehicle

FIGURES = {
    "vin": "LVTDB000000000060",
    "plate": "A 60",
    "model": "Aion S",
    "length_mm": 4810,
    "width_mm": 1880,
    "height_mm": 1545,
    "weight_kg": 1750,
}


async def test_reading(served: RunningWeb, browser: ClientSession) -> None:
    served.board.show(picture())
    async with browser.get("/api/dropoffs") as answer:
        (found,) = (await answer.json())["dropoffs"]
    assert (found["state"], found["bay"], found["ended"]) == ("measured", 2, False)
    assert found["measurement"]["offset_mm"] == -8
    assert "salt" not in str(found)


async def test_a_person_at_the_kiosk_answers(served: RunningWeb, browser: ClientSession) -> None:
    async with browser.post("/kiosk/1/confirm", json={"question": 4}) as answer:
        assert answer.status == 200
    async with browser.post("/kiosk/1/reopen", json={}) as answer:
        assert answer.status == 200
    assert served.controls.asked == [("confirm", 1, 4, ""), ("reopen", 1)]
    served.controls.refusal = "question 4 was asked before"
    async with browser.post("/kiosk/1/confirm", json={"question": 4}) as answer:
        assert answer.status == 409


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/kiosk/1/confirm", {}, 400),
        ("/kiosk/1/confirm", {"question": 0}, 400),
        ("/kiosk/9/confirm", {"question": 4}, 404),
        ("/kiosk/1/reopen", {"now": True}, 400),
        ("/api/dropoffs", {"car": "A 60", "by": "Li"}, 400),
        ("/api/dropoffs", {"car": "A 60", "bay": 1}, 400),
        ("/api/dropoffs", {"car": "A", "bay": 1, "by": "Li", "vehicle": {"vin": "short"}}, 400),
    ],
)
async def test_what_is_not_a_question_is_refused(
    served: RunningWeb, browser: ClientSession, path: str, body: dict[str, object], status: int
) -> None:
    async with browser.post(path, json=body) as answer:
        assert answer.status == status, await answer.text()
    assert served.controls.asked == []


async def test_staff_announce_cars(served: RunningWeb) -> None:
    connector = UnixConnector(str(served.control_socket))
    async with ClientSession("http://tower", connector=connector) as staff:
        body = {"car": "A 59", "bay": 2, "by": "Li"}
        async with staff.post("/api/dropoffs", json=body) as answer:
            assert answer.status == 200
        new = {"car": FIGURES["vin"], "bay": 1, "by": "Li", "vehicle": FIGURES}
        async with staff.post("/api/dropoffs", json=new) as answer:
            assert answer.status == 200, await answer.text()
    vehicle = Vehicle(**FIGURES)  # type: ignore[arg-type]  # fields by name
    assert served.controls.asked == [
        ("admit", "A 59", 2, None, "Li"),
        ("admit", FIGURES["vin"], 1, vehicle, "Li"),
    ]
