"""How a fault of the plan happens to a world."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

from benchmarks.swarm.fault_plan import PlannedFault
from benchmarks.swarm.world import World

Act = Callable[[World, PlannedFault, random.Random], Awaitable[None]]
"""Lets it come, waits for as long as it lasts, and takes it away; chance draws what is open."""
