"""After the start nothing is asked for until it is known what became of the run before."""

import asyncio

from vendtower.flows.jog import close_left_jogs
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change


async def start_up(tower: Tower) -> None:
    """Wait until every job of the run before is settled; then let the chosen mode begin.

    The line is up, the PLC echoes our session, and `recovery` has proven what became of every
    job that was open. Open cases stay open and keep what they keep.
    """
    await tower.until(lambda: None if tower.to_recover else _heard(tower))
    await close_left_jogs(tower)
    event = tell(
        tower,
        "controller",
        "StartUpOver",
        subject="controller",
        correlation_id=tower.chance.new_id(),
        data={"cases_open": [case.case_id for case in tower.book.open_cases()]},
        owed=False,
    )
    await tower.book.record(lambda: Change(events=(event,)))
    tower.recovered = True
    tower.bell.ring()
    await asyncio.Event().wait()


def _heard(tower: Tower) -> bool | None:
    machine = tower.machine()
    return True if machine is not None and machine.session_accepted else None
