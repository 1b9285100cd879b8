"""How long the tower waits before it tries the cloud again, and what people hear of it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vendtower.flows.backoff import Backoff
from vendtower.flows.cloud_trouble import LinkNews, wait_s
from vendtower.ports.reservation_cloud import CloudRefused, CloudUnreachable


class Chance:
    """A chosen place between the two numbers: 0 the lower, 1 the upper."""

    def __init__(self, place: float) -> None:
        self._place = place

    def new_id(self) -> str:
        return "id"

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self._place


def test_the_ceiling_doubles_from_half_a_second_to_a_minute() -> None:
    backoff = Backoff(Chance(1.0))
    waits_s = [backoff.next_s() for _ in range(10)]
    assert waits_s == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    backoff.reset()
    assert backoff.next_s() == 0.5


def test_jitter_is_full() -> None:
    backoff = Backoff(Chance(0.0))
    assert [backoff.next_s() for _ in range(10)] == [0.0] * 10


@pytest.mark.parametrize(("asked_s", "floor_s"), [(7.0, 7.0), (0.0, 0.0), (-3.0, 0.0), (1e9, 3600)])
def test_what_the_cloud_asks_for_is_a_floor(asked_s: float, floor_s: float) -> None:
    assert Backoff(Chance(0.0)).next_s(asked_s) == floor_s
    assert Backoff(Chance(1.0)).next_s(asked_s) == floor_s + 0.5


@given(seed=st.integers(), tries=st.integers(min_value=1, max_value=40))
def test_no_wait_is_longer_than_the_cap(seed: int, tries: int) -> None:
    luck = random.Random(seed)

    class Luck(Chance):
        def uniform(self, low: float, high: float) -> float:
            return luck.uniform(low, high)

    backoff = Backoff(Luck(0))
    assert all(0 <= backoff.next_s() <= 60 for _ in range(tries))
    assert 30 <= backoff.slow_s() <= 60


@pytest.mark.parametrize(
    ("error", "expected_s"),
    [
        (CloudUnreachable("silence"), 0.5),
        (CloudUnreachable("overload", 20.0), 20.5),
        (CloudRefused("web page", 200), 0.5),
        (CloudRefused("redirect", 307), 0.5),
        (CloudRefused("boot first", 409), 0.5),
        (CloudRefused("cursor", 410), 0.5),
        (CloudRefused("token", 401), 60.0),
        (CloudRefused("not yours", 403), 60.0),
        (CloudRefused("unknown tower", 404), 60.0),
        (CloudRefused("token file", None), 60.0),
    ],
)
def test_what_waits_for_a_person_is_tried_slowly(
    error: CloudUnreachable | CloudRefused, expected_s: float
) -> None:
    assert wait_s(error, Backoff(Chance(1.0))) == expected_s


def test_loss_and_recovery_are_told_once_each() -> None:
    told: list[tuple[bool, str]] = []
    news = LinkNews(lambda up, note: told.append((up, note)))
    news.good()
    news.good()
    news.trouble(CloudUnreachable("no answer"))
    news.trouble(CloudUnreachable("connection refused"))
    news.trouble(CloudRefused("token expired", 401))
    news.trouble(CloudRefused("token still expired", 401))
    news.not_accepted("closed")
    news.good()
    assert told == [
        (True, ""),
        (False, "no answer"),
        (False, "token expired"),
        (False, "closed"),
        (True, ""),
    ]
