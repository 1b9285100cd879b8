"""A whole movement that a named person orders; the dispatcher begins it, or says why not."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from vendtower.domain.job import Job
from vendtower.domain.modes import Request
from vendtower.domain.places import Bay, Slot
from vendtower.ports.journal import JournalFault


@dataclass(eq=False)
class StaffOrder:
    """Waits in ``Tower.staff_orders`` until the dispatcher has answered it."""

    by: str
    lift: int | None = None
    """The lift to bring home; None for a car's movement."""
    vin: str = ""
    destination: Slot | Bay | None = None
    begun: asyncio.Future[str] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    """What has begun, in words; an exception (``OrderRefused``) says why nothing has."""
    taken: bool = False
    """Whether a job for it is being journaled."""

    def take(self) -> bool:
        """Whether anybody waits for it still; call it where the job is planned.

        Nobody stands ready any more for an order that was given up.
        """
        self.taken = not self.begun.done()
        return self.taken

    @property
    def given_up(self) -> bool:
        """Nobody waits for it any more; look once more before the PLC is asked."""
        return self.begun.cancelled()

    def answer(self, job: Job | None) -> None:
        """Tell who ordered it that the job is journaled, or that it was not begun after all."""
        if self.begun.done():
            return
        if job is None:
            self.refuse("the tower has changed meanwhile; look, and order it again")
        else:
            self.begun.set_result(f"{job} has begun")

    def refuse(self, why: str) -> None:
        """Tell who ordered it why nothing has begun."""
        if not self.begun.done():
            self.begun.set_exception(OrderRefused(why))

    @property
    def request(self) -> Request:
        """What the table of modes calls it."""
        return Request.STAFF_MOVE if self.lift is None else Request.STAFF_HOME


NOT_ASKED = "the journal took long over it, and nobody waited for the order any more"
"""Why a job that is written is not asked of the PLC."""


class OrderRefused(Exception):
    """The movement was not begun; the message says why and nothing has changed."""


@contextmanager
def heard_by(order: StaffOrder | None) -> Iterator[None]:
    """Around the writing of its job: who ordered it hears why that could not be written."""
    try:
        yield
    except JournalFault as fault:
        if order is not None:
            order.refuse(str(fault))
        raise
