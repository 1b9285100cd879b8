"""Makes `docs/recovery.md` from the recovery rules.

``python -m vendtower.daemon.recovery_document > docs/recovery.md`` prints the page; the test
suite compares it with the one in the repository.
"""

import sys
from collections.abc import Iterator

from vendtower.domain.job import Fate
from vendtower.domain.recovery import JournalSays, Question, Ruling, SensorsSay, judge

_HEAD = """\
# Recovery

What the tower does about a job, told from three witnesses together: the journal, the PLC's job
words and the sensors. Made from `src/vendtower/domain/recovery.py` by
`python -m vendtower.daemon.recovery_document`; the running controller asks the same functions.

At a start nothing moves, no door either, while a job that the journal has open is not proven one
way: it is being carried out, it has ended, or it was never begun. A question to a person keeps
its lift, its bay and its places still and lets the others go on. The same rules are asked of a
job whose line was away for a moment: a restart is no case of its own.

Nothing is ever written to the PLC a second time. The sensors are given 5 s to follow what the PLC
says before they count as contradicting it; a line that is down costs none of that time.

Ledger and sensors are compared besides, place by place and all the time: [ledger.md](ledger.md).
"""

_JOURNAL = {
    JournalSays.ASKED: "journaled; it may or may not have been written to the PLC",
    JournalSays.ACCEPTED: "the PLC's acceptance is journaled",
    JournalSays.ACTIVE: "it was seen to have been begun",
    JournalSays.ENDED: "it has ended",
}
_PLC = {
    Fate.UNHEARD: "the line is down, or what was read is too old",
    Fate.PENDING: "nothing of the job, and a copy of the write may still count",
    Fate.NEVER_TAKEN: "its number was not consumed and will not be; or found in the mailbox at the "
    "PLC's start, with the count of starts as before and not 0",
    Fate.REFUSED: "acknowledged with a refusal",
    Fate.ACCEPTED: "accepted, not begun",
    Fate.RUNNING: "active",
    Fate.HELD: "paused by the PLC",
    Fate.FINISHED: "done words name it, as asked",
    Fate.ABORTED: "done words name it: stopped, because that was asked",
    Fate.FAILED: "done words name it with another result (`pc_silent` after a kill)",
    Fate.RESTARTED: "the PLC restarted; it may have begun the job before",
    Fate.UNKNOWN: "another job's number or id, nothing of this one",
    Fate.LATE: "any state for longer than its computed deadline",
}
_SENSORS = {
    SensorsSay.NO_CAR: "the job moves no car (homing, doors)",
    SensorsSay.AT_SOURCE: "the car is seen where it came from, and nowhere else",
    SensorsSay.AT_SOURCE_AT_LEAST: "there and not on the lift; its destination shows a car too, or "
    "is in doubt",
    SensorsSay.ON_LIFT: "on the lift, and nowhere else",
    SensorsSay.AT_DESTINATION: "where it had to go, and nowhere else",
    SensorsSay.NOWHERE: "in none of these",
    SensorsSay.SEVERAL: "in more than one of these",
    SensorsSay.IN_DOUBT: "two sensors of one place disagree",
    SensorsSay.UNREAD: "not read now",
}
_RULINGS = {
    Ruling.CLOSED: "nothing: the ledger's comparison has its places",
    Ruling.LOOK_AGAIN: "waits; nothing else moves either",
    Ruling.FOLLOW: "follows the job to its end",
    Ruling.ARRIVED: "job `DONE`, the car's line in the ledger moves",
    Ruling.NOT_BEGUN: "job `REFUSED` or `NEVER_SENT`, car as before, a new job after 2 s, "
    "and after each further refusal later; where nothing was to follow, as with ask",
    Ruling.ASK: "car `HALTED`, a case with the question; only a named person's answer ends it",
}


def document() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_words(), *_table(), *_questions()]) + "\n"


def _words() -> Iterator[str]:
    for title, meanings in (
        ("Journal", _JOURNAL),
        ("PLC", _PLC),
        ("Sensors", _SENSORS),
        ("Ruling", _RULINGS),
    ):
        yield f"| {title} | Meaning |\n|---|---|"
        yield from (f"| {member.value} | {text} |" for member, text in meanings.items())
        yield ""


def _table() -> Iterator[str]:
    yield "## Every combination\n"
    yield f"| Journal | PLC | {' | '.join(each.value for each in SensorsSay)} |"
    yield "|---|---|" + "---|" * len(SensorsSay)
    for journal in JournalSays:
        for plc in Fate:
            cells = (_cell(journal, plc, sensors) for sensors in SensorsSay)
            yield f"| {journal.value} | {plc.value} | {' | '.join(cells)} |"
    yield ""


def _cell(journal: JournalSays, plc: Fate, sensors: SensorsSay) -> str:
    verdict = judge(journal, plc, sensors)
    if verdict.question is None:
        return verdict.ruling.value
    return f"ask ({_number(verdict.question)})"


def _number(question: Question) -> int:
    return list(Question).index(question) + 1


def _questions() -> Iterator[str]:
    yield "## What is asked\n"
    yield "The case names the job, its car, source and destination, and what the sensors see; the"
    yield "reason is one of these:\n"
    yield from (f"{_number(question)}. {question.value}." for question in Question)


if __name__ == "__main__":
    sys.stdout.write(document())
