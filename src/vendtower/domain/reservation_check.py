"""Whether a reservation from the cloud can be honoured by this tower."""

from collections.abc import Container, Iterable
from datetime import datetime
from enum import Enum

from vendtower.domain.ledger import Ledger
from vendtower.domain.reservation import Reservation


class ReservationProblem(Enum):
    """Why a reservation is refused; the cloud and the operator are told."""

    UNKNOWN_CAR = "unknown_car"
    UNKNOWN_SLOT = "unknown_slot"
    WINDOW_REVERSED = "window_reversed"
    WINDOW_PAST = "window_past"
    CAR_RESERVED_TWICE = "car_reserved_twice"


def problem_with(
    reservation: Reservation,
    *,
    ledger: Ledger,
    slots: Container[int],
    others: Iterable[Reservation],
    now: datetime,
) -> tuple[ReservationProblem, str] | None:
    """The problem and a sentence that says what was found and expected; None when there is none."""
    r = reservation
    if r.vehicle.vin not in ledger:
        return (
            ReservationProblem.UNKNOWN_CAR,
            f"car {r.vehicle.vin} is not one of the {len(ledger)} cars in the ledger",
        )
    if r.slot is not None and r.slot not in slots:
        return ReservationProblem.UNKNOWN_SLOT, f"slot {r.slot} is not in the site file"
    if r.ends_at <= r.starts_at:
        return (
            ReservationProblem.WINDOW_REVERSED,
            f"window ends {r.ends_at.isoformat()}, which is not after {r.starts_at.isoformat()}",
        )
    if r.ends_at <= now:
        return (
            ReservationProblem.WINDOW_PAST,
            f"window ended {r.ends_at.isoformat()}, now is {now.isoformat()}",
        )
    for other in others:
        if other.reservation_id != r.reservation_id and _overlap(r, other):
            until = other.ends_at.isoformat()
            return (
                ReservationProblem.CAR_RESERVED_TWICE,
                f"car {r.vehicle.vin} belongs to reservation {other.reservation_id} until {until}",
            )
    return None


def _overlap(one: Reservation, other: Reservation) -> bool:
    return (
        one.vehicle.vin == other.vehicle.vin
        and one.starts_at < other.ends_at
        and other.starts_at < one.ends_at
    )
