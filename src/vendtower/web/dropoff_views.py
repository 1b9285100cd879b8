"""What the JSON interface says of cars on their way in; pure."""

from dataclasses import asdict
from typing import TypeAlias

from vendtower.domain.dropoff import DROPOFF_ENDED, Dropoff
from vendtower.ports.screens import TowerPicture

JsonObject: TypeAlias = dict[str, object]


def dropoffs_view(picture: TowerPicture) -> JsonObject:
    """``/api/dropoffs``: every car on its way in, and the last that ended.

    ``measurement`` (null before it was measured) has ``length_mm``, ``width_mm``, ``height_mm``,
    ``weight_kg``, ``axle1_kg``, ``offset_mm`` and ``profile``; ``misfits`` says why a car was
    rejected, ``evidence`` what proves that nobody was left inside.
    """
    return {"schema": 1, "dropoffs": dropoff_list(picture)}


def dropoff_list(picture: TowerPicture) -> list[JsonObject]:
    """The drop-offs of the picture, in the order of their announcement."""
    ordered = sorted(picture.dropoffs, key=lambda each: (each.announced_utc, each.dropoff_id))
    return [_dropoff(each) for each in ordered]


def _dropoff(dropoff: Dropoff) -> JsonObject:
    parked, due = dropoff.parked_utc, dropoff.returns_by
    return {
        "dropoff_id": dropoff.dropoff_id,
        "vin": dropoff.vin,
        "plate": dropoff.vehicle.plate,
        "bay": dropoff.bay,
        "state": dropoff.state.value,
        "ended": dropoff.state in DROPOFF_ENDED,
        "new": dropoff.new,
        "announced_by": dropoff.announced_by,
        "announced_utc": dropoff.announced_utc.isoformat(),
        "reservation_id": dropoff.reservation_id,
        "returns_by": None if due is None else due.isoformat(),
        "parked_utc": None if parked is None else parked.isoformat(),
        "measurement": None if dropoff.measurement is None else asdict(dropoff.measurement),
        "evidence": list(dropoff.evidence),
        "misfits": [misfit.value for misfit in dropoff.misfits],
        "reason": dropoff.reason,
    }
