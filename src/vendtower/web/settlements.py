"""What each answer to a case means and what follows from it, in words; pure.

The operator's page and the maintenance commands show the same sentences before anybody decides.
"""

from dataclasses import dataclass

from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.machine import MachineSnapshot, has_stopped

_MEANINGS = {
    Settlement.CONTINUE: "I looked: the car stands where the case says. Carry on.",
    Settlement.CAR_ON_LIFT: "I looked into it: the car stands whole on the lift, nobody inside.",
    Settlement.CAR_IN_SLOT: "I looked: the car stands in a slot (say which).",
    Settlement.CAR_IN_BAY: "I looked: the car stands in the bay.",
    Settlement.CAR_OUTSIDE: "I looked: the car has left the tower.",
    Settlement.SENSOR_WRONG: "I looked: the ledger is right, the sensor there is wrong.",
    Settlement.PLACES_AGREE: "I looked: ledger and sensors say the same now, and it is true.",
    Settlement.CAR_IDENTIFIED: "I looked: the car that stands there is this one (say which).",
    Settlement.COMPARE_AGAIN: "I looked: compare these places once more.",
    Settlement.CUSTOMER_VERIFIED: "I saw the code and a document: this is the reserved customer.",
    Settlement.TRY_AGAIN: "The customer may try the kiosk again.",
    Settlement.WEIGHT_IS_RIGHT: (
        "I looked into the car and the bay: nobody is inside, and the car weighs what the scale "
        "shows."
    ),
    Settlement.CLOSE_VISIT: "End this visit.",
    Settlement.CAR_BROKEN: (
        "The car cannot be driven out. I stay at the bay while the tower takes it."
    ),
    Settlement.KEY_MOVED: "I did with the key what the case asks for.",
    Settlement.RE_STORE: "Nobody drives the car out. I stay at the bay while the tower takes it.",
    Settlement.RESCUED: "The car was brought out by hand.",
    Settlement.NO_LONGER_NEEDED: "The question has gone away.",
}


@dataclass(frozen=True)
class Answer:
    """One way to settle a case."""

    settlement: Settlement
    meaning: str
    """What the person states by it."""
    consequences: tuple[str, ...]
    may_move: bool
    """Whether a lift, a car or a door may move because of it."""
    wants_slot: bool
    wants_bay: bool = False
    """The number of the bay has to be given."""
    wants_car: bool = False
    """A VIN or plate has to be given."""


def answers_of(case: Case, machine: MachineSnapshot | None) -> tuple[Answer, ...]:
    """Every answer that the case takes, in its order; ``machine`` is None when none counts."""
    return tuple(_answer(case, settlement, machine) for settlement in case.choices)


def _answer(case: Case, settlement: Settlement, machine: MachineSnapshot | None) -> Answer:
    moving = [
        *_restarted(case, machine),
        *_released(case, settlement),
        *_moved_by(case, settlement),
    ]
    return Answer(
        settlement=settlement,
        meaning=_meaning(case, settlement),
        consequences=(*_weighed(case, settlement, machine), *_noted(case, settlement), *moving),
        may_move=bool(moving),
        wants_slot=settlement is Settlement.CAR_IN_SLOT,
        wants_bay=settlement is Settlement.CAR_IN_BAY and case.kind is CaseKind.LEDGER,
        wants_car=settlement is Settlement.CAR_IDENTIFIED,
    )


def _meaning(case: Case, settlement: Settlement) -> str:
    if case.kind is CaseKind.DROP_OFF and settlement is Settlement.TRY_AGAIN:
        return "I looked into the car and the bay: nobody is inside. Try again."
    return _MEANINGS[settlement]


def _restarted(case: Case, machine: MachineSnapshot | None) -> list[str]:
    """Settling what became of a movement also resets the stop that ended it."""
    if case.lift is None or case.kind is CaseKind.LEDGER:
        return []
    if machine is None:
        return ["If the machine has stopped, its stop is reset and the lifts may move again."]
    if has_stopped(machine):
        return ["The machine's stop is reset and the lifts may move again."]
    return []


def _released(case: Case, settlement: Settlement) -> list[str]:
    """What stood still until now."""
    released: list[str] = []
    if case.kind is CaseKind.LEDGER and settlement is Settlement.SENSOR_WRONG:
        return released
    if case.kind is CaseKind.LEDGER and not case.lift and not case.bay:
        places = ", ".join(map(str, case.places)) or "The place"
        released.append(f"Lifts may take cars from and to {places} again.")
    if case.lift is not None:
        released.append(f"Lift {case.lift} is released and may move at once.")
    if case.bay is not None:
        released.append(f"Bay {case.bay} is released: its doors and a lift at it may move at once.")
    return released


def _moved_by(case: Case, settlement: Settlement) -> list[str]:
    """What the answer itself sets going."""
    car = f"car {case.vin}" if case.vin else "the car"
    match settlement:
        case Settlement.CONTINUE | Settlement.CAR_ON_LIFT:
            return [f"The lift goes on with {car}."]
        case Settlement.CUSTOMER_VERIFIED:
            return [f"Once {car} stands in the bay, the street door opens for this customer."]
        case Settlement.CLOSE_VISIT if case.vin:
            return [f"If {car} is not in a slot, the lift takes it back to one."]
        case Settlement.RE_STORE | Settlement.CAR_BROKEN:
            return [
                "The street door closes once nobody is seen in the bay.",
                f"The kiosk asks you, by name, whether everybody is out; a lift takes {car} then.",
            ]
        case _:
            return []


_NOTED = {
    Settlement.SENSOR_WRONG: "The place stays out of use until its sensor agrees; a new case asks.",
    Settlement.PLACES_AGREE: "Nothing changes in the ledger.",
    Settlement.CAR_IDENTIFIED: "That car is entered there, instead of where the ledger has it.",
    Settlement.COMPARE_AGAIN: "What still differs is asked about again, place by place.",
}


_MEASURED_AGAIN = "The car is measured again, and everybody is asked again whether all are out."


def _weighed(case: Case, settlement: Settlement, machine: MachineSnapshot | None) -> list[str]:
    """Which figure the person vouches for."""
    if settlement is not Settlement.WEIGHT_IS_RIGHT:
        return []
    bay = None if machine is None else machine.bays.get(case.bay or 0)
    shows = "not known now" if bay is None else f"{bay.weight_kg} kg"
    return [f"What the scale shows when you answer (now: {shows}) is the car's weight, by you."]


def _noted(case: Case, settlement: Settlement) -> list[str]:
    """What changes in the records."""
    if settlement in _NOTED:
        return [_NOTED[settlement]]
    car = f"Car {case.vin}" if case.vin else "The car"
    match settlement:
        case Settlement.CAR_IN_SLOT:
            return [f"{car} is entered in that slot."]
        case Settlement.CAR_IN_BAY:
            return [f"{car} is entered in {f'bay {case.bay}' if case.bay else 'the bay'}."]
        case Settlement.CAR_OUTSIDE:
            return [f"{car} is entered as having left."]
        case Settlement.WEIGHT_IS_RIGHT:
            return [_MEASURED_AGAIN]
        case Settlement.TRY_AGAIN if case.kind is CaseKind.DROP_OFF:
            return [_MEASURED_AGAIN]
        case Settlement.TRY_AGAIN:
            return ["The reservation is open again; nothing moves before the next check-in."]
        case Settlement.CLOSE_VISIT | Settlement.RE_STORE | Settlement.CAR_BROKEN:
            return ["The visit ends for good."]
        case _:
            return []
