"""Makes `docs/state_machines.md` from the tables.

``python -m vendtower.daemon.state_machines_document > docs/state_machines.md`` prints the page;
the test suite compares it with the one in the repository.
"""

import sys
from collections.abc import Iterator
from typing import Any

from vendtower.domain.alarm import ALARM_TABLE
from vendtower.domain.delivery import DELIVERY_TABLE
from vendtower.domain.dropoff import DROPOFF_TABLE
from vendtower.domain.interruption import INTERRUPTION_TABLE
from vendtower.domain.key_errand import KEY_TABLE
from vendtower.domain.override import OVERRIDE_TABLE
from vendtower.domain.pickup import PICKUP_TABLE
from vendtower.domain.rescue import RESCUE_TABLE
from vendtower.domain.table import StateT, TransitionTable

_HEAD = """\
# State machines

The customer and the car each have their own way, and meet at the bay; a car that comes back, or
for the first time, has a way in; an alarm has a life of its own. Every diagram is made from the
transition table that the code runs: `python -m vendtower.daemon.state_machines_document >
docs/state_machines.md`. What is not drawn is not possible: the event is refused with
`IllegalEvent` and changes nothing.
"""
_INTROS = {
    PICKUP_TABLE.name: "The customer's way, from the reservation to driving out.",
    DROPOFF_TABLE.name: "A car's way in, from its announcement to standing in a slot.",
    DELIVERY_TABLE.name: "The car's way, from its slot to the bay and out, or back.",
    RESCUE_TABLE.name: "A car that is brought out of a dead machine by hand; each state is the "
    "step to be done next.",
    KEY_TABLE.name: "A key's way between its compartment and a customer.",
    ALARM_TABLE.name: "An alarm's life, after ISA-18.2. Whether its condition holds is a fact "
    "beside the state: what is shelved or out of service goes on being written down.",
    INTERRUPTION_TABLE.name: "An emergency stop, an open door, fire or an unexplained "
    "pause, device by device: what is over stands until a named person has confirmed it.",
    OVERRIDE_TABLE.name: "One hindrance of the controller's own, lifted by two people for a while.",
}
TABLES: tuple[TransitionTable[Any], ...] = (
    PICKUP_TABLE,
    DROPOFF_TABLE,
    DELIVERY_TABLE,
    RESCUE_TABLE,
    KEY_TABLE,
    ALARM_TABLE,
    INTERRUPTION_TABLE,
    OVERRIDE_TABLE,
)
"""All there are, in the order of the page."""


def document() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(part for table in TABLES for part in _section(table))])


def _section(table: TransitionTable[StateT]) -> Iterator[str]:
    yield f"## {table.name.capitalize()}\n\n{_INTROS[table.name]}\n"
    yield f"```mermaid\n{table.diagram()}```\n"
    yield "| Event | Meaning |\n|---|---|"
    for event in table.events:
        meaning = (event.__doc__ or "").partition("\n")[0]
        yield f"| `{event.__name__}` | {meaning} |"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(document())
