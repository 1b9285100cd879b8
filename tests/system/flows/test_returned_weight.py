"""A car that weighs more or less than it is known to: a named person may vouch for the scale."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.controller_life import Json
from tests.bench.returns import NEW_FIGURES, NEW_VIN, STAFF, Returns
from tests.bench.tower_bench import Customer, TowerBench, tower_bench
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.pickup import VisitState
from vendtower.flows import clearing
from vendtower.ports.journal import Change

pytestmark = pytest.mark.slow

ANSWER = "weight_is_right"


@pytest.fixture
def returns(bench: TowerBench) -> Returns:
    return Returns(bench)


async def weight_asked(bench: TowerBench, after: int = 0) -> Json:
    """The case about a weight that differs, which takes the person's word.

    ``after`` is the number of the case before it.
    """

    async def there() -> bool:
        return any(each["case_id"] > after for each in await bench.open_cases())

    await bench.until(there, "no further case")
    case = await bench.case("drop_off")
    assert [each["settlement"] for each in case["answers"]] == [
        "try_again",
        "car_outside",
        ANSWER,
    ]
    return case


async def comes_back(returns: Returns, **more: int) -> Customer:
    """A customer's car, back with something changed; it stands in the bay, the driver is out."""
    customer = await returns.car_is_out(0)
    await returns.announce(customer)
    await returns.park(customer.vin, offset_mm=0, **more)
    return customer


async def sensor_says(bench: TowerBench, sensor: str, value: int) -> None:
    """A sensor of bay 1 shows something else, and the controller has read it."""
    world = bench.world.tower
    world.act(lambda: world.sensors.override(f"bay1.{sensor}", value))
    await bench.until(
        lambda: (m := bench.tower.machine()) is not None and getattr(m.bays[1], sensor) == value
    )


async def healed(bench: TowerBench, weight_kg: int) -> None:
    """The sensors of bay 1 are well again, and the controller has read them."""
    world = bench.world.tower
    world.act(world.sensors.heal)
    await bench.until(
        lambda: (
            (m := bench.tower.machine()) is not None
            and m.bays[1].weight_kg == weight_kg
            and not m.bays[1].person_inside
            and m.bays[1].sealed
        )
    )


async def refused(bench: TowerBench, case: Json) -> str:
    """The answer is given and not taken; why."""
    said = await bench.settle(case, ANSWER)
    assert not said["done"], said
    assert [each["case_id"] for each in await bench.open_cases()] == [case["case_id"]]
    return str(said["reason"])


@pytest.mark.parametrize("more_kg", [60, -60], ids=["heavier", "lighter"])
async def test_a_return_is_put_away_by_a_named_persons_word(
    bench: TowerBench, returns: Returns, more_kg: int
) -> None:
    known_kg = bench.car(0).weight_kg
    found_kg = known_kg + more_kg
    customer = await comes_back(returns, weight_kg=found_kg)
    case = await weight_asked(bench)
    assert f"scale shows {found_kg} kg, expected {known_kg} kg" in case["question"]
    stalled = await bench.event("dropoff.dropoff_stalled")
    assert stalled["scale_kg"] == found_kg

    await bench.settle(case, "try_again")
    case = await weight_asked(bench, after=case["case_id"])
    [offered] = [each for each in case["answers"] if each["settlement"] == ANSWER]
    assert offered["may_move"]
    assert f"now: {found_kg} kg" in offered["consequences"][0]
    before = bench.executed()
    assert (await bench.settle(case, ANSWER))["done"]
    resumed = await bench.event("dropoff.staff_resumed_dropoff", 2)
    assert (resumed["by"], resumed["weight_kg"]) == (STAFF, found_kg)

    await bench.phase(1, "confirm_clear")
    assert bench.executed() == before, "the question at the kiosk comes first"
    await returns.confirm()
    await bench.home(customer)
    stored = returns.dropoff(customer.vin)
    assert (stored.known_kg, stored.vouched_by) == (found_kg, STAFF)
    told = await bench.event("car.returned")
    assert f"{STAFF} says that the car weighs {found_kg} kg" in told["evidence"]
    assert await bench.open_cases() == []


async def test_a_new_car_that_weighs_more_than_it_was_announced_with(
    bench: TowerBench, returns: Returns
) -> None:
    said = await returns.admit(NEW_VIN, by=STAFF, vehicle=NEW_FIGURES)
    assert said["done"], said
    await returns.park(NEW_VIN, weight_kg=1700)
    assert (await bench.settle(await weight_asked(bench), ANSWER))["done"]
    await returns.confirm()
    await returns.state(NEW_VIN, DropoffState.STORED)
    assert bench.tower.book.line(NEW_VIN).vehicle.weight_kg == 1700


async def test_a_car_that_was_not_driven_out_and_is_heavier_now(tmp_path: Path) -> None:
    async with tower_bench(tmp_path, bay_clear_timeout_s=0.5) as bench:
        returns, tower = Returns(bench), bench.world.tower
        customer = await bench.book(0)
        await bench.identify(customer)
        await bench.state(customer, VisitState.REFERRED_TO_STAFF)
        bay = tower.plant.bays[1]
        assert bay.car is not None
        loaded = replace(bay.car, weight_kg=bay.car.weight_kg + 80)
        tower.act(lambda: setattr(bay, "car", loaded))
        await bench.settled("hand_over", "re_store")
        assert (await bench.settle(await weight_asked(bench), ANSWER))["done"]
        await returns.confirm()
        await bench.home(customer)
        stored = returns.dropoff(customer.vin)
        assert stored.put_back
        assert f"{STAFF} says that the car weighs {loaded.weight_kg} kg" in stored.evidence


async def test_the_word_is_kept_over_a_restart(bench: TowerBench, returns: Returns) -> None:
    found_kg = bench.car(0).weight_kg + 60
    customer = await comes_back(returns, weight_kg=found_kg)
    case = await weight_asked(bench)

    def resumed(change: Change) -> bool:
        kind = "com.vendtower.dropoff.staff_resumed_dropoff.v1"
        return any(event.event_type == kind for event in change.events)

    bench.freeze_at(resumed)
    bench.spawn(bench.settle(case, ANSWER))
    await bench.frozen.wait()
    await bench.restart(0.1)
    await bench.in_service()
    await returns.confirm()
    await bench.home(customer)
    assert returns.dropoff(customer.vin).known_kg == found_kg
    assert len(bench.events("dropoff.dropoff_stalled")) == 1, "asked again"


async def test_nobody_vouches_against_the_other_witnesses(
    bench: TowerBench, returns: Returns
) -> None:
    found_kg = bench.car(0).weight_kg + 60
    customer = await comes_back(returns, weight_kg=found_kg)
    case = await weight_asked(bench)
    before = bench.executed()

    await sensor_says(bench, "person_inside", 1)
    assert "sees somebody" in await refused(bench, case)
    await healed(bench, found_kg)
    await sensor_says(bench, "outer_locked", 0)
    assert "expected both closed and locked" in await refused(bench, case)
    await healed(bench, found_kg)
    await sensor_says(bench, "presence", 0)
    assert "presence sensor sees no car" in await refused(bench, case)
    await healed(bench, found_kg)
    await sensor_says(bench, "weight_kg", 0)
    why = await refused(bench, case)
    assert f"scale shows 0 kg, the car's papers say {bench.car(0).weight_kg} kg" in why
    assert "it is the scale, or another car" in why
    assert returns.dropoff(customer.vin).state is DropoffState.REFERRED_TO_STAFF
    assert bench.executed() == before

    await healed(bench, found_kg)
    assert (await bench.settle(case, ANSWER))["done"]
    await returns.confirm()
    await bench.home(customer)


async def test_nobody_vouches_while_the_bay_is_out_of_sight(
    bench: TowerBench, returns: Returns
) -> None:
    await comes_back(returns, weight_kg=bench.car(0).weight_kg + 60)
    case = await weight_asked(bench)
    await bench.world.tower.cut_plc_link()
    await bench.until(lambda: bench.tower.machine() is None)
    assert "what bay 1 shows is not known now" in await refused(bench, case)


async def test_another_doubt_than_the_weight_takes_no_word(
    bench: TowerBench, returns: Returns
) -> None:
    customer = await comes_back(returns)
    await bench.phase(1, "confirm_clear")
    await sensor_says(bench, "presence", 0)
    case = await bench.case("drop_off")
    assert [each["settlement"] for each in case["answers"]] == ["try_again", "car_outside"]
    assert "takes try_again, car_outside" in await refused(bench, case)
    await healed(bench, bench.car(0).weight_kg)
    await bench.settle(case, "try_again")
    await returns.confirm()
    await bench.home(customer)


async def test_somebody_unseen_is_still_asked_for_at_the_kiosk(
    bench: TowerBench, returns: Returns
) -> None:
    """The word is a person's, and may be wrong; it moves nothing by itself."""
    customer = await comes_back(returns, occupants_kg=60)
    before = bench.executed()
    case = await weight_asked(bench)
    assert (await bench.settle(case, ANSWER))["done"]
    await bench.phase(1, "confirm_clear")
    assert bench.executed() == before
    bay = bench.world.tower.plant.bays[1]
    assert (await returns.press("reopen"))["done"]
    await bench.until(lambda: bench.door_open(1))
    assert bay.car is not None
    empty = replace(bay.car, occupants_kg=0)
    bench.world.tower.act(lambda: setattr(bay, "car", empty))
    case = await weight_asked(bench, after=case["case_id"])
    known_kg = bench.car(0).weight_kg
    assert f"scale shows {known_kg} kg, expected {known_kg + 60} kg" in case["question"]
    assert (await bench.settle(case, ANSWER))["done"]
    await returns.confirm()
    await bench.home(customer)


async def test_a_wrong_scale_is_not_remembered_of_a_car_that_left_again(
    bench: TowerBench, returns: Returns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The papers are the measure of the next word; a scale that failed must not become them."""
    monkeypatch.setattr(clearing, "DISAGREE_S", 600.0)
    known_kg = bench.car(0).weight_kg
    customer = await returns.car_is_out(0)
    await returns.announce(customer)
    await returns.drive_in(customer.vin, offset_mm=0)
    world = bench.world.tower
    world.act(lambda: world.sensors.override("bay1.weight_kg", known_kg - 700))
    await returns.leave()
    await returns.state(customer.vin, DropoffState.MEASURED)
    assert bench.tower.book.line(customer.vin).vehicle.weight_kg == known_kg - 700
    world.act(lambda: world.people.hide_inside(1))
    await bench.until(lambda: bench.door_open(1))
    world.act(world.sensors.heal)
    world.car_drives_out(1)
    await returns.state(customer.vin, DropoffState.TURNED_AWAY)
    assert bench.tower.book.line(customer.vin).vehicle.weight_kg == known_kg
