"""A customer or a driver before the key cabinet, in their manner."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.swarm.key_manners import CANCELS, LaysKey, TakesKey
from benchmarks.swarm.key_rack import KeyRack
from benchmarks.swarm.people import Visitor
from vendtower.ports.screens import KioskPhase

ASKS_AFTER_S = 12.0
"""Whoever waits so long before a shut compartment presses the button on the screen."""
NO_KEY = "had no key of the car"


class AtCabinet:
    """One person's exchange of one key; looks at the screen once a second."""

    def __init__(self, visitor: Visitor, rack: KeyRack, vin: str) -> None:
        self._visitor = visitor
        self._rack = rack
        self._vin = vin
        self._shut_since_s: float | None = None
        self._missed = 0
        """Releases that were let pass."""
        self._done = False

    async def take(self, how: TakesKey, withdraw: Callable[[], None]) -> bool:
        """Do what the screen asks for; True for somebody who goes home with the key now."""
        number = self._number(KioskPhase.KEY_TAKE)
        if number is None or self._done:
            return False
        if how is TakesKey.CANCELS_SHUT:
            self._done = self._rack.is_released(number)
            if self._done:
                withdraw()
            return False
        if not await self._opens(number, late=how is TakesKey.ASKS_AGAIN):
            return False
        if how is TakesKey.SHUTS_IT and not self._missed:
            self._rack.close(number)
            return False
        self._done = True
        if how in CANCELS:
            withdraw()
        if how is TakesKey.CANCELS_OPEN:
            return False
        if how is TakesKey.LEAVES_IT:
            self._rack.close(number)
            self._tell(number, "closes", "takes nothing")
            return False
        key = self._rack.take(number, self._visitor.person.name)
        self._tell(number, "takes", str(key))
        if how is not TakesKey.LEAVES_OPEN:
            self._rack.close(number)
        return how is TakesKey.GOES_WITH_IT and key is not None

    async def lay(self, how: LaysKey) -> None:
        """Do what the screen asks for."""
        number, who = self._number(KioskPhase.KEY_BACK), self._visitor.person.name
        if number is None or self._done or how is LaysKey.KEEPS_IT:
            return
        key = self._vin
        if how is LaysKey.ANOTHER:
            key = f"another key of {who}"
            self._rack.where.setdefault(key, who)
        if self._rack.where.get(key) != who or not await self._opens(
            number, late=how is LaysKey.ASKS_AGAIN
        ):
            return
        self._done = self._rack.lay(key, number)
        self._tell(number, "lays into", key if self._done else "no key, it is full")
        if how is LaysKey.ANOTHER and self._done:
            self._rack.deceived.add(number)
        if how is not LaysKey.LEAVES_OPEN:
            self._rack.close(number)

    def _number(self, phase: KioskPhase) -> int | None:
        """The compartment that the screen names; None where it is not that of this person's car.

        A screen that asks somebody who has gone away tells the next one in the queue nothing.
        """
        visitor = self._visitor
        if visitor.phase() is not phase or not visitor.reason().isdigit():
            return None
        number = int(visitor.reason())
        cabinet = self._rack.cabinets.get(visitor.kiosk)
        own = number == self._rack.home.get(self._vin)
        return number if own and cabinet is not None and number in cabinet.numbers else None

    async def _opens(self, number: int, *, late: bool) -> bool:
        """Pull, or wait and ask for the compartment again; True when its door is open."""
        now_s = self._visitor.world.loop.time()
        if self._rack.is_released(number) and not (late and not self._missed):
            self._visitor.tell(f"pulls compartment {number}")
            if self._rack.pull(number):
                return True
        if self._shut_since_s is None:
            self._shut_since_s = now_s
        elif now_s - self._shut_since_s > ASKS_AFTER_S:
            self._shut_since_s, self._missed = now_s, self._missed + 1
            await self._ask_again()
        return False

    async def _ask_again(self) -> None:
        kiosk = self._visitor.kiosk
        self._visitor.tell("asks for the compartment once more")
        self._rack.asked_again[kiosk] += 1
        await self._visitor.ask(lambda r: r.controls.ask_for_key(kiosk))

    def _tell(self, number: int, does: str, what: str) -> None:
        self._visitor.tell(f"{does} compartment {number}: {what}")
