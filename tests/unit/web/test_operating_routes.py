"""Places out of service, leases and power over HTTP, and what a kiosk of a closed bay says."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from tests.unit.web.tower_sample import RunningWeb, kiosk, picture, running_web
from vendtower.domain.lease import AtEnd, Holder, Lease, Owner, Rank, SeenLease
from vendtower.domain.moves import LeftReason
from vendtower.domain.out_of_service import Closure, ServiceNote
from vendtower.domain.places import Bay, OnLift, Slot
from vendtower.domain.power import PowerProfile
from vendtower.flows.operator_requests import OrderPower, ReturnToService, TakeOutOfService
from vendtower.ports.screens import KioskPhase, PowerStatus, TowerPicture
from vendtower.web.json_views import picture_view
from vendtower.web.kiosk_view import kiosk_view
from vendtower.web.texts import LANGUAGES

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
NOTE = ServiceNote(Bay(2), "oil on the floor", "operator on duty", NOON)
OUT = Lease(
    Bay(2),
    Owner(Holder.OUT_OF_SERVICE, "by operator on duty"),
    Rank.OUT_OF_SERVICE,
    "out_of_service",
    None,
    AtEnd.PERSON,
    behind=Owner(Holder.VISIT, "v-1"),
)
VISIT = Lease(
    Bay(2),
    Owner(Holder.VISIT, "v-1"),
    Rank.PRESENT,
    "handing_over",
    600.0,
    AtEnd.CASE,
    bars_lifts=False,
)


def operated() -> TowerPicture:
    return replace(
        picture(),
        notes=(NOTE,),
        leases=(SeenLease(VISIT, 20.0, 580.0), SeenLease(OUT, 5.0, None)),
        power=PowerStatus(PowerProfile.REDUCED, "ordered by operator on duty", 1),
    )


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[RunningWeb]:
    async with running_web(tmp_path) as running:
        running.board.show(operated())
        yield running


async def ask(web: RunningWeb, path: str, body: dict[str, object]) -> tuple[int, dict[str, object]]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{web.url}{path}", json=body) as answer,
    ):
        return answer.status, await answer.json()


async def lines(web: RunningWeb, name: str) -> list[dict[str, object]]:
    found = (await read(web, f"/api/{name.replace('_', '-')}"))[name]
    assert isinstance(found, list)
    return found


async def read(web: RunningWeb, path: str) -> dict[str, object]:
    async with aiohttp.ClientSession() as session, session.get(f"{web.url}{path}") as answer:
        assert answer.status == 200
        said: dict[str, object] = await answer.json()
        return said


@pytest.mark.parametrize(
    ("path", "body", "asked"),
    [
        (
            "out-of-service",
            {"place": "slot 3", "reason": "bent rail"},
            TakeOutOfService(Slot(3), "bent rail"),
        ),
        (
            "out-of-service",
            {"place": "lift 1", "reason": "noise", "until_utc": "2026-05-04T14:00:00+02:00"},
            TakeOutOfService(OnLift(1), "noise", NOON),
        ),
        ("return-to-service", {"place": "bay 2"}, ReturnToService(Bay(2))),
        ("power", {"profile": "reduced"}, OrderPower(PowerProfile.REDUCED)),
    ],
)
async def test_orders_reach_the_tower_with_a_name(
    web: RunningWeb, path: str, body: dict[str, object], asked: object
) -> None:
    status, said = await ask(web, f"/api/{path}", {**body, "by": "operator on duty"})
    assert (status, said["done"]) == (200, True)
    assert web.controls.asked == [("operate", asked, "operator on duty")]
    web.controls.refusal = "slot 3 is out of service already"
    status, said = await ask(web, f"/api/{path}", {**body, "by": "operator on duty"})
    assert (status, said["reason"]) == (409, "slot 3 is out of service already")


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("out-of-service", {"place": "slot 3", "reason": " ", "by": "x"}, "reason"),
        ("out-of-service", {"place": "roof 3", "reason": "x", "by": "x"}, "place: found 'roof 3'"),
        ("out-of-service", {"place": "outside", "reason": "x", "by": "x"}, "place"),
        (
            "out-of-service",
            {"place": "bay 2", "reason": "x", "by": "x", "until_utc": "2026-05-04T14:00:00"},
            "until_utc",
        ),
        ("return-to-service", {"place": "bay 2"}, "by: missing"),
        ("power", {"profile": "half", "by": "x"}, "profile"),
    ],
)
async def test_a_wrong_question_is_refused(
    web: RunningWeb, path: str, body: dict[str, object], reason: str
) -> None:
    status, said = await ask(web, f"/api/{path}", body)
    assert status == 400
    assert reason in str(said["reason"])
    assert web.controls.asked == []


async def test_what_is_out_of_service_held_and_reduced_can_be_read(web: RunningWeb) -> None:
    [note] = await lines(web, "out_of_service")
    assert note == {
        "place": "bay 2",
        "reason": "oil on the floor",
        "by": "operator on duty",
        "since_utc": "2026-05-04T12:00:00+00:00",
        "until_utc": None,
        "in_effect": False,
        "waits_for": "visit v-1 (handing_over)",
    }
    holder, waiting = await lines(web, "leases")
    assert (holder["owner"], holder["left_s"], holder["at_end"]) == ("visit v-1", 580.0, "case")
    assert (waiting["behind"], waiting["left_s"]) == ("visit v-1", None)
    status = await read(web, "/api/status")
    assert status["power"] == {
        "profile": "reduced",
        "why": "ordered by operator on duty",
        "moving_lifts_max": 1,
        "source": "mains",
    }


def test_the_visits_say_why_no_lift_goes_for_a_car() -> None:
    plain = picture()
    open_visit = next(visit for visit in plain.visits if visit.bay)
    shown = replace(plain, left={open_visit.vin: LeftReason.LIFT_OUT_OF_SERVICE})
    visits = picture_view(shown)["visits"]
    assert isinstance(visits, list)
    told = {visit["visit_id"]: visit["car_left_because"] for visit in visits}
    assert told[open_visit.visit_id] == "lift_out_of_service"
    assert list(told.values()).count(None) == len(told) - 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("closure", Closure)
def test_a_closed_bay_says_where_else_to_go(closure: Closure, language: str) -> None:
    free = replace(kiosk(1, KioskPhase.FREE, language), closed=closure, elsewhere=(2, 4))
    view = kiosk_view(free, picture())
    assert view.phase == "out_of_service"
    assert "2, 4" in view.notice
    assert not view.touch
    refused = replace(
        kiosk(1, KioskPhase.REFUSED, language), reason=closure.value, elsewhere=(2, 4)
    )
    assert "2, 4" in kiosk_view(refused, picture()).body
    alone = replace(refused, elsewhere=())
    assert "2, 4" not in kiosk_view(alone, picture()).body
    # Whoever has begun keeps their view.
    begun = replace(free, phase=KioskPhase.HAND_OVER)
    assert kiosk_view(begun, picture()).phase == "hand_over"
