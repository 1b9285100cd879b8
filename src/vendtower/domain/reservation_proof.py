"""Whether a reservation is held as the cloud has signed it."""

import hashlib
from dataclasses import dataclass, fields

from vendtower.domain.reservation import Reservation

_OTHERWISE = {"face_consent", "sealed_portrait", "proof"}
"""Compared below: the tower itself takes consent and picture away, and never adds them."""
_SIGNED = tuple(each.name for each in fields(Reservation) if each.name not in _OTHERWISE)


@dataclass(frozen=True)
class ProvenReservation:
    """What a proof says."""

    reservation: Reservation
    """Without its picture."""
    portrait_sha256: str | None
    """Lower-case hex of SHA-256 over the sealed picture; None where there is none."""

    def shows(self, portrait: bytes) -> bool:
        """Whether this is the sealed picture that was signed."""
        return hashlib.sha256(portrait).hexdigest() == self.portrait_sha256


def differences(held: Reservation, proven: ProvenReservation) -> tuple[str, ...]:
    """The fields in which the record is not what was signed; empty when it is."""
    found = [name for name in _SIGNED if getattr(held, name) != getattr(proven.reservation, name)]
    if held.face_consent and not proven.reservation.face_consent:
        found.append("face_consent")
    if held.sealed_portrait is not None and not proven.shows(held.sealed_portrait):
        found.append("sealed_portrait")
    return tuple(found)
