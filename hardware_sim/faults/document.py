"""The page of all faults: ``python -m hardware_sim.faults.document > docs/faults.md``."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from hardware_sim.faults import (
    hazard_faults,
    mechanical_faults,
    plc_faults,
    power_faults,
    sensor_faults,
    surroundings_faults,
)
from hardware_sim.faults.fault import Fault, Where

FAMILIES: Mapping[str, Sequence[Fault]] = {
    "Sensors": sensor_faults.FAULTS,
    "Mechanics": mechanical_faults.FAULTS,
    "People and safety functions": hazard_faults.FAULTS,
    "PLC": plc_faults.FAULTS,
    "Supply": power_faults.FAULTS,
    "Lines, cloud, cameras, boards, power": surroundings_faults.FAULTS,
}

HEAD = """# Faults by name

<!-- Written by `python -m hardware_sim.faults.document > docs/faults.md`. -->

What can be broken in a simulated tower while it runs (`vendtower-sim run`, or `demo --keep`):

    vendtower-sim fault outer-door-stuck --at bay:1 --until-mended
    vendtower-sim fault sensor-stuck --at bay1.presence --seconds 30
    vendtower-sim mend outer-door-stuck
    vendtower-sim faults

A fault mends itself after `--seconds` (5 if nothing is said) or stays with `--until-mended`.
Without `--at` it hits number 1 of the first kind named here. The first five families act on the
machine alone and read no clock but the plant's (`hardware_sim.faults.catalogue.begin`): they serve
a simulation in virtual time as well. [scenarios.md](scenarios.md) shows what the controller makes
of them.
"""


def document() -> str:
    """The page."""
    return HEAD + "".join(_family(title, faults) for title, faults in FAMILIES.items())


def _family(title: str, faults: Sequence[Fault]) -> str:
    lines = [f"\n## {title}\n", "| Fault | `--at` | What breaks |", "|---|---|---|"]
    lines += [f"| `{each.name}` | {_at(each.where)} | {each.what} |" for each in faults]
    return "\n".join(lines) + "\n"


def _at(where: tuple[Where, ...]) -> str:
    kinds = {Where.TOWER: "`tower`", Where.SENSOR: "a sensor's name"}
    return ", ".join(kinds.get(each, f"`{each}:N`") for each in where)


if __name__ == "__main__":
    sys.stdout.write(document())
