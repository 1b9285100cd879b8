"""Everything that a campaign could reach, by group: what coverage is measured against."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cache
from itertools import product
from typing import Any

from benchmarks.swarm.fault_plan import FaultKind
from benchmarks.swarm.journal_disk import Moment
from benchmarks.swarm.reach import (
    MODES,
    MODES_ASKED,
    QUESTIONS,
    RECOVERY,
    RECOVERY_ROWS,
    RULINGS,
    mode_asked,
    recovery_combination,
    states_of,
    transition,
    transitions_of,
)
from benchmarks.swarm.traffic import Manner, ReturnManner
from hardware_sim.cloud.faults import FaultKind as CloudFaultKind
from hardware_sim.faults.catalogue import TOWER_FAULTS
from vendtower.daemon.state_machines_document import TABLES
from vendtower.domain.case import CaseKind, Settlement
from vendtower.domain.job import OPEN_JOB_STATES, Fate, JobState
from vendtower.domain.modes import MODE_TABLE, OperatingMode, Request
from vendtower.domain.recovery import JournalSays, Question, Ruling, SensorsSay
from vendtower.domain.table import TransitionTable
from vendtower.flows.alarm_catalogue import alarm_catalogue

FAULTS, BREAKAGES, CLOUD_FAULTS = "fault kinds", "breakages", "cloud faults"
CRASH_POINTS = "crash points"
MANNERS, RETURNS = "manners of collecting", "manners of returning"
CASES, SETTLEMENTS, ALARMS, JOB_ENDS = "case kinds", "settlements", "alarm codes", "ends of jobs"

Universe = Mapping[str, tuple[str, ...]]


@cache
def universe() -> Universe:
    """Group to all its items, in the order in which they are shown."""
    groups: dict[str, tuple[str, ...]] = {}
    for table in TABLES:
        groups[states_of(table.name)] = tuple(state.name for state in table.states)
        groups[transitions_of(table.name)] = tuple(_transitions(table))
    return groups | {
        ALARMS: tuple(sorted(entry.code for entry in alarm_catalogue())),
        CASES: _values(CaseKind),
        SETTLEMENTS: _values(Settlement),
        JOB_ENDS: _values(JobState, lambda state: state not in OPEN_JOB_STATES),
        RECOVERY_ROWS: tuple(f"{j.value} / {p.value}" for j, p in product(JournalSays, Fate)),
        RECOVERY: tuple(
            recovery_combination(*each) for each in product(JournalSays, Fate, SensorsSay)
        ),
        RULINGS: _values(Ruling),
        QUESTIONS: _values(Question),
        MODES: _values(OperatingMode),
        MODES_ASKED: tuple(
            mode_asked(mode, request, accepted=mode in MODE_TABLE[request])
            for request, mode in product(Request, OperatingMode)
        ),
        FAULTS: _values(FaultKind),
        BREAKAGES: tuple(sorted(TOWER_FAULTS)),
        CRASH_POINTS: tuple(f"{moment.value} a commit" for moment in Moment),
        CLOUD_FAULTS: _values(CloudFaultKind),
        MANNERS: tuple(manner.name for manner in Manner),
        RETURNS: tuple(manner.name for manner in ReturnManner),
    }


def _transitions(table: TransitionTable[Any]) -> Iterator[str]:
    for source, event, destination in table.rows:
        yield transition(source.name, event.__name__, destination.name)


def _values(kinds: type[Enum], belongs: Callable[[Any], bool] = lambda _: True) -> tuple[str, ...]:
    return tuple(str(each.value) for each in kinds if belongs(each))
