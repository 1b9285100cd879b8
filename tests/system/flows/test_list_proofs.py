"""Only what the cloud has signed is served: on the line, and in the journal."""

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from hardware_sim.list_signing import ListSigner
from tests.bench.list_proofs import tamper, the_list
from tests.bench.tower_bench import Customer, TowerBench
from vendtower.domain.alarm_catalogue import OwnAlarm
from vendtower.domain.pickup import VisitState
from vendtower.domain.site_sections import ListKeySpec
from vendtower.domain.spent_code import fits
from vendtower.flows.reservation_list import why_not_proven

pytestmark = pytest.mark.slow

HIS_CODE = "424242"


def change_row(bench: TowerBench, customer: Customer, **changes: Any) -> None:
    """Somebody with access to the journal's file changes a reservation in it."""
    path = bench.world.directory / "journal.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        query = "SELECT body FROM reservation WHERE reservation_id = ?"
        (body,) = connection.execute(query, (customer.reservation_id,)).fetchone()
        changed = json.dumps(json.loads(body) | changes)
        connection.execute(
            "UPDATE reservation SET body = ? WHERE reservation_id = ?",
            (changed, customer.reservation_id),
        )


def his_code() -> dict[str, str]:
    digest = hashlib.sha256(("s" + HIS_CODE).encode()).hexdigest()
    assert fits("s", digest, HIS_CODE)
    return {"code_salt": "s", "code_sha256": digest}


async def alarm(bench: TowerBench, source: str) -> str:
    def texts() -> list[str]:
        code = OwnAlarm.LIST_NOT_PROVEN.value
        return [a.text for a in bench.tower.alarms if (a.code, a.source) == (code, source)]

    await bench.until(texts, "no alarm", 30.0)
    return texts()[0]


async def test_a_changed_row_is_not_served_and_comes_again(bench: TowerBench) -> None:
    victim = await bench.book(0)
    await bench.crash()
    await bench.world.cloud.line_down()
    change_row(bench, victim, **his_code())
    await bench.start()
    await bench.in_service()
    thief = Customer(victim.reservation_id, HIS_CODE, victim.vin)
    await bench.check_in(thief)
    await bench.phase(1, "refused", "not_proven")
    assert bench.visit_state(victim) is VisitState.EXPECTED
    text = await alarm(bench, "journal")
    assert victim.reservation_id in text
    assert "code_salt, code_sha256" in text
    (unproven,) = (await the_list(bench))["unproven"]
    assert unproven["reservation_id"] == victim.reservation_id

    await bench.world.cloud.line_up()
    await bench.until(lambda: not bench.tower.list_memory.unproven, "it does not come again")
    called = await bench.event("kiosk.staff_called")
    assert called["reservation_id"] == victim.reservation_id
    assert "not as the cloud signed it" in called["why"]
    await bench.phase(1, "free")
    await bench.collect(victim)
    assert bench.executed() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"ends_at": "2999-01-01T00:00:00+00:00"},
        {"proof": ""},
        {"slot": 7},
        {"revision": 99},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_whatever_is_changed_in_a_row(bench: TowerBench, changes: dict[str, Any]) -> None:
    customer = await bench.book(0)
    await bench.crash()
    await bench.world.cloud.line_down()
    change_row(bench, customer, **changes)
    await bench.start()
    await bench.in_service()
    await bench.check_in(customer)
    await bench.phase(1, "refused", "not_proven")
    await bench.world.cloud.line_up()
    await bench.until(lambda: not bench.tower.list_memory.unproven, "it does not come again")
    await bench.phase(1, "free")
    await bench.collect(customer)


async def test_a_car_of_somebody_else_put_under_a_good_code(bench: TowerBench) -> None:
    customer, dear = await bench.book(0), bench.car(5)
    held = bench.tower.book.reservations[customer.reservation_id]
    other = replace(held.vehicle, vin=dear.vin)
    await bench.world.cloud.line_down()
    await tamper(bench, customer.reservation_id, vehicle=other)
    await bench.check_in(customer)
    await bench.phase(1, "refused", "not_proven")
    assert bench.executed() == 0


async def test_a_picture_that_somebody_else_sealed_is_nobodys_face(bench: TowerBench) -> None:
    """Anybody can seal a picture to the tower's public key."""
    customer = await bench.book(0)
    await bench.until(lambda: bench.identity.held == {customer.reservation_id})
    await bench.crash()
    await bench.world.cloud.line_down()
    change_row(bench, customer, sealed_portrait="dGhpZWY=")
    path = bench.world.directory / "journal.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM sealed_template")
    await bench.start()
    await bench.in_service()
    held = bench.tower.book.reservations[customer.reservation_id]
    assert "sealed_portrait" in why_not_proven(bench.tower, held)
    await bench.until(lambda: bench.identity.available, "the identity process does not start")
    # Another customer of the same minute is enrolled, and housekeeping has come by once more.
    await bench.world.cloud.line_up()
    other = await bench.book(1)
    await bench.until(lambda: other.reservation_id in bench.identity.held)
    assert b"thief" not in bench.identity.pictures


async def test_keys_are_changed_without_losing_a_reservation(bench: TowerBench) -> None:
    first, second, third = [await bench.book(number) for number in range(3)]
    old = bench.world.cloud.list_keys()
    new = ListSigner(kid="list-2")
    bench.world.cloud.sign_with(new)
    # The tower does not know the new key yet: it goes on with what it has.
    await bench.until(lambda: bench.tower.list_memory.refusal, "the page is taken")
    assert "found key 'list-2', expected one of" in await alarm(bench, "tower")
    await bench.collect(first)

    both = {**old, **new.public_keys}
    bench.cloud["list_keys"] = tuple(ListKeySpec(id=k, ed25519=v) for k, v in both.items())
    await bench.restart()
    await bench.in_service()
    await bench.until(lambda: not bench.tower.list_memory.refusal, "the new key is not taken")
    await bench.collect(second)

    bench.cloud["list_keys"] = tuple(
        ListKeySpec(id=k, ed25519=v) for k, v in new.public_keys.items()
    )
    await bench.restart()
    await bench.in_service()
    await bench.until(lambda: not bench.tower.list_memory.unproven, "no new proof comes")
    assert bench.visit_state(third) is VisitState.EXPECTED
    refused = {each["reservation_id"] for each in bench.events("reservation.refused")}
    assert third.reservation_id not in refused
    await bench.collect(third)


async def test_unsigned_and_wrongly_signed_entries_are_told_and_the_rest_goes_on(
    bench: TowerBench,
) -> None:
    cloud, tower_id = bench.world.cloud, bench.tower.site.tower.id
    entry = {"op": "set", "reservation": {"id": "R-plain"}}
    cloud.add_raw_change(entry)
    stranger = ListSigner(kid="list-1")
    cloud.add_raw_change(
        {"signed": stranger.entry(tower_id, {"op": "withdrawn", "id": "R-forged"})}
    )
    ours = cloud.state.tower_of(None).teller.signer
    assert ours is not None
    cloud.add_raw_change({"signed": ours.entry("elsewhere-01", {"op": "withdrawn", "id": "R-far"})})
    customer = await bench.book(0)
    await bench.event("reservation.refused", 3)
    told = {each["reservation_id"]: each for each in bench.events("reservation.refused")}
    assert {each["problem"] for each in told.values()} == {"not_proven"}
    assert "no signature" in told["R-plain"]["why"]
    assert "has not made of this" in told["R-forged"]["why"]
    assert "for tower 'elsewhere-01'" in told["R-far"]["why"]
    await bench.collect(customer)


async def test_a_forged_withdrawal_takes_nothing_away(bench: TowerBench) -> None:
    customer = await bench.book(0)
    bench.world.cloud.add_raw_change({"op": "withdrawn", "id": customer.reservation_id})
    assert (await bench.event("reservation.refused"))["problem"] == "not_proven"
    await bench.collect(customer)


async def test_a_cloud_that_does_not_sign_is_heard_where_that_was_said_openly(
    bare: TowerBench,
) -> None:
    bare.world.cloud.sign_with(None)
    bare.cloud |= {"list_signature": "not_required", "list_keys": ()}
    await bare.start()
    await bare.opened()
    found = await the_list(bare)
    assert found["signed"] is False
    assert "NOT SIGNED" in found["text"]
    await bare.collect(await bare.book(0))


async def test_an_unsigned_list_is_refused_where_it_was_not_said(bare: TowerBench) -> None:
    bare.world.cloud.sign_with(None)
    await bare.start()
    await bare.until(lambda: bare.tower.list_memory.refusal, "it is taken")
    customer = bare.booked(
        bare.car(0), starts_at=bare.utc(), ends_at=bare.utc().replace(year=bare.utc().year + 1)
    )
    await bare.until(lambda: bare.world.cloud.requests("reservations") > 3, timeout_s=120.0)
    assert bare.tower.book.visit_of(customer.reservation_id) is None
    assert "page" in await alarm(bare, "tower")
