"""Rules about stops and alarms, and about what staff may do, broken on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from benchmarks.swarm.mutation import Break, Reached
from vendtower.domain.alarm import AlarmState
from vendtower.domain.audit import SOUND, Finding, PlaceAudit, audited
from vendtower.domain.interruption import Interruption
from vendtower.domain.machine import MachineCommand
from vendtower.domain.override import Person, not_a_second
from vendtower.domain.places import Outside, Place
from vendtower.domain.rescue import Rescue
from vendtower.flows import (
    door_order,
    interruptions,
    machine_watch,
    overrides,
    rescue,
    service,
    tower_audit,
)
from vendtower.flows.book import Book
from vendtower.flows.modes import stop_seen
from vendtower.flows.tower import Tower
from vendtower.flows.wear_watch import blocking_parts


@contextmanager
def stop_led_on_by_nobody(reached: Reached) -> Iterator[None]:
    """A released emergency stop is acknowledged, and the machine led on, by the controller."""
    wanted, led_on_since = machine_watch.wanted_command, interruptions._led_on_since  # noqa: SLF001 # a rule is broken from outside here

    def by_itself(tower: Tower) -> MachineCommand | None:
        machine = tower.machine()
        stopped = stop_seen(tower) is not None
        if machine is not None and not machine.safety_faults and stopped and not tower.reset_wanted:
            reached()
            tower.reset_wanted, tower.led_on_by = True, "the controller"
        return wanted(tower)

    def at_once(tower: Tower, fact: Interruption) -> bool:
        if not led_on_since(tower, fact):
            reached()
            tower.led_on_by = "the controller"
        return True

    with (
        patch.object(machine_watch, "wanted_command", by_itself),
        patch.object(interruptions, "_led_on_since", at_once),
    ):
        yield


def restart_forgets_alarms(reached: Reached) -> Break:
    """A restarted controller knows nothing of alarms that nobody has acknowledged."""
    load = Book.open

    async def forgetful(book: Book) -> None:
        await load(book)
        if any(alarm.state is AlarmState.LATCHED for alarm in book.alarms.values()):
            reached()
        book.alarms = {}

    return patch.object(Book, "open", forgetful)


def override_by_one(reached: Reached) -> Break:
    """Whoever has asked for an override may confirm it, too."""

    def anybody(first: Person, second: Person) -> str:
        if not_a_second(first, second):
            reached()
        return ""

    return patch.object(overrides, "not_a_second", anybody)


def overdue_part_forbids_nothing(reached: Reached) -> Break:
    """A part that is overdue keeps nobody from moving cars with it."""

    def nothing(tower: Tower) -> list[str]:
        if blocking_parts(tower):
            reached()
        return []

    return patch.object(service, "blocking_parts", nothing)


def audit_sees_nothing(reached: Reached) -> Break:
    """An audit says of every place that ledger and sensors agree."""

    def agreed(*given: Any, **more: Any) -> tuple[PlaceAudit, ...]:
        found = audited(*given, **more)
        if any(each.finding not in SOUND for each in found):
            reached()
        return tuple(replace(each, finding=Finding.AGREES) for each in found)

    return patch.object(tower_audit, "audited", agreed)


def rescue_against_the_sensors(reached: Reached) -> Break:
    """Where a car was brought by hand is believed, whatever the sensors say."""
    whole = rescue._sensors_agree  # noqa: SLF001 # a rule is broken from outside here

    def believed(tower: Tower, found: Rescue, where: Place | Outside) -> bool | None:
        try:
            return whole(tower, found, where)
        except rescue.NotRescued:
            reached()
            return True

    return patch.object(rescue, "_sensors_agree", believed)


def door_waits_its_turn(reached: Reached) -> Break:
    """A door that staff order waits for as long as it takes, and so does whoever ordered it."""
    whole = door_order._first_of  # noqa: SLF001 # a rule is broken from outside here

    async def patient(awaited: set[asyncio.Future[Any]], within_s: float) -> bool:
        if await whole(awaited, within_s):
            return True
        reached()
        return await whole(awaited, 1e9)

    return patch.object(door_order, "_first_of", patient)
