"""What a day of restarts has shown: the journal against the PLC's truth and the cloud's memory."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, fields
from pathlib import Path

from benchmarks.restart_days import Day
from hardware_sim.demo.visitor import Ending

EXECUTED = {"done", "failed"}
NOT_EXECUTED = {"never_sent", "refused"}
DEPARTED = "com.vendtower.visit.car_departed.v1"
LOG_ALARMS = ("Traceback", " ERROR ", " CRITICAL ", "never retrieved", "never awaited")


@dataclass
class Tally:
    """Sums over days."""

    kills: int = 0
    visits: int = 0
    ended_well: int = 0
    tried_again: int = 0
    strangers: int = 0
    strangers_refused: int = 0
    jobs_asked: int = 0
    jobs_executed: int = 0
    jobs_executed_twice: int = 0
    jobs_unknown: int = 0
    jobs_never_sent: int = 0
    events_owed: int = 0
    events_arrived: int = 0
    events_lost: int = 0
    events_doubled: int = 0
    events_sent_again: int = 0
    """Deliveries that the cloud recognised by their id; at least once is the promise."""
    cases_opened: int = 0
    cases_open: int = 0
    safety_violations: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add another day."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


def tally(day: Day) -> Tally:
    """Everything of one day; call it once its daemon has stopped."""
    found = Tally(kills=len(day.kills))
    if not day.at_rest:
        found.problems.append("the tower did not come to rest after the last visit")
    _visits(day, found)
    with closing(_journal(day.world.directory / "journal.sqlite")) as journal:
        _jobs(day, journal, found)
        _events(day, journal, found)
        _places(day, journal, found)
        _cases(journal, found)
    found.safety_violations = len(day.world.tower.violations)
    found.problems += [f"safety: {v.rule}: {v.detail}" for v in day.world.tower.violations]
    found.problems += [f"daemon log: {line}" for line in _alarms(day.daemon.log_file)]
    return found


def _journal(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def _visits(day: Day, found: Tally) -> None:
    for customer in day.customers:
        name = f"{customer.visitor.name} with {customer.visitor.vin}"
        found.visits += 1
        last = customer.tries[-1] if customer.tries else None
        if last is not None and last.ending is Ending.DROVE_OFF:
            found.ended_well += 1
        else:
            ending = "never came" if last is None else f"{last.ending.value} {last.reason}"
            found.problems.append(f"{name}: {ending}")
        found.tried_again += max(0, len(customer.tries) - 1)
        if customer.stranger is None:
            continue
        found.strangers += 1
        opened = customer.doors_opened_for_stranger
        if customer.stranger.ending is Ending.REFUSED and not opened:
            found.strangers_refused += 1
        else:
            found.problems.append(
                f"stranger with the code of {name}: {customer.stranger.ending.value}, "
                f"street door opened {opened} times"
            )


def _jobs(day: Day, journal: sqlite3.Connection, found: Tally) -> None:
    """Each job of the journal against the PLC's own account of what it has taken."""
    tower = day.world.tower
    taken = Counter(int(event.detail) for event in tower.events("job taken"))
    states = dict(journal.execute("SELECT job_id, state FROM job"))
    found.jobs_asked = len(states)
    found.jobs_executed = len(taken)
    found.jobs_executed_twice = sum(1 for times in taken.values() if times > 1)
    found.jobs_unknown = sum(state == "unknown" for state in states.values())
    found.jobs_never_sent = sum(state == "never_sent" for state in states.values())
    for job_id, times in taken.items():
        if times > 1:
            found.problems.append(f"job {job_id} was executed {times} times")
        if job_id not in states:
            found.problems.append(f"job {job_id} was executed and is not in the journal")
    for job_id, state in states.items():
        if state in NOT_EXECUTED and job_id in taken:
            found.problems.append(f"job {job_id} is {state} and was executed")
        if state in EXECUTED and job_id not in taken:
            found.problems.append(f"job {job_id} is {state} and was not executed")
        if state not in EXECUTED | NOT_EXECUTED | {"unknown"}:
            found.problems.append(f"job {job_id} was left {state}")
    lifts = sum(tower.jobs_started(lift) for lift in day.world.site.lifts)
    told = sum(event.subject.startswith("lift") for event in tower.events("job taken"))
    if lifts != told:
        found.problems.append(f"the PLC counts {lifts} lift jobs, its log has {told}")


def _events(day: Day, journal: sqlite3.Connection, found: Tally) -> None:
    store = day.world.cloud.store
    owed = {
        event_id
        for (event_id,) in journal.execute("SELECT event_id FROM event WHERE delivery <> 'local'")
    }
    arrived = Counter(event.event_id for event in store.events)
    found.events_owed, found.events_arrived = len(owed), len(store.events)
    found.events_lost = len(owed - arrived.keys())
    found.events_sent_again = len(store.duplicates)
    ended = Counter(event.subject for event in store.events if event.event_type == DEPARTED)
    doubled = [f"event {i}" for i, times in arrived.items() if times > 1]
    doubled += [f"departure of {subject}" for subject, times in ended.items() if times > 1]
    found.events_doubled = len(doubled)
    found.problems += [f"{what} came twice" for what in doubled]
    if found.events_lost:
        found.problems.append(f"{found.events_lost} owed events have not reached the cloud")
    found.problems += [f"event {i} was never owed" for i in arrived.keys() - owed]
    gaps = [gap for tower in day.world.cloud.state.towers for gap in store.gaps(tower)]
    found.problems += [f"numbers {low}..{high} never came" for low, high in gaps]
    found.problems += [f"event {e.event_id} came out of order" for e in store.out_of_order]
    found.problems += [
        f"event {d.event_id} came again with other {', '.join(d.differing)}"
        for d in store.duplicates
        if d.content_differs
    ]
    if len(ended) != len(day.customers):
        found.problems.append(f"{len(ended)} departures at the cloud of {len(day.customers)}")


def _places(day: Day, journal: sqlite3.Connection, found: Tally) -> None:
    """The ledger against where the cars really are."""
    for vin, place in journal.execute("SELECT vin, place FROM ledger_line"):
        really = day.world.tower.where_is(vin)
        if place != str(really):
            found.problems.append(f"car {vin}: the ledger says {place}, it is {really}")


def _cases(journal: sqlite3.Connection, found: Tally) -> None:
    [(found.cases_opened,)] = journal.execute("SELECT count(*) FROM staff_case")
    [(found.cases_open,)] = journal.execute("SELECT count(*) FROM staff_case WHERE ended = 0")
    if found.cases_open:
        found.problems.append(f"{found.cases_open} cases were left open")


def _alarms(log_file: Path) -> Iterator[str]:
    for line in log_file.read_text(encoding="utf-8", errors="replace").splitlines():
        if any(alarm in line for alarm in LOG_ALARMS):
            yield line.strip()
