"""`vendtower slot`, `lift`, `bay`, `out-of-service`, `leases` and `power` over the real socket."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.cli.test_commands import Tower
from tests.unit.cli.test_commands import tower as served
from tests.unit.web.test_operating_routes import operated
from vendtower.domain.places import Bay, OnLift, Slot
from vendtower.domain.power import PowerProfile
from vendtower.flows.operator_requests import OrderPower, ReturnToService, TakeOutOfService

tower = served


@pytest.fixture
def operating(tower: Tower) -> Tower:
    tower.show(operated())
    return tower


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (
            ("slot", "out-of-service", "3", "--reason", "bent rail"),
            TakeOutOfService(Slot(3), "bent rail"),
        ),
        (("bay", "return", "2"), ReturnToService(Bay(2))),
        (("power", "reduced"), OrderPower(PowerProfile.REDUCED)),
    ],
)
def test_orders_say_what_follows_and_ask(
    operating: Tower, words: tuple[str, ...], asked: object
) -> None:
    refused = operating.call(*words, "--by", "operator on duty", typed="n\n")
    assert refused.exit_code == 1
    assert "not confirmed" in refused.output
    assert operating.controls.asked == []
    done = operating.call(*words, "--by", "operator on duty", typed="y\n")
    assert done.exit_code == 0, done.output
    assert "done as asked" in done.output
    again = operating.call(*words, "--by", "operator on duty", "--yes", "--json")
    assert json.loads(again.stdout)["done"] is True
    assert operating.controls.asked == [("operate", asked, "operator on duty")] * 2


def test_how_long_may_be_said_in_two_ways(operating: Tower) -> None:
    words = ("lift", "out-of-service", "1", "--reason", "noise", "--yes", "--by", "x")
    before = datetime.now(UTC)
    assert operating.call(*words, "--for", "2h").exit_code == 0
    assert operating.call(*words, "--until", "2099-01-02T03:04").exit_code == 0
    (_, first, _), (_, second, _) = operating.controls.asked
    assert isinstance(first, TakeOutOfService)
    assert isinstance(second, TakeOutOfService)
    assert first.place == OnLift(1)
    assert first.until_utc is not None
    assert abs(first.until_utc - before - timedelta(hours=2)) < timedelta(minutes=5)
    assert second.until_utc == datetime(2099, 1, 2, 3, 4).astimezone()  # local time, as typed
    both = operating.call(*words, "--for", "2h", "--until", "2099-01-02T03:04")
    assert both.exit_code == 2
    assert "exclude each other" in both.output
    assert operating.call(*words, "--for", "two hours").exit_code == 2
    assert len(operating.controls.asked) == 2


def test_a_refusal_is_said_with_its_reason(operating: Tower) -> None:
    operating.controls.refusal = "slot 3 is out of service already: bent rail"
    result = operating.call("slot", "out-of-service", "3", "--reason", "x", "--yes")
    assert result.exit_code == 1
    assert "already: bent rail" in result.output


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("out-of-service", ["bay 2", "oil on the", "waits for"]),
        ("leases", ["visit v-1", "handing_over", "out of service by", "person"]),
        ("power", ["power reduced (ordered by operator on duty): at most 1", "mains"]),
        ("watch", ["bay 2: OUT OF SERVICE, oil on the floor", "POWER REDUCED"]),
    ],
)
def test_looking(operating: Tower, command: str, shown: list[str]) -> None:
    more = ("--pictures", "1") if command == "watch" else ()
    result = operating.call(command, *more)
    assert result.exit_code == 0, result.output
    flat = " ".join(result.output.split())
    for text in shown:
        assert text in flat, flat
    assert operating.call(command, *more, "--json").exit_code == 0


def test_nothing_is_said_to_be_held_when_nothing_is(tower: Tower) -> None:
    assert "everything is in service" in tower.call("out-of-service").output
    assert "nothing is held" in tower.call("leases").output
    assert "all lifts may move" in tower.call("power").output
