"""The live stream: newest first, never a backlog, and a beat."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import ClientResponse, ClientSession

from tests.unit.web.tower_sample import (
    RunningWeb,
    car,
    kiosk,
    lift_report,
    picture,
    snapshot,
)
from vendtower.domain.places import Slot
from vendtower.ports.screens import KioskPhase, TowerPicture
from vendtower.web import streams
from vendtower.web.board import PICTURE_AGE_S_MAX


async def messages(answer: ClientResponse) -> AsyncIterator[tuple[str, dict[str, object]]]:
    event = ""
    async for raw in answer.content:
        line = raw.decode().rstrip("\n")
        if line.startswith("event: "):
            event = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield event, json.loads(line.removeprefix("data: "))


async def next_of(
    events: AsyncIterator[tuple[str, dict[str, object]]], name: str
) -> dict[str, object]:
    async with asyncio.timeout(5):
        async for event, data in events:
            if event == name:
                return data
    raise AssertionError(f"the stream ended without {name}")


def hoist_mm(data: dict[str, object]) -> object:
    return json.loads(json.dumps(data))["status"]["machine"]["lifts"][0]["hoist_position_mm"]


async def test_pictures_follow_each_other(served: RunningWeb, browser: ClientSession) -> None:
    served.board.show(picture())
    async with browser.get("/api/stream") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        events = messages(answer)
        assert hoist_mm(await next_of(events, "picture")) == 0
        served.board.show(picture(machine=snapshot(lift_report(hoist_mm=2400))))
        assert hoist_mm(await next_of(events, "picture")) == 2400


async def test_silence_is_filled_with_beats(browser: ClientSession) -> None:
    async with browser.get("/api/stream") as answer:
        events = messages(answer)
        started_s = time.monotonic()
        await next_of(events, "beat")
        await next_of(events, "beat")
        await next_of(events, "beat")
        assert time.monotonic() - started_s < 2.0


async def test_many_pictures_at_once_become_the_newest(
    served: RunningWeb, browser: ClientSession
) -> None:
    async with browser.get("/api/stream") as answer:
        events = messages(answer)
        for height in range(500):
            served.board.show(picture(machine=snapshot(lift_report(hoist_mm=height))))
        assert hoist_mm(await next_of(events, "picture")) == 499


def big(number: int) -> TowerPicture:
    """A picture of about 150 kB, so that a few fill every buffer on the way."""
    ledger = tuple(car(index, Slot(index)) for index in range(1, 513))
    lift = lift_report(hoist_mm=number)
    return replace(picture(machine=snapshot(lift)), ledger=ledger)


async def test_a_reader_who_sleeps_finds_the_present(served: RunningWeb) -> None:
    """The line is stopped while 60 pictures of 150 kB pass; only a few were ever sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.servers.port, limit=2**12)
    writer.write(b"GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await writer.drain()
    for number in range(60):
        served.board.show(big(number))
        await asyncio.sleep(0.02)
    last = 10_000
    served.board.show(big(last))
    pictures = 0
    async with asyncio.timeout(10):
        tail = b""
        while f'"hoist_position_mm":{last}'.encode() not in tail:
            tail = tail[-200:] + await reader.read(65_536)
            pictures += tail.count(b"event: picture")
    writer.close()
    assert pictures < 30


async def test_a_reader_who_takes_nothing_is_dropped(
    served: RunningWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "STALLED_READER_S", 0.2)
    _, writer = await asyncio.open_connection("127.0.0.1", served.servers.port, limit=2**12)
    writer.write(b"GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await writer.drain()
    number = 0
    async with asyncio.timeout(10):
        while number < 3 or served.app[streams.OPEN_STREAMS]:
            number += 1
            served.board.show(big(number))
            await asyncio.sleep(0.02)
    writer.close()


async def test_a_reader_who_leaves_is_forgotten(served: RunningWeb, browser: ClientSession) -> None:
    async with browser.get("/api/stream") as answer:
        await next_of(messages(answer), "beat")
        assert len(served.app[streams.OPEN_STREAMS]) == 1
    async with asyncio.timeout(5):
        while served.app[streams.OPEN_STREAMS]:  # noqa: ASYNC110  # nothing announces it
            await asyncio.sleep(0.02)


async def test_stopping_does_not_wait_for_readers(
    served: RunningWeb, browser: ClientSession
) -> None:
    async with browser.get("/api/stream") as answer:
        await next_of(messages(answer), "beat")
        async with asyncio.timeout(2):
            await served.servers.stop()


async def test_a_kiosk_hears_only_its_own_view(served: RunningWeb, browser: ClientSession) -> None:
    async with browser.get("/kiosk/2/stream") as answer:
        events = messages(answer)
        first = await next_of(events, "view")
        assert first["phase"] == "out_of_service"
        assert first["language"] == "zh-Hans"
        mine = replace(kiosk(2, KioskPhase.BRINGING_CAR, "fr"), car_eta_s=61.5)
        other = replace(kiosk(1, KioskPhase.REFERRED), greeting="Somebody", case_id=3)
        lift = lift_report(hoist_mm=4800)
        served.board.show(picture(other, mine, machine=snapshot(lift)))
        view = await next_of(events, "view")
    assert view["phase"] == "bringing_car"
    assert view["eta_s"] == 61.5
    assert view["levels"] == 5
    assert view["lifts"] == [0.5]
    assert view["signals"] == {"ring": "working", "traffic": "red", "buzzer": False}
    shown = json.dumps(view, ensure_ascii=False)
    for secret in ("Somebody", "LVTDB", "粤", "R-1001"):
        assert secret not in shown


async def test_old_machine_data_moves_no_lift_on_the_kiosk(
    served: RunningWeb, browser: ClientSession
) -> None:
    served.board.show(replace(picture(), machine_fresh=False))
    async with browser.get("/kiosk/1/stream") as answer:
        assert (await next_of(messages(answer), "view"))["lifts"] == []


async def test_a_picture_that_nobody_renews_silences_the_line(
    served: RunningWeb, browser: ClientSession
) -> None:
    served.board.show(picture())
    async with browser.get("/kiosk/1/stream") as answer:
        events = messages(answer)
        await next_of(events, "view")
        served.clock.now_s += PICTURE_AGE_S_MAX + 0.1
        assert served.board.picture is None
        async with browser.get("/health/ready") as health:
            assert health.status == 503
        async with browser.get("/api/status") as status:
            assert status.status == 503
        await asyncio.sleep(streams.BEAT_INTERVAL_S)
        answer.content.read_nowait()
        await asyncio.sleep(2 * streams.BEAT_INTERVAL_S)
        assert answer.content.read_nowait() == b""
        served.board.show(picture())
        await next_of(events, "view")
