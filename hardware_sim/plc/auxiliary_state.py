"""What the auxiliary mailbox is busy with, and what its done words show."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.meanings import DoneResult, JobError, JobState
from hardware_sim.plc.mailbox import JobWords


@dataclass(slots=True)
class AuxiliaryState:
    """At most one door is on its way at a time."""

    running: JobWords | None = None
    state: JobState = JobState.NONE
    done_seq: int = 0
    done_result: DoneResult = DoneResult.NONE

    def end(self, words: JobWords, error: JobError = JobError.NONE) -> None:
        """A job has ended."""
        self.running = None
        self.state = JobState.DONE if error is JobError.NONE else JobState.FAILED
        self.done_seq = words.seq
        self.done_result = DoneResult.DONE if error is JobError.NONE else DoneResult[error.name]
