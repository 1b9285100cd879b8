"""Freed memory goes back to the system, and new threads do not keep heaps of their own."""

import os

from vendtower.adapters.identity.memory_watch import give_back, resident_mb
from vendtower.adapters.identity.process_settings import ENVIRONMENT

BLOCK_BYTES = 100_000
"""Small enough that the C library takes it from its heap."""


def _resident_mb() -> float:
    found_mb = resident_mb(os.getpid())
    assert found_mb is not None
    return found_mb


def test_what_lies_under_a_piece_in_use_is_given_back() -> None:
    blocks = [bytearray(os.urandom(16)) * (BLOCK_BYTES // 16) for _ in range(400)]
    in_use = blocks[-1]
    del blocks
    kept_mb = _resident_mb()
    assert give_back()
    assert _resident_mb() < kept_mb - 20, "the hole of 40 MB was kept"
    assert len(in_use) == BLOCK_BYTES


def test_the_process_is_started_with_few_heaps() -> None:
    assert ENVIRONMENT["MALLOC_ARENA_MAX"] == "2"
