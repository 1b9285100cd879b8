"""The end of a wait is reached by waiting, whatever the figures round to."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import cast

import pytest

from vendtower.flows.patience import REMIND_AT, Patience
from vendtower.flows.tower import Kiosk, Tower

LIMIT_S = 0.5


@dataclass
class HandClock:
    now_s: float

    def monotonic_s(self) -> float:
        return self.now_s


@pytest.mark.parametrize("share", [*REMIND_AT, 1.0])
@pytest.mark.parametrize("began_s", [7.657655652001055, 4.1, 1234.567, 86_400.1])
def test_a_clock_that_is_moved_by_what_is_left_gets_there(began_s: float, share: float) -> None:
    """A rest too small to be added to the time was never over: the kiosk's flow stood still."""
    clock = HandClock(began_s)
    tower = cast("Tower", SimpleNamespace(clock=clock))
    patience = Patience.begin(tower, Kiosk(1, 1, "en"), LIMIT_S)
    for _ in range(3):
        clock.now_s += patience.left_s(share)
    assert patience.left_s(share) == 0.0
    assert patience.over == (share == 1.0)
