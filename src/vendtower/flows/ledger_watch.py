"""Ledger against sensors, all the time: what differs for long enough becomes a case.

From the first moment a place that differs is touched by no job (`service.untouchable`). A case
makes that last until a person has looked, whatever the sensors say in the meantime.
"""

from collections.abc import Iterable

from vendtower.domain.dropoff import DropoffState
from vendtower.domain.ledger_check import Difference, differences
from vendtower.domain.machine import DoorState, MachineSnapshot
from vendtower.domain.pickup import VisitState
from vendtower.domain.places import Bay, Place
from vendtower.flows.ledger_cases import dispute, dispute_many
from vendtower.flows.service import cased_bays, in_motion, in_question
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change

DIFFERS_FOR_S = 10.0
"""A difference has to last: slot bitmaps lag behind a lift by two seconds, sensors flicker."""
CASES_AT_ONCE_MAX = 5
"""More differences at once are told in one case, to be compared again when these are settled."""
_CUSTOMERS_BAY = {
    VisitState.PRESENTED,
    VisitState.HANDING_OVER,
    VisitState.REFERRED_TO_STAFF,
}


class LedgerWatch:
    """Remembers since when each difference lasts."""

    def __init__(self, tower: Tower) -> None:
        self._tower = tower
        self._since_s: dict[Place, tuple[Difference, float]] = {}

    async def watch(self) -> None:
        """For ever: look at everything that happens, and when a difference has lasted."""
        while True:
            heard = self._tower.bell.rings
            await self.look()
            since_s = min((since_s for _, since_s in self._since_s.values()), default=None)
            await self._tower.changed(heard, None if since_s is None else since_s + DIFFERS_FOR_S)

    async def look(self) -> None:
        """Open a case for each difference that has lasted."""
        tower, machine = self._tower, self._tower.machine()
        if machine is None or tower.to_recover:
            # What was not seen all the time has not lasted.
            self._since_s.clear()
            return
        lasting = self._lasting(standing_differences(tower, machine).values())
        if lasting:
            await tower.book.record(lambda: self._cases(lasting))

    def _lasting(self, found: Iterable[Difference]) -> list[Difference]:
        now_s = self._tower.clock.monotonic_s()
        known = self._since_s
        self._since_s = {
            each.place: known[each.place]
            if known.get(each.place, (None, 0.0))[0] == each
            else (each, now_s)
            for each in found
        }
        return [
            each for each, since_s in self._since_s.values() if now_s - since_s >= DIFFERS_FOR_S
        ]

    def _cases(self, lasting: list[Difference]) -> Change | None:
        """The cases, of what still differs now that nobody else writes."""
        machine = self._tower.machine()
        if machine is None:
            return None
        still = standing_differences(self._tower, machine)
        found = [each for each in lasting if still.get(each.place) == each]
        if not found:
            return None
        change = dispute(self._tower, found[:CASES_AT_ONCE_MAX])
        return dispute_many(self._tower, change, found[CASES_AT_ONCE_MAX:])


def standing_differences(tower: Tower, machine: MachineSnapshot) -> dict[Place, Difference]:
    """Every difference at a place where nothing moves, nobody is, and nothing is asked yet.

    A ledger without any car is one that nobody has filled in yet: no car of it is missing.
    """
    if len(tower.book.ledger) == 0:
        return {}
    left_out = in_motion(tower) | in_question(tower).keys() | set(bays_in_use(tower, machine))
    return differences(tower.book.ledger, machine, tower.site.slots, left_out)


def bays_in_use(tower: Tower, machine: MachineSnapshot) -> dict[Place, str]:
    """Bays in which people or cars come and go, so that the ledger follows later; and why."""
    found: dict[Place, str] = {}
    for number, bay in machine.bays.items():
        if bay.outer_door is not DoorState.CLOSED or not bay.outer_locked or bay.person_inside:
            found[Bay(number)] = "its street door is open, or somebody is inside"
    for visit in tower.book.open_visits():
        if visit.bay is not None and visit.state in _CUSTOMERS_BAY:
            found[Bay(visit.bay)] = f"visit {visit.visit_id} is {visit.state.value}"
    for dropoff in tower.book.open_dropoffs():
        if dropoff.state is not DropoffState.EXPECTED:
            found[Bay(dropoff.bay)] = f"drop-off {dropoff.dropoff_id} is {dropoff.state.value}"
    return found | {Bay(number): why for number, why in cased_bays(tower).items()}
