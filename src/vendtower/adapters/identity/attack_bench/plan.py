"""Which trials are made: every kind under every condition about equally often; pure."""

from __future__ import annotations

import random
from collections.abc import Sequence

from vendtower.adapters.identity.attack_bench.trial import Conditions, Trial

DISTANCES_M = (0.5, 0.65, 0.85)
LIGHTS = (1.0, 0.7, 0.4)
BLURS_PX = (0.0, 0.6, 1.0)
NOISES = (2.0, 4.0)


def plan(kinds: Sequence[str], people: Sequence[str], trials: int, seed: int) -> list[Trial]:
    """``trials`` of each kind, the kinds by turns, so that a run that is cut short says of all.

    A kind's trials do not depend on the other kinds, and more of them begin with the same ones.
    """
    each = [_of_kind(kind, sorted(people), trials, seed) for kind in kinds]
    return [trial for together in zip(*each, strict=True) for trial in together]


def _of_kind(kind: str, people: Sequence[str], trials: int, seed: int) -> list[Trial]:
    chance = random.Random(f"{seed} {kind}")
    return [
        Trial(
            kind,
            people[number // len(DISTANCES_M) % len(people)],
            Conditions(
                distance_m=DISTANCES_M[number % len(DISTANCES_M)],
                light=chance.choice(LIGHTS),
                blur_px=chance.choice(BLURS_PX),
                noise=chance.choice(NOISES),
            ),
            chance.randrange(2**31),
        )
        for number in range(trials)
    ]
