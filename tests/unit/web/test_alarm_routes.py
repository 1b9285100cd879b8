"""Alarms over the JSON interface, on real sockets."""

import getpass
from dataclasses import replace

import pytest
from aiohttp import ClientSession

from tests.unit.web.tower_sample import RunningWeb, picture, standing_alarm
from vendtower.domain.alarm import AlarmKey, Severity
from vendtower.flows.controls import (
    AcknowledgeAlarm,
    AlarmRequest,
    ReturnAlarmToService,
    ShelveAlarm,
    TakeAlarmOutOfService,
    UnshelveAlarm,
)

DOOR = AlarmKey("P20", "bay 1")


async def test_the_most_urgent_comes_first(served: RunningWeb, browser: ClientSession) -> None:
    hot = standing_alarm("P26", "tower", Severity.WARNING)
    estop = standing_alarm("P00", "tower", Severity.FATAL)
    served.board.show(replace(picture(), alarms=(hot, standing_alarm(), estop)))
    async with browser.get("/api/alarms") as answer:
        said = await answer.json()
    assert [each["code"] for each in said["alarms"]] == ["P00", "P20", "P26"]
    door = said["alarms"][1]
    assert door["name"] == "Bay door stuck"
    assert (door["state"], door["active"], door["wants_person"]) == ("unacknowledged", True, True)
    assert door["recoveries"] == ["fix_then_resume", "retry"]
    async with browser.get("/api/stream") as answer:
        await answer.content.readuntil(b"event: picture\n")
        line = await answer.content.readline()
    assert b'"code": "P00"' in line or b'"code":"P00"' in line


async def test_before_the_first_picture_nothing_is_made_up(browser: ClientSession) -> None:
    async with browser.get("/api/alarms") as answer:
        assert answer.status == 503


async def test_history_and_meaning(served: RunningWeb, browser: ClientSession) -> None:
    async with browser.get("/api/alarms/history?limit=3") as answer:
        [episode] = (await answer.json())["episodes"]
    assert (episode["code"], episode["source"]) == ("P20", "bay 1")
    assert served.controls.asked == [("alarm history", 3)]
    async with browser.get("/api/alarms/C30") as answer:
        said = await answer.json()
    assert (said["severity"], set(said["customer"])) == ("fatal", {"en", "zh-Hans", "fr"})
    for path, status in (("C99", 404), ("history?limit=0", 400), ("P128", 404), ("c30", 404)):
        async with browser.get(f"/api/alarms/{path}") as answer:
            assert answer.status == status, path


@pytest.mark.parametrize(
    "case",
    [
        ("ack", {"note": "seen"}, AcknowledgeAlarm(DOOR, "seen")),
        ("shelve", {"minutes": 5, "reason": "paint"}, ShelveAlarm(DOOR, 5, "paint")),
        ("unshelve", {}, UnshelveAlarm(DOOR)),
        ("out-of-service", {"reason": "no door"}, TakeAlarmOutOfService(DOOR, "no door")),
        ("return", {}, ReturnAlarmToService(DOOR)),
    ],
)
async def test_doing(
    served: RunningWeb,
    browser: ClientSession,
    terminal: ClientSession,
    case: tuple[str, dict[str, object], AlarmRequest],
) -> None:
    what, body, request_ = case
    url, question = f"/api/alarms/P20/{what}", {"source": "bay 1", **body}
    async with browser.post(url, json=question) as answer:
        assert answer.status == 400
        assert "by: missing" in (await answer.json())["reason"]
    async with browser.post(url, json={**question, "by": "technician on duty"}) as answer:
        assert await answer.json() == {"done": True, "message": "done as asked"}
    async with terminal.post(url, json=question) as answer:
        assert answer.status == 200
    me = getpass.getuser()
    assert served.controls.asked == [
        ("alarm", request_, "technician on duty"),
        ("alarm", request_, me),
    ]
    served.controls.refusal = "alarm P20 at bay 1 is normal now"
    async with browser.post(url, json={**question, "by": "technician on duty"}) as answer:
        assert answer.status == 409


@pytest.mark.parametrize(
    ("what", "body", "named"),
    [
        ("ack", {"colour": "red"}, "colour"),
        ("ack", {"source": ""}, "source"),
        ("shelve", {"reason": "x"}, "minutes"),
        ("shelve", {"minutes": 5}, "reason"),
        ("shelve", {"minutes": 0, "reason": "x"}, "minutes"),
        ("out-of-service", {"reason": " "}, "reason"),
    ],
)
async def test_questions_that_make_no_sense(
    served: RunningWeb, browser: ClientSession, what: str, body: dict[str, object], named: str
) -> None:
    question = {"source": "bay 1", "by": "technician on duty", **body}
    async with browser.post(f"/api/alarms/P20/{what}", json=question) as answer:
        assert answer.status == 400
        assert named in (await answer.json())["reason"]
    assert served.controls.asked == []


async def test_a_foreign_page_cannot_acknowledge(
    served: RunningWeb, browser: ClientSession
) -> None:
    foreign = {"Origin": "http://elsewhere.example"}
    question = {"source": "bay 1", "by": "technician on duty"}
    async with browser.post("/api/alarms/P20/ack", json=question, headers=foreign) as answer:
        assert answer.status == 403
    forwarded = {"X-Forwarded-For": "10.0.0.9"}
    async with browser.post("/api/alarms/P20/ack", json=question, headers=forwarded) as answer:
        assert answer.status == 403
    assert served.controls.asked == []
