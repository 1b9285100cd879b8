"""What must be so after every scenario, whatever it is about."""

from __future__ import annotations

from pathlib import Path

from hardware_sim.scenarios.scenario import Scenario
from hardware_sim.scenarios.stage import Stage
from hardware_sim.scenarios.waiting import expect, until

NO_TROUBLE = ("Traceback (most recent call last)", " CRITICAL ")


async def judge(stage: Stage, scenario: Scenario) -> None:
    """By the simulator's truth, the safety monitor, the cloud, and the daemon's pages and log."""
    await _comes_to_rest(stage)
    violations = [f"{v.rule}: {v.detail}" for v in stage.tower.violations]
    expect(not violations, f"the safety monitor saw {violations}")
    await _ledger_is_true(stage)
    _cloud_was_told_once(stage)
    if not scenario.stops_with_an_error:
        _log_is_clean(stage.daemon.log_file)


async def _comes_to_rest(stage: Stage) -> None:
    seen: list[object] = [None]

    async def rests() -> bool:
        status = await stage.status()
        seen[0] = status["counts"] if status else None
        return bool(
            status and not status["counts"]["jobs_open"] and not status["outbox"]["waiting"]
        )

    await until(rests, lambda: f"no open job and nothing owed to the cloud expected: {seen[0]}")


async def _ledger_is_true(stage: Stage) -> None:
    page = await stage.screens.read("/api/cars")
    for car in page["cars"] if page else []:
        if car["state"] in {"in_slot", "in_bay", "gone"}:
            truth = str(stage.tower.where_is(car["vin"]))
            wrong = f"car {car['vin']} is in {truth}, the ledger says {car['where']}"
            expect(car["where"] == truth, wrong)


def _cloud_was_told_once(stage: Stage) -> None:
    changed = [d for d in stage.world.cloud.duplicates if d.content_differs]
    expect(not changed, f"an event came again with other content: {changed}")
    store = stage.world.cloud.store
    expect(not store.out_of_order, f"events came out of order: {store.out_of_order}")
    expect(not store.gaps(stage.world.site.tower_id), "events were left out")


def _log_is_clean(log_file: Path) -> None:
    lines = log_file.read_text(encoding="utf-8", errors="replace").splitlines()
    trouble = [line for line in lines if any(sign in line for sign in NO_TROUBLE)]
    expect(not trouble, f"the daemon's log tells of {trouble[:3]}")
