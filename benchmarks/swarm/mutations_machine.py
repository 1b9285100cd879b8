"""Rules about stops and alarms, broken on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from benchmarks.swarm.mutation import Break, Reached
from vendtower.domain.alarm import AlarmState
from vendtower.domain.interruption import Interruption
from vendtower.domain.machine import MachineCommand
from vendtower.flows import interruptions, machine_watch
from vendtower.flows.book import Book
from vendtower.flows.modes import stop_seen
from vendtower.flows.tower import Tower


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
