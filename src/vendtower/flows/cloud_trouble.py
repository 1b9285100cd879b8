"""What an error of the cloud means for the next try, and what people hear of it."""

from collections.abc import Callable

from vendtower.flows.backoff import Backoff
from vendtower.ports.reservation_cloud import CloudRefused, CloudUnreachable, CloudUntrusted

CloudError = CloudUnreachable | CloudRefused

LinkReport = Callable[[bool, str], None]
"""Whether the cloud serves us, and why not; called on changes alone."""

HEALS_BY_ITSELF = frozenset({409, 410})
"""The boot handshake or a fresh start of the cursor follows by itself; no need to go slow."""


def wait_s(error: CloudError, backoff: Backoff) -> float:
    """Seconds until the next try.

    Silence, overload and nonsense may pass by themselves, so they get the exponential back-off.
    A refusal (token, unknown tower, unusable token file) waits for a person: try slowly.
    """
    if isinstance(error, CloudUnreachable):
        return backoff.next_s(error.retry_after_s)
    passes = error.status is not None and not 400 <= error.status < 500
    if passes or error.status in HEALS_BY_ITSELF:
        return backoff.next_s()
    return backoff.slow_s()


class LinkNews:
    """Reports the loss of the cloud once and its recovery once.

    A trouble of another kind (unreachable, then refused with 401) is news as well; the same kind
    with other words is not, unless the words are about a certificate.
    """

    def __init__(self, report: LinkReport) -> None:
        """Nothing is reported before the first outcome."""
        self._report = report
        self._last: str | None = None

    def good(self) -> None:
        """The cloud answered as it should."""
        self._tell("good", True, "")

    def trouble(self, error: CloudError) -> None:
        """The cloud did not answer as it should."""
        if isinstance(error, CloudUntrusted):
            # What is wrong with a certificate is for a person to mend: each reason is news.
            self._tell(f"untrusted {error}", False, str(error))
        elif isinstance(error, CloudUnreachable):
            self._tell("unreachable", False, str(error))
        else:
            self._tell(f"refused {error.status}", False, str(error))

    def not_accepted(self, reason: str) -> None:
        """The cloud answered, and does not accept this tower now."""
        self._tell("not accepted", False, reason)

    def _tell(self, kind: str, up: bool, note: str) -> None:
        if kind != self._last:
            self._last = kind
            self._report(up, note)
