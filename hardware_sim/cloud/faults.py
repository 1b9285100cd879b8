"""What a cloud can do wrong on request."""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum


class Operation(StrEnum):
    """The contract's operations."""

    BOOT = "boot"
    RESERVATIONS = "reservations"
    EVENTS = "events"
    EVIDENCE = "evidence"


class FaultKind(StrEnum):
    """One way to fail; "after" means that the request was applied and the answer is bad."""

    STATUS = "status"
    """Answer with the fault's status and apply nothing."""
    STATUS_AFTER = "status_after"
    HANG = "hang"
    """No answer, nothing applied; the connection stays open."""
    HANG_AFTER = "hang_after"
    DROP = "drop"
    """The connection breaks, nothing applied."""
    DROP_AFTER = "drop_after"
    TRUNCATED_AFTER = "truncated_after"
    """The answer breaks off in its middle."""
    MALFORMED_AFTER = "malformed_after"
    """A body that is no JSON."""
    WRONG_TYPE_AFTER = "wrong_type_after"
    """A web page with status 200, as from a captive portal."""
    WRONG_SHAPE_AFTER = "wrong_shape_after"
    """JSON of another shape."""
    HUGE_AFTER = "huge_after"
    """A body without end in sight."""
    REDIRECT = "redirect"
    SLOW = "slow"
    """A good answer, so much later as the fault says."""


@dataclass(frozen=True)
class Fault:
    """One failure of one request."""

    kind: FaultKind
    operation: Operation | None = None
    """None: whichever operation comes first."""
    status: int = 500
    retry_after: str | None = None
    """The Retry-After header as it goes out, for the two status kinds."""
    delay_s: float = 0.0
    """For the slow kind."""


class FaultPlan:
    """Faults that wait for their request; each is used once, in order."""

    def __init__(self) -> None:
        self._waiting: deque[Fault] = deque()
        self.lasting: Fault | None = None
        """How every request fails for which none of the others waits; None: it does not."""

    def add(self, fault: Fault, times: int = 1) -> None:
        """Let the next requests of the fault's operation fail like this."""
        self._waiting.extend([fault] * times)

    def take(self, operation: Operation) -> Fault | None:
        """The fault for this request, None to serve it well."""
        for fault in self._waiting:
            if fault.operation in (None, operation):
                self._waiting.remove(fault)
                return fault
        lasting = self.lasting
        applies = lasting is not None and lasting.operation in {None, operation}
        return lasting if applies else None

    def clear(self) -> None:
        """Be well from now on."""
        self._waiting.clear()
        self.lasting = None

    def __len__(self) -> int:
        """Faults that still wait."""
        return len(self._waiting)
