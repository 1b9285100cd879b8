"""Every planted bug: what is broken, the plan that leads to it, the rule that has to find it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from benchmarks.swarm import (
    mutations,
    mutations_cloud,
    mutations_keys,
    mutations_machine,
    mutations_people,
)
from benchmarks.swarm.aimed import (
    AIMED,
    FORWARD,
    TWO_LIFTS,
    WITH_BOARDS,
    back,
    fault,
    manner,
    plan,
    trip,
)
from benchmarks.swarm.fault_plan import FaultKind
from benchmarks.swarm.key_manners import LaysKey, TakesKey
from benchmarks.swarm.mutation import Break, Mutation, Reached
from benchmarks.swarm.plan import Options, Plan
from benchmarks.swarm.traffic import Manner, ReturnManner

CERTAIN = "the ledger is certain of what is not so"
TO_A_CAR = "a car is sent to where one stands"
NOT_TOLD = "a departure is not told"
TWICE = "a job is executed twice"
AGAIN = "a movement that failed is asked for again and nobody was asked"


@dataclass(frozen=True)
class Mutant:
    """One broken rule, and the plan that leads to it."""

    break_it: Mutation
    aim: Plan
    found_by: tuple[str, ...]
    """The rules under any of which it has been found."""
    options: Options = AIMED
    one_shaft: bool = False
    """Play it on the tower with two lifts, both in one shaft."""

    def broken(self) -> Break:
        """The rule broken, for whoever does not count how often that code runs."""
        return self.break_it(Reached())

    @property
    def what(self) -> str:
        """What is broken, in a sentence."""
        return (self.break_it.__doc__ or "").split("\n")[0].rstrip(".")


def _mutant(break_it: Mutation, aim: Plan, *found_by: str, options: Options = AIMED) -> Mutant:
    return Mutant(break_it, aim, found_by, options)


_JOBS = (
    _mutant(
        mutations.job_before_journal,
        plan(trip()),
        "a job is executed that the journal does not have",
    ),
    _mutant(
        mutations.failed_commit_counts,
        plan(trip(), fault(FaultKind.DISK_FULL, 60.0, upon="walks up")),
        "a job is executed that the journal does not have",
    ),
    _mutant(
        mutations.plc_without_memory,
        plan(trip()),
        "the journal has ended a job that still runs",
        TWICE,
    ),
    _mutant(mutations.acknowledged_is_done, plan(trip()), CERTAIN),
    _mutant(
        mutations.unknown_is_repeated,
        plan(trip(), fault(FaultKind.PLC_RESTART, 1.0, upon="gripped")),
        CERTAIN,
        AGAIN,
    ),
    _mutant(
        mutations.failed_is_repeated,
        plan(trip(), fault(FaultKind.PLC_LINE_CUT, 3.0, upon="begins job")),
        AGAIN,
    ),
    _mutant(
        mutations.restart_forgets_jobs,
        plan(trip(), fault(FaultKind.CRASH, 1.0, upon="gripped")),
        CERTAIN,
        "the journal does not explain the plant",
    ),
    _mutant(
        mutations.job_numbers_begin_anew,
        plan(trip(), fault(FaultKind.CRASH, 1.0, upon="drives off")),
        TWICE,
    ),
    _mutant(
        mutations.stale_snapshot,
        plan(trip(), fault(FaultKind.PLC_LINE_CUT, 60.0, at_s=62.0)),
        "a movement is planned on old data",
    ),
    _mutant(mutations.two_cars_to_one_slot, plan(trip()), TO_A_CAR),
    _mutant(
        mutations.two_cars_to_one_bay,
        plan(manner(trip(kiosk=2), Manner.STRANGER_FIRST), trip(2, arrives_s=90.0, kiosk=2)),
        "two cars are sent to one place",
        TO_A_CAR,
        options=replace(AIMED, site=TWO_LIFTS),
    ),
    Mutant(
        mutations.one_shaft_for_two,
        plan(trip(1, kiosk=1), trip(2, kiosk=4)),
        ("two lifts of one shaft have jobs",),
        one_shaft=True,
    ),
    _mutant(
        mutations.lease_outlives_its_job,
        plan(trip(), fault(FaultKind.ESTOP, 5.0, upon="gripped")),
        "a job that has ended still holds something",
    ),
    _mutant(
        mutations.case_holds_nothing,
        plan(
            trip(),
            trip(2, arrives_s=95.0, kiosk=2),
            fault(FaultKind.PLC_LINE_CUT, 5.0, upon="begins job"),
        ),
        "a lift is sent out while a case holds it",
    ),
    _mutant(
        mutations.ledger_never_compared,
        plan(
            trip(arrives_s=400.0),
            fault(FaultKind.BREAKS, 300.0, at_s=30.0, name="sensor-stuck", where="slot5.occupied"),
        ),
        "sensors contradict the ledger and nobody is asked",
    ),
)

_PEOPLE = (
    _mutant(
        mutations_people.one_sensor_bay_clear,
        plan(
            manner(trip(), Manner.LEAVES_CAR),
            fault(
                FaultKind.BREAKS,
                300.0,
                upon="outer door opening",
                name="sensor-stuck",
                where="bay1.presence",
            ),
        ),
        CERTAIN,
    ),
    _mutant(
        mutations_people.door_for_anybody,
        plan(manner(trip(), Manner.STRANGER_FIRST)),
        "a street door opens for somebody unproven",
    ),
    _mutant(
        mutations_people.tries_not_counted,
        plan(replace(manner(trip(), Manner.STRANGER_INSISTS), ends_at_s=6000.0)),
        "a face is tried beyond the limit",
    ),
    _mutant(
        mutations_people.scale_not_asked,
        plan(back(trip(), ReturnManner.PASSENGER)),
        "a car is moved with somebody in it",
    ),
    _mutant(
        mutations_people.nobody_is_asked,
        plan(trip()),
        "a car is taken from a bay and nobody has said that it is empty",
    ),
    _mutant(
        mutations_people.plc_closes_on_somebody,
        plan(
            trip(),
            fault(
                FaultKind.BREAKS,
                20.0,
                upon="outer door closing",
                after_s=1.0,
                name="curtain-broken",
                where="bay:1",
            ),
        ),
        "outer door closes on somebody",
    ),
    _mutant(
        mutations_people.presented_too_soon,
        plan(trip()),
        "a street door is asked to open to the shaft",
    ),
    _mutant(
        mutations_people.door_left_open,
        plan(trip()),
        "a departure ends with its street door open",
    ),
    _mutant(
        mutations_people.gauge_not_believed,
        plan(back(trip(), ReturnManner.ROOF_BOX)),
        "a car is sent to where it does not fit",
    ),
    _mutant(
        mutations_people.wall_clock_for_patience,
        plan(
            manner(trip(), Manner.DAWDLES),
            fault(FaultKind.CLOCK_STEP, 600.0, upon="outer door open", after_s=20.0, draw=FORWARD),
        ),
        "a customer is given up before the time",
        "a customer is waited for too long",
    ),
)

_CLOUD = (
    _mutant(
        mutations_cloud.outbox_apart,
        plan(trip(), fault(FaultKind.CRASH, 1.0, upon=": departed", after_s=0.2)),
        NOT_TOLD,
    ),
    _mutant(
        mutations_cloud.outbox_first,
        plan(trip(), fault(FaultKind.CRASH, 1.0, upon="outer door closed", after_s=1.5)),
        "a departure is told twice",
        "a reservation is served twice",
    ),
    _mutant(
        mutations_cloud.retry_with_new_id,
        plan(trip(), fault(FaultKind.CLOUD_ERRORS, upon="walks up", name="drop_after")),
        "an event comes under two names",
    ),
    _mutant(
        mutations_cloud.struck_before_sent,
        plan(trip(), fault(FaultKind.CLOUD_DOWN, 60.0, upon="drives off")),
        "events are missing at the cloud",
        NOT_TOLD,
    ),
    _mutant(mutations_cloud.departure_not_owed, plan(trip()), NOT_TOLD),
    _mutant(mutations_cloud.return_not_owed, plan(trip()), "a return is not told"),
    _mutant(
        mutations_cloud.withdrawal_not_heard,
        plan(manner(trip(), Manner.CANCELS_LATE)),
        "a withdrawn reservation is served",
    ),
    _mutant(
        mutations_cloud.window_never_closes,
        plan(replace(manner(trip(), Manner.LATE), arrives_s=1800.0)),
        "a visit ends otherwise than it should",
    ),
    _mutant(mutations_cloud.face_outlives_visit, plan(trip()), "a face is kept after its visit"),
)

_MACHINE = (
    _mutant(
        mutations_machine.stop_led_on_by_nobody,
        plan(trip(), fault(FaultKind.ESTOP, 5.0, at_s=63.0)),
        "a lift moves after a stop that nobody has led on",
    ),
    _mutant(
        mutations_machine.restart_forgets_alarms,
        plan(
            trip(arrives_s=400.0),
            fault(FaultKind.BREAKS, 20.0, at_s=61.0, name="slack-rope"),
            fault(FaultKind.CRASH, 1.0, at_s=100.0),
        ),
        "an alarm is gone that nobody has acknowledged",
    ),
)

_KEYS = (
    _mutant(
        mutations_keys.key_before_the_face,
        plan(manner(trip(), Manner.STRANGER_FIRST)),
        "a key is released to somebody unproven",
        options=WITH_BOARDS,
    ),
    _mutant(
        mutations_keys.restart_releases_again,
        plan(
            replace(trip(), takes_key=TakesKey.ASKS_AGAIN),
            fault(FaultKind.CRASH, 1.0, upon="compartment is released", after_s=0.5),
        ),
        "a compartment is released again unasked",
        options=WITH_BOARDS,
    ),
    _mutant(
        mutations_keys.key_not_awaited,
        plan(trip()),
        "a car is handed over and its key lies in the cabinet",
        options=WITH_BOARDS,
    ),
    _mutant(
        mutations_keys.key_not_asked_back,
        plan(replace(trip(), lays_key=LaysKey.KEEPS_IT)),
        "a key is missing and nobody was asked",
        options=WITH_BOARDS,
    ),
)

MUTANTS: Mapping[str, Mutant] = {
    mutant.break_it.__name__: mutant for mutant in (*_JOBS, *_PEOPLE, *_CLOUD, *_MACHINE, *_KEYS)
}
