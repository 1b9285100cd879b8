"""Latched faults of lifts and doors: reset once a person has looked, never before."""

from collections.abc import Mapping
from functools import partial

from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.job import Verb
from vendtower.domain.latched_faults import DRIVE_FAULT, latched_faults
from vendtower.domain.modes import Request
from vendtower.domain.places import Bay, OnLift
from vendtower.flows.auxiliary import clear_mailbox, run_auxiliary
from vendtower.flows.case_changes import with_opened_case
from vendtower.flows.modes import refusal
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change

RESET_SHOWS_S = 3.0
"""How long a fault that was reset may still be shown."""
ASKED_AFTER_S = 5.0
"""A lift's fault that lasts this long with nobody asked about the lift becomes a case: the case of
a movement that failed comes first, once its lift is at rest, and an answer's reset shows by then.
"""


async def keep_latched_faults(tower: Tower) -> None:
    """For ever: let the PLC forget faults at which a person has looked (``faults_seen``), and ask
    a person about a lift whose fault nobody was asked about, or came back after the answer.

    A reset moves nothing and touches no safety function.
    """
    since_s: Mapping[int, float] = {}
    while True:
        heard = tower.bell.rings
        for place in sorted(tower.faults_seen, key=str):
            await _reset(tower, place)
        now_s = tower.clock.monotonic_s()
        since_s = {lift: since_s.get(lift, now_s) for lift in _lifts_to_ask_about(tower)}
        for lift, first_s in since_s.items():
            if now_s - first_s >= ASKED_AFTER_S:
                await _ask(tower, lift)
        due_s = min((first_s + ASKED_AFTER_S for first_s in since_s.values()), default=None)
        await tower.changed(heard, due_s)


def _lifts_to_ask_about(tower: Tower) -> list[int]:
    """Lifts with a latched fault that stand still and that nobody is asked about.

    Only while the tower moves by itself: in every other mode somebody is at the machine.
    """
    machine = tower.machine()
    if machine is None or refusal(tower, Request.CAR_MOVE) is not None:
        return []
    asked = {case.lift for case in tower.book.open_cases()}
    return [
        place.number
        for place in latched_faults(machine)
        if isinstance(place, OnLift) and place not in tower.faults_seen
        if place.number not in asked and tower.book.open_job(place.number) is None
        if machine.lifts[place.number].standstill
    ]


async def _ask(tower: Tower, lift: int) -> None:
    def decide() -> Change | None:
        if lift not in _lifts_to_ask_about(tower):
            return None
        return with_opened_case(tower, Change(), _case(tower, lift))

    await tower.book.record(decide)


def _case(tower: Tower, lift: int) -> Case:
    vin = tower.book.ledger.car_at(OnLift(lift))
    load = "no car" if vin is None else f"car {vin}"
    return Case(
        case_id=tower.book.next_case_id(),
        kind=CaseKind.MOVEMENT,
        question=(
            f"Lift {lift}, with {load} on it by the ledger, takes no job: the PLC has latched a "
            f"fault of it ({DRIVE_FAULT}). Look: is its cause mended, and is nobody in "
            "the shaft or a bay? The answer resets the fault, and the lift goes on."
        ),
        choices=(Settlement.CONTINUE,),
        error=DRIVE_FAULT,
        opened_utc=tower.clock.utc(),
        correlation_id=tower.chance.new_id(),
        lift=lift,
    )


async def _reset(tower: Tower, place: OnLift | Bay) -> None:
    machine = tower.machine()
    if machine is None or refusal(tower, Request.FAULT_RESET) is not None:
        return
    if place not in latched_faults(machine):
        tower.faults_seen.discard(place)
        return
    await _ask_to_reset(tower, place)
    await tower.until(lambda: _is_reset(tower, place), RESET_SHOWS_S)


async def _ask_to_reset(tower: Tower, place: OnLift | Bay) -> None:
    async with tower.auxiliary:
        await clear_mailbox(tower)
        await run_auxiliary(
            tower,
            Verb.RESET_FAULT,
            place,
            hindrance=partial(refusal, tower, Request.FAULT_RESET),
            duration_s=0.0,
            correlation_id=tower.chance.new_id(),
            # A full disk makes nobody go and look once more; one look is good for one reset, and
            # somebody who looks again while it fails is heard again.
            once_planned=lambda: tower.faults_seen.discard(place),
        )


def _is_reset(tower: Tower, place: OnLift | Bay) -> bool | None:
    machine = tower.machine()
    return None if machine is None or place in latched_faults(machine) else True
