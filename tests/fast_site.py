"""The example tower with its drives geared up, so that a job takes a second instead of a minute.

Speeds grow by the factor, accelerations by its square: every motion keeps its shape and takes
exactly so many times less.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from hardware_sim.plant.bay import Pace
from hardware_sim.site import Site, site_from_tables

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "guangzhou.toml"
QUICK = Pace(walk_s=0.02, drive_s=0.06)


def fast_tables(factor: float) -> dict[str, Any]:
    """The example site's tables, `factor` times as fast."""
    tables = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    for lift in tables["lifts"]:
        for axis in ("hoist", "turntable", "shuttle"):
            for name in lift[axis]:
                if name.startswith("speed"):
                    lift[axis][name] *= factor
                elif name.startswith("acceleration"):
                    lift[axis][name] *= factor * factor
        lift["car_transfer_extra_s"] /= factor
    for bay in tables["bays"]:
        bay["inner_door_travel_s"] /= factor
        bay["outer_door_travel_s"] /= factor
    return tables


def fast_site(factor: float = 10.0) -> Site:
    """The example site, `factor` times as fast."""
    return site_from_tables(fast_tables(factor))
