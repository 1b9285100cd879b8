"""All that a run is given by, as plain data: drawn from the seed, or read from a file."""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.swarm.board_plan import plan_board_faults, with_habits
from benchmarks.swarm.fault_plan import FaultKind, PlannedFault, plan_faults
from benchmarks.swarm.key_manners import LaysKey, TakesKey
from benchmarks.swarm.scenes import plan_scenes
from benchmarks.swarm.traffic import DAY_S, Manner, ReturnManner, Season, Trip, plan_trips
from benchmarks.swarm.world import Tier
from hardware_sim.faults.catalogue import TOWER_FAULTS
from hardware_sim.faults.fault import Where, parse_target
from hardware_sim.site import Site, site_from_tables

ROOT = Path(__file__).parents[2]
FORMAT = 1
"""Of plan files; a file of another format is refused, since it would play something else."""
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
    leap: bool = True
    """Hours in which nothing can happen are leapt over; False lives through all of them."""
    stop_at_first: bool = False
    """End with the first thing that must never be."""
    list_age_h: float = 72.0
    """After this a list of reservations that the cloud has not confirmed lets nobody in alone."""
    without: tuple[str, ...] = ()
    """Names of fault kinds and manners that are not drawn: what is frequent may hide the rare."""
    boards: bool = False
    """A board with a key cabinet at every kiosk. Lived hours cost several times as much."""


class PlanError(ValueError):
    """A file that is no plan, or one that this code cannot play; the message says why."""


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
        Season(
            days=options.days,
            trips_per_day=options.trips_per_day,
            haste=options.haste,
            without=frozenset(options.without),
        ),
        _kiosks(tables),
    )
    faults = plan_faults(
        random.Random(f"faults {options.seed}"),
        options.days * DAY_S,
        options.strength,
        moments_s=[trip.arrives_s for trip in trips],
        breakages=breakages(site),
        without=frozenset(options.without),
    )
    faults += plan_scenes(
        random.Random(f"scenes {options.seed}"),
        options.days * DAY_S,
        options.strength,
        moments_s=[trip.arrives_s for trip in trips],
        known={place for _, place in breakages(site)},
        without=frozenset(options.without),
    )
    if options.boards:
        trips = with_habits(random.Random(f"keys {options.seed}"), trips)
        faults += plan_board_faults(
            random.Random(f"boards {options.seed}"),
            options.days * DAY_S,
            options.strength,
            moments_s=[trip.arrives_s for trip in trips],
            without=frozenset(options.without),
        )
    faults.sort(key=lambda fault: (fault.at_s, fault.kind.value))
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
    tables = {"format": FORMAT, "options": options_tables(options), **plan_tables(plan)}
    path.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")


def read_plan(path: Path) -> tuple[Options, Plan]:
    """What `write_plan` has kept; options alone stand for the plan that they draw.

    Raises:
        PlanError: the file is something else, or names what this code does not know.

    """
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PlanError(f"plan {path}: cannot be read: {error}") from error
    found = read.get("format") if isinstance(read, dict) else None
    if found != FORMAT:
        raise PlanError(f"plan {path}: format {found!r}, expected {FORMAT}")
    try:
        options = options_of(read["options"])
        plan = plan_of(read) if "trips" in read else draw_plan(options)
        _check_kiosks(plan, options)
    except (KeyError, TypeError, ValueError, OSError) as error:
        what = f"{type(error).__name__}: {error}"
        raise PlanError(f"plan {path}: does not fit this code any more: {what}") from error
    return options, plan


def _check_kiosks(plan: Plan, options: Options) -> None:
    kiosks = _kiosks(tomllib.loads(options.site.read_text(encoding="utf-8")))
    for trip in plan.trips:
        if trip.kiosk not in kiosks:
            raise ValueError(f"trip {trip.number} at kiosk {trip.kiosk}, expected one of {kiosks}")


def _kiosks(tables: dict[str, Any]) -> list[int]:
    return sorted(int(kiosk["number"]) for kiosk in tables["kiosks"])


def options_tables(options: Options) -> dict[str, Any]:
    """The options as JSON has them."""
    site = options.site.resolve()
    if site.is_relative_to(ROOT):
        site = site.relative_to(ROOT)
    named = {"site": str(site), "tier": options.tier.value, "without": list(options.without)}
    return asdict(options) | named


def options_of(tables: dict[str, Any]) -> Options:
    """The options that `options_tables` has written; raises KeyError, TypeError or ValueError."""
    named = {
        "site": ROOT / tables["site"],
        "tier": Tier(tables["tier"]),
        "without": tuple(tables.get("without", ())),
    }
    options = Options(**(tables | named))
    if not options.site.is_file():
        raise ValueError(f"no site file {options.site}")
    return options


def plan_tables(plan: Plan) -> dict[str, Any]:
    """The plan as JSON has it."""
    return {
        "trips": [_named(asdict(trip)) for trip in plan.trips],
        "faults": [_named(asdict(fault)) for fault in plan.faults],
    }


def plan_of(tables: dict[str, Any]) -> Plan:
    """The plan that `plan_tables` has written; raises KeyError, TypeError or ValueError."""
    faults = tuple(_fault(each) for each in tables["faults"])
    for fault in faults:
        if fault.kind is FaultKind.BREAKS:
            _check_breakage(fault)
    return Plan(tuple(_trip(each) for each in tables["trips"]), faults)


def _check_breakage(fault: PlannedFault) -> None:
    known = TOWER_FAULTS.get(fault.name)
    if known is None:
        raise ValueError(f"{fault.name!r} is not in the simulator's catalogue of faults")
    parse_target(fault.where or None, known.where)


def _named(fields: dict[str, Any]) -> dict[str, Any]:
    kinds = (Manner, ReturnManner, FaultKind, TakesKey, LaysKey)
    return {k: v.name if isinstance(v, kinds) else v for k, v in fields.items()}


def _trip(fields: dict[str, Any]) -> Trip:
    named = {
        "manner": Manner[fields["manner"]],
        "back": ReturnManner[fields["back"]],
        # Plans from before there were boards say nothing of keys.
        "takes_key": TakesKey[fields.get("takes_key", "AT_ONCE")],
        "lays_key": LaysKey[fields.get("lays_key", "AT_ONCE")],
    }
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
