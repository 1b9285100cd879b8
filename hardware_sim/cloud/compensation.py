"""What the reference cloud makes of failed visits: a proposal first, a person's decision last."""

from dataclasses import dataclass, replace
from typing import Literal

from hardware_sim.cloud.event_store import ReceivedEvent

Status = Literal["provisional", "proposed", "decided", "resolved"]
Decision = Literal["refund", "keep", "rebook", "refund_and_rebook"]

FAILED = "com.vendtower.visit.failed.v1"
DEPARTED = "com.vendtower.visit.car_departed.v1"
RESUMED = "com.vendtower.visit.staff_resumed_visit.v1"


@dataclass(frozen=True)
class Compensation:
    """One failed visit, as customer service sees it."""

    reservation_id: str
    cause: str
    fault: str
    money: str
    """What the tower proposes: ``refund``, ``keep`` or ``decide``."""
    rebook: bool
    case_id: int | None
    status: Status
    """``provisional`` while staff at the tower are at it, ``resolved`` when it ended well."""
    decision: Decision | None = None


class Compensations:
    """By reservation; follows the tower's events in their order, each once."""

    def __init__(self) -> None:
        self.found: dict[str, Compensation] = {}

    def hear(self, event: ReceivedEvent) -> None:
        """Take in one event at its first arrival."""
        reservation_id = str(event.data.get("reservation_id", ""))
        if event.event_type == FAILED:
            self.found[reservation_id] = _proposed(reservation_id, event)
        elif event.event_type in {DEPARTED, RESUMED} and reservation_id in self.found:
            before = self.found[reservation_id]
            self.found[reservation_id] = replace(before, status="resolved")

    def decide(self, reservation_id: str, decision: Decision) -> Compensation:
        """A person of the operator's decides.

        Raises:
            ValueError: when nothing is proposed for this reservation, or not for good yet.

        """
        found = self.found.get(reservation_id)
        if found is None or found.status not in {"proposed", "decided"}:
            status = "nothing" if found is None else found.status
            raise ValueError(f"reservation {reservation_id}: found {status}, expected proposed")
        decided = replace(found, status="decided", decision=decision)
        self.found[reservation_id] = decided
        return decided


def _proposed(reservation_id: str, event: ReceivedEvent) -> Compensation:
    proposal = event.data.get("proposal")
    wanted = proposal if isinstance(proposal, dict) else {}
    case_id = event.data.get("case_id")
    return Compensation(
        reservation_id=reservation_id,
        cause=str(event.data.get("cause", "")),
        fault=str(event.data.get("fault", "")),
        money=str(wanted.get("money", "decide")),
        rebook=bool(wanted.get("rebook", False)),
        case_id=case_id if isinstance(case_id, int) else None,
        status="proposed" if event.data.get("final") else "provisional",
    )
