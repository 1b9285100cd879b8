"""Every way a visit fails has its cause, and every cause its proposal, in code and on the page."""

from dataclasses import replace
from pathlib import Path

import pytest

from vendtower.daemon.failures_document import table
from vendtower.domain import pickup_events as p
from vendtower.domain.identity import IdentityRefusal
from vendtower.domain.pickup import ENDED, PICKUP_TABLE, Visit, VisitState
from vendtower.domain.pickup_events import VisitEvent
from vendtower.domain.visit_failure import PROPOSALS, FailureCause, Fault, Money

PAGE = Path(__file__).parents[2] / "docs" / "at_the_bay.md"
VISIT = Visit("v1", "r1", "VIN1", bay=1)
FAILING: dict[type, tuple[VisitEvent, FailureCause]] = {
    p.WindowClosed: (p.WindowClosed(), FailureCause.NOT_COLLECTED),
    p.ReservationCancelled: (p.ReservationCancelled(), FailureCause.WITHDRAWN),
    p.AttemptsExhausted: (
        p.AttemptsExhausted(IdentityRefusal.DIFFERENT_PERSON, None),
        FailureCause.NOT_IDENTIFIED,
    ),
    p.DeliveryFailed: (p.DeliveryFailed("jam"), FailureCause.CAR_NOT_DELIVERED),
    p.BayNotCleared: (
        p.BayNotCleared("stuck", FailureCause.DOOR_STUCK),
        FailureCause.DOOR_STUCK,
    ),
    p.StaffClosedVisit: (p.StaffClosedVisit("Li", ""), FailureCause.CLOSED_BY_STAFF),
}


def test_every_cause_has_a_proposal_and_stands_on_the_page() -> None:
    assert set(PROPOSALS) == set(FailureCause)
    assert table() in PAGE.read_text(encoding="utf-8"), (
        "run python -m vendtower.daemon.failures_document and put its table into at_the_bay.md"
    )


def test_what_is_the_tower_s_fault_never_keeps_the_customer_s_money() -> None:
    for cause, proposal in PROPOSALS.items():
        if proposal.fault in {Fault.TOWER, Fault.CAR, Fault.OPERATOR}:
            assert proposal.money is not Money.KEEP, cause


def test_every_event_that_ends_a_visit_without_a_car_names_a_cause() -> None:
    bad = (ENDED - {VisitState.DEPARTED}) | {VisitState.REFERRED_TO_STAFF}
    leading = {event for _state, event, target in PICKUP_TABLE.rows if target in bad}
    assert leading == set(FAILING)


@pytest.mark.parametrize("kind", FAILING)
def test_the_cause_is_kept_with_the_visit(kind: type) -> None:
    event, cause = FAILING[kind]
    for state, each, _target in PICKUP_TABLE.rows:
        if each is kind:
            assert replace(VISIT, state=state).apply(event).failure is cause


def test_staff_keep_what_was_known_unless_they_saw_more() -> None:
    referred = replace(
        VISIT, state=VisitState.REFERRED_TO_STAFF, failure=FailureCause.CAR_NOT_REMOVED
    )
    closed = referred.apply(p.StaffClosedVisit("Li", "no answer"))
    assert closed.failure is FailureCause.CAR_NOT_REMOVED
    seen = referred.apply(p.StaffClosedVisit("Li", "flat battery", FailureCause.CAR_BROKEN))
    assert seen.failure is FailureCause.CAR_BROKEN


def test_what_ends_well_has_not_failed() -> None:
    referred = replace(VISIT, state=VisitState.REFERRED_TO_STAFF, failure=FailureCause.DOOR_STUCK)
    assert referred.apply(p.CarDeparted(("scale",))).failure is None
    assert referred.apply(p.StaffResumedVisit("Li")).failure is None
