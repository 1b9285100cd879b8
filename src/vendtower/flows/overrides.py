"""Overrides: asked by one person, confirmed by another, ended by a third party called time."""

import math
from collections.abc import Callable
from datetime import timedelta

from vendtower.domain.errors import IllegalEvent
from vendtower.domain.hindrance import Hindrance, ImposedBy
from vendtower.domain.modes import Request
from vendtower.domain.override import (
    ASKED_MINUTES,
    OVERRIDE_MINUTES_MAX,
    Override,
    OverrideConfirmed,
    OverrideEnded,
    OverrideExpired,
    OverrideState,
    Person,
    not_a_second,
)
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.mode_change import NotNow
from vendtower.flows.modes import NotInThisMode, check
from vendtower.flows.service import standing_hindrances
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault, NewEvent


class OverrideDesk:
    """What people may ask; every call answers with a sentence, none raises."""

    def __init__(self, tower: Tower) -> None:
        self._tower = tower
        self._ends_s: dict[int, float] = {}

    async def ask(self, hindrance: str, reason: str, minutes: int, person: Person) -> ControlAnswer:
        """Ask that one hindrance be lifted for so many minutes; nothing is lifted yet."""
        tower, numbers = self._tower, [0]

        def decide() -> Change:
            check(tower, Request.OVERRIDE)
            if not person.name.strip() or not reason.strip():
                raise NotNow("an override is asked for by a named person for a reason: give both")
            if not 1 <= minutes <= OVERRIDE_MINUTES_MAX:
                raise NotNow(f"minutes: found {minutes}, expected 1 to {OVERRIDE_MINUTES_MAX}")
            self._check_hindrance(hindrance)
            known = tower.book.facts(Override)
            if any(not each.ended and each.hindrance == hindrance for each in known):
                raise NotNow(f"an override of {hindrance} stands already")
            now = tower.clock.utc()
            asked = Override(
                number=max((each.number for each in known), default=0) + 1,
                hindrance=hindrance,
                reason=reason,
                asked_by=person,
                asked_utc=now,
                ask_expires_utc=now + timedelta(minutes=ASKED_MINUTES),
                ends_utc=now + timedelta(minutes=minutes),
            )
            numbers[0] = asked.number
            return Change(standing=(asked,), events=(_event(tower, asked, "Asked", person),))

        try:
            await tower.book.record(decide)
        except (NotNow, NotInThisMode, JournalFault) as why:
            return NotDone(str(why))
        return Done(
            f"override {numbers[0]} is asked for; a second person confirms it within "
            f"{ASKED_MINUTES} min: vendtower override confirm {numbers[0]}"
        )

    def _check_hindrance(self, key: str) -> None:
        """Only what software alone imposes, and only what stands."""
        for each in standing_hindrances(self._tower, Request.CAR_MOVE):
            if each.key == key:
                if each.imposed_by is ImposedBy.SOFTWARE:
                    return
                raise NotNow(f"{key} is imposed by {_whose(each)}: nobody here can lift it")
        liftable = ", ".join(each.key for each in self.liftable()) or "none"
        raise NotNow(f"no hindrance {key!r} stands; those that may be lifted: {liftable}")

    def liftable(self) -> list[Hindrance]:
        """What stands and software alone imposes."""
        found = standing_hindrances(self._tower, Request.CAR_MOVE)
        return [each for each in found if each.imposed_by is ImposedBy.SOFTWARE]

    async def confirm(self, number: int, person: Person) -> ControlAnswer:
        """The second person's word: from now on the hindrance is lifted."""

        def turn(found: Override) -> Override:
            check(self._tower, Request.OVERRIDE)
            if found.state is not OverrideState.ASKED:
                raise NotNow(f"override {number} is {found.state.value}, not asked")
            if why := not_a_second(found.asked_by, person):
                raise NotNow(why)
            return found.apply(OverrideConfirmed(person, self._tower.clock.utc()))

        return await self._turn(number, person, "Confirmed", turn)

    async def end(self, number: int, person: Person) -> ControlAnswer:
        """Anybody may end it, with their name."""

        def turn(found: Override) -> Override:
            return found.apply(OverrideEnded(person, self._tower.clock.utc()))

        return await self._turn(number, person, "Ended", turn)

    async def _turn(
        self, number: int, person: Person, name: str, turn: Callable[[Override], Override]
    ) -> ControlAnswer:
        tower, turned = self._tower, [""]

        def decide() -> Change:
            found = tower.book.standing.get(f"override {number}")
            if not isinstance(found, Override):
                raise NotNow(f"override {number} does not exist")
            if not person.name.strip():
                raise NotNow("it wants a named person: no name was given")
            after = turn(found)
            turned[0] = f"{after} ({after.state.value})"
            return Change(standing=(after,), events=(_event(tower, after, name, person),))

        try:
            await tower.book.record(decide)
        except (NotNow, NotInThisMode, IllegalEvent, JournalFault) as why:
            return NotDone(str(why))
        return Done(turned[0])

    async def keep_time(self) -> None:
        """For ever: end what has expired by the wall or the monotonic clock."""
        tower = self._tower
        while True:
            heard = tower.bell.rings
            await self.look()
            await tower.changed(heard, self._next_s())

    async def look(self) -> None:
        """One look at every override's end."""
        tower = self._tower
        over = [each for each in tower.book.facts(Override) if self._is_over(each)]
        if not over:
            return

        def decide() -> Change | None:
            now = tower.clock.utc()
            stands = [tower.book.standing.get(each.key) for each in over]
            ended = [
                each.apply(OverrideExpired(now))
                for each in stands
                if isinstance(each, Override) and not each.ended
            ]
            events = tuple(_event(tower, each, "Expired", None) for each in ended)
            return Change(standing=tuple(ended), events=events) if ended else None

        try:
            await tower.book.record(decide)
        except JournalFault:
            # It lifts nothing any more by its own end; the next look writes that down.
            return

    def _next_s(self) -> float | None:
        """When the next one expires."""
        tower = self._tower
        ends_s = [
            min(tower.monotonic_at(each.expires_utc()), self._ends_s.get(each.number, math.inf))
            for each in tower.book.facts(Override)
            if not each.ended
        ]
        return min(ends_s, default=None)

    def _is_over(self, override: Override) -> bool:
        if override.ended:
            self._ends_s.pop(override.number, None)
            return False
        tower = self._tower
        left_s = (override.expires_utc() - tower.clock.utc()).total_seconds()
        now_s = tower.clock.monotonic_s()
        if override.state is OverrideState.IN_FORCE:
            # A wall clock that is set back makes nothing last longer.
            ends_s = self._ends_s.setdefault(override.number, now_s + left_s)
            return left_s <= 0 or now_s >= ends_s
        return left_s <= 0


def _whose(hindrance: Hindrance) -> str:
    if hindrance.imposed_by is ImposedBy.PERSON:
        return "a question or a choice of people, which is answered in its own way"
    return "the machine or a safety function"


def _event(tower: Tower, override: Override, name: str, person: Person | None) -> NewEvent:
    return tell(
        tower,
        "override",
        name,
        subject=f"override/{override.number}",
        correlation_id=f"override-{override.number}",
        data={
            "override": override.number,
            "hindrance": override.hindrance,
            "reason": override.reason,
            "by": "" if person is None else person.name,
            "login": None if person is None else person.login,
            "ends_at": override.ends_utc.isoformat(),
        },
    )
