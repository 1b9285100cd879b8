"""What proves that a reservation was made by the operator's cloud, for this tower."""

from typing import Protocol

from vendtower.domain.errors import PeerFault
from vendtower.domain.reservation_proof import ProvenReservation


class NotProven(PeerFault):
    """The proof does not hold; the message says why: no key, wrong signature, other tower."""


class ReservationProofs(Protocol):
    """Reads proofs with the keys that this tower trusts."""

    def proven(self, proof: str) -> ProvenReservation:
        """What the proof says; raises ``NotProven`` when it does not hold."""
        ...
