"""The list of reservations: what is said of it, and records signed or changed by somebody."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import Any

from tests.bench.controller_life import Json
from tests.bench.tower_bench import TowerBench
from vendtower.domain.reservation import Reservation
from vendtower.ports.journal import Change


async def the_list(bench: TowerBench) -> Json:
    """What the tower says of its list of reservations."""
    status = await bench.status()
    assert status is not None
    found: Json = status["reservation_list"]
    return found


def entry_of(proof: str) -> dict[str, Any]:
    """What a proof says."""
    part = proof.split(".")[1]
    entry: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return entry


def signed_with_picture(bench: TowerBench, held: Reservation, picture: bytes) -> Reservation:
    """The record with another picture, signed by the cloud."""
    entry = entry_of(held.proof)
    tower = str(entry.pop("tower"))
    entry["reservation"]["face"]["portrait_sha256"] = hashlib.sha256(picture).hexdigest()
    signer = bench.world.cloud.state.tower_of(tower).teller.signer
    assert signer is not None
    return replace(held, sealed_portrait=picture, proof=signer.entry(tower, entry))


async def tamper(bench: TowerBench, reservation_id: str, **changes: Any) -> None:
    """Somebody changes the row of a reservation."""
    held = bench.tower.book.reservations[reservation_id]
    changed = replace(held, **changes)
    await bench.tower.book.record(lambda: Change(reservations=(changed,)))
