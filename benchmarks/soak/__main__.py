"""The real daemon in steady use: ``python -m benchmarks.soak --minutes 30 [--hours N]``.

Two kiosks serve customers who collect cars and bring them back, with small faults between; once a
second the daemon's memory, files, threads and journal are looked at, and its event loop's lag.
Exit status 0 when everybody was served, memory was flat and the loop prompt; 1 otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure, show, where_and_when
from benchmarks.soak.customers import Trips
from benchmarks.soak.run import soak
from benchmarks.soak.samples import Lag, Sampler
from benchmarks.soak.verdict import MB, Soak, figures_of

WARM_UP_S = 180.0
FAULT_EVERY_S = 25.0
BAR_CHARACTERS = 50


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("--minutes", type=float, default=None, help="default: 30, without --hours")
    parser.add_argument("--hours", type=float, default=0.0, help="added to the minutes")
    parser.add_argument("--seed", type=int, default=1, help="of the faults' order")
    parser.add_argument("--fault-every", type=float, default=FAULT_EVERY_S, metavar="S")
    parser.add_argument(
        "--no-liveness", action="store_true", help="faces unchallenged, on a machine that is busy"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="figures, histogram and samples")
    parser.add_argument("--keep", type=Path, default=None, help="leave log and journal here")
    options = parser.parse_args()
    minutes = options.minutes if options.minutes is not None else 0.0 if options.hours else 30.0
    seconds = 60.0 * (minutes + 60.0 * options.hours)
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    where = where_and_when()
    with tempfile.TemporaryDirectory(prefix="vendtower-soak-") as scratch:
        seen = asyncio.run(
            soak(
                options.keep or Path(scratch),
                seconds=seconds,
                warm_up_s=min(WARM_UP_S, seconds / 4),
                fault_every_s=options.fault_every,
                seed=options.seed,
                tell=_quiet,
                progress=_progress,
                liveness=not options.no_liveness,
            )
        )
    figures = figures_of(seen)
    show(figures, where)
    _show_lag(seen.lag)
    for problem in [*seen.trips.failed, *seen.violations]:
        print(f"- {problem}")
    if options.json is not None:
        _write(options.json, seen, figures, where)
    sys.exit(1 if any(figure.held is False for figure in figures) else 0)


def _quiet(_where: str, _what: str) -> None:
    """Nobody watches."""


def _progress(sampler: Sampler, trips: Trips) -> None:
    if not sampler.samples:
        return
    last = sampler.samples[-1]
    print(
        f"{last.at_s / 60:6.1f} min  {trips.collected} collected, {trips.returned} returned, "
        f"{sum(trips.faults.values())} faults; control {last.control_rss / MB:.1f} MB, "
        f"{last.control_fds} files; identity {last.identity_rss / MB:.1f} MB; "
        f"load {last.load:.1f}",
        file=sys.stderr,
        flush=True,
    )


def _show_lag(lag: Lag) -> None:
    """One line a bucket; a bar twice as long is not twice the count, but its square."""
    table = Table(title="Event loop lag of the control process", title_justify="left")
    for column in ("up to", "times", ""):
        table.add_column(column, justify="right" if column != "" else "left")
    longest = max(count.bit_length() for count in lag.counts)
    names = [*(f"{1000 * bound_s:g} ms" for bound_s in lag.bounds_s), "longer"]
    for name, count in zip(names, lag.counts, strict=True):
        bar = "#" * (BAR_CHARACTERS * count.bit_length() // longest)
        table.add_row(name, str(count), bar)
    Console().print(table)


def _write(file: Path, seen: Soak, figures: list[Figure], where: dict[str, object]) -> None:
    content = {
        "where": where,
        "figures": [asdict(figure) for figure in figures],
        "lag": {"bounds_s": seen.lag.bounds_s, "counts": seen.lag.counts},
        "samples": [asdict(sample) for sample in seen.samples],
    }
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
