"""Every state x event pair of an alarm, against a matrix written down here."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import get_args

import pytest

from vendtower.domain import alarm as a
from vendtower.domain.alarm import ALARM_TABLE, Alarm, AlarmEvent, AlarmState, CannotMask, Severity
from vendtower.domain.errors import IllegalEvent

S = AlarmState
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
MATRIX: dict[AlarmState, dict[type, AlarmState]] = {
    S.NORMAL: {
        a.AlarmRaised: S.UNACKNOWLEDGED,
        a.AlarmShelved: S.SHELVED,
        a.AlarmTakenOutOfService: S.OUT_OF_SERVICE,
    },
    S.UNACKNOWLEDGED: {
        a.AlarmReturned: S.RETURNED,
        a.AlarmLatched: S.LATCHED,
        a.AlarmChattered: S.UNACKNOWLEDGED,
        a.AlarmAcknowledged: S.ACKNOWLEDGED,
        a.AlarmShelved: S.SHELVED,
        a.AlarmTakenOutOfService: S.OUT_OF_SERVICE,
    },
    S.ACKNOWLEDGED: {
        a.AlarmReturned: S.NORMAL,
        a.AlarmLatched: S.LATCHED,
        a.AlarmChattered: S.ACKNOWLEDGED,
        a.AlarmShelved: S.SHELVED,
        a.AlarmTakenOutOfService: S.OUT_OF_SERVICE,
    },
    S.RETURNED: {
        a.AlarmRaised: S.UNACKNOWLEDGED,
        a.AlarmAcknowledged: S.NORMAL,
        a.AlarmShelved: S.SHELVED,
        a.AlarmTakenOutOfService: S.OUT_OF_SERVICE,
    },
    S.LATCHED: {
        a.AlarmRaised: S.UNACKNOWLEDGED,
        a.AlarmAcknowledged: S.NORMAL,
        a.AlarmTakenOutOfService: S.OUT_OF_SERVICE,
    },
    S.SHELVED: {
        a.AlarmRaised: S.SHELVED,
        a.AlarmReturned: S.SHELVED,
        a.AlarmChattered: S.SHELVED,
        a.AlarmUnshelved: S.NORMAL,
        a.AlarmShelvingEnded: S.NORMAL,
        a.AlarmTakenOutOfService: S.OUT_OF_SERVICE,
    },
    S.OUT_OF_SERVICE: {
        a.AlarmRaised: S.OUT_OF_SERVICE,
        a.AlarmReturned: S.OUT_OF_SERVICE,
        a.AlarmChattered: S.OUT_OF_SERVICE,
        a.AlarmReturnedToService: S.NORMAL,
    },
}
RAISED = a.AlarmRaised(NOON, "lift 1: drive fault 3", "e-1")
RETURNED = a.AlarmReturned(NOON + timedelta(seconds=8), 8.0)
ACKNOWLEDGED = a.AlarmAcknowledged("technician on duty", NOON, "on my way")
SHELVED = a.AlarmShelved("technician on duty", "part is ordered", NOON + timedelta(hours=1))
EVENTS: dict[type, AlarmEvent] = {
    type(event): event
    for event in (
        RAISED,
        RETURNED,
        a.AlarmLatched(NOON, 8.0),
        a.AlarmChattered(),
        ACKNOWLEDGED,
        SHELVED,
        a.AlarmUnshelved("technician on duty"),
        a.AlarmShelvingEnded(),
        a.AlarmTakenOutOfService("technician on duty", "not installed"),
        a.AlarmReturnedToService("technician on duty"),
    )
}
NEW = Alarm("P17", "lift 1", Severity.CRITICAL)


def name(value: object) -> str:
    return value.__name__ if isinstance(value, type) else getattr(value, "name", "")


def test_the_matrix_names_every_state_and_every_event() -> None:
    assert set(MATRIX) == set(AlarmState)
    assert set(EVENTS) == set(get_args(AlarmEvent)) == set(ALARM_TABLE.events)


@pytest.mark.parametrize("kind", EVENTS, ids=name)
@pytest.mark.parametrize("state", AlarmState, ids=name)
def test_every_pair(state: AlarmState, kind: type) -> None:
    alarm = replace(NEW, state=state)
    target = MATRIX[state].get(kind)
    assert ALARM_TABLE.allows(state, kind) is (target is not None)
    if target is not None:
        assert alarm.apply(EVENTS[kind]).state is target
    else:
        with pytest.raises(IllegalEvent):
            alarm.apply(EVENTS[kind])


def test_every_state_can_be_reached_and_left() -> None:
    reached: set[Enum] = {ALARM_TABLE.initial}
    for _ in ALARM_TABLE.rows:
        reached |= {target for source, _, target in ALARM_TABLE.rows if source in reached}
    assert reached == set(AlarmState)
    assert all(MATRIX.values())


@pytest.mark.parametrize("state", AlarmState, ids=name)
@pytest.mark.parametrize("kind", [a.AlarmShelved, a.AlarmTakenOutOfService], ids=name)
def test_a_fatal_alarm_is_never_hidden(state: AlarmState, kind: type) -> None:
    fatal = replace(NEW, code="P00", severity=Severity.FATAL, state=state)
    with pytest.raises(CannotMask, match="P00 at lift 1 is fatal"):
        fatal.apply(EVENTS[kind])


def test_an_episode_counts_what_happened_in_it() -> None:
    alarm = NEW.apply(RAISED).apply(RETURNED).apply(replace(RAISED, episode_id="e-2"))
    assert (alarm.episode_id, alarm.activations, alarm.active_s) == ("e-1", 2, 8.0)
    assert (alarm.active, alarm.returned_utc) == (True, None)
    over = alarm.apply(ACKNOWLEDGED).apply(RETURNED)
    assert (over.open, over.active_s, over.acknowledged_by) == (False, 16.0, "technician on duty")
    again = over.apply(replace(RAISED, episode_id="e-3"))
    assert (again.episode_id, again.activations, again.active_s) == ("e-3", 1, 0.0)
    assert again.acknowledged_by == ""


def test_what_is_shelved_is_still_written_down() -> None:
    shelved = NEW.apply(RAISED).apply(SHELVED)
    assert (shelved.masked_by, shelved.masked_reason) == ("technician on duty", "part is ordered")
    assert shelved.open
    gone = shelved.apply(RETURNED)
    assert not gone.open
    again = gone.apply(replace(RAISED, episode_id="e-2"))
    assert (again.state, again.active, again.episode_id) == (AlarmState.SHELVED, True, "e-2")
    back = again.apply(a.AlarmShelvingEnded())
    assert (back.masked_by, back.shelved_until_utc) == ("", None)


@pytest.mark.parametrize("severity", Severity, ids=name)
def test_what_forbids_motion(severity: Severity) -> None:
    raised = replace(NEW, severity=severity).apply(RAISED)
    fatal = severity is Severity.FATAL
    assert raised.forbids_motion is fatal
    assert raised.apply(ACKNOWLEDGED).forbids_motion is fatal
    assert raised.apply(a.AlarmLatched(NOON, 1.0)).forbids_motion is fatal
    assert not raised.apply(RETURNED).forbids_motion


def test_severities_are_ordered() -> None:
    assert [each.rank for each in Severity] == [0, 1, 2, 3]
