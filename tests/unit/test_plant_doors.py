"""Doors: travel time, reversal on the way, lock, jam."""

from __future__ import annotations

import pytest

from hardware_sim.plant.door import Door, DoorPosition


def test_a_door_opens_and_closes_in_its_time_and_locks_when_closed() -> None:
    door = Door(4.0, at_s=0.0)
    assert door.locked(0.0)
    door.travel_to(1.0, 10.0)
    assert (door.position(10.0), door.locked(10.0)) == (DoorPosition.OPENING, False)
    assert door.opened_share(12.0) == pytest.approx(0.5)
    assert door.position(14.0) is DoorPosition.OPEN
    door.travel_to(0.0, 20.0)
    assert door.position(23.999) is DoorPosition.CLOSING
    assert door.locked(24.0)


def test_a_door_turns_back_from_where_it_is() -> None:
    door = Door(4.0, at_s=0.0)
    door.travel_to(1.0, 0.0)
    door.travel_to(0.0, 1.0)
    assert door.end_s == pytest.approx(2.0)
    assert door.closed(2.0)


def test_a_stopped_door_is_neither_open_nor_closed() -> None:
    door = Door(4.0, at_s=0.0)
    door.travel_to(1.0, 0.0)
    door.stop(2.0)
    assert door.position(50.0) is DoorPosition.BETWEEN
    assert not door.locked(50.0)


def test_a_jammed_door_stays_until_it_is_freed() -> None:
    door = Door(4.0, at_s=0.0)
    door.travel_to(1.0, 0.0)
    door.jam(1.0)
    door.travel_to(0.0, 2.0)
    assert door.opened_share(99.0) == pytest.approx(0.25)
    door.free()
    door.travel_to(0.0, 100.0)
    assert door.locked(101.0)


def test_a_broken_lock_does_not_fall_in() -> None:
    door = Door(4.0, at_s=0.0)
    door.lock_broken = True
    assert door.closed(0.0)
    assert not door.locked(0.0)
