"""What a member of staff who sees the tower itself answers to a case: the truth, in its words."""

from __future__ import annotations

import random

from benchmarks.swarm.identity import Person
from benchmarks.swarm.key_duty import key_answer
from benchmarks.swarm.world import World
from hardware_sim.plant.car import Place as TruePlace
from hardware_sim.plant.car import PlaceKind
from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.clearance import STEADY_KG
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.places import Bay, OnLift, Place, Slot
from vendtower.flows.case_answers import Particulars

Answer = tuple[Settlement, Particulars]
NOTHING_MORE = Particulars()
STAYS = (
    Settlement.RE_STORE,
    Settlement.CAR_BROKEN,
    Settlement.CLOSE_VISIT,
    Settlement.TRY_AGAIN,
)
"""What is answered when the car still stands in the bay."""


def true_answer(world: World, case: Case, chance: random.Random) -> Answer | None:
    """What really is so, if the case takes it; None when nothing that it takes is true.

    Where several answers are true, chance chooses.
    """
    match case.kind:
        case CaseKind.MOVEMENT:
            answer = _of_movement(world, case)
        case CaseKind.LEDGER:
            answer = _of_places(world, case)
        case CaseKind.IDENTITY:
            answer = _of_identity(world, case)
        case CaseKind.RESCUE:
            return None  # its own steps answer it
        case CaseKind.KEY:
            done = key_answer(world, case, chance)
            answer = None if done is None else (done, NOTHING_MORE)
        case CaseKind.DROP_OFF | CaseKind.HAND_OVER:
            answer = _of_bay(world, case, chance)
    return answer if answer is not None and answer[0] in case.choices else None


def _of_movement(world: World, case: Case) -> Answer | None:
    as_seen = case.vin is None or _is_at(world, case.vin, case.place)
    if as_seen and Settlement.CONTINUE in case.choices:
        return Settlement.CONTINUE, NOTHING_MORE
    # Where an error allows no resumption, whoever has looked into the car says where it is.
    return (Settlement.CAR_ON_LIFT, NOTHING_MORE) if case.vin is None else _found(world, case.vin)


def only_the_sensor(world: World, case: Case) -> bool:
    """The ledger is right about this place, and whoever looks may leave the sensor as it is."""
    if Settlement.SENSOR_WRONG not in case.choices or case.place is None:
        return False
    return _car_at(world, case.place) == case.vin


def _of_places(world: World, case: Case) -> Answer | None:
    if Settlement.COMPARE_AGAIN in case.choices:
        return Settlement.COMPARE_AGAIN, NOTHING_MORE
    if case.vin is None:
        there = _car_at(world, case.place)
        if there is None:
            return Settlement.PLACES_AGREE, NOTHING_MORE
        return Settlement.CAR_IDENTIFIED, Particulars(car=there)
    if _is_at(world, case.vin, case.place):
        return Settlement.PLACES_AGREE, NOTHING_MORE
    return _found(world, case.vin)


def _found(world: World, vin: str) -> Answer | None:
    truth = world.tower.where_is(vin)
    match truth:
        case TruePlace(PlaceKind.SLOT, number):
            return Settlement.CAR_IN_SLOT, Particulars(slot=number)
        case TruePlace(PlaceKind.BAY, number):
            return Settlement.CAR_IN_BAY, Particulars(bay=number)
        case TruePlace(PlaceKind.OUTSIDE):
            return Settlement.CAR_OUTSIDE, NOTHING_MORE
        case TruePlace(PlaceKind.LIFT):
            return Settlement.CAR_ON_LIFT, NOTHING_MORE
    return None


def _is_at(world: World, vin: str, place: Place | None) -> bool:
    return place is not None and world.tower.where_is(vin) == _truly(place)


def _car_at(world: World, place: Place | None) -> str | None:
    """The car that really stands at a place."""
    for where, car in world.tower.plant.places():
        if place is not None and where == _truly(place):
            return car.vin
    return None


def _truly(place: Place) -> TruePlace:
    match place:
        case Slot(number):
            return TruePlace(PlaceKind.SLOT, number)
        case Bay(number):
            return TruePlace(PlaceKind.BAY, number)
        case OnLift(number):
            return TruePlace(PlaceKind.LIFT, number)


def _of_bay(world: World, case: Case, chance: random.Random) -> Answer | None:
    car = world.bay(case.bay or 0).car
    there = car is not None and car.vin == case.vin
    gone = (Settlement.CAR_OUTSIDE, Settlement.CLOSE_VISIT)
    if case.vin in world.carried_out:
        gone = (Settlement.CLOSE_VISIT, Settlement.CAR_OUTSIDE)
    true = [choice for choice in (STAYS if there else gone) if choice in case.choices]
    if not true:
        return None
    return (chance.choice(true) if there else true[0]), NOTHING_MORE


def weight_is_right(world: World, case: Case) -> bool:
    """Nobody is in the car or the bay, and the tower reads what the car really weighs."""
    inside = world.inside
    machine = None if inside is None else inside.machine()
    bay = None if machine is None else machine.bays.get(case.bay or 0)
    if Settlement.WEIGHT_IS_RIGHT not in case.choices or bay is None:
        return False
    truth = world.bay(bay.number)
    car = truth.car
    if car is None or car.vin != case.vin or car.occupants_kg or truth.people_inside:
        return False
    return abs(bay.weight_kg - car.weight_kg) <= STEADY_KG


def _is_its_customer(person: Person | None, visit: Visit) -> bool:
    return person is not None and person.genuine and person.reservation_id == visit.reservation_id


def _of_identity(world: World, case: Case) -> Answer | None:
    inside = world.inside
    visit = None if inside is None else inside.book.visits.get(case.visit_id or "")
    bay = case.bay if visit is None else visit.bay
    kiosk = next((number for number, at in world.kiosks.items() if at == bay), 0)
    person = world.pavement.standing.get(kiosk)
    at_kiosk = visit is not None and visit.state is VisitState.AT_KIOSK
    if visit is not None and at_kiosk and _is_its_customer(person, visit):
        world.pavement.prove(visit.reservation_id)
        return Settlement.CUSTOMER_VERIFIED, NOTHING_MORE
    if visit is not None:
        world.pavement.refused.pop(visit.reservation_id, None)
    for choice in (Settlement.TRY_AGAIN, Settlement.CLOSE_VISIT):
        if choice in case.choices:
            return choice, NOTHING_MORE
    return None
