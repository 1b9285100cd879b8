"""A car that stands in a bay and is not driven out: how the tower takes it back.

Nobody may be assumed to have stayed out of a bay whose street door was open, or out of sight,
since the lift set the car down. Such a car goes back as a car that drove in does: closed in,
measured, and taken by a lift only once two unlike sensors and a named person agree.
"""

from dataclasses import replace

from vendtower.domain.delivery import CarriageState
from vendtower.domain.dropoff import Dropoff, PutBackStarted
from vendtower.domain.machine import DoorState, MachineSnapshot
from vendtower.domain.pickup import VisitState
from vendtower.domain.pickup_events import BayLost
from vendtower.domain.places import Bay
from vendtower.flows.dropoff_changes import dropoff_change
from vendtower.flows.service import cased_bays
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.flows.visit_changes import visit_change
from vendtower.ports.journal import Change
from vendtower.ports.screens import KioskPhase

ENTER_S = 3.0
"""Nobody walks or drives in through an open street door in less."""
WAITING = {VisitState.AT_KIOSK, VisitState.VERIFIED}
"""A customer who stands at a bay and has no car in it yet."""


def put_back(tower: Tower, vin: str, bay: int, *, by: str, why: str) -> Change:
    """The change that begins the way back; call it inside the book's ``decide``."""
    vehicle = tower.book.line(vin).vehicle
    loan = tower.book.loans.get(vin)
    scale_kg = None if loan is None else loan.scale_kg
    dropoff = Dropoff(
        dropoff_id=tower.chance.new_id(),
        vehicle=vehicle,
        bay=bay,
        announced_utc=tower.clock.utc(),
        known_kg=vehicle.weight_kg if scale_kg is None else scale_kg,
        papers_kg=vehicle.weight_kg,
        reservation_id=None if loan is None else loan.reservation_id,
        language=None if loan is None else loan.language,
    )
    change = dropoff_change(tower, dropoff, PutBackStarted(by, why))
    exposed = replace(tower.book.carriage(vin), exposed=True)
    return replace(change, carriages=(*change.carriages, exposed))


async def watch_bays(tower: Tower) -> None:
    """For ever: note which cars stand exposed, and begin the way back of those nobody collects."""
    # Nobody watched before this run began.
    seen_s, at_rest = float("-inf"), False
    while True:
        heard = tower.bell.rings
        now_s = tower.clock.monotonic_s()
        machine = tower.machine()
        if at_rest:
            # Whatever had changed, and a line that fell silent, would have rung.
            seen_s = now_s
        await _note_exposed(tower, machine, now_s - seen_s)
        if machine is not None:
            seen_s = now_s
            await _begin(tower)
        at_rest = machine is not None and not tower.at_work
        await tower.changed(heard)


async def _note_exposed(tower: Tower, machine: MachineSnapshot | None, unseen_s: float) -> None:
    def decide() -> Change | None:
        found = {
            vin: why
            for bay in tower.site.bays
            if (vin := _unexposed_car(tower, bay.number)) is not None
            and (why := _exposure(tower, bay.number, machine, unseen_s))
        }
        if not found:
            return None
        events = [
            tell(
                tower,
                "car",
                "Exposed",
                subject=f"car/{vin}",
                correlation_id=tower.chance.new_id(),
                data={"vin": vin, "why": why},
                owed=False,
            )
            for vin, why in found.items()
        ]
        carriages = [replace(tower.book.carriage(vin), exposed=True) for vin in found]
        return Change(carriages=tuple(carriages), events=tuple(events))

    if any(_unexposed_car(tower, bay.number) is not None for bay in tower.site.bays):
        await tower.book.record(decide)


def _unexposed_car(tower: Tower, bay: int) -> str | None:
    vin = tower.book.ledger.car_at(Bay(bay))
    if vin is None:
        return None
    carriage = tower.book.carriage(vin)
    return vin if carriage.state is CarriageState.IN_BAY and not carriage.exposed else None


def _exposure(tower: Tower, bay: int, machine: MachineSnapshot | None, unseen_s: float) -> str:
    """Why somebody may have come into the bay; empty when nobody can have."""
    if unseen_s > 2 * tower.site.bay(bay).outer_door_travel_s + ENTER_S:
        return f"bay {bay} was out of sight for a while"
    report = None if machine is None else machine.bays.get(bay)
    if report is None or (report.outer_door is DoorState.CLOSED and report.outer_locked):
        return ""
    return f"bay {bay}: outer door was {report.outer_door.value}, not closed and locked"


async def _begin(tower: Tower) -> None:
    for bay in tower.site.bays:
        if _left_behind(tower, bay.number) is None:
            continue

        def decide(number: int = bay.number) -> Change | None:
            vin = _left_behind(tower, number)
            if vin is None:
                return None
            why = "nobody collects it, and the street door was open or out of sight"
            change = put_back(tower, vin, number, by="", why=why)
            return without_waiting(tower, number, change)

        kiosk = tower.kiosk_at(bay.number)
        if await tower.book.record(decide) is not None and kiosk.phase is KioskPhase.FREE:
            # The desk of this bay waits for a touch.
            kiosk.touched.set()
            tower.bell.ring()


def _left_behind(tower: Tower, bay: int) -> str | None:
    """The exposed car in this bay that nobody is to drive out."""
    vin = tower.book.ledger.car_at(Bay(bay))
    if vin is None or bay in cased_bays(tower):
        return None
    carriage = tower.book.carriage(vin)
    if carriage.state is not CarriageState.IN_BAY or not carriage.exposed:
        return None
    if tower.book.open_dropoff(vin) is not None or tower.book.dropoff_at(bay) is not None:
        return None
    # Whoever waits for it at another bay gets it by way of a slot.
    here = [each for each in tower.book.open_visits() if each.vin == vin and each.bay == bay]
    return vin if all(each.state is VisitState.EXPECTED for each in here) else None


def without_waiting(tower: Tower, bay: int, change: Change) -> Change:
    """The change, and whoever waits at this bay for another car, which they would for ever."""
    for visit in tower.book.open_visits():
        if visit.bay == bay and visit.state in WAITING:
            lost = visit_change(tower, visit, BayLost(f"bay {bay} holds another car"))
            change = replace(
                change,
                visits=(*change.visits, *lost.visits),
                keys=(*change.keys, *lost.keys),
                cases=(*change.cases, *lost.cases),
                events=(*change.events, *lost.events),
            )
    return change
