"""The control API of the reference cloud, as a person with a command line uses it."""

import base64
from pathlib import Path

import aiohttp
import pytest

from tests.cloud_bench import CAR, TOWER, Bench, boot_report, cloud_bench, outbox_event
from vendtower.domain.reservation import ReservationSet, ReservationWithdrawn
from vendtower.ports.reservation_cloud import CloudUnreachable

BOOKING = {
    "car": {"vin": CAR.vin},
    "tower": TOWER,
    "starts_at": "2026-03-01T09:00:00+08:00",
    "ends_at": "2026-03-01T10:00:00+08:00",
}


async def ask(bench: Bench, method: str, path: str, body: object = None) -> tuple[int, object]:
    url = bench.cloud.control_url + path
    async with aiohttp.request(method, url, json=body) as response:
        return response.status, await response.json()


async def test_book_change_withdraw(tmp_path: Path) -> None:
    picture = base64.b64encode(b"face").decode()
    async with cloud_bench(tmp_path, control_port=0) as bench:
        status, booked = await ask(
            bench,
            "POST",
            "/sim/reservations",
            {**BOOKING, "face_consent": True, "portrait_base64": picture, "slot": 3},
        )
        assert status == 200
        assert isinstance(booked, dict)
        path = f"/sim/reservations/{booked['reservation_id']}"
        status, changed = await ask(bench, "PATCH", path, {"greeting": "L.", "slot": None})
        assert (status, changed) == (200, {**_named(booked), "revision": 2})
        _, listed = await ask(bench, "GET", f"/sim/reservations?tower={TOWER}")
        assert isinstance(listed, list)
        assert (listed[0]["portrait"], listed[0]["greeting"]) == (True, "L.")
        await bench.tower.boot(boot_report())
        (_, change) = (await bench.tower.changes_since(None)).changes
        assert isinstance(change, ReservationSet)
        assert change.reservation.accepts_code(booked["code"])
        assert change.reservation.slot is None
        assert (await ask(bench, "DELETE", path))[0] == 200
        last = (await bench.tower.changes_since(None)).changes[-1]
        assert last == ReservationWithdrawn(booked["reservation_id"])
        assert (await ask(bench, "DELETE", path))[0] == 400


def _named(booked: dict[str, object]) -> dict[str, object]:
    return {"reservation_id": booked["reservation_id"]}


async def test_faults_line_and_what_came(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path, control_port=0) as bench:
        fault = {"kind": "drop_after", "operation": "events"}
        assert await ask(bench, "POST", "/sim/faults", fault) == (200, {"waiting": 1})
        with pytest.raises(CloudUnreachable):
            await bench.tower.deliver([outbox_event(1)])
        await bench.tower.deliver([outbox_event(1), outbox_event(3)])
        _, came = await ask(bench, "GET", f"/sim/events?tower={TOWER}")
        assert isinstance(came, dict)
        assert [event["id"] for event in came["events"]] == ["event-001", "event-003"]
        assert came["gaps"][TOWER] == [[2, 2]]
        _, twice = await ask(bench, "GET", "/sim/duplicates")
        assert twice == [{"tower": TOWER, "event_id": "event-001", "differing": []}]
        await ask(bench, "POST", "/sim/faults", {**fault, "times": 5})
        assert await ask(bench, "DELETE", "/sim/faults") == (200, {"waiting": 0})
        await ask(bench, "POST", "/sim/line", {"up": False})
        with pytest.raises(CloudUnreachable):
            await bench.tower.boot(boot_report())
        await ask(bench, "POST", "/sim/line", {"up": True})
        await bench.tower.boot(boot_report())
        _, towers = await ask(bench, "GET", "/sim/towers")
        assert isinstance(towers, dict)
        assert towers[TOWER]["booted"] is True


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("/sim/reservations", {}, "car"),
        ("/sim/reservations", {**BOOKING, "tower": "nowhere"}, "expected one of"),
        ("/sim/reservations", {**BOOKING, "ends_at": "2026-03-01T08:00:00+08:00"}, "ends_at after"),
        ("/sim/reservations", {**BOOKING, "starts_at": "2026-03-01T09:00:00"}, "timezone"),
        ("/sim/reservations", {**BOOKING, "car": {"vin": "LVG"}}, "vin: 17 characters"),
        ("/sim/reservations", {**BOOKING, "portrait_base64": "AAAA"}, "only with consent"),
        ("/sim/reservations", {**BOOKING, "colour": "red"}, "colour"),
        ("/sim/faults", {"kind": "rain"}, "kind"),
        ("/sim/line", {"up": "yes, please"}, "up"),
    ],
)
async def test_what_is_wrong_is_said(
    tmp_path: Path, path: str, body: dict[str, object], why: str
) -> None:
    async with cloud_bench(tmp_path, control_port=0) as bench:
        status, answer = await ask(bench, "POST", path, body)
    assert status == 400
    assert isinstance(answer, dict)
    assert why in answer["error"]


async def test_the_control_api_is_not_on_the_contracts_port(tmp_path: Path) -> None:
    async with (
        cloud_bench(tmp_path, control_port=0) as bench,
        aiohttp.request("GET", f"{bench.cloud.url}/sim/events") as response,
    ):
        assert response.status == 404
