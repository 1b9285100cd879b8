"""The planted bugs about keys, with the plans that lead to them."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.swarm import mutations_keys
from benchmarks.swarm.aimed import WITH_BOARDS, fault, manner, plan, trip
from benchmarks.swarm.fault_plan import FaultKind
from benchmarks.swarm.key_manners import LaysKey, TakesKey
from benchmarks.swarm.mutant import planted
from benchmarks.swarm.traffic import Manner

KEYS = (
    planted(
        mutations_keys.key_before_the_face,
        plan(manner(trip(), Manner.STRANGER_FIRST)),
        "a key is released to somebody unproven",
        options=WITH_BOARDS,
    ),
    planted(
        mutations_keys.key_of_the_one_before,
        plan(
            replace(trip(), ends_at_s=3000.0),
            fault(FaultKind.POWER_CUT, 1200.0, upon=": key wanted"),
        ),
        "a key is released to somebody proven too long ago",
        options=WITH_BOARDS,
    ),
    planted(
        mutations_keys.restart_releases_again,
        plan(
            replace(trip(), takes_key=TakesKey.ASKS_AGAIN),
            fault(FaultKind.CRASH, 1.0, upon="compartment is released", after_s=0.5),
        ),
        "a compartment is released again unasked",
        options=WITH_BOARDS,
    ),
    planted(
        mutations_keys.key_not_awaited,
        plan(trip()),
        "a car is handed over and its key lies in the cabinet",
        options=WITH_BOARDS,
    ),
    planted(
        mutations_keys.key_not_asked_back,
        plan(replace(trip(), lays_key=LaysKey.KEEPS_IT)),
        "a key is missing and nobody was asked",
        options=WITH_BOARDS,
    ),
)
