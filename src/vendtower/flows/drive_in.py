"""The bay's outer door around one arrival: opened, watched, closed over a parked car."""

from collections.abc import Callable

from vendtower.domain.bay_rules import departure_evidence, entry_hindrance, parking_evidence
from vendtower.domain.dropoff import (
    CarParked,
    DriverTurnedBack,
    Dropoff,
    DropoffEvent,
    DropoffStalled,
    EntryOpened,
)
from vendtower.domain.machine import BayReport
from vendtower.domain.modes import Request
from vendtower.domain.places import Bay
from vendtower.flows.doors import CLOSED, OPENED, DoorGoal, DoorPause, Errand, ask_once
from vendtower.flows.patience import Patience
from vendtower.flows.service import fatal_alarms
from vendtower.flows.storing import report_of
from vendtower.flows.tower import Tower
from vendtower.ports.screens import KioskPhase

SETTLED_S = 2.0
"""Nobody may be seen in the bay for this long before the door is asked to close."""
REOPENED_S = 20.0
"""A door that opens once more over a parked car stays open this long if nobody comes, and never
for more than half of the time that the driver has.
"""
Evidence = Callable[[BayReport], tuple[str, ...] | None]
"""What the sensors agree on, or None."""


def errand_of(dropoff: Dropoff) -> Errand:
    """For whom the bay's door is asked."""
    return Errand(dropoff.vin, dropoff.dropoff_id)


def why_shut(tower: Tower, dropoff: Dropoff, bay: BayReport) -> str | None:
    """Why the outer door must stay locked now, judged by what is journaled.

    A fatal alarm keeps it shut, but for somebody who is inside.
    """
    fatal = "" if bay.person_inside else "; ".join(fatal_alarms(tower))
    return fatal or entry_hindrance(tower.book.dropoffs[dropoff.dropoff_id], bay)


async def let_in(dropoff: Dropoff, tower: Tower) -> DropoffEvent:
    """Open the outer door once, then wait for a parked car and a closed door.

    Works from the sensors alone, so that it can begin anew after a restart wherever the arrival
    stands.
    """
    kiosk = tower.kiosk_at(dropoff.bay)
    patience = Patience.begin(tower, kiosk, tower.site.policies.park_timeout_s)
    if dropoff.door_wanted:
        return await _Arrival(dropoff, tower, patience).open()
    return await _Arrival(dropoff, tower, patience).watch()


class _Arrival:
    """One look after another at one bay, until the car is parked or the time is over."""

    def __init__(self, dropoff: Dropoff, tower: Tower, patience: Patience) -> None:
        self._dropoff = dropoff
        self._tower = tower
        self._patience = patience
        self._kiosk = patience.kiosk
        self._problem = ""
        self._pause = DoorPause(tower, dropoff.bay)
        self._hold_until_s = 0.0
        """A door that opened over a parked car is not closed before, unless somebody came."""

    async def open(self) -> DropoffEvent:
        """Bring the outer door to open."""
        self._show()
        while not self._patience.over:
            if await self._ask(OPENED):
                return EntryOpened()
        return DropoffStalled(f"the outer door does not open: {self._problem}")

    async def watch(self) -> DropoffEvent:
        """From the open door, or from wherever a restart finds the bay, to the parked car."""
        bay = self._report()
        parked = bay is not None and OPENED.reached(bay) and parking_evidence(bay) is not None
        # A driver may have parked before anybody looked: the door was not opened once more then.
        if parked and self._was_in():
            hold_s = min(REOPENED_S, self._patience.limit_s / 2)
            self._hold_until_s = self._tower.clock.monotonic_s() + hold_s
        while not self._patience.over:
            self._show()
            bay = await self._patience.until(self._report)
            if bay is None:
                break
            event = await self._look(bay)
            if event is not None:
                return event
        return await self._give_up()

    async def _look(self, bay: BayReport) -> DropoffEvent | None:
        """One thing to do for what the sensors show now."""
        if departure_evidence(bay) is not None:
            return await self._empty(bay)
        if parking_evidence(bay) is not None:
            return await self._parked(bay)
        self._hold_until_s = 0.0
        if not OPENED.reached(bay) and not await self._ask(OPENED):
            return None
        await self._changes(bay)
        return None

    async def _empty(self, bay: BayReport) -> DropoffEvent | None:
        if self._was_in():
            return await self._turned_back() if await self._stays(departure_evidence) else None
        if OPENED.reached(bay) or await self._ask(OPENED):
            await self._changes(bay)
        return None

    async def _parked(self, bay: BayReport) -> DropoffEvent | None:
        if not CLOSED.reached(bay):
            hold_s = self._hold_until_s - self._tower.clock.monotonic_s()
            if not await self._stays(parking_evidence, max(SETTLED_S, hold_s)):
                return None
            if not await self._ask(CLOSED):
                return None
        return self._parked_and_shut()

    def _parked_and_shut(self) -> CarParked | None:
        now = self._report()
        evidence = None if now is None else parking_evidence(now)
        if now is None or evidence is None or not CLOSED.reached(now):
            return None
        return CarParked(self._tower.clock.utc(), (*evidence, "outer door closed and locked"))

    async def _give_up(self) -> DropoffEvent:
        if await self._stays(departure_evidence):
            return await self._turned_back() or self._stalled()
        # The door may have closed over the parked car in the last moment.
        return self._parked_and_shut() or self._stalled()

    def _stalled(self) -> DropoffStalled:
        minutes = self._patience.limit_s / 60
        why = self._problem or "a car, a person or a door is not where it should be"
        return DropoffStalled(f"not parked and left within {minutes:.0f} min: {why}")

    async def _turned_back(self) -> DropoffEvent | None:
        """Close the door behind a bay that is proven empty."""
        if not await self._ask(CLOSED):
            return None
        bay = self._report()
        evidence = None if bay is None else departure_evidence(bay)
        return None if evidence is None else DriverTurnedBack((*evidence, "outer door closed"))

    async def _ask(self, goal: DoorGoal) -> bool:
        def allowed(bay: BayReport) -> str | None:
            return why_shut(self._tower, self._dropoff, bay) if goal is OPENED else None

        self._problem = await ask_once(
            self._tower,
            self._dropoff.bay,
            goal,
            allowed,
            errand=errand_of(self._dropoff),
            request=Request.DRIVE_IN,
        )
        await self._pause.after(self._problem)
        return not self._problem

    async def _changes(self, before: BayReport) -> None:
        """Wait until the sensors tell another story."""
        facts = _facts(before)

        def look() -> bool | None:
            bay = self._report()
            return True if bay is not None and _facts(bay) != facts else None

        await self._patience.until(look)

    async def _stays(self, evidence: Evidence, for_s: float | None = None) -> bool:
        """Whether the sensors agree on it all the while."""

        def look() -> bool | None:
            bay = self._report()
            return True if bay is None or evidence(bay) is None else None

        return await self._tower.until(look, SETTLED_S if for_s is None else for_s) is None

    def _was_in(self) -> bool:
        """The car was parked here behind a closed door before, by the ledger."""
        return self._tower.book.ledger.car_at(Bay(self._dropoff.bay)) == self._dropoff.vin

    def _report(self) -> BayReport | None:
        return report_of(self._tower, self._dropoff.bay)

    def _show(self) -> None:
        bay = self._report()
        phase = KioskPhase.LEAVE_BAY if bay is not None and bay.presence else KioskPhase.DRIVE_IN
        if self._kiosk.phase is not phase:
            self._tower.show(self._kiosk, phase)


def _facts(bay: BayReport) -> tuple[object, ...]:
    return (
        bay.presence,
        bay.person_inside,
        bay.curtain_clear,
        bay.outer_door,
        departure_evidence(bay) is None,
        parking_evidence(bay) is None,
    )
