"""Rules about keys, broken on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from benchmarks.swarm.mutation import Break, Reached, replaced
from vendtower.domain.identity import IdentityMethod
from vendtower.domain.key_errand import CompartmentShut
from vendtower.domain.key_rules import release_hindrance
from vendtower.domain.pickup import Visit, VisitState
from vendtower.flows import key_exchange, pickup_flow
from vendtower.flows.key_changes import apply_to_key
from vendtower.flows.verification import lapsed, verified_now

FLOWS = "vendtower.flows"


@contextmanager
def key_before_the_face(reached: Reached) -> Iterator[None]:
    """A key is given to whoever has named the car, before the camera has looked at them."""
    give_key, hindrance = key_exchange.give_key, release_hindrance
    compare = pickup_flow._compare  # noqa: SLF001 # a rule is broken from outside here

    def whoever(errand: Any, who: Any, ledger: Any, bay: Any) -> str | None:
        return None if isinstance(who, Visit) else hindrance(errand, who, ledger, bay)

    async def key_first(visit: Visit, tower: Any, kiosk: Any) -> Any:
        reached()
        known = tower.book.visits[visit.visit_id]
        as_verified = known.apply(verified_now(tower, IdentityMethod.FACE_WITH_CODE, None))
        presented = replace(as_verified, state=VisitState.PRESENTED)
        tower.book.visits[visit.visit_id] = presented
        await give_key(visit, tower)
        tower.book.visits[visit.visit_id] = known
        return await compare(visit, tower, kiosk)

    with (
        replaced(whoever, f"{FLOWS}.key_exchange.release_hindrance"),
        patch.object(pickup_flow, "_compare", key_first),
    ):
        yield


def key_of_the_one_before(reached: Reached) -> Break:
    """A key is released to whoever stands there, however long ago the customer was verified."""

    def never(tower: Any, visit: Any) -> bool:
        if lapsed(tower, visit):
            reached()
        return False

    return patch.object(key_exchange, "lapsed", never)


def restart_releases_again(reached: Reached) -> Break:
    """After a restart a compartment of which nothing is known is released anew, unasked."""

    async def again(exchange: Any, key: Any, patience: Any) -> None:
        while exchange._obstacle(key) is not None:  # noqa: SLF001
            await exchange.tower.changed(exchange.tower.bell.rings)
        reached()
        await apply_to_key(exchange.tower, key, CompartmentShut("nobody knows"))
        await exchange._release(exchange._key())  # noqa: SLF001

    return patch.object(key_exchange._Exchange, "_learn", again)  # noqa: SLF001


@contextmanager
def key_not_awaited(reached: Reached) -> Iterator[None]:
    """The street door is opened without a look at where the key is."""

    async def nothing(*_given: Any) -> None:
        reached()

    def owed(*_given: Any) -> bool:
        return False

    with (
        patch.object(pickup_flow, "give_key", nothing),
        patch.object(pickup_flow, "key_owed", owed),
    ):
        yield


def key_not_asked_back(reached: Reached) -> Break:
    """A car is put away and nobody asks for its key."""

    async def nothing(*_given: Any) -> bool:
        reached()
        return True

    return patch(f"{FLOWS}.dropoff_flow.take_key_back", nothing)
