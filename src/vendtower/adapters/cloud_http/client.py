"""The port's three calls, each one exchange with the cloud."""

from collections.abc import Sequence
from pathlib import Path

from vendtower.adapters.cloud_http.authority import Authority
from vendtower.adapters.cloud_http.exchange import CloudExchange, Exchange, Question
from vendtower.adapters.cloud_http.reading import (
    read_boot_answer,
    read_evidence_answer,
    read_receipt,
)
from vendtower.adapters.cloud_http.signed_list import SignedList
from vendtower.adapters.cloud_http.telling import BATCH_TYPE, batch_body, boot_body
from vendtower.ports.clock import Clock
from vendtower.ports.reservation_cloud import (
    BootAnswer,
    BootReport,
    ChangePage,
    CloudRefused,
    EventReceipt,
    OutboxEvent,
)

PAGE_LIMIT = 25
PAGE_BYTES_MAX = 8 * 1024 * 1024
"""Read in about 15 ms, in which the daemon does nothing else."""
ANSWER_BYTES_MAX = 1024 * 1024
BATCH_BYTES_MAX = 1024 * 1024


class HttpReservationCloud:
    """``ReservationCloud`` over HTTPS with a bearer token (docs/cloud_openapi.yaml).

    A call makes one request and waits ``request_timeout_s`` at most; whoever calls decides
    whether to try again. (The HTTP client itself repeats a GET once, when a connection that was
    kept open breaks before any answer; a POST never.) The token file is read anew for each call.
    """

    def __init__(
        self,
        *,
        url: str,
        tower_id: str,
        token_file: Path,
        clock: Clock,
        signed_list: SignedList,
        request_timeout_s: float = 10.0,
        ca_file: Path | None = None,
        exchange: CloudExchange | None = None,
    ) -> None:
        """Nothing is opened before the first call.

        Args:
            url: what comes before ``/v1``; https, or http on this machine.
            tower_id: the tower's id in the cloud's paths and as the events' source.
            token_file: holds the bearer token; others must have no permissions on it.
            clock: tells the wall time that a ``Retry-After`` date may need.
            signed_list: reads the pages, and refuses those that the cloud has not signed.
            request_timeout_s: from opening the connection to the answer's last byte.
            ca_file: for a cloud with a certificate of its own authority, in PEM form; None
                trusts the system's. Read anew when it changes.
            exchange: carries the questions in HTTP's place, where frames are no subject.

        Raises:
            LocalFault: when the url or the tower id cannot be used.

        """
        self._tower_id = tower_id
        self._signed_list = signed_list
        self._exchange: CloudExchange = exchange or Exchange(
            url=url,
            tower_id=tower_id,
            token_file=token_file,
            request_timeout_s=request_timeout_s,
            clock=clock,
            authority=Authority(ca_file),
        )

    async def close(self) -> None:
        """Close the connections; call it once at the end."""
        await self._exchange.close()

    async def boot(self, report: BootReport) -> BootAnswer:
        """Say what the tower is."""
        value = await self._exchange.ask(
            Question(
                method="POST",
                operation="boot",
                answer_bytes_max=ANSWER_BYTES_MAX,
                body=boot_body(report),
                content_type="application/json",
            )
        )
        return read_boot_answer(value)

    async def changes_since(self, cursor: str | None) -> ChangePage:
        """One page of reservation changes."""
        query = {"limit": str(PAGE_LIMIT)}
        if cursor is not None:
            query["cursor"] = cursor
        value = await self._exchange.ask(
            Question(
                method="GET",
                operation="reservations",
                answer_bytes_max=PAGE_BYTES_MAX,
                query=query,
            )
        )
        return self._signed_list.page(value, cursor)

    async def deliver(self, events: Sequence[OutboxEvent]) -> EventReceipt:
        """Send a batch; events that are no JSON are rejected here and not sent.

        A batch above the contract's size is refused here with status 413.
        """
        body, hopeless = batch_body(self._tower_id, events)
        sent = frozenset(event.event_id for event in events) - hopeless.keys()
        if not sent:
            return EventReceipt(accepted=frozenset(), rejected=hopeless)
        if len(body) > BATCH_BYTES_MAX:
            # The cloud's own answer to it, without sending a megabyte to hear it.
            raise CloudRefused(
                f"cloud: events: found a batch of {len(body)} bytes, expected at most"
                f" {BATCH_BYTES_MAX}",
                413,
            )
        value = await self._exchange.ask(
            Question(
                method="POST",
                operation="events",
                answer_bytes_max=ANSWER_BYTES_MAX,
                body=body,
                content_type=BATCH_TYPE,
            )
        )
        receipt = read_receipt(value, sent)
        return EventReceipt(receipt.accepted, {**hopeless, **receipt.rejected})

    async def put_evidence(self, sha256: str, media_type: str, content: bytes) -> None:
        """Hand over one file of evidence; the same again is harmless."""
        value = await self._exchange.ask(
            Question(
                method="PUT",
                operation=f"evidence/{sha256}",
                answer_bytes_max=ANSWER_BYTES_MAX,
                body=content,
                content_type=media_type,
            )
        )
        read_evidence_answer(value, sha256)
