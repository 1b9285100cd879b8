"""Listens in on the cloud's answers, to tell a refused tower from a line that is down."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from vendtower.flows.alarm_facts import AlarmFacts
from vendtower.ports.reservation_cloud import (
    BootAnswer,
    BootReport,
    ChangePage,
    CloudRefused,
    EventReceipt,
    OutboxEvent,
    ReservationCloud,
)

NOT_THIS_TOWER = frozenset({None, 401, 403, 404})
"""Statuses that mean the tower or its token (None: the token file itself); 409 and 410 heal by
themselves, 400, 413 and 422 mean one event."""

AnswerT = TypeVar("AnswerT")


class WatchedCloud:
    """Fulfils ``ReservationCloud`` by passing every call on; notes refusals of the tower."""

    def __init__(
        self, cloud: ReservationCloud, facts: AlarmFacts, changed: Callable[[], None]
    ) -> None:
        """``changed`` is called when it begins or ends to refuse this tower."""
        self._cloud = cloud
        self._facts = facts
        self._changed = changed

    async def boot(self, report: BootReport) -> BootAnswer:
        """Pass on; an answer that does not accept the tower is a refusal as well."""
        answer = await self._noted(self._cloud.boot(report))
        if not answer.accepted:
            self._note(f"boot not accepted: {answer.reason or 'no reason given'}")
        return answer

    async def changes_since(self, cursor: str | None) -> ChangePage:
        """Pass on."""
        return await self._noted(self._cloud.changes_since(cursor))

    async def deliver(self, events: Sequence[OutboxEvent]) -> EventReceipt:
        """Pass on."""
        return await self._noted(self._cloud.deliver(events))

    async def _noted(self, asking: Awaitable[AnswerT]) -> AnswerT:
        try:
            answer = await asking
        except CloudRefused as error:
            if error.status in NOT_THIS_TOWER:
                self._note(str(error))
            raise
        self._note("")
        return answer

    def _note(self, refusal: str) -> None:
        if self._facts.cloud_refusal != refusal:
            self._facts.cloud_refusal = refusal
            self._changed()
