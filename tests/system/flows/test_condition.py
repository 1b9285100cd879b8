"""Evidence of a car's condition: taken, kept, delivered, removed, and never in anybody's way."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bench.bay_equipment import equipped_bench, with_cameras, with_questions
from tests.bench.controller_life import Json
from tests.bench.returns import Returns
from tests.bench.tower_bench import Customer, TowerBench
from tests.system.flows.test_verification_age import waits_for_an_hour
from vendtower.adapters.bay_cameras_http import cameras as http_cameras
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.identity import IdentityRefusal
from vendtower.domain.pickup import VisitState
from vendtower.ports.journal import Change

pytestmark = pytest.mark.slow
SIGNATURE = [[[100, 500], [300, 400], [500, 600]], [[700, 500], [900, 500]]]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[TowerBench]:
    """A tower with cameras in its bays, in service."""
    async with equipped_bench(tmp_path, with_cameras) as bench:
        yield bench


def in_the_cloud(bench: TowerBench) -> dict[str, tuple[str, bytes]]:
    (record,) = bench.world.cloud.state.towers.values()
    return record.evidence


def on_disk(bench: TowerBench) -> set[str]:
    folder = Path(bench.tower.site.storage.directory) / "evidence"
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


async def delivered(bench: TowerBench, condition: Json) -> None:
    """Wait until the cloud has every piece, with the content that its name says."""
    names = {piece["sha256"] for piece in condition["pieces"]}
    await bench.until(lambda: names <= in_the_cloud(bench).keys(), "evidence is not delivered")
    for sha256 in names:
        _kind, content = in_the_cloud(bench)[sha256]
        assert hashlib.sha256(content).hexdigest() == sha256


async def collected(bench: TowerBench, *, line_down: bool = False) -> Customer:
    customer = await bench.book(0)
    if line_down:
        await bench.world.cloud.line_down()
    await bench.collect(customer)
    await bench.phase(1, "free")
    return customer


async def test_pictures_at_both_hand_overs(bench: TowerBench) -> None:
    customer = await collected(bench)
    condition = (await bench.event("visit.hand_over_started"))["condition"]
    assert [piece["source"] for piece in condition["pieces"]] == [
        "bay 1 camera 1",
        "bay 1 camera 2",
    ]
    assert condition["missing"] == []
    assert (await bench.event("visit.car_departed"))["condition"] == condition
    await delivered(bench, condition)
    assert on_disk(bench) == {piece["sha256"] for piece in condition["pieces"]}
    returns = Returns(bench)
    await returns.announce(customer)
    await returns.park(customer.vin)
    await returns.confirm()
    await returns.state(customer.vin, DropoffState.STORED)
    back = (await bench.event("car.returned"))["condition"]
    assert (back["moment"], len(back["pieces"])) == ("return", 2)
    await delivered(bench, back)


async def test_a_camera_that_gives_nothing_stops_nobody(
    bench: TowerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_cameras, "PICTURE_S_MAX", 0.5)
    bench.world.bay_cameras.unplugged.add((1, 1))
    bench.world.bay_cameras.silent.add((1, 2))
    await collected(bench)
    condition = (await bench.event("visit.car_departed"))["condition"]
    assert condition["pieces"] == []
    first, second = condition["missing"]
    assert first == "bay 1 camera 1: found HTTP status 503, expected 200"
    assert second.startswith("bay 1 camera 2: no picture within")


async def test_another_car_for_the_second_try_has_pictures_of_its_own(bench: TowerBench) -> None:
    customer = await bench.book(0)
    await waits_for_an_hour(bench, customer, VisitState.PRESENTED)
    bench.people.fail(1, IdentityRefusal.TIMED_OUT)
    await bench.home(customer)
    first = await bench.event("car.condition_noted")
    assert first["condition"]["vin"] == customer.vin
    bench.world.cloud.change(customer.reservation_id, car=bench.car(9))
    await bench.until(lambda: bench.tower.book.reservations[customer.reservation_id].revision == 2)
    again = Customer(customer.reservation_id, customer.code, bench.car(9).vin)
    await bench.collect(again)
    condition = (await bench.event("visit.hand_over_started"))["condition"]
    assert (condition["vin"], len(condition["pieces"])) == (again.vin, 2)


async def test_what_the_customer_enters(tmp_path: Path) -> None:
    async with equipped_bench(tmp_path, with_questions) as bench:
        returns = Returns(bench)
        customer = await bench.book(0)
        await bench.identify(customer)
        await bench.phase(1, "condition", "hand_over")
        assert bench.doors_opened(1) == 0
        nothing = await returns.press("condition")
        assert not nothing["done"], "neither signed nor accepted"
        assert (await returns.press("condition", accepted=True, odometer_km=5))["done"]
        await bench.depart(customer)
        given = (await bench.event("visit.car_departed"))["condition"]
        assert (given["accepted"], given["odometer_km"]) == (True, None)
        await bench.phase(1, "free")
        await returns.announce(customer)
        await returns.park(customer.vin)
        await bench.phase(1, "condition", "return")
        said = await returns.press(
            "condition", odometer_km=18250, energy_percent=60, strokes=SIGNATURE
        )
        assert said["done"], said
        await returns.confirm()
        await returns.state(customer.vin, DropoffState.STORED)
        back = (await bench.event("car.returned"))["condition"]
        assert (back["odometer_km"], back["energy_percent"], back["accepted"]) == (18250, 60, True)
        (piece,) = back["pieces"]
        assert piece["kind"] == "signature"
        await delivered(bench, back)
        assert b"M100 500L300 400L500 600" in in_the_cloud(bench)[piece["sha256"]][1]


async def test_who_enters_nothing_goes_on_all_the_same(tmp_path: Path) -> None:
    async with equipped_bench(tmp_path, with_questions) as bench:
        bench.tower.site.condition.__dict__["ask_s"] = 0.5
        await collected(bench)
        condition = (await bench.event("visit.car_departed"))["condition"]
        assert condition["missing"] == ["customer: nothing was entered at the kiosk"]
        assert not condition["accepted"]


async def test_it_survives_a_cloud_outage_and_a_restart(bench: TowerBench) -> None:
    await collected(bench, line_down=True)
    files = on_disk(bench)
    assert len(files) == 2
    await bench.restart()
    await bench.in_service()
    assert on_disk(bench) == files
    assert not in_the_cloud(bench)
    await bench.world.cloud.line_up()
    await bench.until(lambda: files <= in_the_cloud(bench).keys(), timeout_s=30.0)


async def test_power_is_cut_after_it_was_noted(bench: TowerBench) -> None:
    """Nothing is taken twice, and the visit goes on."""
    customer = await bench.book(0)

    def noted(change: Change) -> bool:
        return bool(change.conditions)

    bench.freeze_at(noted)
    bench.spawn(bench.identify(customer))
    await bench.until(bench.frozen.is_set)
    taken = bench.world.bay_cameras.taken
    await bench.restart()
    await bench.depart(customer)
    assert bench.world.bay_cameras.taken == taken
    assert len((await bench.event("visit.car_departed"))["condition"]["pieces"]) == 2


async def test_it_is_removed_when_its_time_is_over(bench: TowerBench) -> None:
    bench.tower.site.condition.__dict__["kept_days"] = 0.0
    await collected(bench)
    await bench.event("visit.car_departed")
    await bench.until(lambda: len(in_the_cloud(bench)) == 2)
    await bench.until(lambda: not on_disk(bench) and not bench.tower.book.evidence)


async def test_a_damaged_file_is_told_and_holds_up_nothing(bench: TowerBench) -> None:
    await collected(bench, line_down=True)
    first, second = sorted(bench.tower.book.evidence)
    folder = Path(bench.tower.site.storage.directory) / "evidence"
    (folder / first).write_bytes(b"something else")
    await bench.world.cloud.line_up()
    told = await bench.event("evidence.not_delivered")
    assert told["sha256"] == first
    assert "expected its name" in told["why"]
    await bench.until(lambda: second in in_the_cloud(bench), timeout_s=30.0)
