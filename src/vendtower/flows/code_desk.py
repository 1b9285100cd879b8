"""Check-in codes at the kiosks: whose they are, and what follows when they are nobody's."""

from collections.abc import Sequence
from datetime import timedelta

from vendtower.domain.code_guard import TOWER, GuessCount, kiosk_place, reader_place
from vendtower.domain.loan import Loan
from vendtower.domain.pickup import VisitState
from vendtower.domain.reservation import Reservation
from vendtower.domain.spent_code import SpentCode, whose
from vendtower.flows.intake import loans_out
from vendtower.flows.telling import tell
from vendtower.flows.tower import Kiosk, Tower
from vendtower.ports.journal import Change, NewEvent

SPENT_TOLD = timedelta(days=30)
"""For so long a spent code is told apart from one that was never known."""

CodeHolder = Reservation | Loan | SpentCode


def holder_of(tower: Tower, code: str) -> CodeHolder | None:
    """Whose code this is; somebody who is still expected goes before somebody who has come.

    Every code that the tower knows is compared, whichever fits, so that time tells nothing.
    """
    expected = waiting(tower)
    come = [r for r in tower.book.reservations.values() if r not in expected]
    since = tower.clock.utc() - SPENT_TOLD
    spent = [each for each in tower.book.spent_codes.values() if each.spent_utc >= since]
    holders: list[CodeHolder] = [*expected, *come, *loans_out(tower), *spent]
    return whose(holders, code)


def waiting(tower: Tower) -> list[Reservation]:
    """Reservations whose customer has not come yet, in the order of their windows."""
    expected = {
        visit.reservation_id
        for visit in tower.book.open_visits()
        if visit.state is VisitState.EXPECTED
    }
    held = [r for r in tower.book.reservations.values() if r.reservation_id in expected]
    return sorted(held, key=lambda r: (r.starts_at, r.reservation_id))


def pause_left_s(tower: Tower, place: str) -> float:
    """How long no code is taken at this place; 0 when codes are taken.

    Counted by the monotonic clock; what an earlier run left, by the wall clock.
    """
    count = tower.book.guesses.get(place)
    if count is None or not count.pause_s:
        return 0.0
    now_s = tower.clock.monotonic_s()
    since_s = tower.code_failed_s.setdefault(
        place, now_s - (count.pause_s - count.left_s(tower.clock.utc()))
    )
    return max(0.0, count.pause_s - (now_s - since_s))


def codes_paused_s(tower: Tower, kiosk: Kiosk) -> float:
    """How long this kiosk takes no code, by its own failures or by those of the whole tower."""
    return max(pause_left_s(tower, place) for place in code_places(kiosk))


def code_places(kiosk: Kiosk) -> tuple[str, ...]:
    """Where a code that failed at this kiosk is counted."""
    return (kiosk_place(kiosk.number), TOWER)


def nobodys_code(tower: Tower, kiosk: Kiosk, refused: NewEvent, places: Sequence[str]) -> Change:
    """A code or card that fits nobody counts at these places; call it inside ``decide``."""
    counts = tuple(
        tower.book.guesses.get(place, GuessCount(place)).failed(tower.clock.utc())
        for place in places
    )
    for count in counts:
        tower.code_failed_s[count.place] = tower.clock.monotonic_s()
    paused = tuple(_paused(tower, kiosk, count) for count in counts if count.pause_s)
    return Change(guesses=counts, events=(refused, *paused))


def _paused(tower: Tower, kiosk: Kiosk, count: GuessCount) -> NewEvent:
    return tell(
        tower,
        "kiosk",
        "CodesPaused",
        subject=f"kiosk/{kiosk.number}",
        correlation_id=tower.chance.new_id(),
        data={
            "kiosk": kiosk.number,
            "place": count.place,
            "failures": count.failures,
            "pause_s": count.pause_s,
        },
    )


async def forgive(tower: Tower, kiosk: Kiosk) -> None:
    """Somebody was verified at this kiosk: who mistyped before was no guesser."""

    def decide() -> Change | None:
        known = tower.book.guesses
        counted = [
            GuessCount(place)
            for place in (kiosk_place(kiosk.number), reader_place(kiosk.number))
            if place in known and known[place].failures
        ]
        return Change(guesses=tuple(counted)) if counted else None

    await tower.book.record(decide)
