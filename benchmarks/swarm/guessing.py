"""Somebody at a kiosk who types one code after the other."""

from __future__ import annotations

import random

from benchmarks.swarm.fault_plan import PlannedFault
from benchmarks.swarm.identity import Person
from benchmarks.swarm.people import Visitor
from benchmarks.swarm.record_of_visit import Record
from benchmarks.swarm.world import World
from vendtower.ports.screens import KioskPhase

GUESSES_MAX = 7
PATIENCE_S = 420.0


async def guess(world: World, _fault: PlannedFault, chance: random.Random) -> None:
    """Type codes until the kiosk takes none any more; no door opens for that (`invariants.py`)."""
    kiosk = chance.choice(sorted(world.kiosks))
    person = Person("guesser", "", genuine=False)
    visitor = Visitor(world, kiosk, person, Record(person.name, "", ""))
    visitor.tell("comes to guess")
    tries = 0

    async def script() -> bool:
        nonlocal tries
        phase = visitor.phase()
        if phase in {KioskPhase.FREE, KioskPhase.CHECKING_IN}:
            person.code = f"{chance.randrange(10**6):06d}"
            await visitor.type_code()
            person.code = ""
            tries += 1
        return tries > GUESSES_MAX

    await visitor.act(script, PATIENCE_S)
    visitor.tell("goes")
