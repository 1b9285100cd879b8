"""What a PLC remembers without power, and what its restart therefore cannot lose."""

from __future__ import annotations

from dataclasses import dataclass, field

from firmware_bridge.register_map import MAILBOX_WORDS, MAILBOXES


@dataclass(slots=True)
class LiftRetained:
    """Counters of one lift since commissioning."""

    exec_count: int = 0
    """Jobs started."""
    cycles: int = 0
    """Jobs completed."""


@dataclass(slots=True)
class Retained:
    """Battery-backed memory. Jobs are not in it: after a restart none of them goes on."""

    lifts: dict[int, LiftRetained]
    mailboxes: list[list[int]] = field(
        default_factory=lambda: [[0] * MAILBOX_WORDS for _ in MAILBOXES]
    )
    job_running: bool = False
    """A job ran when the power went: the tower then starts STOPPED and wants a reset."""
    boots: int = 0
    lost: bool = False
    """What was remembered before is gone: battery, memory card, or a new program."""

    @classmethod
    def fresh(cls, lift_numbers: list[int]) -> Retained:
        """The memory of a PLC that has never run."""
        return cls(lifts={number: LiftRetained() for number in lift_numbers})

    @classmethod
    def forgotten(cls, lift_numbers: list[int]) -> Retained:
        """The memory of a PLC that has run and remembers nothing of it."""
        memory = cls.fresh(lift_numbers)
        memory.lost = True
        return memory
