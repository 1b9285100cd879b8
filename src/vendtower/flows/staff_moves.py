"""One car moved on a named person's word: planned as any movement, begun at once or refused."""

from vendtower.domain.delivery import CarriageState
from vendtower.domain.job import Job
from vendtower.domain.moves import Move, Situation, Urgency, Wish
from vendtower.domain.places import Bay, OnLift, Slot
from vendtower.domain.planning import choose
from vendtower.flows.staff_orders import StaffOrder
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import NewEvent

AT_REST = {
    CarriageState.IN_SLOT,
    CarriageState.ORDERED,
    CarriageState.IN_BAY,
    CarriageState.ON_LIFT,
}


def planned_move(tower: Tower, order: StaffOrder, situation: Situation) -> Move | str:
    """The movement that does what was ordered; a sentence when there is none."""
    line = tower.book.ledger.line(order.vin)
    if line is None:
        return f"car {order.vin} is not in the ledger"
    state, destination = tower.book.carriage(order.vin).state, order.destination
    if not isinstance(line.where, Slot | Bay | OnLift) or state not in AT_REST:
        return f"car {order.vin} is {state.value}, {line.where}; expected a car at rest"
    if destination is None or not _in_site(tower, destination):
        return f"{destination} is not in the site file"
    if tower.book.open_dropoff(order.vin) is not None:
        return f"car {order.vin} is on its way in; its kiosk goes on with it"
    if state is CarriageState.ORDERED and isinstance(destination, Slot):
        return f"car {order.vin} is ordered by a visit, whose customer waits at a kiosk"
    wish = Wish(line.vehicle, line.where, destination, 0.0, Urgency.STORE)
    choice = choose(tower.site, [wish], situation)
    if choice.move is None:
        return f"car {order.vin} from {line.where} to {destination}: {choice.left[order.vin].value}"
    return choice.move


def may_be_ordered(tower: Tower, move: Move) -> bool:
    """Whether the car still stands where the order found it, at rest."""
    line = tower.book.ledger.line(move.vin)
    at_rest = tower.book.carriage(move.vin).state in AT_REST
    coming = tower.book.open_dropoff(move.vin) is not None
    return line is not None and line.where == move.source and at_rest and not coming


def order_event(tower: Tower, order: StaffOrder, job: Job) -> NewEvent:
    """Who ordered which job."""
    return tell(
        tower,
        "staff",
        "MovementOrdered",
        subject=f"job/{job.job_id}",
        correlation_id=job.correlation_id,
        data={"by": order.by, "job_id": job.job_id, "verb": job.verb.value, "vin": job.vin},
        owed=False,
    )


def _in_site(tower: Tower, place: Slot | Bay) -> bool:
    if isinstance(place, Slot):
        return place.number in tower.site.slots
    return any(bay.number == place.number for bay in tower.site.bays)
