"""The only flow that asks lifts for movements: it decides again at everything that happens."""

import asyncio
import math
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from typing import Any

from vendtower.domain.bay_rules import lift_hindrance, may_bring_on
from vendtower.domain.delivery import Carriage, CarriageState, OrderWithdrawn, RetrievalOrdered
from vendtower.domain.job import Job, JobState, Verb
from vendtower.domain.lease import Holder, Lease, Shaft, places_out_of_service
from vendtower.domain.machine import LiftReport, MachineSnapshot
from vendtower.domain.modes import Request
from vendtower.domain.moves import Move, Situation
from vendtower.domain.pickup import Visit
from vendtower.domain.places import Bay, OnLift, Place, Slot
from vendtower.domain.planning import choose
from vendtower.domain.travel_time import LiftPose, make_whole_s
from vendtower.flows.book import Book
from vendtower.flows.homing import home_lift, homing_hindrance, resume_homing, wants_home
from vendtower.flows.leasing import leases, moving_lifts_max, open_lift_jobs, why_not_begun
from vendtower.flows.movement import move_car, resume
from vendtower.flows.refused_moves import RefusedMoves
from vendtower.flows.service import hindrances, shut_bays, untouchable
from vendtower.flows.shuttle_reach import must_home
from vendtower.flows.staff_moves import planned_move
from vendtower.flows.staff_orders import StaffOrder
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.flows.wishes import cars_to_be_moved, wanting_visits, wishes
from vendtower.ports.journal import Change, NewEvent

REFUSED_PAUSE_S = 2.0
"""A lift whose job the PLC did not begin is left alone this long."""


class Dispatcher:
    """The running movements, one per lift, and the choice of the next."""

    def __init__(self, tower: Tower) -> None:
        self._tower = tower
        self._running: dict[int, asyncio.Task[None]] = {}
        self._chosen: dict[int, Move] = {}
        """Moves of running lifts; until a job is journaled only this tells what it will need."""
        self._rest_until_s: dict[int, float] = {}
        self._refused = RefusedMoves(tower)

    async def dispatch(self) -> None:
        """For ever; a movement that breaks ends the flow, whose restart takes its job up again."""
        tower = self._tower
        # A movement that was cancelled before its first step could not take itself out.
        self._running.clear()
        self._chosen.clear()
        async with asyncio.TaskGroup() as group:
            while True:
                heard = tower.bell.rings
                self._take_up_open_jobs(group)
                await order_and_withdraw(tower)
                self._start_moves(group)
                await tower.changed(heard, min(self._rest_until_s.values(), default=None))

    def _take_up_open_jobs(self, group: asyncio.TaskGroup) -> None:
        """Whatever the journal has open without a task: after a restart, for instance."""
        for job in open_lift_jobs(self._tower):
            if job.mailbox not in self._running:
                taken_up = resume_homing if job.verb is Verb.HOME else resume
                self._spawn(group, job.mailbox, taken_up(self._tower, job))

    def _start_moves(self, group: asyncio.TaskGroup) -> None:
        tower = self._tower
        tower.left = {}
        machine = tower.machine()
        if machine is None:
            return
        while tower.staff_orders:
            self._begin_order(group, machine, tower.staff_orders.pop(0))
        # What is seen at once comes first: most looks find nothing that anybody wants moved.
        for number, report in machine.lifts.items():
            if self._may_home(report) and not hindrances(tower, Request.HOME_BY_ITSELF):
                self._spawn(group, number, home_lift(tower, number))
                return
        if not cars_to_be_moved(tower.book) or hindrances(tower, Request.CAR_MOVE):
            return
        wanted = wishes(tower)
        situation = replace(self._situation(machine), refused=self._refused.resting(wanted))
        while True:
            choice = choose(tower.site, wanted, situation)
            tower.left = choice.left
            move = choice.move
            if move is None:
                return
            situation = situation.after(move)
            self._chosen[move.lift] = move
            self._spawn(group, move.lift, move_car(tower, _with_rest(tower, machine, move)))

    def _begin_order(
        self, group: asyncio.TaskGroup, machine: MachineSnapshot, order: StaffOrder
    ) -> None:
        """Begin what a person has ordered, now or not at all: nobody is surprised later."""
        tower = self._tower
        why = "; ".join(hindrances(tower, order.request))
        if order.lift is not None and not why:
            report = machine.lifts.get(order.lift)
            free = self._is_idle(order.lift) and report and self._shaft_is_free(order.lift)
            why = homing_hindrance(tower, report) if free and report else "the lift is not free"
            if not why:
                self._spawn(group, order.lift, home_lift(tower, order.lift, order))
                return
        if why:
            order.refuse(why)
            return
        move = planned_move(tower, order, self._situation(machine))
        if isinstance(move, str):
            order.refuse(move)
        else:
            way = _with_rest(tower, machine, move)
            self._chosen[move.lift] = move
            self._spawn(group, move.lift, move_car(tower, way, order))

    def _may_home(self, report: LiftReport) -> bool:
        number, tower = report.number, self._tower
        return (
            self._is_idle(number)
            and self._shaft_is_free(number)
            and wants_home(tower, report)
            and why_not_begun(tower, number, ()) is None
        )

    def _shaft_is_free(self, lift: int) -> bool:
        shaft = self._tower.site.lift(lift).shaft
        return all(self._tower.site.lift(running).shaft != shaft for running in self._running)

    def _is_idle(self, lift: int) -> bool:
        if self._rest_until_s.get(lift, -math.inf) <= self._tower.clock.monotonic_s():
            self._rest_until_s.pop(lift, None)
        return lift not in self._running and lift not in self._rest_until_s

    def _spawn(
        self, group: asyncio.TaskGroup, lift: int, movement: Coroutine[Any, Any, Job | None]
    ) -> None:
        task = group.create_task(self._run(lift, movement), name=f"lift {lift}")
        # One that was cancelled before its first step has never come to await the movement.
        task.add_done_callback(lambda _done: movement.close())
        self._running[lift] = task

    async def _run(self, lift: int, movement: Coroutine[Any, Any, Job | None]) -> None:
        try:
            job = await movement
        finally:
            self._running.pop(lift, None)
            self._chosen.pop(lift, None)
        if job is not None:
            self._refused.note(job, REFUSED_PAUSE_S)
        if job is None or job.state in {JobState.REFUSED, JobState.NEVER_SENT}:
            self._rest_until_s[lift] = self._tower.clock.monotonic_s() + REFUSED_PAUSE_S
        self._tower.bell.ring()

    def _situation(self, machine: MachineSnapshot) -> Situation:
        tower = self._tower
        held = leases(tower)
        free = {
            number: LiftPose(report.hoist_position_mm, report.turn_position_deg)
            for number, report in machine.lifts.items()
            if report.ready or may_bring_on(report, tower.book.ledger)
            if self._is_idle(number) and must_home(tower, number) is None
        }
        return Situation(
            free_lifts=free,
            busy_lifts=frozenset(self._running),
            occupied=_occupied(tower) | {move.destination for move in self._chosen.values()},
            blocked=_blocked(tower, machine, held),
            moving=frozenset(move.vin for move in self._chosen.values()),
            out_of_service=places_out_of_service(held),
            moving_lifts_max=moving_lifts_max(tower),
        )


def _with_rest(tower: Tower, machine: MachineSnapshot, move: Move) -> Move:
    """The move with the time that the rest of an interrupted transfer takes before it."""
    if machine.lifts[move.lift].ready:
        return move
    rest_s = make_whole_s(tower.site, tower.site.lift(move.lift))
    return replace(move, duration_s=move.duration_s + rest_s)


def _occupied(tower: Tower) -> frozenset[Place]:
    held: set[Place] = {
        line.where for line in tower.book.ledger if isinstance(line.where, Slot | Bay | OnLift)
    }
    bound = (job.destination for job in open_lift_jobs(tower))
    return frozenset(held | {place for place in bound if place is not None})


def _blocked(tower: Tower, machine: MachineSnapshot, held: tuple[Lease, ...]) -> frozenset[Place]:
    blocked: set[Place] = set(untouchable(tower))
    blocked |= {Slot(number) for number in machine.doubtful_slots | machine.blocked_slots}
    blocked |= {Bay(number) for number in shut_bays(tower)}
    blocked |= {Bay(bay.number) for bay in machine.bays.values() if lift_hindrance(bay)}
    # Who looks after a stopped lift may stand in its shaft.
    asked = {lease.resource for lease in held if lease.owner.kind is Holder.CASE}
    blocked |= {OnLift(lift.number) for lift in tower.site.lifts if Shaft(lift.shaft) in asked}
    return frozenset(blocked)


async def order_and_withdraw(tower: Tower) -> None:
    """Keep each car's way in step with who wants it: ordered, or no longer."""
    book = tower.book

    def decide() -> Change | None:
        turns = [_turned(tower, vin, wanted_by) for vin, wanted_by in _out_of_step(book)]
        if not turns:
            return None
        return Change(
            carriages=tuple(carriage for carriage, _ in turns),
            events=tuple(event for _, event in turns),
        )

    if _out_of_step(book):
        await book.record(decide)


def _out_of_step(book: Book) -> tuple[tuple[str, Visit | None], ...]:
    """Cars that are wanted and not ordered, with who wants them; None: ordered and not wanted."""

    def found() -> Iterator[tuple[str, Visit | None]]:
        wanting = wanting_visits(book.open_visits())
        for line in book.ledger:
            vin = line.vehicle.vin
            state = book.carriage(vin).state
            if state is CarriageState.IN_SLOT and vin in wanting:
                yield vin, wanting[vin]
            elif state is CarriageState.ORDERED and vin not in wanting:
                yield vin, None

    return book.derived("ways out of step", lambda: tuple(found()))


def _turned(tower: Tower, vin: str, visit: Visit | None) -> tuple[Carriage, NewEvent]:
    name = "OrderWithdrawn" if visit is None else "RetrievalOrdered"
    carriage = tower.book.carriage(vin)
    turned = carriage.apply(OrderWithdrawn() if visit is None else RetrievalOrdered())
    return turned, tell(
        tower,
        "car",
        name,
        subject=f"car/{vin}",
        correlation_id=tower.chance.new_id() if visit is None else visit.visit_id,
        data={"vin": vin},
        owed=False,
    )
