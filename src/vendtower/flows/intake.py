"""Who may bring a car in, and where: a customer with a code, or a car that staff announce."""

from collections.abc import Container

from vendtower.domain.delivery import CarriageState
from vendtower.domain.dropoff import Dropoff
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.loan import Loan
from vendtower.domain.modes import Request
from vendtower.domain.pickup import VisitState
from vendtower.domain.places import Outside
from vendtower.domain.reservation import Reservation
from vendtower.domain.vehicle import Vehicle
from vendtower.flows.bay_service import why_closed
from vendtower.flows.service import hindrances
from vendtower.flows.telling import tell
from vendtower.flows.tower import Kiosk, Tower
from vendtower.ports.journal import Change
from vendtower.ports.screens import KioskPhase


class NotAdmitted(Exception):
    """The car is not expected here; the message says why and nothing has changed."""


def loans_out(tower: Tower) -> list[Loan]:
    """Cars that are out with a customer and not on their way in already."""
    return [
        loan
        for loan in tower.book.loans.values()
        if loan.vin in tower.book.ledger
        and isinstance(tower.book.ledger.where(loan.vin), Outside)
        and tower.book.open_dropoff(loan.vin) is None
    ]


def to_be_returned(tower: Tower, reservation: Reservation) -> Loan | None:
    """The loan whose car has to come back before this reservation's; None when none has to."""
    return next((loan for loan in loans_out(tower) if loan.vin == reservation.swap_for), None)


async def announce_return(tower: Tower, kiosk: Kiosk, loan: Loan) -> Dropoff | None:
    """A customer shows the code of a car that is out; None when the bay is not theirs to have."""

    def decide() -> Change | None:
        if loan not in loans_out(tower) or _bay_in_use(tower, kiosk.bay) is not None:
            return None
        line = tower.book.line(loan.vin)
        return announced(tower, kiosk.bay, line.vehicle, loan=loan)

    await tower.book.record(decide)
    found = tower.book.dropoff_at(kiosk.bay)
    return found if found is not None and found.vin == loan.vin else None


async def admit(tower: Tower, car: str, bay: int, vehicle: Vehicle | None, by: str) -> str:
    """A member of staff announces a car at a bay, by VIN or plate; its VIN.

    ``vehicle`` describes a car that the tower has never had; None for one that it knows.

    Raises:
        NotAdmitted: nothing has changed.
        JournalFault: nothing has changed.
    """
    if not by.strip():
        raise NotAdmitted("a car is announced by a named person: no name was given")
    if bay not in {each.number for each in tower.site.bays}:
        raise NotAdmitted(f"bay {bay} is not in the site file")
    kiosk = tower.kiosk_at(bay)
    vins: list[str] = []

    def decide() -> Change:
        check_place(tower, kiosk)
        line = _known(tower, car)
        if line is not None and vehicle is not None:
            raise NotAdmitted(f"car {line.vehicle.vin} is known here; leave its figures out")
        if line is None and vehicle is None:
            raise NotAdmitted(f"car {car} is not in the ledger; give its figures to take it in")
        arriving = line.vehicle if line is not None else vehicle
        if arriving is None or not tower.site.bay(bay).admits(arriving):
            raise NotAdmitted(f"car {car} exceeds the limits of bay {bay}")
        vins.append(arriving.vin)
        loan = tower.book.loans.get(arriving.vin)
        return announced(tower, bay, arriving, loan=loan, new=line is None, by=by)

    await tower.book.record(decide)
    # The desk of this bay waits for a touch.
    kiosk.touched.set()
    tower.bell.ring()
    return vins[0]


def check_place(
    tower: Tower, kiosk: Kiosk, phases: Container[KioskPhase] = (KioskPhase.FREE,)
) -> None:
    """Whether a car may be announced at this kiosk's bay now, in one of these phases.

    Raises:
        NotAdmitted: when not.
    """
    found = hindrances(tower, Request.ADMIT_CAR)
    if found:
        raise NotAdmitted(f"out of service: {found[0]}")
    closed = why_closed(tower, kiosk.bay)
    if closed is not None:
        raise NotAdmitted(f"bay {kiosk.bay}: {closed.value.replace('_', ' ')}")
    in_use = _bay_in_use(tower, kiosk.bay)
    if in_use is not None:
        raise NotAdmitted(in_use)
    if kiosk.phase not in phases:
        raise NotAdmitted(f"kiosk {kiosk.number} is {kiosk.phase.value}; wait until it is free")


def _bay_in_use(tower: Tower, bay: int) -> str | None:
    dropoff = tower.book.dropoff_at(bay)
    if dropoff is not None:
        return f"bay {bay} is kept for car {dropoff.vin}"
    for visit in tower.book.open_visits():
        if visit.bay == bay and visit.state is not VisitState.EXPECTED:
            return f"bay {bay} is kept for visit {visit.visit_id}"
    return None


def _known(tower: Tower, car: str) -> LedgerLine | None:
    """The ledger's line of the car with this VIN or plate.

    Raises:
        NotAdmitted: when it is in the tower, on its way in, or not the only one.
    """
    wanted = car.strip().casefold()
    lines = [
        line
        for line in tower.book.ledger
        if wanted in {line.vehicle.vin.casefold(), line.vehicle.plate.strip().casefold()}
    ]
    on_the_way = [each for each in tower.book.open_dropoffs() if each.vin.casefold() == wanted]
    if on_the_way:
        raise NotAdmitted(f"car {car} is on its way in at bay {on_the_way[0].bay} already")
    if not lines:
        return None
    if len(lines) > 1:
        vins = ", ".join(line.vehicle.vin for line in lines)
        raise NotAdmitted(f"plate {car} belongs to several cars ({vins}); give the VIN")
    line = lines[0]
    gone = tower.book.carriage(line.vehicle.vin).state is CarriageState.GONE
    if not gone or not isinstance(line.where, Outside):
        raise NotAdmitted(f"car {line.vehicle.vin} is in the tower: {line.where}")
    if tower.book.open_dropoff(line.vehicle.vin) is not None:
        raise NotAdmitted(f"car {line.vehicle.vin} is on its way in already")
    return line


def announced(
    tower: Tower,
    bay: int,
    vehicle: Vehicle,
    *,
    loan: Loan | None,
    new: bool = False,
    by: str = "",
) -> Change:
    """The change that keeps the bay for this car; call it inside the book's ``decide``."""
    scale_kg = None if loan is None else loan.scale_kg
    dropoff = Dropoff(
        dropoff_id=tower.chance.new_id(),
        vehicle=vehicle,
        bay=bay,
        announced_utc=tower.clock.utc(),
        known_kg=vehicle.weight_kg if scale_kg is None else scale_kg,
        papers_kg=vehicle.weight_kg,
        new=new,
        announced_by=by,
        reservation_id=None if loan is None else loan.reservation_id,
        language=None if loan is None else loan.language,
        returns_by=None if loan is None else loan.returns_by,
    )
    told = tell(
        tower,
        "dropoff",
        "CarAnnounced",
        subject=f"dropoff/{dropoff.dropoff_id}",
        correlation_id=dropoff.dropoff_id,
        data={
            "vin": vehicle.vin,
            "bay": bay,
            "reservation_id": dropoff.reservation_id,
            "by": by,
            "new": new,
        },
    )
    return Change(dropoffs=(dropoff,), events=(told,))
