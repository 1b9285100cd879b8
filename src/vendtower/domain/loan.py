"""A car that is out with a customer: what the tower keeps of it until it is back."""

from dataclasses import dataclass
from datetime import datetime

from vendtower.domain.card import KnownCard
from vendtower.domain.reservation import Reservation
from vendtower.domain.spent_code import fits


@dataclass(frozen=True)
class Loan:
    """The reservation's record is erased at departure; this little of it is not."""

    vin: str
    reservation_id: str
    code_salt: str
    code_sha256: str
    """As in ``Reservation``: the code of the pick-up, shown again, names the return."""
    language: str
    returns_by: datetime | None = None
    """When the car is due back; None when the cloud has not said."""
    scale_kg: int | None = None
    """What the bay's scale showed before the outer door opened, nobody inside; None: not known."""
    key_compartment: int | None = None
    """Where the key belongs; None when the tower keeps none."""
    cards: tuple[KnownCard, ...] = ()
    """Cards that name the return, as in ``Reservation``."""

    def accepts_code(self, code: str) -> bool:
        """Whether this is the check-in code of the reservation; compared in constant time."""
        return fits(self.code_salt, self.code_sha256, code)


def loan_of(reservation: Reservation, scale_kg: int | None) -> Loan:
    """What is kept of a reservation whose car is being handed over."""
    return Loan(
        vin=reservation.vehicle.vin,
        reservation_id=reservation.reservation_id,
        code_salt=reservation.code_salt,
        code_sha256=reservation.code_sha256,
        language=reservation.language,
        returns_by=reservation.returns_by,
        scale_kg=scale_kg,
        key_compartment=reservation.key_compartment,
        cards=reservation.cards,
    )
