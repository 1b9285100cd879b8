"""What a person has called clear is watched while a slow disk takes it down, and the job."""

import asyncio
from collections.abc import Callable

import pytest

from tests.bench.returns import Returns
from tests.bench.tower_bench import TowerBench
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.job import JobState, Verb
from vendtower.ports.journal import Change

pytestmark = pytest.mark.slow


def word(change: Change) -> bool:
    """That a person has called the bay clear."""
    return any(each.state is DropoffState.CLEARED for each in change.dropoffs)


def job(change: Change) -> bool:
    """That a lift is to take the car."""
    return any(each.verb is Verb.STORE for each in change.jobs)


async def detected(bench: TowerBench, *, inside: bool) -> None:
    """The bay's detector sees somebody or nobody, and the controller has read it."""
    world = bench.world.tower
    world.act(lambda: world.sensors.override("bay1.person_inside", int(inside)))

    def read() -> bool:
        machine = bench.tower.machine()
        return machine is not None and machine.bays[1].person_inside is inside

    await bench.until(read)


@pytest.mark.parametrize("held", [word, job], ids=["word", "job"])
async def test_somebody_stepped_out_of_the_car_while_the_disk_was_slow(
    held: Callable[[Change], bool], bench: TowerBench
) -> None:
    returns = Returns(bench)
    customer = await returns.car_is_out(0)
    executed = bench.executed()
    journal, writing, goes_on = bench.tower.book.journal, asyncio.Event(), asyncio.Event()
    commit = journal.commit

    async def slow(change: Change) -> None:
        if held(change) and not goes_on.is_set():
            writing.set()
            await goes_on.wait()
        await commit(change)

    journal.commit = slow  # type: ignore[method-assign]  # the wire to the disk is slowed
    await returns.announce(customer)
    await returns.park(customer.vin)
    first = await bench.phase(1, "confirm_clear")
    await bench.until(lambda: bench.answer_if_asked(1), "the word is not taken")
    await bench.until(writing.is_set, "it is not written")
    # Out of the car, where the detector sees them, and back into it, where it does not.
    await detected(bench, inside=True)
    await detected(bench, inside=False)
    goes_on.set()

    async def asked_anew() -> bool:
        kiosk = await bench.phase(1, "confirm_clear")
        return bool(kiosk["question"] != first["question"])

    await bench.until(asked_anew, "nobody is asked once more")
    assert bench.executed() == executed, "a lift took a car in which somebody sits"
    stored = [each for each in bench.tower.book.jobs.values() if each.verb is Verb.STORE]
    assert [each.state for each in stored] == [JobState.NEVER_SENT] * (held is job)
    bench.world.tower.act(bench.world.tower.sensors.heal)
    await returns.confirm()
    await bench.home(customer)
    assert bench.executed() == executed + 1
