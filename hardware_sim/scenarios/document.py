"""The page of all scenarios: ``python -m hardware_sim.scenarios.document > docs/scenarios.md``."""

from __future__ import annotations

import sys

from hardware_sim.scenarios.catalogue import FAMILIES, SCENARIOS
from hardware_sim.scenarios.scenario import Family

HEAD = """# Scenarios

<!-- Written by `python -m hardware_sim.scenarios.document > docs/scenarios.md`. -->

{count} named incidents, each played with the real daemon as a process of its own on a simulated
tower ([faults.md](faults.md) has the faults that they use):

    vendtower-sim scenario lift-jams
    vendtower-sim scenario --all --jobs 3
    vendtower-sim scenario --list

The exit status is 0 only when each ended as written here, and when after it the safety monitor
has seen nothing, every car stands where the ledger says, no job is open, the cloud has heard
everything once and in order, and the daemon's log tells of no unexpected error.
`tests/system/test_scenarios.py` plays all of them, most with the daemon on the virtual loop
([swarm.md](swarm.md)). Mechanics and people are quick, staff answer
over the daemon's control socket.
"""


def document() -> str:
    """The page."""
    return HEAD.format(count=len(SCENARIOS)) + "".join(map(_family, FAMILIES))


def _family(family: Family) -> str:
    told = [f"\n## {family.title}\n"]
    told += [
        f"\n### {each.name}\n{each.story}\n\nSeen in real towers: {each.happened}\n\n"
        f"Must end: {each.ending}\n"
        for each in family.scenarios
    ]
    return "".join(told)


if __name__ == "__main__":
    sys.stdout.write(document())
