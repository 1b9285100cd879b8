"""What the JSON interface says of jobs: what was asked, when, for how long; pure."""

from typing import TypeAlias

from vendtower.domain.job import Job, JobState, Moment
from vendtower.domain.job_limits import job_limits, seconds_between
from vendtower.domain.places import Place
from vendtower.domain.site_sections import PoliciesSection
from vendtower.ports.screens import TowerPicture

JsonObject: TypeAlias = dict[str, object]

INTERRUPTED = frozenset({JobState.FAILED, JobState.ABORTED, JobState.UNKNOWN})


def jobs_view(picture: TowerPicture) -> JsonObject:
    """``/api/jobs``: open movements and the last that ended, oldest first.

    ``asked_utc``, ``accepted_utc``, ``started_utc``, ``ended_utc`` (null: not, or not known);
    ``answer_s``, ``start_s``, ``work_s`` and ``whole_s`` are the seconds between them;
    ``interrupted``: begun, or perhaps begun, and not ended as asked; ``runs``: how many runs of
    the controller have followed it; ``stop_by`` and ``last_by``: who ended it, or what follows.
    """
    return {"schema": 1, "jobs": job_list(picture)}


def job_list(picture: TowerPicture) -> list[JsonObject]:
    """The jobs of the picture."""
    return [job_view(job) for job in picture.jobs]


def job_view(job: Job) -> JsonObject:
    """One job."""
    return {
        "job_id": job.job_id,
        "mailbox": job.mailbox,
        "verb": job.verb.value,
        "source": _place(job.source),
        "destination": _place(job.destination),
        "vin": job.vin,
        "state": job.state.value,
        "open": job.is_open,
        "interrupted": job.state in INTERRUPTED,
        "reason": job.reason,
        "deadline_s": job.deadline_s,
        "correlation_id": job.correlation_id,
        "asked_utc": _utc(job.asked),
        "accepted_utc": _utc(job.accepted),
        "started_utc": _utc(job.started),
        "ended_utc": _utc(job.ended),
        "answer_s": _seconds(job, job.asked, job.accepted),
        "start_s": _seconds(job, job.accepted, job.started),
        "work_s": _seconds(job, job.started, job.ended),
        "whole_s": _seconds(job, job.asked, job.ended),
        "runs": job.runs,
        "stop_by": None if job.stop is None else job.stop.by,
        "last_by": job.last_by or None,
    }


def limits_view(job: Job, policies: PoliciesSection) -> JsonObject:
    """How long the job may stay asked, accepted and active before it is late."""
    limits = job_limits(job, policies)
    return {
        "answer_s": limits.answer_s,
        "start_s": limits.start_s,
        "end_s": limits.end_s,
    }


def _seconds(job: Job, start: Moment | None, end: Moment | None) -> float | None:
    found = seconds_between(job, start, end)
    return None if found is None else round(found, 3)


def _utc(at: Moment | None) -> str | None:
    return None if at is None else at.utc.isoformat()


def _place(place: Place | None) -> str | None:
    return None if place is None else str(place)
