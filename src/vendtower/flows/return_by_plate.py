"""A return that is named by the car's plate, typed at the kiosk, where the code is not at hand."""

from vendtower.domain.loan import Loan
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.intake import NotAdmitted, announce_return, check_place, loans_out
from vendtower.flows.tower import Tower
from vendtower.ports.screens import KioskPhase

PLATE_CHARS_MIN = 4
"""Shorter inputs would fit too many cars."""


PLATE_COUNTS = frozenset({KioskPhase.FREE, KioskPhase.CHECKING_IN})
"""Whoever steps before a kiosk wakes it, and may want to bring a car back all the same."""


async def return_by_plate(tower: Tower, kiosk: int, plate: str) -> ControlAnswer:
    """Announce the car with this plate at the kiosk's bay, if it is out with a customer.

    A plate is no secret: it opens an empty bay, and nothing else. What drives in is measured and
    compared with that car before anything moves.

    Raises:
        JournalFault: nothing has changed.
    """
    found = tower.kiosks.get(kiosk)
    if found is None:
        return NotDone(f"kiosk {kiosk} is not in the site file")
    try:
        check_place(tower, found, PLATE_COUNTS)
    except NotAdmitted as refused:
        return NotDone(str(refused))
    loan = _loan_of(tower, plate)
    if loan is None:
        return NotDone("no single car with this plate is out with a customer")
    if await announce_return(tower, found, loan) is None:
        return NotDone(f"bay {found.bay} is in use")
    # The desk of this bay waits for a touch, or for whatever ends its check-in.
    found.touched.set()
    tower.bell.ring()
    return Done(f"the car is expected at bay {found.bay}")


def _loan_of(tower: Tower, plate: str) -> Loan | None:
    """The one loan whose car has this plate, spaces and hyphens left aside.

    The end of a plate will do: the first sign of some is on no keyboard of the kiosk.
    """
    wanted = _bare(plate)
    if len(wanted) < PLATE_CHARS_MIN:
        return None
    plates = {loan.vin: _bare(tower.book.line(loan.vin).vehicle.plate) for loan in loans_out(tower)}
    fitting = [vin for vin, known in plates.items() if known == wanted] or [
        vin for vin, known in plates.items() if known.endswith(wanted)
    ]
    return tower.book.loans.get(fitting[0]) if len(fitting) == 1 else None


def _bare(plate: str) -> str:
    return "".join(char for char in plate.casefold() if char.isalnum())
