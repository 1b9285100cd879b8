"""Makes `docs/modes.md` from the table of modes.

``python -m vendtower.daemon.modes_document > docs/modes.md`` prints the page; the test suite
compares it with the one in the repository.
"""

import sys
from collections.abc import Iterator

from vendtower.domain.modes import MODE_TABLE, PLC_MODES, OperatingMode, Request

_HEAD = """\
# Operating modes

The page is made from the table that the code asks (`src/vendtower/domain/modes.py`):
`python -m vendtower.daemon.modes_document > docs/modes.md`. Every entry point, for customers,
staff, the cloud and the tower itself, asks this one table by way of
`src/vendtower/flows/modes.py`; `tests/unit/test_modes.py` walks the whole table against all of
them.

The mode is the controller's own. The PLC's unit mode and its PackML state are facts beside it,
read from the PLC: a movement wants the table's word and the PLC in the mode that goes with it. The
PLC decides about its own mode, and its key switch has the last word; the controller asks
(`mode_req`) when a person changes the mode, for three seconds, and never by itself.

## Modes
"""
_AFTER_MODES = """
A start is always start-up: it is over when the line is up, the PLC echoes the session, and it is
proven what became of every job that was open ([recovery.md](recovery.md)). Then the mode holds
that a person chose last; without a choice it is automatic. Out of automatic the mode changes only
while no job runs, no customer's car stands in a bay for them, and no car is on its way in. A car
that hangs on a lift, or that a case asks about, keeps nobody from working at the machine.

An alarm (C67) asks about a mode without customers that was chosen half an hour ago and is no
session, and, in automatic, about a PLC that has not followed for a minute, a key switch that does
not stand at auto, and a machine that staff have told to hold.

## What each mode accepts
"""
_TAIL = """
A street door that staff order is answered when it stands where it should, or why not. Whoever
waits for that stands beside it, so the order goes out at once or never: one that waits for another
door, there being one mailbox for all of them, or for a slow disk is given up after 5 s, and whoever
waits for the end of a door hears after another 20 s that it has not ended. While the PLC's line is
cut nobody knows what the door does: after two to three seconds that is the answer, and an order
that has not gone out by then is never taken up. What forbids a door is looked at where its job is
planned, after the journal's queue, and once more when it is written
(`src/vendtower/flows/door_order.py`, `tests/system/flows/test_door_order.py`,
`tests/unit/test_seams.py`). A car's movement and a homing that staff order begin within 5 s or
never as well. `vendtower` itself waits 30 s for any answer, and says then that what was asked may
be done all the same.

## Maintenance sessions

`vendtower maintenance begin --reason ... --minutes N` keeps customers and the tower's own movements
away until somebody ends it. The session is journaled and outlives restarts. It begins only when
nothing is under way, and the answer names what is. Kiosks say that the tower is being looked after.
Visits are kept, and what the session takes of a reservation's window is added at its end. While it
lasts the mode is maintenance, semi-automatic or manual, never automatic, and in maintenance no
lift has a permit. Its holder alone changes the mode, jogs, and orders a movement, a homing or a
door: nobody at a desk moves what somebody else is working at. It ends by its holder or by a second
named person, and only with the enabling device released, the key not at maintenance and every lift
at rest. An alarm (C60) tells when it lasts longer than was said.

## Stops

`vendtower machine stop`, `abort`, `hold`, `unhold`, `start`, `clear` and `reset` are journaled with
a name and passed to the PLC. A stop that was not the loss of the controller's own heartbeat is
remembered (C61) until a named person leads the machine on, by `machine reset` or the answer to the
movement's case: neither a restart of the controller nor one of the PLC undoes somebody's stop. A
stop key that is pressed while the controller is away and no job runs leaves nothing in the PLC's
words by which it could be told from the controller's silence; to keep a machine still, turn the
key switch or press an emergency stop. `stop`, `abort` and `hold` go out before they are written,
so that no disk holds them up, and overrule every word to go on that is older: a reset that has not
led the machine on yet, and one, or the answer to a case, that still waits to be written
(`tests/unit/test_stop_orders.py`).

A machine that is held, while no gate is open and nobody has told it to hold in this run of the
controller, may have had a gate open while nobody watched. Somebody looks, and confirms that
(`vendtower stops`, C63); then it goes on by itself. Where staff have told it to hold meanwhile,
whatever is confirmed leaves it held, and `vendtower machine unhold` lets it go on. An order to
hold that was given with the line down, or that a PLC which is seen for five seconds does not obey,
explains no later pause.
"""


def document() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_modes(), _AFTER_MODES, *_table(), _TAIL])


def _modes() -> Iterator[str]:
    yield "| Mode | Who moves the tower | Mode of the PLC |\n|---|---|---|"
    for mode in OperatingMode:
        plc = PLC_MODES[mode]
        yield f"| {mode.value} | {_meaning(mode)} | {'any' if plc is None else plc.value} |"


def _table() -> Iterator[str]:
    yield f"| Request | {' | '.join(mode.value for mode in OperatingMode)} |"
    yield f"|---|{'---|' * len(OperatingMode)}"
    for request in Request:
        marks = ("yes" if mode in MODE_TABLE[request] else "" for mode in OperatingMode)
        yield f"| {request.value} | {' | '.join(marks)} |"


_MEANINGS = {
    OperatingMode.START_UP: "nobody: what became of the run before is not known yet",
    OperatingMode.AUTOMATIC: "the tower, for its customers",
    OperatingMode.SEMI_AUTOMATIC: "a technician, one whole movement at a time",
    OperatingMode.MANUAL: "a technician, single functions: a door, homing an empty lift",
    OperatingMode.MAINTENANCE: "a technician at the machine, by hold-to-run, in a session",
}


def _meaning(mode: OperatingMode) -> str:
    return _MEANINGS[mode]


if __name__ == "__main__":
    sys.stdout.write(document())
