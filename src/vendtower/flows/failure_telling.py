"""A failed visit, told to the cloud with whose fault it is and what the customer may be owed."""

from dataclasses import replace

from vendtower.domain.pickup import ENDED, Visit, VisitState
from vendtower.domain.visit_failure import PROPOSALS
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change


def with_failure(tower: Tower, before: Visit, visit: Visit, change: Change) -> Change:
    """Add ``visit.failed`` where the visit has failed by this change.

    First when staff are asked (``final`` is false: it may still end well), and once more when the
    visit is over without the car.
    """
    referred = visit.state is VisitState.REFERRED_TO_STAFF
    final = visit.state in ENDED - {VisitState.DEPARTED}
    if visit.failure is None or not (final or referred) or visit.state is before.state:
        return change
    proposal = PROPOSALS[visit.failure]
    told = tell(
        tower,
        "visit",
        "Failed",
        subject=f"visit/{visit.visit_id}",
        correlation_id=visit.visit_id,
        data={
            "reservation_id": visit.reservation_id,
            "vin": visit.vin,
            "bay": visit.bay,
            "cause": visit.failure.value,
            "why": visit.reason,
            "final": final,
            "case_id": _case_id(tower, visit, change),
            "fault": proposal.fault.value,
            "proposal": {"money": proposal.money.value, "rebook": proposal.rebook},
        },
    )
    return replace(change, events=(*change.events, told))


def _case_id(tower: Tower, visit: Visit, change: Change) -> int | None:
    """The number that the customer was shown; None when nobody was asked."""
    cases = {case.case_id: case for case in (*tower.book.cases.values(), *change.cases)}
    theirs = [each for each, case in cases.items() if case.visit_id == visit.visit_id]
    return max(theirs, default=None)
