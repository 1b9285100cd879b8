"""Cases as parts of a change: opened, and withdrawn when nobody waits for the answer any more."""

from collections.abc import Callable
from dataclasses import replace

from vendtower.domain.case import Case, Settlement
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change


def with_opened_case(tower: Tower, change: Change, case: Case) -> Change:
    """The change with a new case and the event that tells of it."""
    told = tell(
        tower,
        "case",
        "CaseOpened",
        subject=f"case/{case.case_id}",
        correlation_id=case.correlation_id,
        data={
            "case_id": case.case_id,
            "kind": case.kind.value,
            "question": case.question,
            "vin": case.vin,
            "choices": [choice.value for choice in case.choices],
        },
    )
    return replace(change, cases=(*change.cases, case), events=(*change.events, told))


def with_idle_cases(tower: Tower, change: Change, idle: Callable[[Case], bool]) -> Change:
    """Withdraw every open question to which nobody needs the answer any more."""
    settled = tuple(
        replace(
            case,
            settlement=Settlement.NO_LONGER_NEEDED,
            settled_by="tower",
            settled_utc=tower.clock.utc(),
        )
        for case in tower.book.open_cases()
        if idle(case)
    )
    return replace(change, cases=(*change.cases, *settled))
