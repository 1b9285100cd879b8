"""Every pair of error, door and emergency stop: what keeps the tower still, and what lets it go."""

import itertools
from collections.abc import Iterable
from datetime import timedelta

import pytest

from firmware_bridge.meanings import JobError
from tests.unit.alarms.watched_tower import NOON
from vendtower.domain.errors import IllegalEvent
from vendtower.domain.interruption import (
    CABINET,
    GATES,
    INTERRUPTION_TABLE,
    STREET_DOOR,
    Device,
    Interruption,
    InterruptionBack,
    InterruptionConfirmed,
    InterruptionGone,
    InterruptionState,
    Situation,
    Standstill,
    of_the_tower,
    standstill,
)

ACTIVE, GONE, CONFIRMED = InterruptionState
BY = "technician on duty"
DOORS = [*GATES.values(), f"{STREET_DOOR} 1"]
ESTOPS = [CABINET, "bay 1", "lift 1", "kiosk 1"]
LATER = NOON + timedelta(seconds=5)


def at(device: Device, state: InterruptionState) -> Interruption:
    """One that has come as far as this, by the table."""
    found = Interruption(1, device, NOON)
    if state is not ACTIVE:
        found = found.apply(InterruptionGone(LATER))
    if state is CONFIRMED:
        found = found.apply(InterruptionConfirmed(BY, LATER))
    return found


def expected(*, door: InterruptionState, estop: InterruptionState, case: bool) -> Standstill:
    """Written down once more, by what people would say."""
    if estop is ACTIVE:
        return Standstill.ESTOP_PRESSED
    if door is ACTIVE:
        return Standstill.DOOR_OPEN
    if estop is GONE:
        return Standstill.ESTOP_NOT_ACKNOWLEDGED
    if door is GONE:
        return Standstill.NOT_CONFIRMED
    return Standstill.CASE_OPEN if case else Standstill.NOTHING


PAIRS = list(itertools.product(JobError, DOORS, ESTOPS))


@pytest.mark.parametrize("error", JobError, ids=lambda each: each.name)
def test_every_error_with_every_door_and_every_emergency_stop(error: JobError) -> None:
    name = "" if error is JobError.NONE else error.name.lower()
    seen: set[Standstill] = set()
    for place, device in itertools.product(DOORS, ESTOPS):
        for door, estop, case in itertools.product(
            InterruptionState, InterruptionState, [True, False] if name else [False]
        ):
            held = (at(Device("door", place), door), at(Device("e-stop", device), estop))
            found = standstill(Situation(held, name, case))
            assert found is expected(door=door, estop=estop, case=case), (
                place,
                device,
                door,
                estop,
            )
            # Only when both are over and confirmed, and the error's case is settled.
            goes_on = found is Standstill.NOTHING
            assert goes_on == (door is CONFIRMED and estop is CONFIRMED and not case)
            seen.add(found)
    assert len(seen) == (6 if name else 5)


def test_the_pairs_are_all_there() -> None:
    assert len(PAIRS) == len(JobError) * 4 * 4


def _ways(steps: int) -> Iterable[tuple[str, ...]]:
    return itertools.product(
        ("door closes", "door opens", "confirm door", "ack e-stop"), repeat=steps
    )


@pytest.mark.parametrize("way", list(_ways(4)), ids=" > ".join)
def test_no_order_of_events_gets_around_closed_and_confirmed(way: tuple[str, ...]) -> None:
    """From an open door and a released stop: whatever people do, in whatever order."""
    door = at(Device("door", "inspection hatch"), ACTIVE)
    estop = at(Device("e-stop", CABINET), GONE)
    open_now = True
    for step in way:
        match step:
            case "door closes" if open_now:
                door, open_now = door.apply(InterruptionGone(LATER)), False
            case "door opens" if not open_now and door.state is GONE:
                door, open_now = door.apply(InterruptionBack(LATER)), True
            case "confirm door" if open_now:
                with pytest.raises(IllegalEvent):
                    door.apply(InterruptionConfirmed(BY, LATER))
            case "confirm door" if door.state is GONE:
                door = door.apply(InterruptionConfirmed(BY, LATER))
            case "ack e-stop" if estop.state is GONE:
                estop = estop.apply(InterruptionConfirmed(BY, LATER))
            case _:
                pass
        found = standstill(Situation((door, estop)))
        if open_now:
            assert found is Standstill.DOOR_OPEN
        if found is Standstill.NOTHING:
            assert not open_now
            assert door.confirmed_by == estop.confirmed_by == BY


def test_fire_goes_before_everything_and_wants_a_person() -> None:
    fire = Device("fire", "tower")
    others = (at(Device("door", "pit"), ACTIVE), at(Device("e-stop", "bay 1"), ACTIVE))
    assert standstill(Situation((at(fire, ACTIVE), *others))) is Standstill.FIRE
    assert standstill(Situation((at(fire, GONE),))) is Standstill.NOT_CONFIRMED
    assert standstill(Situation((at(fire, CONFIRMED),))) is Standstill.NOTHING


def test_an_active_one_is_never_confirmed() -> None:
    assert not INTERRUPTION_TABLE.allows(ACTIVE, InterruptionConfirmed)
    assert not INTERRUPTION_TABLE.allows(CONFIRMED, InterruptionBack)


def test_a_street_door_keeps_its_own_bay_still_and_a_hatch_the_tower() -> None:
    street = at(Device("door", f"{STREET_DOOR} 2"), ACTIVE)
    hatch = at(Device("door", "inspection hatch"), ACTIVE)
    assert street.device.bay == 2
    assert of_the_tower([street, hatch]) == (hatch,)


def test_words() -> None:
    estop = Device("e-stop", "bay 1")
    assert [at(estop, state).words for state in InterruptionState] == [
        "pressed",
        "released, not acknowledged",
        "acknowledged",
    ]
    assert str(at(Device("door", "pit"), GONE)) == "door pit: closed, not confirmed"
