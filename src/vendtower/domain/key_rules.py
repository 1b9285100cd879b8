"""The one place that says when a compartment of the key cabinet may be released."""

from vendtower.domain.after_job import bay_shows_car
from vendtower.domain.dropoff import Dropoff, DropoffState
from vendtower.domain.key_errand import KeyErrand, KeyPurpose
from vendtower.domain.ledger import Ledger
from vendtower.domain.machine import BayReport
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.places import Bay


def release_hindrance(
    errand: KeyErrand, who: Visit | Dropoff | None, ledger: Ledger, bay: BayReport | None
) -> str | None:
    """Why the compartment stays shut now; None when identity, car and bay are all as they must be.

    Asked in the very moment before the board is. The bay is safe while both its doors are closed
    and locked, nobody is inside and its e-stop is out: a key is given before the street door is
    asked to open, and taken back after it has closed.
    """
    return (
        _identity_hindrance(errand, who)
        or _car_hindrance(errand, who, ledger, bay)
        or _bay_hindrance(bay)
    )


def _identity_hindrance(errand: KeyErrand, who: Visit | Dropoff | None) -> str | None:
    match who:
        case Visit() if errand.purpose is KeyPurpose.TAKE:
            if who.visit_id != errand.errand_id or who.state is not VisitState.PRESENTED:
                return f"visit {who.visit_id} is {who.state.value}, not presented"
            return "nobody was verified" if who.method is None else None
        case Dropoff() if errand.purpose is KeyPurpose.GIVE_BACK:
            if who.dropoff_id != errand.errand_id or who.state is not DropoffState.MEASURED:
                return f"drop-off {who.dropoff_id} is {who.state.value}, not measured"
            known = who.reservation_id is not None or who.announced_by
            return None if known else "nobody has said whose car this is"
        case _:
            return "nobody is there whose key this is"


def _car_hindrance(
    errand: KeyErrand, who: Visit | Dropoff | None, ledger: Ledger, bay: BayReport | None
) -> str | None:
    if bay is None:
        return "the bay's state is not known"
    if who is None or who.bay != bay.number:
        return f"the customer does not stand at bay {bay.number}"
    if who.vin != errand.vin or ledger.car_at(Bay(bay.number)) != errand.vin:
        return f"bay {bay.number} does not hold car {errand.vin}"
    if bay_shows_car(bay) is not True:
        return f"bay {bay.number}: presence sensor and scale do not both see a car"
    return None


def _bay_hindrance(bay: BayReport | None) -> str | None:
    if bay is None or not bay.sealed:
        return "the bay's doors are not both closed and locked"
    if bay.person_inside or not bay.curtain_clear:
        return f"bay {bay.number}: somebody is inside, or in the light curtain"
    return f"bay {bay.number}: e-stop pressed" if bay.estop_pressed else None
