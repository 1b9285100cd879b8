"""What a run reaches in the controller, counted beside it while it plays.

The controller's own functions are asked as always; each answer is counted on its way back. Nothing
in `vendtower` knows of it, and a run's trace is the same with and without.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum
from typing import Any
from unittest import mock

from vendtower.domain import modes, recovery
from vendtower.domain.job import Fate
from vendtower.domain.modes import OperatingMode, Request
from vendtower.domain.recovery import JournalSays, SensorsSay, Verdict
from vendtower.domain.table import TransitionTable

Counts = dict[str, Counter[str]]
"""Group, item in it, how often."""

RECOVERY, RECOVERY_ROWS = "recovery combinations", "recovery rows"
RULINGS, QUESTIONS = "recovery rulings", "recovery questions"
MODES, MODES_ASKED = "modes", "requests in a mode"


def states_of(table: str) -> str:
    """The group of a table's states."""
    return f"{table}: states"


def transitions_of(table: str) -> str:
    """The group of a table's transitions."""
    return f"{table}: transitions"


def transition(source: str, event: str, destination: str) -> str:
    """One transition, as it is counted and shown."""
    return f"{source} --{event}--> {destination}"


def recovery_combination(journal: JournalSays, plc: Fate, sensors: SensorsSay) -> str:
    """One cell of the table in `docs/recovery.md`."""
    return f"{journal.value} / {plc.value} / {sensors.value}"


def mode_asked(mode: OperatingMode, request: Request, *, accepted: bool) -> str:
    """One cell of the table in `docs/modes.md`."""
    return f"{request.value} in {mode.value}: {'yes' if accepted else 'no'}"


@contextmanager
def reached() -> Iterator[Counts]:
    """Count what is reached while this is open."""
    counts: Counts = {}
    with ExitStack() as patches:
        for patch in (
            mock.patch.object(TransitionTable, "after", _counting_tables(counts)),
            *_judging(counts),
            *_everywhere(modes.refusal, _counting_modes(counts)),
        ):
            patches.enter_context(patch)
        yield counts


def count(counts: Counts, group: str, item: str, times: int = 1) -> None:
    """One more of it."""
    counts.setdefault(group, Counter())[item] += times


def _counting_tables(counts: Counts) -> Callable[..., Enum]:
    asked = TransitionTable.after

    def after(table: TransitionTable[Any], state: Enum, event: type) -> Enum:
        reached_state: Enum = asked(table, state, event)
        count(counts, states_of(table.name), state.name)
        count(counts, states_of(table.name), reached_state.name)
        how = transition(state.name, event.__name__, reached_state.name)
        count(counts, transitions_of(table.name), how)
        return reached_state

    return after


def _judging(counts: Counts) -> Iterator[Any]:
    """Patches that count each verdict, and none of those that are only thought of."""
    asked, compares = recovery.judge, recovery.is_for_the_sensors
    thinking: list[None] = []

    def judge(journal: JournalSays, plc: Fate, sensors: SensorsSay) -> Verdict:
        verdict = asked(journal, plc, sensors)
        if not thinking:
            _count_verdict(counts, journal, plc, sensors, verdict)
        return verdict

    def is_for_the_sensors(journal: JournalSays, plc: Fate) -> bool:
        thinking.append(None)
        try:
            return compares(journal, plc)
        finally:
            thinking.pop()

    yield from _everywhere(asked, judge)
    yield from _everywhere(compares, is_for_the_sensors)


def _count_verdict(
    counts: Counts, journal: JournalSays, plc: Fate, sensors: SensorsSay, verdict: Verdict
) -> None:
    count(counts, RECOVERY_ROWS, f"{journal.value} / {plc.value}")
    count(counts, RECOVERY, recovery_combination(journal, plc, sensors))
    count(counts, RULINGS, verdict.ruling.value)
    if verdict.question is not None:
        count(counts, QUESTIONS, verdict.question.value)


def _counting_modes(counts: Counts) -> Callable[[OperatingMode, Request], str | None]:
    asked = modes.refusal

    def refusal(mode: OperatingMode, request: Request) -> str | None:
        why = asked(mode, request)
        count(counts, MODES, mode.value)
        count(counts, MODES_ASKED, mode_asked(mode, request, accepted=why is None))
        return why

    return refusal


def _everywhere(function: object, instead: object) -> Iterator[Any]:
    """Patches of every module of the controller that has imported the function, under any name."""
    for module in [m for n, m in sorted(sys.modules.items()) if n.startswith("vendtower.")]:
        for attribute, value in list(vars(module).items()):
            if value is function:
                yield mock.patch.object(module, attribute, instead)
