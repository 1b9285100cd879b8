"""x."""

from hardware_sim.scenarios.scenario import Family

FAMILY = Family("movement")
