"""How long a server asks its client to stay away."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after_s(value: str | None, date: str | None, now_utc: datetime) -> float | None:
    """Seconds that a ``Retry-After`` header means (RFC 9110, section 10.2.3), never negative.

    Args:
        value: the header; None when there is none.
        date: the answer's ``Date`` header. A date in ``value`` is measured from it, because the
            server meant it by its own clock; ``now_utc`` serves when there is none.
        now_utc: this machine's wall time.

    Returns:
        None when the header is absent or means nothing.

    """
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        # A thousand digits would not fit a float; nobody waits that long either.
        return float(value[:12])
    until = _http_date(value)
    if until is None:
        return None
    since = _http_date(date) or now_utc
    return max(0.0, (until - since).total_seconds())


def _http_date(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        found = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
