"""The JSON interface over real sockets, reading and doing."""

import getpass
import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.unit.web.tower_sample import RecordingControls, RunningWeb, picture, sample_site
from vendtower.domain.case import Settlement
from vendtower.domain.machine import LinkState, PlcLink
from vendtower.web.app import create_app
from vendtower.web.board import PictureBoard
from vendtower.web.servers import CannotListen, WebServers

LINE = {
    "vin": "LVTDB000000000050",
    "plate": "粤A·00050",
    "model": "Aion S",
    "length_mm": 4810,
    "width_mm": 1880,
    "height_mm": 1545,
    "weight_kg": 1750,
    "slot": 5,
}


async def test_before_the_first_picture_nothing_is_made_up(browser: ClientSession) -> None:
    for name in ("status", "visits", "cars", "jobs", "cases"):
        async with browser.get(f"/api/{name}") as answer:
            assert answer.status == 503
            assert "not known yet" in (await answer.json())["reason"]
    async with browser.get("/health/live") as answer:
        assert answer.status == 200
    async with browser.get("/health/ready") as answer:
        assert answer.status == 503


async def test_reading(served: RunningWeb, browser: ClientSession) -> None:
    served.board.show(picture())
    answers = {}
    for name in ("status", "visits", "cars", "jobs", "cases", "site"):
        async with browser.get(f"/api/{name}") as answer:
            assert answer.status == 200
            answers[name] = await answer.json()
            assert answers[name]["schema"] == 1
    assert answers["status"]["machine"]["lifts"][0]["hoist_position_mm"] == 0
    assert answers["status"]["outbox"] == {"owed": 12, "delivered": 10, "waiting": 1, "dead": 1}
    assert answers["status"]["counts"] == {
        "cars": 6,
        "visits_open": 2,
        "dropoffs_open": 1,
        "jobs_open": 1,
        "cases_open": 1,
    }
    assert answers["visits"]["visits"][0]["car_where"] == "slot 12"
    assert answers["visits"]["visits"][0]["car_state"] == "moving"
    assert answers["cars"]["cars"][5]["where"] == "bay 2"
    assert answers["jobs"]["jobs"][1]["destination"] == "bay 1"
    assert answers["cases"]["cases"][0]["choices"] == ["continue", "car_in_slot", "car_in_bay"]
    assert len(answers["site"]["slots"]) == 42


async def test_the_plan_has_no_addresses(browser: ClientSession) -> None:
    async with browser.get("/api/site") as answer:
        text = await answer.text()
    for secret in ("rtsp", "10.20", "token", "tower-key", "/dev/"):
        assert secret not in text


async def test_ready_says_what_is_missing(served: RunningWeb, browser: ClientSession) -> None:
    served.board.show(picture())
    async with browser.get("/health/ready") as answer:
        assert answer.status == 200
        assert (await answer.json())["ready"] is True
    served.board.show(
        replace(
            picture(),
            plc_link=PlcLink(LinkState.DOWN, "no answer from 10.20.0.2"),
            machine_fresh=False,
            cloud_reachable=False,
            cloud_note="refused",
        )
    )
    async with browser.get("/health/ready") as answer:
        assert answer.status == 503
        said = await answer.json()
    assert said["reasons"] == [
        "plc: link down: no answer from 10.20.0.2",
        "machine: the data of the PLC is too old to count",
    ]
    cloud = next(part for part in said["components"] if part["name"] == "cloud")
    assert cloud == {"name": "cloud", "ok": False, "needed": False, "detail": "refused"}


async def test_status_says_why_no_faces_are_verified(
    served: RunningWeb, browser: ClientSession
) -> None:
    """Customers read "please use your code"; staff read which file is missing."""
    why = "model file face_recognition_sface_2021dec.onnx: not in /var/lib/vendtower/models"
    served.board.show(replace(picture(), face_available=False, face_note=why))
    async with browser.get("/api/status") as answer:
        assert (await answer.json())["face_note"] == why
    async with browser.get("/health/ready") as answer:
        assert answer.status == 200, "the tower serves customers without it"
        said = await answer.json()
    (identity,) = (part for part in said["components"] if part["name"] == "identity")
    assert identity["detail"] == (
        f"no faces are verified: customers use their code and staff ({why})"
    )


@pytest.mark.parametrize(
    ("query", "asked"),
    [("", (100, False)), ("?limit=3&dead=true", (3, True)), ("?dead=false", (100, False))],
)
async def test_history(
    served: RunningWeb, browser: ClientSession, query: str, asked: tuple[int, bool]
) -> None:
    async with browser.get(f"/api/events{query}") as answer:
        events = (await answer.json())["events"]
    assert served.controls.asked == [("history", *asked)]
    assert events[0]["event_type"] == "com.vendtower.visit.car_departed.v1"


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "limit=-1", "limit=²", "dead=yes"]
)
async def test_history_questions_that_make_no_sense(browser: ClientSession, query: str) -> None:
    async with browser.get(f"/api/events?{query}") as answer:
        assert answer.status == 400
        assert "expected" in (await answer.json())["reason"]


async def test_settling_from_the_page(served: RunningWeb, browser: ClientSession) -> None:
    body = {"settlement": "car_in_slot", "by": " technician on duty ", "note": "seen", "slot": 31}
    async with browser.post("/api/cases/7/settle", json=body) as answer:
        assert answer.status == 200
        assert await answer.json() == {"done": True, "message": "done as asked"}
    assert served.controls.asked == [
        ("settle", 7, Settlement.CAR_IN_SLOT, "technician on duty", "seen", 31)
    ]


async def test_a_page_has_to_give_a_name(served: RunningWeb, browser: ClientSession) -> None:
    async with browser.post("/api/cases/7/settle", json={"settlement": "continue"}) as answer:
        assert answer.status == 400
        assert "by: missing" in (await answer.json())["reason"]
    assert served.controls.asked == []


async def test_the_socket_knows_the_name(served: RunningWeb, terminal: ClientSession) -> None:
    async with terminal.post("/api/cases/7/settle", json={"settlement": "continue"}) as answer:
        assert answer.status == 200
    assert served.controls.asked == [
        ("settle", 7, Settlement.CONTINUE, getpass.getuser(), "", None)
    ]


async def test_a_reset_carries_a_name(served: RunningWeb, browser: ClientSession) -> None:
    async with browser.post("/api/machine/reset", json={"by": "technician"}) as answer:
        assert answer.status == 200
    assert served.controls.asked == [("reset", "technician")]


async def test_a_refusal_is_told(served: RunningWeb, browser: ClientSession) -> None:
    served.controls.refusal = "case 7 is settled already"
    body = {"settlement": "continue", "by": "technician on duty"}
    async with browser.post("/api/cases/7/settle", json=body) as answer:
        assert answer.status == 409
        assert await answer.json() == {"done": False, "reason": "case 7 is settled already"}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"settlement": "guess", "by": "x"}, "settlement"),
        ({"by": "x"}, "settlement"),
        ({"settlement": "continue", "by": ""}, "by"),
        ({"settlement": "continue", "by": "x", "force": True}, "force"),
        ({"settlement": "continue", "by": "x", "slot": 0}, "slot"),
        ([], "body"),
    ],
)
async def test_bodies_that_make_no_sense(
    served: RunningWeb, browser: ClientSession, body: object, named: str
) -> None:
    async with browser.post("/api/cases/7/settle", json=body) as answer:
        assert answer.status == 400
        assert named in (await answer.json())["reason"]
    assert served.controls.asked == []


async def test_loading_cars(served: RunningWeb, terminal: ClientSession) -> None:
    async with terminal.post("/api/cars", json={"by": "operator", "lines": [LINE]}) as answer:
        assert answer.status == 200
    [(what, lines, by)] = served.controls.asked
    assert (what, by) == ("load", "operator")
    assert isinstance(lines, tuple)
    assert lines[0].vehicle.plate == "粤A·00050"
    assert lines[0].slot == 5


async def test_loading_names_the_wrong_field(browser: ClientSession) -> None:
    lines = [LINE, LINE | {"weight_kg": -4}]
    async with browser.post("/api/cars", json={"by": "operator", "lines": lines}) as answer:
        assert answer.status == 400
        assert "lines.1.weight_kg" in (await answer.json())["reason"]


@pytest.mark.parametrize(
    ("what", "body", "asked"),
    [
        ("touch", {}, ("touch", 2)),
        ("staff", {}, ("staff", 2)),
        ("other-way", {}, ("other way", 2)),
        ("language", {"language": "fr"}, ("language", 2, "fr")),
        ("key", {"key": "7"}, ("key", 2, "7")),
        ("key", {"key": "#"}, ("key", 2, "#")),
    ],
)
async def test_a_kiosk_passes_on_what_is_pressed(
    served: RunningWeb,
    browser: ClientSession,
    what: str,
    body: dict[str, str],
    asked: tuple[object, ...],
) -> None:
    async with browser.post(f"/kiosk/2/{what}", json=body) as answer:
        assert answer.status == 200
    assert served.controls.asked == [asked]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/kiosk/9/touch", {}, 404),
        ("/kiosk/1/language", {"language": "de"}, 400),
        ("/kiosk/1/language", {}, 400),
        ("/kiosk/1/unlock", {}, 404),
        ("/kiosk/1/key", {"key": "A"}, 400),
        ("/kiosk/1/key", {"key": "471193"}, 400),
    ],
)
async def test_a_kiosk_is_refused(
    served: RunningWeb, browser: ClientSession, path: str, body: dict[str, str], status: int
) -> None:
    async with browser.post(path, json=body) as answer:
        assert answer.status == status
        assert (await answer.json())["reason"]
    assert served.controls.asked == []


async def test_a_wrong_key_is_not_repeated(browser: ClientSession) -> None:
    async with browser.post("/kiosk/1/key", json={"key": "471193"}) as answer:
        assert "4711" not in await answer.text()


async def test_nothing_secret_in_any_answer(served: RunningWeb, browser: ClientSession) -> None:
    served.board.show(picture())
    seen = ""
    for name in ("status", "visits", "cars", "jobs", "cases", "events"):
        async with browser.get(f"/api/{name}") as answer:
            seen += await answer.text()
    for secret in ("portrait", "salt", "sha256", "template", '"code"'):
        assert secret not in seen


async def test_the_control_socket_is_for_owner_and_group(served: RunningWeb) -> None:
    assert stat.S_IMODE(served.control_socket.stat().st_mode) == 0o660


async def test_the_socket_goes_with_the_server(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    app = create_app(PictureBoard(), RecordingControls(), sample_site(), RecordingControls())
    servers = WebServers(app, "127.0.0.1", 0, path)
    await servers.start()
    await servers.stop()
    assert not path.exists()


async def test_a_second_daemon_does_not_take_the_socket(served: RunningWeb) -> None:
    app = create_app(PictureBoard(), RecordingControls(), sample_site(), RecordingControls())
    second = WebServers(app, "127.0.0.1", 0, served.control_socket)
    with pytest.raises(CannotListen, match="another daemon answers"):
        await second.start()
    assert served.control_socket.exists()


async def test_what_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    path.write_text("precious")
    app = create_app(PictureBoard(), RecordingControls(), sample_site(), RecordingControls())
    with pytest.raises(CannotListen, match="not a socket"):
        await WebServers(app, "127.0.0.1", 0, path).start()
    assert path.read_text() == "precious"


async def test_a_socket_left_by_a_killed_daemon_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    app = create_app(PictureBoard(), RecordingControls(), sample_site(), RecordingControls())
    servers = WebServers(app, "127.0.0.1", 0, path)
    await servers.start()
    path.rename(tmp_path / "kept")
    await servers.stop()
    (tmp_path / "kept").rename(path)
    app = create_app(PictureBoard(), RecordingControls(), sample_site(), RecordingControls())
    again = WebServers(app, "127.0.0.1", 0, path)
    await again.start()
    await again.stop()


async def test_a_taken_port_is_named(served: RunningWeb) -> None:
    app = create_app(PictureBoard(), RecordingControls(), sample_site(), RecordingControls())
    second = WebServers(app, "127.0.0.1", served.servers.port, None)
    with pytest.raises(CannotListen, match=str(served.servers.port)):
        await second.start()


async def test_answers_are_plain_json(served: RunningWeb, browser: ClientSession) -> None:
    served.board.show(picture())
    async with browser.get("/api/cases") as answer:
        text = await answer.text()
    [case] = json.loads(text)["cases"]
    assert case["answers"][0] == {
        "settlement": "continue",
        "meaning": "I looked: the car stands where the case says. Carry on.",
        "consequences": [
            "Lift 1 is released and may move at once.",
            "The lift goes on with car LVTDB000000000005.",
        ],
        "may_move": True,
        "wants_slot": False,
        "wants_bay": False,
        "wants_car": False,
    }
