"""Which seeds are played: a count, ranges, or fresh ones without end."""

from __future__ import annotations

import argparse
import itertools
import random
from collections.abc import Iterator

FRESH_FROM, FRESH_BELOW = 1_000_000, 1_000_000_000


def seeds_of(text: str) -> tuple[int, ...]:
    """``200`` for the seeds 1 to 200, ``17-40`` for a range, ``7-7`` for one; several by commas.

    Raises:
        argparse.ArgumentTypeError: anything else, an empty range, a seed twice.

    """
    if text.isdecimal():
        text = f"1-{text}"
    seeds = [seed for part in text.split(",") for seed in _range(part.strip(), text)]
    if len(set(seeds)) != len(seeds):
        raise argparse.ArgumentTypeError(f"seeds {text!r}: one of them twice")
    return tuple(seeds)


def _range(part: str, text: str) -> range:
    first, dash, last = part.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise argparse.ArgumentTypeError(
            f"seeds {text!r}, expected a count (200) or ranges (1-50,77)"
        )
    seeds = range(int(first), int(last if dash else first) + 1)
    if not seeds:
        raise argparse.ArgumentTypeError(f"seeds {text!r}: {part} has none in it")
    return seeds


def fresh_seeds() -> Iterator[int]:
    """Seeds that hardly anybody has played before, one after the other, without end."""
    return itertools.count(random.SystemRandom().randrange(FRESH_FROM, FRESH_BELOW))
