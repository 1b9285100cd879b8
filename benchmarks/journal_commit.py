"""How long the journal takes for one change: ``python -m benchmarks.journal_commit [DIRECTORY]``.

The change is the usual one: a job, its car's way, a ledger line and an owed event. Run it on the
disk that will hold the journal; a temporary file system in memory tells nothing.
"""

import asyncio
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from vendtower.adapters.journal_sqlite import SqliteJournal
from vendtower.domain.delivery import Carriage, CarriageState
from vendtower.domain.job import Job, PlcMark, Verb
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.places import Bay, OnLift, Slot
from vendtower.domain.vehicle import Vehicle
from vendtower.ports.journal import Change, NewEvent

WARM_UP = 50
MEASURED = 1000


def change(number: int, now: datetime) -> Change:
    """What the start of one movement writes."""
    vin = f"LVTBENCH{number % 40:09d}"
    car = Vehicle(vin, "A 12345", "Model", 4500, 1900, 1500, 1800)
    job = Job(
        job_id=number,
        mailbox=1,
        seq=1 + number % 65_535,
        verb=Verb.FETCH,
        source=Slot(1 + number % 40),
        destination=Bay(1),
        vin=vin,
        expected_weight_kg=car.weight_kg,
        expected_height_mm=car.height_mm,
        valid_s=5.0,
        deadline_s=90.0,
        correlation_id=f"visit-{number}",
        before=PlcMark(1, 1, number),
    )
    data = {"vin": vin, "job_id": number, "source": str(job.source)}
    event_type = "com.vendtower.car.move_started.v1"
    event = NewEvent(
        f"event-{number}", event_type, f"car/{vin}", now, time.monotonic(), job.correlation_id, data
    )
    place = OnLift(1) if number % 2 else Slot(1 + number % 40)
    return Change(
        jobs=(job,),
        carriages=(Carriage(vin, CarriageState.MOVING, number),),
        ledger=(LedgerLine(Vehicle("V", "", "", 1, 1, 1, 1), place),),
        events=(event,),
    )


async def measure(directory: Path) -> list[float]:
    """Milliseconds of each commit, as its caller sees it."""
    with ThreadPoolExecutor(1) as executor:
        path = directory / "journal.sqlite"
        journal = await SqliteJournal.open(path, executor=executor, utc=lambda: datetime.now(UTC))
        taken_ms = []
        for number in range(1, WARM_UP + MEASURED + 1):
            start_s = time.perf_counter()
            await journal.commit(change(number, datetime.now(UTC)))
            taken_ms.append(1000 * (time.perf_counter() - start_s))
        await journal.close()
    return taken_ms[WARM_UP:]


def main() -> None:
    """Measure and print."""
    parent = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(dir=parent) as directory:
        taken_ms = sorted(asyncio.run(measure(Path(directory))))
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores")
    print(
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {MEASURED} commits"
    )
    print(
        f"mean {statistics.fmean(taken_ms):.2f} ms, median {statistics.median(taken_ms):.2f} ms, "
        f"p99 {taken_ms[int(0.99 * MEASURED)]:.2f} ms, longest {taken_ms[-1]:.2f} ms"
    )


if __name__ == "__main__":
    main()
