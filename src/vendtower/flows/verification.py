"""When a customer was verified, by the tower's clocks, and whether that still counts."""

from vendtower.domain.identity import IdentityMethod, MatchRecord
from vendtower.domain.pickup import Visit
from vendtower.domain.pickup_events import IdentityVerified
from vendtower.domain.verification_age import has_lapsed
from vendtower.flows.tower import Tower


def verified_now(
    tower: Tower, method: IdentityMethod, record: MatchRecord | None, by: str = ""
) -> IdentityVerified:
    """The customer is who they say, as of this moment."""
    return IdentityVerified(method, record, tower.clock.utc(), tower.clock.monotonic_s(), by)


def lapsed(tower: Tower, visit: Visit, longer_s: float = 0.0) -> bool:
    """Whether it is too long ago for a key or a street door to be given on it.

    ``longer_s``: what is granted beyond the site's limit, to a hand-over that has begun.
    """
    valid_s = tower.site.policies.verification_valid_s + longer_s
    current = tower.book.visits[visit.visit_id]
    return has_lapsed(current, valid_s, tower.clock.utc(), tower.clock.monotonic_s())
