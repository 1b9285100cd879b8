"""Ledger and sensors differ: the place waits for a person, whatever the sensors say later."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.bench.controller_life import Json
from tests.bench.tower_bench import STAFF, Customer, TowerBench
from tests.system.flows.test_rescue import cranked, stuck
from vendtower.domain.case import Settlement
from vendtower.domain.delivery import CarriageState
from vendtower.domain.places import Bay, OnLift, Outside, Slot
from vendtower.flows import ledger_watch
from vendtower.flows.service import in_question

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def differs_soon(monkeypatch: pytest.MonkeyPatch, impatient: None) -> None:
    monkeypatch.setattr(ledger_watch, "DIFFERS_FOR_S", 0.5)


def free_slot(bench: TowerBench) -> int:
    taken = set(bench.world.cars)
    return next(number for number in bench.tower.site.slots if number not in taken)


def override(bench: TowerBench, sensor: str, *, value: bool) -> None:
    tower = bench.world.tower
    tower.act(lambda: tower.sensors.override(sensor, value=value))


def carried(bench: TowerBench, source: int, destination: int) -> None:
    """Somebody moves a car by hand, and tells nobody."""
    tower = bench.world.tower

    def carry() -> None:
        slots = tower.plant.slots
        slots[destination], slots[source] = slots[source], None
        tower.plant.happened()

    tower.act(carry)


def heal(bench: TowerBench) -> None:
    tower = bench.world.tower
    tower.act(tower.sensors.heal)


async def case_about(bench: TowerBench, place: str, after: int = 0) -> Json:
    """Wait for an open case about this very place, with a number above ``after``."""
    found: list[Json] = []

    async def there() -> bool:
        found[:] = [
            case
            for case in await bench.open_cases()
            if case["places"] == [place] and case["case_id"] > after
        ]
        return bool(found)

    await bench.until(there, lambda: f"no case about {place}: {bench.tower.book.open_cases()}")
    return found[0]


async def answered(bench: TowerBench, case: Json, settlement: str, **more: object) -> None:
    """The answer, again until the tower has read the sensors that agree with it."""
    said: list[Json] = []

    async def taken() -> bool:
        said.append(await bench.settle(case, settlement, **more))
        return bool(said[-1]["done"])

    await bench.until(taken, lambda: f"{settlement} is not taken: {said[-1]}")


async def sees(bench: TowerBench, look: Callable[[frozenset[int]], bool]) -> None:
    await bench.until(lambda: (m := bench.tower.machine()) is not None and look(m.occupied_slots))


def first_slot(bench: TowerBench) -> int:
    return min(bench.world.cars)


async def wanted(bench: TowerBench) -> Customer:
    customer = await bench.book(0)
    await bench.identify(customer)
    return customer


async def test_a_missing_car_waits_for_a_person_also_when_the_sensor_comes_back(
    bench: TowerBench,
) -> None:
    slot = first_slot(bench)
    override(bench, f"slot{slot}.occupied", value=False)
    case = await case_about(bench, f"slot {slot}")
    assert case["vin"] == bench.car(0).vin
    assert "the sensors see none" in case["question"]
    heal(bench)
    await sees(bench, lambda occupied: slot in occupied)
    customer = await wanted(bench)
    await bench.phase(1, "referred")
    assert bench.tower.book.carriage(customer.vin).state is CarriageState.HALTED
    await bench.restart()
    await bench.in_service()
    assert Slot(slot) in in_question(bench.tower), "a restart is no person's word"
    await bench.collect(await bench.book(3), 2)
    assert bench.executed() == 1, "the disputed car was moved"
    await answered(bench, case, "places_agree")
    await bench.depart(customer)


async def test_sensors_that_do_not_agree_are_not_talked_away(bench: TowerBench) -> None:
    slot, free = first_slot(bench), free_slot(bench)
    override(bench, f"slot{slot}.occupied", value=False)
    case = await case_about(bench, f"slot {slot}")
    refusals = {
        ("places_agree", ()): "do not agree",
        ("car_in_slot", (("slot", free),)): "do not see a car on",
        ("car_in_slot", (("slot", 9999),)): "in the site file",
        ("car_in_bay", (("bay", 1),)): "do not see a car on bay 1",
        ("car_identified", ()): "takes",
    }
    for (settlement, more), why in refusals.items():
        said = await bench.settle(case, settlement, **dict(more))
        assert (said["done"], why in said["reason"]) == (False, True), said
    heal(bench)
    await sees(bench, lambda occupied: slot in occupied)
    said = await bench.settle(case, "car_outside")
    assert "do not show" in said["reason"]


async def test_the_car_is_gone(bench: TowerBench) -> None:
    slot, car = first_slot(bench), bench.car(0)
    override(bench, f"slot{slot}.occupied", value=False)
    case = await case_about(bench, f"slot {slot}")
    await answered(bench, case, "car_outside")
    assert bench.tower.book.ledger.where(car.vin) == Outside()
    assert bench.tower.book.carriage(car.vin).state is CarriageState.GONE
    found = await bench.event("ledger.car_found")
    assert (found["was"], found["where"], found["by"]) == (f"slot {slot}", "outside", STAFF)


async def test_the_car_stands_in_another_slot(bench: TowerBench) -> None:
    """Two questions, one answer: the car that is missing here is the unknown one there."""
    slot, free, car = first_slot(bench), free_slot(bench), bench.car(0)
    carried(bench, slot, free)
    missing = await case_about(bench, f"slot {slot}")
    unknown = await case_about(bench, f"slot {free}")
    assert unknown["choices"] == ["places_agree", "sensor_wrong", "car_identified"]
    await answered(bench, missing, "car_in_slot", slot=free)
    assert bench.tower.book.ledger.where(car.vin) == Slot(free)
    assert bench.tower.book.carriage(car.vin).state is CarriageState.IN_SLOT
    assert bench.tower.book.open_cases() == []
    assert bench.tower.book.cases[unknown["case_id"]].settled_by == STAFF
    await bench.collect(await bench.book(0))


async def test_an_unknown_car_is_identified(bench: TowerBench) -> None:
    slot, free, car = first_slot(bench), free_slot(bench), bench.car(0)
    override(bench, f"slot{free}.occupied", value=True)
    unknown = await case_about(bench, f"slot {free}")
    for named, why in (
        ("", "Give its VIN or plate"),
        ("NOBODY", "cars load"),
        (car.plate, "do not show empty"),
    ):
        said = await bench.settle(unknown, "car_identified", car=named)
        assert (said["done"], why in said["reason"]) == (False, True), said
    heal(bench)
    carried(bench, slot, free)
    await answered(bench, unknown, "car_identified", car=car.plate)
    assert bench.tower.book.ledger.where(car.vin) == Slot(free)
    await bench.collect(await bench.book(0))


async def test_an_unknown_car_was_entered_meanwhile(bench: TowerBench) -> None:
    """Whoever says which car it is, and is right, is not told that the ledger knows already."""
    free, plant = free_slot(bench), bench.world.tower.plant
    known = plant.slots[first_slot(bench)]
    assert known is not None
    car = replace(known, vin="VTNEWA00000000001")

    def put() -> None:
        plant.slots[free] = car
        plant.happened()

    bench.world.tower.act(put)
    unknown = await case_about(bench, f"slot {free}")
    line = {
        "vin": car.vin,
        "plate": "NEW 1",
        "model": "Aster",
        "length_mm": car.length_mm,
        "width_mm": car.width_mm,
        "height_mm": car.height_mm,
        "weight_kg": car.weight_kg,
        "slot": free,
    }
    answer = await bench.control("/api/cars", {"by": STAFF, "lines": [line]})
    assert answer["done"], answer
    await answered(bench, unknown, "car_identified", car="NEW 1")
    assert bench.tower.book.ledger.where(car.vin) == Slot(free)


async def test_a_car_carried_off_a_lift_answers_both_questions(bench: TowerBench) -> None:
    """Where the car of a movement is, and which car stands there, is one thing to say."""
    customer = await stuck(bench)
    free = free_slot(bench)
    bench.world.tower.release_estop()
    cranked(bench, free)
    unknown = await case_about(bench, f"slot {free}")
    assert unknown["choices"] == ["places_agree", "sensor_wrong", "car_identified"]
    await answered(bench, await bench.case("movement"), "car_in_slot", slot=free)
    assert bench.tower.book.ledger.where(customer.vin) == Slot(free)
    assert unknown["case_id"] not in {case.case_id for case in bench.tower.book.open_cases()}


async def test_a_wrong_sensor_keeps_its_place_out_of_use(bench: TowerBench) -> None:
    free = free_slot(bench)
    override(bench, f"slot{free}.occupied", value=True)
    case = await case_about(bench, f"slot {free}")
    assert (await bench.settle(case, "sensor_wrong"))["done"]
    kept = await case_about(bench, f"slot {free}", after=case["case_id"])
    assert "kept out of use" in kept["question"]
    assert "sensor_wrong" not in kept["choices"]
    heal(bench)
    await sees(bench, lambda occupied: free not in occupied)
    await bench.restart()
    await bench.in_service()
    assert Slot(free) in in_question(bench.tower)
    await answered(bench, kept, "places_agree")
    assert in_question(bench.tower) == {}


async def test_a_bay_whose_sensors_disagree(bench: TowerBench) -> None:
    override(bench, "bay1.presence", value=True)
    case = await case_about(bench, "bay 1")
    assert "in doubt" in case["question"]
    heal(bench)
    customer = await wanted(bench)
    await bench.carriage(customer, CarriageState.ORDERED)
    await answered(bench, case, "places_agree")
    await bench.depart(customer)


async def test_a_lift_that_shows_a_car_has_no_permit(bench: TowerBench) -> None:
    """Nobody knows what hangs there: the lift itself is held still."""
    override(bench, "lift1.loaded", value=True)
    case = await case_about(bench, "lift 1")
    assert case["lift"] == 1
    await bench.until(
        lambda: (m := bench.tower.machine()) is not None and "no_permit" in m.lifts[1].inhibits
    )
    heal(bench)
    assert OnLift(1) in in_question(bench.tower)
    await answered(bench, case, "places_agree")
    assert not bench.tower.reset_wanted
    await bench.collect(await bench.book(0))


async def test_many_differences_are_few_questions(bench: TowerBench) -> None:
    free = [n for n in bench.tower.site.slots if n not in bench.world.cars][:8]
    for number in free:
        override(bench, f"slot{number}.occupied", value=True)
    book = bench.tower.book
    await bench.until(lambda: len(book.open_cases()) == 6)
    [group] = [case for case in book.open_cases() if len(case.places) > 1]
    assert group.choices == (Settlement.COMPARE_AGAIN,)
    assert set(group.places) == {Slot(number) for number in free[5:]}
    heal(bench)
    for case in book.open_cases():
        answer = "compare_again" if case is group else "places_agree"
        await answered(bench, {"case_id": case.case_id}, answer)
    assert book.open_cases() == []


async def test_no_question_while_jobs_and_people_are_about(bench: TowerBench) -> None:
    """Sensors and ledger part at every job and departure, and nobody is asked about it."""
    for number in (25, 0):
        await bench.collect(await bench.book(number))
    assert bench.events("case.case_opened") == []
    assert bench.tower.book.ledger.car_at(Bay(1)) is None


async def test_occupancy_that_changed_while_the_power_was_away(bench: TowerBench) -> None:
    slot = first_slot(bench)
    await bench.crash()
    override(bench, f"slot{slot}.occupied", value=False)
    await bench.world.tower.restart_plc(0.1)
    await bench.start()
    case = await case_about(bench, f"slot {slot}")
    assert case["vin"] == bench.car(0).vin
    await bench.lead_on()
    assert bench.executed() == 0


async def test_the_audit(bench: TowerBench) -> None:
    audit = await bench.read("/api/audit")
    assert audit is not None
    assert audit["sound"], [each for each in audit["places"] if each["finding"] != "agrees"]
    slot = first_slot(bench)
    override(bench, f"slot{slot}.occupied", value=False)
    await sees(bench, lambda occupied: slot not in occupied)
    said = await bench.control("/api/audit", {"by": STAFF})
    [found] = [each for each in said["places"] if each["place"] == f"slot {slot}"]
    assert not said["sound"]
    assert found["finding"] in {"car missing", "in question"}
    assert found["vin"] == bench.car(0).vin
    assert found["seen"] is False
    recorded = await bench.event("ledger.tower_audited")
    assert (recorded["by"], recorded["sound"]) == (STAFF, False)
    assert [each["place"] for each in recorded["found"]] == [f"slot {slot}"]
    await case_about(bench, f"slot {slot}")
    audit = await bench.read("/api/audit")
    assert audit is not None
    [found] = [each for each in audit["places"] if each["place"] == f"slot {slot}"]
    assert found["finding"] == "in question"


async def test_the_audit_without_the_machine(bench: TowerBench) -> None:
    await bench.world.tower.server.stop()
    await bench.until(lambda: bench.tower.machine() is None)
    audit = await bench.read("/api/audit")
    assert audit is not None
    assert (audit["sound"], audit["places"]) == (False, [])
    assert "nothing is compared" in audit["unread"]
