"""What staff do with a key that a case is about, before they answer it."""

from __future__ import annotations

import random

from benchmarks.swarm.key_rack import KeyRack
from benchmarks.swarm.world import World
from vendtower.domain.case import Case, Settlement
from vendtower.domain.key_errand import KeyErrand, KeyPurpose

BY_THEMSELVES = "staff"


def key_answer(world: World, case: Case, chance: random.Random) -> Settlement | None:
    """Do with the key what the case asks for, in truth; what is answered then."""
    inside, rack = world.inside, world.keys
    key = None if inside is None else inside.book.keys.get(case.correlation_id)
    if rack is None or key is None:
        return None
    if key.purpose is KeyPurpose.TAKE:
        return _handed_over(world, rack, key)
    if chance.random() < 0.5:
        rack.heal(key.compartment)
    _brought_home(world, rack, key)
    return Settlement.KEY_MOVED


def _handed_over(world: World, rack: KeyRack, key: KeyErrand) -> Settlement:
    """To the customer, if they still stand there; else there is nobody to hand it to."""
    inside, person = world.inside, world.pavement.standing[key.kiosk]
    assert inside is not None
    visit = inside.book.visits.get(key.errand_id)
    reservation = None if visit is None else inside.book.reservations.get(visit.reservation_id)
    if person is None or reservation is None or not reservation.accepts_code(person.code):
        world.story.tell("staff", f"find nobody to hand key {key.vin} to")
        return Settlement.CLOSE_VISIT
    _fetch(rack, key.vin)
    rack.give(key.vin, person.name)
    world.story.tell("staff", f"hand key {key.vin} to {person.name}")
    return Settlement.KEY_MOVED


def _brought_home(world: World, rack: KeyRack, key: KeyErrand) -> None:
    """From whoever has it; a compartment with another key in it is emptied first."""
    if not rack.is_home(key.vin):
        _fetch(rack, key.vin)
        rack.unlock(key.compartment)
        rack.take(key.compartment, BY_THEMSELVES)
        rack.lay(key.vin, key.compartment)
        world.story.tell("staff", f"lay key {key.vin} into compartment {key.compartment}")
    if rack.is_open(key.compartment):
        rack.close(key.compartment)


def _fetch(rack: KeyRack, vin: str) -> None:
    """Out of its compartment by the staff's own key, or from whoever has it."""
    where = rack.where[vin]
    if isinstance(where, int):
        rack.unlock(where)
        rack.take(where, BY_THEMSELVES)
        rack.close(where)
    rack.give(vin, BY_THEMSELVES)
