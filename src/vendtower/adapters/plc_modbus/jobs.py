"""The domain's jobs as mailbox words, and what the PLC says of them as the domain's answers."""

from firmware_bridge import meanings
from firmware_bridge.errors import BridgeError
from firmware_bridge.handshake import Fate as WireFate
from firmware_bridge.handshake import Handshake, Mark, Phase, Successor, Verdict
from firmware_bridge.job_mailbox import NOWHERE, JobRequest, pack_job
from firmware_bridge.job_mailbox import Place as WirePlace
from firmware_bridge.link_types import NotSent
from firmware_bridge.plc_image import PlcImage
from vendtower.adapters.plc_modbus.snapshots import bay_inhibits, name_of, names_of
from vendtower.domain.errors import LocalFault
from vendtower.domain.job import (
    Fate,
    Job,
    JobAccepted,
    JobAnswer,
    JobFate,
    JobRefused,
    JobResult,
    JobUnanswered,
)
from vendtower.domain.places import Bay, OnLift, Place, Slot

_RUNNING = {
    meanings.JobState.ACCEPTED: Fate.ACCEPTED,
    meanings.JobState.HELD: Fate.HELD,
}

_EXPLAINED_BY_INHIBIT = frozenset(
    {JobResult.BUSY, JobResult.FAULTED, JobResult.MODE_OR_PERMIT, JobResult.INTERLOCK}
)


def request_of(job: Job, session: int) -> JobRequest:
    """The job as the PLC takes it; :class:`LocalFault` for one that the mailbox cannot carry."""
    request = JobRequest(
        seq=job.seq,
        job_id=job.job_id,
        session=session,
        verb=meanings.Verb[job.verb.name],
        source=_wire_place(job.source),
        destination=_wire_place(job.destination),
        expected_weight_kg=job.expected_weight_kg,
        expected_height_mm=job.expected_height_mm,
        valid_ms=round(job.valid_s * 1000),
    )
    try:
        pack_job(request)
    except BridgeError as error:
        raise LocalFault(f"{job} cannot be asked of the PLC: {error}") from error
    return request


def _wire_place(place: Place | None) -> WirePlace:
    match place:
        case None:
            return NOWHERE
        case Bay(number):
            return WirePlace(meanings.PlaceKind.BAY, number)
        case Slot(number):
            return WirePlace(meanings.PlaceKind.SLOT, number)
        case OnLift(number):
            return WirePlace(meanings.PlaceKind.LIFT, number)


def answer_of(reply: Handshake | NotSent, job: Job, image: PlcImage | None) -> JobAnswer:
    """What the PLC answered. A job begun and ended in the meantime counts as accepted."""
    if isinstance(reply, NotSent):
        return JobUnanswered(f"not sent: {reply.reason}")
    if reply.phase in {Phase.RUNNING, Phase.FINISHED}:
        return JobAccepted()
    if reply.phase is Phase.REFUSED:
        return _refused(reply.result, job, image)
    if reply.phase is Phase.WRITTEN:
        return JobUnanswered("no acknowledgement in time")
    return JobUnanswered(reply.reason)


def _refused(number: int, job: Job, image: PlcImage | None) -> JobRefused:
    try:
        result = JobResult(number)
    except ValueError:
        return JobRefused(JobResult.NONE, f"result {number}, which the contract does not have")
    detail = result.name.lower()
    if result in _EXPLAINED_BY_INHIBIT and image is not None:
        reasons = _inhibits(job, image)
        if reasons:
            detail += ": " + ", ".join(sorted(reasons))
    return JobRefused(result, detail)


def _inhibits(job: Job, image: PlcImage) -> frozenset[str]:
    """The inhibit names of the lift asked and of the bays concerned."""
    reasons: frozenset[str] = frozenset()
    if job.mailbox in image.lifts:
        reasons |= names_of(meanings.Inhibit, image.lifts[job.mailbox].number("inhibit"))
    for place in (job.source, job.destination):
        if isinstance(place, Bay) and place.number <= image.identity.bays:
            found = bay_inhibits(image.bays.values, place.number)
            reasons |= {f"bay {place.number} {name}" for name in found}
    return reasons


def mark_of(job: Job) -> Mark:
    """What the mailbox showed when the job was planned."""
    return Mark(job.before.boot_id, job.before.ack_seq, job.before.exec_count)


def fate_of(verdict: Verdict) -> JobFate:
    """The verdict in the domain's words."""
    match verdict.fate:
        case WireFate.NEVER_SEEN:
            return JobFate(Fate.NEVER_TAKEN, verdict.reason)
        case WireFate.PENDING:
            return JobFate(Fate.PENDING, verdict.reason)
        case WireFate.REFUSED:
            return JobFate(Fate.REFUSED, name_of(meanings.Result, verdict.result))
        case WireFate.RUNNING:
            return JobFate(_RUNNING.get(verdict.state, Fate.RUNNING))
        case WireFate.FINISHED if verdict.result == meanings.DoneResult.DONE:
            return JobFate(Fate.FINISHED)
        case WireFate.FINISHED if verdict.result == meanings.DoneResult.ABORT_REQUESTED:
            return JobFate(Fate.ABORTED, name_of(meanings.DoneResult, verdict.result))
        case WireFate.FINISHED:
            return JobFate(Fate.FAILED, name_of(meanings.DoneResult, verdict.result))
        case WireFate.ADOPTED_STALE:
            return JobFate(Fate.RESTARTED, verdict.reason)
        case WireFate.UNKNOWN:
            return JobFate(Fate.UNKNOWN, verdict.reason)


def abort_fate_of(verdict: Verdict) -> JobFate:
    """The verdict about a job that asks for a stop: it is done once it is acknowledged."""
    taken = {WireFate.RUNNING, WireFate.PENDING}
    if verdict.fate in taken and verdict.result == meanings.Result.ACCEPTED:
        return JobFate(Fate.FINISHED)
    return fate_of(verdict)


def abort_of(job: Job) -> Successor | None:
    """The job that asks to stop this one, None when nobody does."""
    return None if job.stop is None else Successor(job.stop.seq, job.stop.job_id)
