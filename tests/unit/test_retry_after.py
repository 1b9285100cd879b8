"""The Retry-After header in its two forms, and in none."""

from datetime import UTC, datetime

import pytest

from vendtower.adapters.cloud_http.retry_after import retry_after_s

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "date", "expected_s"),
    [
        (None, None, None),
        ("120", None, 120.0),
        (" 7 ", None, 7.0),
        ("0", None, 0.0),
        ("9" * 400, None, 999_999_999_999.0),
        ("Sun, 01 Mar 2026 09:01:00 GMT", None, 60.0),
        ("Sun, 01 Mar 2026 08:00:00 GMT", None, 0.0),
        ("Sun, 01 Mar 2026 09:01:00 -0000", None, 60.0),
        # The cloud's clock is an hour ahead of ours: its own Date counts.
        ("Sun, 01 Mar 2026 10:01:00 GMT", "Sun, 01 Mar 2026 10:00:00 GMT", 60.0),
        ("Sun, 01 Mar 2026 09:01:00 GMT", "yesterday", 60.0),
        ("-5", None, None),
        ("1.5", None, None),
        ("\u0663", None, None),
        ("soon", None, None),
        ("", None, None),
        ("Sun, 99 Mar 2026 09:01:00 GMT", None, None),
    ],
)
def test_retry_after(value: str | None, date: str | None, expected_s: float | None) -> None:
    assert retry_after_s(value, date, NOW) == expected_s
