"""Lifts that take no job until a person has looked, and why."""

from vendtower.domain.case import CaseKind
from vendtower.domain.latched_faults import latched_faults
from vendtower.domain.modes import Request
from vendtower.domain.places import OnLift
from vendtower.flows.tower import Tower

BEGUN_BY_CUSTOMERS = frozenset({Request.CHECK_IN, Request.ADMIT_CAR})
"""What is not begun while no lift takes a job. What has begun goes on once one does again."""


def unable_lifts(tower: Tower) -> dict[int, str]:
    """Lift to why it serves nobody now, beside what people have taken out of service.

    An open case holds it, or the PLC shows a latched fault of it.
    """
    machine = tower.machine()
    latched = {} if machine is None else latched_faults(machine)
    found = {
        place.number: f"{why}: nothing moves it before a person has looked and had it reset"
        for place, why in latched.items()
        if isinstance(place, OnLift)
    }
    for case in tower.book.open_cases():
        if case.kind in {CaseKind.MOVEMENT, CaseKind.RESCUE} and case.lift is not None:
            why = f"case {case.case_id} about lift {case.lift} is open"
            fault = " (latched fault)" if case.lift in found else ""
            found[case.lift] = why + fault
    return found


def no_lift_works(tower: Tower) -> str:
    """Why no customer is served by any lift; empty while one is without a latched fault."""
    machine = tower.machine()
    if machine is None:
        return ""
    latched = latched_faults(machine)
    if not all(OnLift(lift.number) in latched for lift in tower.site.lifts):
        return ""
    unable = unable_lifts(tower)
    return "no lift takes a job: " + "; ".join(unable[lift.number] for lift in tower.site.lifts)
