"""Where each car is, held against what the ledger says where it claims to be certain."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.swarm.world import World
from hardware_sim.plant.agenda import TruthEvent
from hardware_sim.plant.car import Place as TruePlace
from hardware_sim.plant.car import PlaceKind
from vendtower.domain.places import Bay, OnLift, Slot, Unsettled, Whereabouts
from vendtower.flows.book import Book

MOVED = {"placed", "gripped", "outer door closed", "car left", "car entered", "started"}


class CarWatch:
    """Silent until the stock has been entered."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ledger: object = None
        self._told: set[str] = set()
        self._due = False
        self.armed = False
        world.tower.log.listeners.append(self._heard)

    def _heard(self, event: TruthEvent) -> None:
        self._due = self._due or event.what in MOVED

    def look(self, *, anyway: bool = False) -> None:
        """Compare, when a car or the ledger has changed, or ``anyway``."""
        book = self._world.controller.book
        if not self.armed or book is None or self._world.inside is None:
            return
        if not (anyway or self._due) and book.ledger is self._ledger:
            return
        self._due, self._ledger = False, book.ledger
        for lie in self.lies(book):
            if lie not in self._told:
                self._told.add(lie)
                self._world.story.violated("the ledger is certain of what is not so", lie)

    def lies(self, book: Book) -> Iterator[str]:
        """What it claims and is not so; of what a job or a case is open about it claims nothing."""
        open_to_doubt = {job.vin for job in book.jobs.values() if job.is_open}
        open_to_doubt |= {case.vin for case in book.open_cases()}
        self._world.carried -= {case.vin for case in book.open_cases()}
        open_to_doubt |= self._world.carried
        open_to_doubt |= {dropoff.vin for dropoff in book.open_dropoffs()}
        in_question = {case.bay for case in book.open_cases()}
        in_question |= {visit.bay for visit in book.open_visits()}
        places = self._world.tower.plant.places()
        truth = {car.vin: place for place, car in places if place.kind is not PlaceKind.OUTSIDE}
        certain: dict[str, Whereabouts] = {line.vehicle.vin: line.where for line in book.ledger}
        for vin in sorted(certain.keys() | truth.keys()):
            where = certain.get(vin)
            if vin in open_to_doubt or isinstance(where, Unsettled):
                continue
            place = truth.get(vin)
            if place is None and isinstance(where, Bay) and where.number in in_question:
                continue  # it has driven off just now, or somebody is asked
            if place != as_true_place(where):
                yield f"{vin}: the ledger says {where or 'outside'}, it is {place or 'outside'}"


def as_true_place(where: Whereabouts | None) -> TruePlace | None:
    """The ledger's place in the plant's words; None for outside."""
    match where:
        case Slot(number):
            return TruePlace(PlaceKind.SLOT, number)
        case Bay(number):
            return TruePlace(PlaceKind.BAY, number)
        case OnLift(number):
            return TruePlace(PlaceKind.LIFT, number)
    return None
