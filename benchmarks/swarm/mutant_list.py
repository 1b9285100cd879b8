"""Every planted bug: what is broken, the plan that leads to it, the rule that has to find it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from benchmarks.swarm import (
    mutations,
    mutations_cloud,
    mutations_machine,
    mutations_people,
)
from benchmarks.swarm.aimed import (
    AIMED,
    FORWARD,
    TWO_LIFTS,
    VERY_SLOW,
    back,
    fault,
    manner,
    plan,
    trip,
)
from benchmarks.swarm.fault_plan import FaultKind
from benchmarks.swarm.mutant import Mutant, planted
from benchmarks.swarm.mutants_of_keys import KEYS
from benchmarks.swarm.traffic import Manner, ReturnManner
from benchmarks.swarm.varied import FOUR_LIFTS

CERTAIN = "the ledger is certain of what is not so"
TO_A_CAR = "a car is sent to where one stands"
NOT_TOLD = "a departure is not told"
TWICE = "a job is executed twice"
AGAIN = "a movement that failed is asked for again and nobody was asked"
WORN = plan(*(trip(number, 70.0 + 200.0 * number) for number in range(1, 5)))
"""Enough movements that a part is overdue where parts do not last (`FOUR_LIFTS`)."""

_JOBS = (
    planted(
        mutations.job_before_journal,
        plan(trip()),
        "a job is executed that the journal does not have",
    ),
    planted(
        mutations.failed_commit_counts,
        plan(trip(), fault(FaultKind.DISK_FULL, 60.0, upon="walks up")),
        "a job is executed that the journal does not have",
    ),
    planted(
        mutations.plc_without_memory,
        plan(trip()),
        "the journal has ended a job that still runs",
        TWICE,
    ),
    planted(mutations.acknowledged_is_done, plan(trip()), CERTAIN),
    planted(
        mutations.unknown_is_repeated,
        plan(trip(), fault(FaultKind.PLC_RESTART, 1.0, upon="gripped")),
        CERTAIN,
        AGAIN,
    ),
    planted(
        mutations.failed_is_repeated,
        plan(trip(), fault(FaultKind.PLC_LINE_CUT, 3.0, upon="begins job")),
        AGAIN,
    ),
    planted(
        mutations.restart_forgets_jobs,
        plan(trip(), fault(FaultKind.CRASH, 1.0, upon="gripped")),
        CERTAIN,
        "the journal does not explain the plant",
    ),
    planted(
        mutations.job_numbers_begin_anew,
        plan(trip(), fault(FaultKind.CRASH, 1.0, upon="drives off")),
        TWICE,
    ),
    planted(
        mutations.stale_snapshot,
        plan(trip(), fault(FaultKind.PLC_LINE_CUT, 60.0, at_s=62.0)),
        "a movement is planned on old data",
    ),
    planted(mutations.two_cars_to_one_slot, plan(trip()), TO_A_CAR),
    planted(
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
    planted(
        mutations.lease_outlives_its_job,
        plan(trip(), fault(FaultKind.ESTOP, 5.0, upon="gripped")),
        "a job that has ended still holds something",
    ),
    planted(
        mutations.case_holds_nothing,
        plan(
            trip(),
            trip(2, arrives_s=95.0, kiosk=2),
            fault(FaultKind.PLC_LINE_CUT, 5.0, upon="begins job"),
        ),
        "a lift is sent out while a case holds it",
    ),
    planted(
        mutations.ledger_never_compared,
        plan(
            trip(arrives_s=400.0),
            fault(FaultKind.BREAKS, 300.0, at_s=30.0, name="sensor-stuck", where="slot5.occupied"),
        ),
        "sensors contradict the ledger and nobody is asked",
    ),
)

_PEOPLE = (
    planted(
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
    planted(
        mutations_people.door_for_anybody,
        plan(manner(trip(), Manner.STRANGER_FIRST)),
        "a street door opens for somebody unproven",
    ),
    planted(
        mutations_people.tries_not_counted,
        plan(replace(manner(trip(), Manner.STRANGER_INSISTS), ends_at_s=6000.0)),
        "a face is tried beyond the limit",
    ),
    planted(
        mutations_people.scale_not_asked,
        plan(back(trip(), ReturnManner.PASSENGER)),
        "a car is moved with somebody in it",
    ),
    planted(
        mutations_people.nobody_is_asked,
        plan(trip()),
        "a car is taken from a bay and nobody has said that it is empty",
    ),
    planted(
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
    planted(
        mutations_people.plc_opens_unasked,
        plan(manner(trip(), Manner.STRANGER_FIRST)),
        "a street door opens for nobody who may",
    ),
    planted(
        mutations_people.presented_too_soon,
        plan(trip()),
        "a street door is asked to open to the shaft",
    ),
    planted(
        mutations_people.door_left_open,
        plan(trip()),
        "a departure ends with its street door open",
    ),
    planted(
        mutations_people.gauge_not_believed,
        plan(back(trip(), ReturnManner.ROOF_BOX)),
        "a car is sent to where it does not fit",
    ),
    planted(
        mutations_people.verified_for_ever,
        plan(
            replace(trip(), ends_at_s=3000.0),
            fault(FaultKind.PLC_LINE_CUT, 1200.0, upon=": verified"),
        ),
        "a street door opens for somebody proven too long ago",
    ),
    planted(
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
    planted(
        mutations_cloud.outbox_apart,
        plan(trip(), fault(FaultKind.CRASH, 1.0, upon=": departed", after_s=0.2)),
        NOT_TOLD,
    ),
    planted(
        mutations_cloud.outbox_first,
        plan(trip(), fault(FaultKind.CRASH, 1.0, upon="outer door closed", after_s=1.5)),
        "a departure is told twice",
        "a reservation is served twice",
    ),
    planted(
        mutations_cloud.retry_with_new_id,
        plan(trip(), fault(FaultKind.CLOUD_ERRORS, upon="walks up", name="drop_after")),
        "an event comes under two names",
    ),
    planted(
        mutations_cloud.retry_with_other_words,
        plan(trip(), fault(FaultKind.CLOUD_ERRORS, upon="walks up", name="drop_after")),
        "an event comes twice with other content",
    ),
    planted(
        mutations_cloud.last_event_first,
        plan(trip(), fault(FaultKind.CLOUD_DOWN, 60.0, upon="walks up")),
        "events out of order",
    ),
    planted(
        mutations_cloud.nobody_can_say_to_whom,
        plan(trip()),
        "a hand-over of which nobody can say to whom",
    ),
    planted(
        mutations_cloud.ended_well_and_called_refused,
        plan(trip()),
        "a job that was begun is called unbegun",
    ),
    planted(
        mutations_cloud.failure_not_told,
        plan(trip(), fault(FaultKind.PLC_LINE_CUT, 3000.0, at_s=62.0)),
        "a customer is sent away and the cloud is not told",
    ),
    planted(
        mutations_cloud.turned_away_is_absent,
        plan(trip(), fault(FaultKind.PLC_LINE_CUT, 3000.0, at_s=62.0)),
        "a customer is sent away and the cloud is not told",
    ),
    planted(
        mutations_cloud.turned_away_for_nothing,
        plan(trip(arrives_s=2000.0), fault(FaultKind.PLC_LINE_CUT, 3.0, at_s=62.0)),
        "a visit ends otherwise than it should",
    ),
    planted(mutations_cloud.outbox_stands_still, plan(trip()), "does not come to rest"),
    planted(
        mutations_cloud.struck_before_sent,
        plan(trip(), fault(FaultKind.CLOUD_DOWN, 60.0, upon="drives off")),
        "events are missing at the cloud",
        NOT_TOLD,
    ),
    planted(
        mutations_cloud.given_up_at_once,
        plan(trip(), fault(FaultKind.CLOUD_REFUSES, 60.0, upon="drives off")),
        "an event that nobody rejects is given up",
    ),
    planted(mutations_cloud.departure_not_owed, plan(trip()), NOT_TOLD),
    planted(mutations_cloud.return_not_owed, plan(trip()), "a return is not told"),
    planted(
        mutations_cloud.withdrawal_not_heard,
        plan(manner(trip(), Manner.CANCELS_LATE)),
        "a withdrawn reservation is served",
    ),
    planted(
        mutations_cloud.window_never_closes,
        plan(replace(manner(trip(), Manner.LATE), arrives_s=1800.0)),
        "a visit ends otherwise than it should",
    ),
    planted(mutations_cloud.face_outlives_visit, plan(trip()), "a face is kept after its visit"),
)

_MACHINE = (
    planted(
        mutations_machine.stop_led_on_by_nobody,
        plan(trip(), fault(FaultKind.ESTOP, 5.0, at_s=63.0)),
        "a lift moves after a stop that nobody has led on",
    ),
    planted(
        mutations_machine.restart_forgets_alarms,
        plan(
            trip(arrives_s=400.0),
            fault(FaultKind.BREAKS, 20.0, at_s=61.0, name="slack-rope"),
            fault(FaultKind.CRASH, 1.0, at_s=100.0),
        ),
        "an alarm is gone that nobody has acknowledged",
    ),
    planted(
        mutations_machine.audit_sees_nothing,
        plan(
            trip(arrives_s=900.0),
            fault(FaultKind.CARRIED, at_s=200.0),
            fault(FaultKind.AUDIT, at_s=202.0),
        ),
        "an audit calls sound what is not so",
    ),
    planted(
        mutations_machine.rescue_against_the_sensors,
        plan(trip(), fault(FaultKind.RESCUE, 200.0, draw=6)),
        "a rescue is believed against the sensors",
        options=replace(AIMED, site=TWO_LIFTS, cars=8),
    ),
    planted(
        mutations_machine.door_waits_its_turn,
        plan(
            fault(FaultKind.BREAKS, 900.0, at_s=60.0, name="outer-door-stuck", where="bay:2"),
            fault(FaultKind.DISK_SLOW, 900.0, at_s=60.0, draw=VERY_SLOW),
            fault(FaultKind.STAFF_ORDERS, 400.0, at_s=110.0, draw=213),
            fault(FaultKind.STAFF_ORDERS, 400.0, at_s=130.0, draw=215),
        ),
        "somebody waits for an answer for ever",
    ),
    planted(
        mutations_machine.override_by_one,
        WORN,
        "one person lifts a hindrance alone",
        options=replace(AIMED, site=FOUR_LIFTS, cars=8),
    ),
    planted(
        mutations_machine.overdue_part_forbids_nothing,
        WORN,
        "a car is moved while a part forbids it",
        options=replace(AIMED, site=FOUR_LIFTS, cars=8),
    ),
)

MUTANTS: Mapping[str, Mutant] = {
    mutant.break_it.__name__: mutant for mutant in (*_JOBS, *_PEOPLE, *_CLOUD, *_MACHINE, *KEYS)
}
