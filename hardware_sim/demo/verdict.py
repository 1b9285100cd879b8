"""What the demonstration has shown, and whether all of it held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from hardware_sim.demo.returner import ReturnEnding, ReturnRecord
from hardware_sim.demo.story import Demonstration, left_open
from hardware_sim.demo.visitor import Ending
from hardware_sim.plant.car import PlaceKind

NOT_EXECUTED = {"never_sent", "refused", "planned"}


@dataclass(frozen=True)
class Finding:
    """One thing that must hold."""

    what: str
    seen: str
    holds: bool


def findings(
    stage: Demonstration, status: Mapping[str, Any], jobs: Mapping[str, Any]
) -> list[Finding]:
    """Everything that must hold, with what was seen; judged by the simulator's own truth."""
    found = [
        Finding(
            f"{record.visitor.name} ({act})",
            record.ending.value
            if record.wait_s is None
            else f"car after {record.wait_s:.1f} s, {record.ending.value}",
            record.ending is Ending.DROVE_OFF,
        )
        for act, record in stage.records.honest.items()
    ]
    found.append(_stranger(stage))
    if stage.records.returned is not None:
        found.append(_return(stage, stage.records.returned))
    left = left_open(status)
    found.append(
        Finding(
            "jobs, visits and returns left open",
            ", ".join(f"{name}: {count}" for name, count in left.items()) or "0",
            not left,
        )
    )
    found += _events(stage, status)
    found.append(_jobs(stage, jobs))
    violations = stage.world.tower.violations
    found.append(
        Finding(
            "safety violations seen by the plant's monitor",
            str(len(violations)) + "".join(f"; {v.rule}: {v.detail}" for v in violations),
            not violations,
        )
    )
    return found


def _stranger(stage: Demonstration) -> Finding:
    record = stage.records.stranger
    refused = record is not None and record.ending is Ending.REFUSED
    opened = stage.records.doors_opened_for_stranger
    return Finding(
        "a stranger with somebody's code",
        f"{record.ending.value if record else 'did not come'} "
        f"({record.reason if record else ''}), street door opened {opened} times",
        refused and opened == 0,
    )


def _return(stage: Demonstration, record: ReturnRecord) -> Finding:
    told = [
        event
        for event in stage.world.cloud.events_received
        if event.event_type == "com.vendtower.car.returned.v1"
    ]
    place = stage.world.tower.where_is(record.visitor.vin)
    taken = record.ending is ReturnEnding.CAR_TAKEN
    duration = "" if record.duration_s is None else f" after {record.duration_s:.1f} s"
    return Finding(
        "a car brought back",
        f"{record.ending.value}{duration}, stands in {place}, told to the cloud {len(told)} times",
        taken and place is not None and place.kind is PlaceKind.SLOT and len(told) == 1,
    )


def _events(stage: Demonstration, status: Mapping[str, Any]) -> list[Finding]:
    owed, delivered = status["outbox"]["owed"], status["outbox"]["delivered"]
    arrived = len(stage.world.cloud.events_received)
    store = stage.world.cloud.store
    wrong = [d for d in store.duplicates if d.content_differs] or store.out_of_order
    holes = store.gaps(stage.world.site.tower_id)
    return [
        Finding(
            "events at the cloud / owed",
            f"{arrived} / {owed}",
            arrived == delivered == owed and not wrong and not holes,
        )
    ]


def _jobs(stage: Demonstration, jobs: Mapping[str, Any]) -> Finding:
    asked = [job for job in jobs["jobs"] if job["mailbox"] > 0 and job["state"] not in NOT_EXECUTED]
    executed = sum(stage.world.tower.jobs_started(lift) for lift in stage.world.site.lifts)
    return Finding(
        "lift jobs executed / asked", f"{executed} / {len(asked)}", executed == len(asked)
    )


def show(found: list[Finding], console: Console) -> bool:
    """Print the table; True when everything held."""
    table = Table(title="What happened", title_justify="left")
    table.add_column("what")
    table.add_column("seen")
    table.add_column("held")
    for finding in found:
        table.add_row(finding.what, finding.seen, "yes" if finding.holds else "NO")
    console.print()
    console.print(table)
    return all(finding.holds for finding in found)
