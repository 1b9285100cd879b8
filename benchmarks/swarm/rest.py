"""What is not yet as it has to be once all faults are healed; a run ends when nothing is left."""

from __future__ import annotations

from benchmarks.swarm.world import World
from hardware_sim.plant.door import DoorPosition
from vendtower.domain.job import OPEN_JOB_STATES
from vendtower.domain.pickup import VisitState
from vendtower.flows.service import hindrances
from vendtower.flows.tower import Tower


def unrest(world: World) -> list[str]:
    """What is left to do, in words; empty when all is well."""
    inside = world.inside
    if inside is None:
        return ["the controller does not run"]
    hindered = [f"out of service: {why}" for why in hindrances(inside)]
    return _open(inside) + _between_cloud(world, inside) + hindered + _in_the_plant(world, inside)


def _open(inside: Tower) -> list[str]:
    """Jobs, questions, visits and ways in, and flows that have failed."""
    book = inside.book
    found = [
        f"job {j.job_id} is {j.state.value}"
        for j in book.jobs.values()
        if j.state in OPEN_JOB_STATES
    ]
    found += [f"case {c.case_id} is open: {c.question}" for c in book.open_cases()]
    found += [
        f"visit of {v.vin} is {v.state.value}"
        for v in book.open_visits()
        if v.state is not VisitState.EXPECTED
    ]
    found += [f"drop-off of {d.vin} is {d.state.value}" for d in book.open_dropoffs()]
    if inside.faults:
        found.append(f"flows have failed: {inside.faults}")
    return found


def _between_cloud(world: World, inside: Tower) -> list[str]:
    """What has not reached the cloud, and what the cloud has not been asked for."""
    book, found = inside.book, []
    if book.outbox.owed > book.outbox.delivered + book.outbox.dead:
        found.append(f"outbox: {book.outbox}")
    if book.cursor != world.cloud.state.tower_of(None).log.newest:
        found.append("the tower has not heard all that the cloud has to tell of reservations")
    return found


def _in_the_plant(world: World, inside: Tower) -> list[str]:
    """Street doors that stand open, and cars that are elsewhere than in the ledger."""
    plant, found = world.tower.plant, []
    for bay in plant.bays:
        position = plant.door(bay, "outer").position(plant.now_s)
        if position is not DoorPosition.CLOSED:
            found.append(f"the street door of bay {bay} is {position.value}")
    ledger = {line.vehicle.vin: str(line.where) for line in inside.book.ledger}
    for place, car in plant.places():
        where = ledger.pop(car.vin, "outside")
        if where != str(place):
            found.append(f"car {car.vin} is {place}, the ledger says {where}")
    return found + [f"the ledger has {vin} {w}" for vin, w in ledger.items() if w != "outside"]
