"""A list signed in the future by mistake: a person vouches for this computer's clock."""

from datetime import timedelta

from vendtower.domain.reservation_list import AHEAD_MAX, ListStanding
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.reservation_list import clock_trusted, list_age
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault


class _Refused(Exception):
    """It cannot be done; the message says why and nothing has changed."""


class ListTimeDesk:
    """What a person may do about the time of the list; answers with a sentence, never raises.

    A tower that knew no time has taken a page of the future. Until that time has come every right
    page looks like an old one that is played back, and the two cannot be told apart from here.
    """

    def __init__(self, tower: Tower) -> None:
        self._tower = tower

    async def believe_clock(self, by: str) -> ControlAnswer:
        """Take pages of now again, by this computer's clock; nothing moves."""
        if not by.strip():
            return NotDone("a named person vouches for this computer's clock: no name was given")
        tower = self._tower
        try:
            await tower.book.record(lambda: _believed(tower, by), lambda: _remember(tower))
        except (_Refused, JournalFault) as refused:
            return NotDone(str(refused))
        return Done(f"pages of now are taken again, by {by}; the list is asked for by itself")


def _believed(tower: Tower, by: str) -> Change:
    standing, now = tower.list_memory.standing, tower.clock.utc()
    if standing is None:
        raise _Refused("no signed list has come yet: there is no time to put right")
    here = now.isoformat(timespec="seconds")
    if not clock_trusted(tower):
        raise _Refused(
            f"this computer's clock ({here}) follows no time server, and is not believed either"
        )
    if standing.issued_utc <= now + AHEAD_MAX:
        raise _Refused(
            f"the newest page was signed at {standing.issued_utc.isoformat(timespec='seconds')}, "
            f"and it is {here} here: only a time that lies more than "
            f"{AHEAD_MAX.total_seconds():.0f} s ahead is put right"
        )
    event = tell(
        tower,
        "reservation",
        "ListTimeSet",
        subject="reservation-list",
        correlation_id=tower.chance.new_id(),
        data={"by": by, "from": standing.issued_utc.isoformat(), "to": now.isoformat()},
    )
    age_s = list_age(tower).age_s
    confirmed_utc = None if age_s is None else now - timedelta(seconds=age_s)
    put_right = ListStanding(now, confirmed_utc, age_s or 0.0, now)
    return Change(list_standing=put_right, events=(event,))


def _remember(tower: Tower) -> None:
    tower.list_memory.standing = tower.book.list_standing
    tower.list_memory.heard_s = None
