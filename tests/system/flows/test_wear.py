"""Counters, parts and sign-offs of a whole tower: counted, kept, told, and signed off."""

import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from tests.bench.tower_bench import STAFF, TowerBench, bare_bench

PARTS: list[dict[str, Any]] = [
    {
        "id": "lift1-ropes",
        "name": "Hoist ropes",
        "lift": 1,
        "check": "broken wires",
        "critical": True,
        "inspect_count": 1,
    },
    {
        "id": "bay1-door",
        "name": "Street door's motor",
        "bay": 1,
        "check": "closing force",
        "life_count": 100,
    },
]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[TowerBench]:
    async with bare_bench(tmp_path) as bench:
        text = bench.world.site_file.read_text(encoding="utf-8")
        tables = tomllib.loads(text) | {"parts": PARTS}
        bench.world.site_file.write_text(tomli_w.dumps(tables), encoding="utf-8")
        await bench.start()
        await bench.opened()
        yield bench


async def counter(bench: TowerBench, place: str, name: str) -> float | None:
    said = await bench.read("/api/counters")
    found = [
        each["total"]
        for each in (said or {}).get("counters", ())
        if (each["place"], each["counter"]) == (place, name)
    ]
    return found[0] if found else None


async def counted(bench: TowerBench, place: str, name: str, total: float) -> None:
    async def so() -> bool:
        return await counter(bench, place, name) == total

    await bench.until(so, f"{place} {name} does not come to {total}")


async def part(bench: TowerBench, part_id: str) -> dict[str, Any]:
    said = await bench.read("/api/parts")
    return next(each for each in (said or {})["parts"] if each["id"] == part_id)


async def alarm_codes(bench: TowerBench) -> set[str]:
    said = await bench.read("/api/alarms")
    return {each["code"] for each in (said or {}).get("alarms", ()) if each["active"]}


async def look_at_counters(bench: TowerBench) -> None:
    """Counters of the PLC are written once a minute; a restart looks at once."""
    await bench.crash()
    await bench.start()
    await bench.in_service()


async def test_a_visit_is_counted_told_and_signed_off(bench: TowerBench) -> None:
    await counted(bench, "lift 1", "cycles", 0)
    assert (await part(bench, "lift1-ropes"))["last"]["care"] == "first_seen"
    await bench.collect(await bench.book(0))
    await counted(bench, "bay 1", "outer_door", 1)
    await counted(bench, "bay 1", "inner_door", 1)
    await look_at_counters(bench)
    await counted(bench, "lift 1", "cycles", 1)
    await counted(bench, "bay 1", "outer_door", 1)

    ropes = await part(bench, "lift1-ropes")
    assert (ropes["due"], ropes["blocking"], ropes["inspection"]["share"]) == ("overdue", False, 1)

    async def told() -> bool:
        return "C71" in await alarm_codes(bench)

    await bench.until(told, "the overdue inspection is no alarm")
    refused = await bench.control("/api/parts/nothing/sign", {"by": STAFF})
    assert "the site file has no such part" in refused["reason"]
    said = await bench.control("/api/parts/lift1-ropes/sign", {"by": STAFF, "note": "two wires"})
    assert said["done"], said
    assert (await part(bench, "lift1-ropes"))["due"] == "fine"

    async def gone() -> bool:
        return "C71" not in await alarm_codes(bench)

    await bench.until(gone, "the alarm stays")
    records = (await bench.read("/api/parts/records") or {})["records"]
    assert [line["care"] for line in records] == ["inspected", "first_seen", "first_seen"]
    assert (records[0]["by"], records[0]["note"], records[0]["count"]) == (STAFF, "two wires", 1)
    await look_at_counters(bench)
    assert (await part(bench, "lift1-ropes"))["last"]["by"] == STAFF
    days = (await bench.read("/api/counters?days=3") or {})["days"]
    assert days[-1]["totals"]["lift 1 cycles"] == 1


async def test_another_plc_does_not_take_the_tower_s_counters_away(bench: TowerBench) -> None:
    await bench.collect(await bench.book(0))
    await look_at_counters(bench)
    await counted(bench, "lift 1", "cycles", 1)
    await bench.crash()
    bench.world.tower.core.retained.lifts[1].cycles = 0
    await bench.start()

    async def told() -> bool:
        return "C72" in {
            each["code"] for each in (await bench.read("/api/alarms") or {}).get("alarms", ())
        }

    await bench.until(told, "the jump is no alarm")
    await bench.in_service()
    assert await counter(bench, "lift 1", "cycles") == 1
    events = (await bench.read("/api/events?limit=50") or {})["events"]
    jumped = next(e for e in events if e["event_type"] == "com.vendtower.counter.jumped.v1")
    assert (jumped["data"]["from"], jumped["data"]["to"], jumped["data"]["total"]) == (1, 0, 1)
    await bench.collect(await bench.book(1))
    await look_at_counters(bench)
    await counted(bench, "lift 1", "cycles", 2)


async def test_an_overdue_critical_part_can_hold_the_tower(bench: TowerBench) -> None:
    bench.policies["overdue_parts"] = "block"  # type: ignore[assignment]  # the one policy that is a word
    await bench.collect(await bench.book(0))
    await bench.crash()
    await bench.start()

    async def held() -> bool:
        status = await bench.status()
        why = [] if status is None else status["out_of_service_why"]
        return any("ropes" in each for each in why)

    await bench.until(held, "the overdue part holds nothing")
    waiting = await bench.book(1)
    assert bench.executed() == 1
    said = await bench.control("/api/parts/lift1-ropes/sign", {"by": STAFF, "replaced": True})
    assert said["done"], said
    await bench.in_service()
    await bench.collect(waiting)
    assert bench.executed() == 2
