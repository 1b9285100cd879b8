"""What the JSON interface says of places out of service, of leases, and of power; pure."""

from typing import TypeAlias

from vendtower.domain.lease import SeenLease
from vendtower.domain.out_of_service import ServiceNote
from vendtower.ports.screens import TowerPicture

JsonObject: TypeAlias = dict[str, object]


def out_of_service_view(picture: TowerPicture) -> JsonObject:
    """``/api/out-of-service``: every note with ``place`` (``slot 3``), ``reason``, ``by``,
    ``since_utc`` and ``until_utc`` (null: open end); ``in_effect`` once what had begun has ended,
    before that ``waits_for`` names it.
    """
    return {"schema": 1, "out_of_service": _notes(picture)}


def leases_view(picture: TowerPicture) -> JsonObject:
    """``/api/leases``: who has which lift, bay, shaft or slot, and who waits for it.

    ``behind`` names the holder for whoever waits, null for the holder; ``left_s`` is null without
    a computed end; ``at_end`` says what happens then: ``released``, ``case``, ``alarm`` or
    ``person`` (a named person ends it).
    """
    return {"schema": 1, "leases": [_lease(seen) for seen in picture.leases]}


def power_view(picture: TowerPicture) -> JsonObject:
    """The power profile, why it is reduced, and what the PLC says of the supply."""
    power, machine = picture.power, picture.machine
    known = machine is not None and picture.machine_fresh
    return {
        "profile": power.profile.value,
        "why": power.why,
        "moving_lifts_max": power.moving_lifts_max,
        "source": machine.power_source.value if machine is not None and known else None,
    }


def operating_lists(picture: TowerPicture) -> JsonObject:
    """The part of the whole picture that is told here."""
    return {
        "out_of_service": _notes(picture),
        "leases": [_lease(seen) for seen in picture.leases],
    }


def _notes(picture: TowerPicture) -> list[JsonObject]:
    return [
        _note(note, picture) for note in sorted(picture.notes, key=lambda note: str(note.place))
    ]


def _note(note: ServiceNote, picture: TowerPicture) -> JsonObject:
    holder = next(seen.lease for seen in picture.leases if seen.lease.resource == note.place)
    waits = any(
        seen.lease.resource == note.place and seen.lease.until_utc == note.until_utc
        for seen in picture.leases
        if seen.lease.phase == "out_of_service" and seen.lease.lets_end
    )
    return {
        "place": str(note.place),
        "reason": note.reason,
        "by": note.by,
        "since_utc": note.since_utc.isoformat(),
        "until_utc": None if note.until_utc is None else note.until_utc.isoformat(),
        "in_effect": not waits,
        "waits_for": f"{holder.owner} ({holder.phase})" if waits else None,
    }


def _lease(seen: SeenLease) -> JsonObject:
    lease = seen.lease
    return {
        "resource": str(lease.resource),
        "owner": str(lease.owner),
        "kind": lease.owner.kind.value,
        "phase": lease.phase,
        "behind": None if lease.behind is None else str(lease.behind),
        "bars_lifts": lease.bars_lifts,
        "lasted_s": round(seen.lasted_s, 1),
        "left_s": None if seen.left_s is None else round(seen.left_s, 1),
        "overdue": seen.overdue,
        "at_end": lease.at_end.value,
    }
