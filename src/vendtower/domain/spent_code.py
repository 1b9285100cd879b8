"""Check-in codes that have done their work: one code collects one car, once."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar


class HasCode(Protocol):
    """Whatever a check-in code may name."""

    def accepts_code(self, code: str) -> bool: ...


HolderT = TypeVar("HolderT", bound=HasCode)


@dataclass(frozen=True)
class SpentCode:
    """The hash of a code with which a car was collected; names nobody."""

    code_sha256: str
    """As in ``Reservation``; unlike for each reservation, because its salt is."""
    code_salt: str
    reservation_id: str
    spent_utc: datetime

    def accepts_code(self, code: str) -> bool:
        """Whether this is the code that was spent; compared in constant time."""
        return fits(self.code_salt, self.code_sha256, code)


def fits(salt: str, sha256: str, code: str) -> bool:
    """Whether the code belongs to the hash, in a time that does not depend on how much fits."""
    digest = hashlib.sha256((salt + code).encode("utf-8", "surrogatepass")).hexdigest()
    return hmac.compare_digest(digest, sha256.lower())


def whose(holders: Iterable[HolderT], code: str) -> HolderT | None:
    """The first holder whose code this is; all are compared, so that the time tells nothing."""
    fitting = [holder for holder in holders if holder.accepts_code(code)]
    return fitting[0] if fitting else None
