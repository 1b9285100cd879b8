"""How long a job may stay in each of its states, computed; and how long it did."""

from dataclasses import dataclass

from vendtower.domain.job import ACKNOWLEDGE_MARGIN_S, Fate, Job, Moment
from vendtower.domain.site_sections import PoliciesSection


@dataclass(frozen=True)
class JobLimits:
    """Seconds from entering a state after which a job is late in it."""

    answer_s: float
    """From asked to accepted. The PLC refuses what it reads later than the job's validity; then
    its answer has to come back, or a new session be echoed that rules the job out: ``valid_s``,
    the margin of one exchange, and ``job_time_margin_s``."""
    start_s: float
    """From accepted to begun. The PLC begins in the scan of its answer, and what is read is at
    most ``snapshot_age_s_max`` old: one age until the answer is read, one until the next state
    is, and ``job_time_margin_s`` for a machine that has to come out of idle."""
    end_s: float
    """From begun to ended: duration x ``job_time_factor`` + ``job_time_margin_s``
    (`travel_time.job_deadline_s`)."""

    def of(self, fate: Fate | None) -> float | None:
        """The limit of a state as the PLC's words have it; None for one without an end.

        A line that is down makes no job late, nor does a pause that the PLC has ordered.
        """
        match fate:
            case Fate.PENDING:
                return self.answer_s
            case Fate.ACCEPTED:
                return self.start_s
            case Fate.RUNNING:
                return self.end_s
            case _:
                return None


def job_limits(job: Job, policies: PoliciesSection) -> JobLimits:
    """The limits of this job, from its own figures and the site's policies."""
    return JobLimits(
        answer_s=job.valid_s + ACKNOWLEDGE_MARGIN_S + policies.job_time_margin_s,
        start_s=2 * policies.snapshot_age_s_max + policies.job_time_margin_s,
        end_s=job.deadline_s,
    )


def seconds_between(job: Job, start: Moment | None, end: Moment | None) -> float | None:
    """Seconds from one moment of the job to another; None while one is not known.

    By the monotonic clock, which no time server moves; by wall time where the controller was
    started anew in between, because the monotonic clock may have begun again.
    """
    if start is None or end is None:
        return None
    if job.runs == 1:
        return end.monotonic_s - start.monotonic_s
    return (end.utc - start.utc).total_seconds()
