"""Alarms from the PLC's bit to the person who acknowledges them, on real wires."""

import asyncio
from collections.abc import Mapping
from typing import Any

from tests.bench.tower_bench import STAFF, TowerBench
from vendtower.domain.delivery import CarriageState
from vendtower.flows.service import hindrances

Json = Mapping[str, Any]


async def alarm(bench: TowerBench, code: str) -> Json | None:
    """The alarm of this code as the API has it; None when it is normal."""
    said = await bench.read("/api/alarms")
    alarms = said["alarms"] if said else []
    return next((each for each in alarms if each["code"] == code), None)


async def stands(bench: TowerBench, code: str, state: str) -> Json:
    found: list[Json | None] = []

    async def so() -> bool:
        found.append(await alarm(bench, code))
        return found[-1] is not None and found[-1]["state"] == state

    await bench.until(so, lambda: f"{code} is not {state}: {found[-1]}")
    assert found[-1] is not None
    return found[-1]


async def normal(bench: TowerBench, code: str) -> None:
    async def so() -> bool:
        return await alarm(bench, code) is None

    await bench.until(so, f"{code} does not become normal")


async def acknowledge(bench: TowerBench, code: str, source: str = "tower") -> None:
    said = await bench.control(f"/api/alarms/{code}/ack", {"source": source, "by": STAFF})
    assert said["done"], said


def told(bench: TowerBench, name: str, code: str) -> list[Json]:
    """What the cloud has heard of this alarm."""
    return [data for data in bench.events(f"alarm.{name}") if data["code"] == code]


async def test_an_estop_is_raised_acknowledged_released_and_normal(bench: TowerBench) -> None:
    bench.world.tower.press_estop()
    raised = await stands(bench, "P00", "unacknowledged")
    assert (raised["severity"], raised["source"], raised["active"]) == ("fatal", "tower", True)
    assert any("alarm P00" in why for why in hindrances(bench.tower))
    await acknowledge(bench, "P00")
    acknowledged = await stands(bench, "P00", "acknowledged")
    assert acknowledged["acknowledged_by"] == STAFF
    hidden = await bench.control(
        "/api/alarms/P00/shelve", {"source": "tower", "by": STAFF, "minutes": 5, "reason": "loud"}
    )
    assert "neither shelved nor taken out of service" in hidden["reason"]
    bench.world.tower.release_estop()
    await normal(bench, "P00")
    await bench.until(lambda: bool(told(bench, "returned", "P00")), "the cloud hears no end")
    assert len(told(bench, "raised", "P00")) == len(told(bench, "acknowledged", "P00")) == 1
    [episode] = [e for e in (await history(bench)) if e["code"] == "P00"]
    assert episode["active_s"] > 0
    assert episode["raised_utc"] < episode["returned_utc"]


async def history(bench: TowerBench) -> list[Json]:
    said = await bench.read("/api/alarms/history?limit=50")
    assert said is not None
    return list(said["episodes"])


async def test_a_cut_link_is_raised_once_and_returns_once(bench: TowerBench) -> None:
    await bench.world.tower.cut_plc_link()
    await stands(bench, "C01", "unacknowledged")
    await asyncio.sleep(0.5)
    await bench.world.tower.restore_plc_link()
    await stands(bench, "C01", "returned")
    await bench.in_service()
    await acknowledge(bench, "C01")
    await normal(bench, "C01")
    await bench.until(lambda: bool(told(bench, "returned", "C01")), "the cloud hears no end")
    assert len(told(bench, "raised", "C01")) == 1
    assert len(told(bench, "returned", "C01")) == 1


async def test_states_outlive_a_restart(bench: TowerBench) -> None:
    shelved = {"source": "bay 1", "by": STAFF, "minutes": 30, "reason": "door is being painted"}
    assert (await bench.control("/api/alarms/P20/shelve", shelved))["done"]
    bench.world.tower.press_estop()
    raised = await stands(bench, "P00", "unacknowledged")
    await acknowledge(bench, "P00")
    await bench.restart()
    again = await stands(bench, "P00", "acknowledged")
    assert again["episode_id"] == raised["episode_id"]
    assert (await stands(bench, "P20", "shelved"))["masked_reason"] == "door is being painted"
    bench.world.tower.release_estop()
    await normal(bench, "P00")


async def test_a_jammed_movement_is_an_alarm_until_its_case_is_settled(bench: TowerBench) -> None:
    tower = bench.world.tower
    await bench.identify(await bench.book(25))
    await tower.until(lambda: tower.plant.lifts[1].car is not None)
    tower.press_estop()
    halted = await stands(bench, "C42", "unacknowledged")
    assert halted["source"] == "lift 1"
    case = await bench.case("movement")
    assert f"case {case['case_id']}" in halted["text"]
    tower.release_estop()
    await bench.settled("movement", "continue")
    await stands(bench, "C42", "returned")
    await acknowledge(bench, "C42", "lift 1")
    await normal(bench, "C42")


async def test_no_street_door_opens_while_a_fatal_alarm_holds(bench: TowerBench) -> None:
    customer = await bench.book(0)
    await bench.check_in(customer)
    carriage = bench.tower.book.carriage
    await bench.until(
        lambda: carriage(customer.vin).state is CarriageState.IN_BAY, "the car does not come"
    )
    bench.tower.faults["invariant (test)"] = "two cars in one place"
    await stands(bench, "C34", "unacknowledged")
    bench.people.match(1)
    await bench.phase(1, "hand_over")
    await asyncio.sleep(0.6)
    assert bench.doors_opened(1) == 0
    kiosk = await bench.kiosk(1)
    assert kiosk["phase"] == "hand_over"
    del bench.tower.faults["invariant (test)"]
    await bench.drive_out(customer)
    await bench.event("visit.car_departed")


async def test_a_lost_kiosk_board_is_an_alarm_while_it_is_away(bench: TowerBench) -> None:
    bench.world.boards[1].unplug()
    lost = await stands(bench, "C22", "unacknowledged")
    assert lost["source"] == "kiosk 1"
    bench.world.boards[1].plug()
    await stands(bench, "C22", "returned")


async def test_the_call_button_of_a_bay_is_an_alarm_there(bench: TowerBench) -> None:
    tower = bench.world.tower
    tower.act(lambda: tower.people.press_call(2))
    assert (await stands(bench, "C24", "unacknowledged"))["source"] == "bay 2"
