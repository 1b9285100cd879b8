"""All scenarios, by family and by name."""

from __future__ import annotations

from collections.abc import Mapping

from hardware_sim.scenarios import (
    cloud,
    hand_over,
    identity,
    movement,
    operating,
    plc_line,
    power,
    returns,
)
from hardware_sim.scenarios.scenario import Family, Scenario

FAMILIES: tuple[Family, ...] = (
    identity.FAMILY,
    hand_over.FAMILY,
    movement.FAMILY,
    returns.FAMILY,
    plc_line.FAMILY,
    power.FAMILY,
    cloud.FAMILY,
    operating.FAMILY,
)

SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario for family in FAMILIES for scenario in family.scenarios
}
