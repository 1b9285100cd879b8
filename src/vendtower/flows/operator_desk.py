"""Places out of service and reduced power: ordered by a named person, journaled, live at once."""

from typing import assert_never

from vendtower.domain.lease import Holder
from vendtower.domain.out_of_service import ServiceNote, is_in_site
from vendtower.domain.places import OnLift, Place
from vendtower.domain.power import PowerOrder, PowerProfile
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.leasing import leases, power_profile
from vendtower.flows.operator_requests import (
    OperatorRequest,
    OrderPower,
    ReturnToService,
    TakeOutOfService,
)
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change


class _Refused(Exception):
    """It cannot be done; the message says why and nothing has changed."""


async def operate(tower: Tower, request: OperatorRequest, by: str) -> ControlAnswer:
    """Do as asked, in one transaction with its event.

    Raises:
        JournalFault: when it could not be written; nothing has changed.
    """
    if not by.strip():
        return NotDone("the tower is operated by a named person: no name was given")

    def decide() -> Change:
        match request:
            case TakeOutOfService():
                return _taken_out(tower, request, by)
            case ReturnToService(place=place):
                return _returned(tower, place, by)
            case OrderPower(profile=profile):
                return _power_ordered(tower, profile, by)
            case _:
                assert_never(request)

    try:
        await tower.book.record(decide)
    except _Refused as refused:
        return NotDone(str(refused))
    return Done(_said(tower, request, by))


def _taken_out(tower: Tower, request: TakeOutOfService, by: str) -> Change:
    place = _known(tower, request.place)
    if not request.reason.strip():
        raise _Refused(f"{place}: a reason is wanted, none was given")
    noted = tower.book.notes.get(place)
    if noted is not None:
        raise _Refused(f"{place} is out of service already: {noted.reason}, by {noted.by}")
    now = tower.clock.utc()
    until = request.until_utc
    if until is not None and until <= now:
        raise _Refused(
            f"{place}: found an end at {until.isoformat(timespec='seconds')}, "
            f"expected one after now, {now.isoformat(timespec='seconds')}"
        )
    note = ServiceNote(place, request.reason.strip(), by, now, until)
    event = tell(
        tower,
        "service",
        "TakenOut",
        subject=_subject(place),
        correlation_id=tower.chance.new_id(),
        data={
            "place": str(place),
            "reason": note.reason,
            "by": by,
            "until": None if until is None else until.isoformat(),
        },
    )
    return Change(notes=(note,), events=(event,))


def _returned(tower: Tower, place: Place, by: str) -> Change:
    _known(tower, place)
    note = tower.book.notes.get(place)
    if note is None:
        raise _Refused(f"{place} is not out of service")
    event = tell(
        tower,
        "service",
        "Returned",
        subject=_subject(place),
        correlation_id=tower.chance.new_id(),
        data={
            "place": str(place),
            "by": by,
            "taken_out_by": note.by,
            "reason": note.reason,
            "out_s": round((tower.clock.utc() - note.since_utc).total_seconds()),
        },
    )
    return Change(notes_gone=(place,), events=(event,))


def _power_ordered(tower: Tower, profile: PowerProfile, by: str) -> Change:
    standing = tower.book.power_order
    before = PowerProfile.NORMAL if standing is None else standing.profile
    if before is profile:
        whose = "" if standing is None else f", ordered by {standing.by}"
        raise _Refused(f"power is {profile.value} already{whose}")
    event = tell(
        tower,
        "power",
        "ProfileOrdered",
        subject="power",
        correlation_id=tower.chance.new_id(),
        data={"profile": profile.value, "by": by},
    )
    order = PowerOrder(profile, by, tower.clock.utc())
    return Change(power_order=order, events=(event,))


def _known(tower: Tower, place: Place) -> Place:
    if not is_in_site(tower.site, place):
        raise _Refused(f"{place} is not in the site file")
    return place


def _subject(place: Place) -> str:
    return str(place).replace(" ", "/")


def _said(tower: Tower, request: OperatorRequest, by: str) -> str:
    match request:
        case TakeOutOfService(place=place):
            return f"{place} is out of service, by {by}{_what_finishes(tower, place)}"
        case ReturnToService(place=place):
            return f"{place} is in service again, by {by}"
        case OrderPower(profile=profile):
            now, why = power_profile(tower)
            stays = f"; it stays {now.value}: {why}" if now is not profile else ""
            return f"power {profile.value} ordered by {by}{stays}"
        case _:
            assert_never(request)


def _what_finishes(tower: Tower, place: Place) -> str:
    """What goes on there for a moment, so that nobody reaches in too early."""
    holder = next((each for each in leases(tower) if each.resource == place), None)
    if holder is not None and holder.owner.kind is not Holder.OUT_OF_SERVICE:
        return f"; {holder.owner} ({holder.phase}) ends there first, wait until it is over"
    car = tower.book.ledger.car_at(place)
    if car is None:
        return ""
    return f"; car {car} {'is brought away first' if isinstance(place, OnLift) else 'stays in it'}"
