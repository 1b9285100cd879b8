"""When a customer was verified, by the tower's clocks, and whether that still counts."""

from contextlib import suppress
from dataclasses import replace

from vendtower.domain.identity import IdentityMethod, MatchRecord
from vendtower.domain.pickup import Visit
from vendtower.domain.pickup_events import IdentityVerified
from vendtower.domain.verification_age import has_lapsed, is_of_an_earlier_start
from vendtower.flows.reservation_list import clock_trusted
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault


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


async def forget_unknown_ages(tower: Tower) -> None:
    """At the daemon's start: what neither clock can date any more counts as too old.

    The monotonic one began anew with the computer, and the other one, without a battery of its own
    and before a time server has answered, shows the time at which it stood still.
    """

    def decide() -> Change | None:
        now_s = tower.clock.monotonic_s()
        undated = [
            replace(visit, verified_monotonic_s=None)
            for visit in tower.book.open_visits()
            if is_of_an_earlier_start(visit, now_s)
        ]
        return Change(visits=tuple(undated)) if undated and not clock_trusted(tower) else None

    # A disk that does not take this takes no hand-over either.
    with suppress(JournalFault):
        await tower.book.record(decide)
