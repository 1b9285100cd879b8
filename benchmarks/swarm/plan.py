"""All that a run is given by, as plain data: drawn from the seed, or read from a file."""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.swarm.fault_plan import FaultKind, PlannedFault, plan_faults
from benchmarks.swarm.traffic import DAY_S, Manner, ReturnManner, Season, Trip, plan_trips
from benchmarks.swarm.world import Tier
from hardware_sim.faults.catalogue import TOWER_FAULTS
from hardware_sim.faults.fault import Where
from hardware_sim.site import Site, site_from_tables

ROOT = Path(__file__).parents[2]
DRAWN_OTHERWISE = {"person-inside", "curtain-broken"}
"""They are kinds of their own, with a rate of their own."""


@dataclass(frozen=True)
class Options:
    """What a run is given by, beside the code and the plan."""

    seed: int
    site: Path
    days: float = 7.0
    trips_per_day: float = 24.0
    strength: float = 1.0
    """Multiplies the rates of the faults; 0 for a run in which nothing breaks."""
    haste: float = 1.0
    """Divides windows and times away, so that a short run sees whole trips."""
    cars: int = 30
    tier: Tier = Tier.PORT
    camera_errs: float = 1.0
    """Multiplies the rates at which the camera is wrong."""
    settling_s_max: float = 12 * 3600.0
    """After the last fault is healed everything has to come to rest within this."""
    stop_at_first: bool = False
    """End with the first thing that must never be."""


@dataclass(frozen=True)
class Plan:
    """Who comes, and what breaks."""

    trips: tuple[Trip, ...]
    faults: tuple[PlannedFault, ...]

    @property
    def size(self) -> int:
        """Trips and faults together."""
        return len(self.trips) + len(self.faults)


def draw_plan(options: Options) -> Plan:
    """The plan of a seed."""
    site = site_from_tables(tomllib.loads(options.site.read_text(encoding="utf-8")))
    tables = tomllib.loads(options.site.read_text(encoding="utf-8"))
    trips = plan_trips(
        random.Random(f"traffic {options.seed}"),
        Season(days=options.days, trips_per_day=options.trips_per_day, haste=options.haste),
        sorted(int(kiosk["number"]) for kiosk in tables["kiosks"]),
    )
    faults = plan_faults(
        random.Random(f"faults {options.seed}"),
        options.days * DAY_S,
        options.strength,
        moments_s=[trip.arrives_s for trip in trips],
        breakages=breakages(site),
    )
    return Plan(tuple(trips), tuple(faults))


def breakages(site: Site) -> list[tuple[str, str]]:
    """Whatever of the simulator's catalogue can break in this tower, and where."""
    places: dict[Where, list[str]] = {
        Where.TOWER: ["tower"],
        Where.BAY: [f"bay:{number}" for number in sorted(site.bays)],
        Where.LIFT: [f"lift:{number}" for number in sorted(site.lifts)],
        Where.SENSOR: [f"bay{number}.presence" for number in sorted(site.bays)],
    }
    return [
        (name, place)
        for name, fault in sorted(TOWER_FAULTS.items())
        if name not in DRAWN_OTHERWISE
        for where in fault.where
        for place in places.get(where, [])
    ]


def write_plan(path: Path, options: Options, plan: Plan) -> None:
    """Keep a plan for replaying it."""
    site = options.site.resolve()
    if site.is_relative_to(ROOT):
        site = site.relative_to(ROOT)
    text = {
        "options": asdict(options) | {"site": str(site), "tier": options.tier.value},
        "trips": [_named(asdict(trip)) for trip in plan.trips],
        "faults": [_named(asdict(fault)) for fault in plan.faults],
    }
    path.write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")


def read_plan(path: Path) -> tuple[Options, Plan]:
    """What `write_plan` has kept; raises KeyError or TypeError for anything else."""
    read = json.loads(path.read_text(encoding="utf-8"))
    site = ROOT / read["options"]["site"]
    options = Options(**(read["options"] | {"site": site, "tier": Tier(read["options"]["tier"])}))
    trips = [_trip(each) for each in read["trips"]]
    faults = [_fault(each) for each in read["faults"]]
    return options, Plan(tuple(trips), tuple(faults))


def _named(fields: dict[str, Any]) -> dict[str, Any]:
    kinds = (Manner, ReturnManner, FaultKind)
    return {k: v.name if isinstance(v, kinds) else v for k, v in fields.items()}


def _trip(fields: dict[str, Any]) -> Trip:
    named = {"manner": Manner[fields["manner"]], "back": ReturnManner[fields["back"]]}
    return Trip(**(fields | named))


def _fault(fields: dict[str, Any]) -> PlannedFault:
    return PlannedFault(**(fields | {"kind": FaultKind[fields["kind"]]}))


def told(plan: Plan) -> Iterable[str]:
    """The plan in words."""
    for trip in plan.trips:
        yield (
            f"{trip.arrives_s:8.0f} s  customer {trip.number} at kiosk {trip.kiosk}: "
            f"{trip.manner.value}; brings the car back after {trip.out_s:.0f} s: {trip.back.value}"
        )
    for fault in plan.faults:
        what = f"{fault.kind.value} {fault.name} {fault.where}".rstrip()
        later = f", {fault.after_s:.1f} s later" if fault.after_s else ""
        when = f", upon {fault.upon!r}{later}" if fault.upon else ""
        yield f"{fault.at_s:8.0f} s  {what} for {fault.duration_s:.1f} s{when}"
