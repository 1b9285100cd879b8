"""Writes to a journal until it is killed, and says after each commit that it is done.

Run as ``python -m tests.system.journal_writer PATH``. Each line on standard output is the number
of a job whose change was acknowledged.
"""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from tests.unit.journal.records import event, job, vehicle
from vendtower.adapters.journal_sqlite import SqliteJournal
from vendtower.domain.delivery import Carriage, CarriageState
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.places import Slot
from vendtower.ports.journal import Change

SLOTS = 40


def change(number: int) -> Change:
    """The change of this number: job, car's way, ledger and event belong together."""
    return Change(
        jobs=(job(number, seq=number),),
        carriages=(Carriage("VIN1", CarriageState.MOVING, number),),
        ledger=(LedgerLine(vehicle("VIN1"), Slot(1 + number % SLOTS)),),
        cursor=str(number),
        events=(event(f"e{number}", number=number),),
    )


async def write_for_ever(path: Path) -> None:
    """Go on from where the journal stands."""
    with ThreadPoolExecutor(1) as executor:
        journal = await SqliteJournal.open(path, executor=executor, utc=lambda: datetime.now(UTC))
        number = (await journal.load()).last_job_id
        while True:
            number += 1
            await journal.commit(change(number))
            print(number, flush=True)


if __name__ == "__main__":
    asyncio.run(write_for_ever(Path(sys.argv[1])))
