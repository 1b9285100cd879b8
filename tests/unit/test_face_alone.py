"""Who may be named by a face without a code."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import watched
from tests.unit.web.tower_sample import car
from vendtower.domain.pickup import Visit
from vendtower.domain.places import Slot
from vendtower.domain.reservation import Reservation
from vendtower.flows.due import recognisable


@pytest.mark.parametrize(("liveness", "named"), [(True, ["r"]), (False, [])])
async def test_a_face_alone_names_nobody_where_a_photograph_could_pass(
    tmp_path: Path, liveness: bool, named: list[str]
) -> None:
    async with watched(tmp_path / "journal.sqlite") as bench:
        tower, now = bench.tower, bench.clock.utc()
        identity = tower.site.identity.model_copy(update={"liveness": liveness})
        tower.site = tower.site.model_copy(update={"identity": identity})
        vehicle = car(1, Slot(3)).vehicle
        tower.book.reservations["r"] = Reservation(
            reservation_id="r",
            revision=1,
            vehicle=vehicle,
            starts_at=now - timedelta(hours=1),
            ends_at=now + timedelta(hours=1),
            language="en",
            code_salt="s",
            code_sha256=hashlib.sha256(b"s1").hexdigest(),
            face_consent=True,
            sealed_portrait=b"sealed",
        )
        tower.book.visits["v"] = Visit("v", "r", vehicle.vin)
        tower.enrolled["r"] = 1
        assert recognisable(tower) == named
