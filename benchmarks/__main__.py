"""Every figure, one after the other: ``python -m benchmarks [--json FILE]`` (some four minutes).

Each also runs alone, for instance ``python -m benchmarks.daemon_figures``. Nothing else should be
at work on the machine. The restarts are a program of their own: ``python -m benchmarks.restarts``.
"""

import logging
import tempfile
from pathlib import Path

from benchmarks import identity_latency, journal_commit, plc_link_cpu
from benchmarks.daemon_figures import daemon_figures
from benchmarks.figure import Figure, below, percentile, run, told
from benchmarks.heartbeat_figures import heartbeat_figures
from benchmarks.visit_figures import visit_figures

DECISIONS = 30
LINK_S = 10.0


async def identity_figures() -> list[Figure]:
    """From the last good frame to the answer, through camera, identity process and pipe."""
    chain, counts = await identity_latency.decisions(DECISIONS)
    decision = chain["last good frame to answer"]
    arrival = chain["first step before the camera to answer"]
    limit_ms = identity_latency.TARGET_P95_MS
    wrong = counts["wrong"]
    return [
        below(
            f"identity: last good frame to answer, p95 of {decision['count']}",
            decision["p95_ms"],
            limit_ms,
            "ms",
            digits=0,
        ),
        told(
            "identity: first step before the camera to answer, p95", f"{arrival['p95_ms']:.0f} ms"
        ),
        Figure("identity: wrong answers", "0", str(wrong), wrong == 0),
    ]


async def journal_figures() -> list[Figure]:
    """One change of the usual size, on this machine's temporary directory."""
    with tempfile.TemporaryDirectory() as directory:
        taken_ms = await journal_commit.measure(Path(directory))
    return [
        told(
            f"journal: one change, median / p99 of {len(taken_ms)}",
            f"{percentile(taken_ms, 0.5):.2f} / {percentile(taken_ms, 0.99):.2f} ms",
        )
    ]


async def link_figures() -> list[Figure]:
    """The PLC link alone."""
    share, rate = await plc_link_cpu.measure(LINK_S, fast=False)
    return [told("PLC link alone, idle polling", f"{share:.2%} of a core, {rate:.1f} requests/s")]


if __name__ == "__main__":
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.WARNING)
    run(
        __doc__,
        [
            daemon_figures,
            heartbeat_figures,
            identity_figures,
            visit_figures,
            journal_figures,
            link_figures,
        ],
    )
