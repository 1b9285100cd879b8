"""Whether the identity process keeps memory: ``python -m benchmarks.identity_memory --visits 100``.

Customers come and go at every kiosk at once: enrolled anew from a sealed picture, recognised or
refused before the camera, forgotten; the camera is closed in between, so that threads and buffers
come and go as they do in a day. Half of the visits begin at an empty kiosk, which is looked at for
a while. Memory is read from outside when nobody is at a kiosk, after each round of visits.

The second fifth of the rounds is set against the last: the medians of what the process takes.
"""

import argparse
import asyncio
import json
import sys
from dataclasses import replace
from statistics import median

from benchmarks.identity_rig import ASK_NOTHING, CUSTOMERS, Rig, identity_rig, machine
from hardware_sim.people.portraits import PORTRAITS
from hardware_sim.sealing import seal
from vendtower.adapters.identity.limits import CameraLimits
from vendtower.adapters.identity.memory_watch import resident_mb
from vendtower.domain.identity import CaptureHint, Enrolled, FaceMatched

LIMITS = replace(ASK_NOTHING, camera=CameraLimits(linger_s=0.0))
"""The camera is closed after each call."""
EMPTY_S = 0.7


def ignore(_hint: CaptureHint) -> None:
    """Nobody reads the hints here."""


async def visit(rig: Rig, kiosk: int, run: int) -> bool:
    """One customer from enrolment to erasure; whether the face matched."""
    names = list(CUSTOMERS)
    expected, comes = names[run % 2], names[run // 2 % 2]
    reservation_id = f"{expected}-{kiosk}"
    sealed = seal(
        PORTRAITS[CUSTOMERS[expected]].jpeg(),
        tower_public_key=rig.public_key,
        reservation_id=reservation_id,
    )
    enrolled = await rig.verifier.enrol(reservation_id, sealed)
    if not isinstance(enrolled, Enrolled):
        raise RuntimeError(f"{reservation_id}: {enrolled}")  # noqa: TRY004  # no wrong type, a refusal
    scene = rig.cameras.scene(kiosk)
    if run % 4 < 2:
        scene.nobody()
        await rig.verifier.await_arrival(kiosk, [reservation_id], EMPTY_S, ignore)
    scene.person(CUSTOMERS[comes])
    found = await rig.verifier.verify(kiosk, reservation_id, 20.0, ignore)
    await rig.verifier.forget(reservation_id)
    return isinstance(found, FaceMatched)


async def measure(visits: int, kiosks: int) -> dict[str, object]:
    """Memory after each round, and what came of it."""
    matched, series_mb = 0, []
    async with identity_rig(kiosks, LIMITS) as rig:
        pid = rig.verifier.pid
        if pid is None:
            raise RuntimeError("the identity process does not run")
        began_mb = resident_mb(pid) or 0.0
        for run in range(visits // kiosks):
            matched += sum(
                await asyncio.gather(*(visit(rig, kiosk, run) for kiosk in rig.cameras.cameras))
            )
            series_mb.append(round(resident_mb(pid) or 0.0, 1))
    fifth = max(1, len(series_mb) // 5)
    early_mb = median(series_mb[fifth : 2 * fifth] or series_mb)
    late_mb = median(series_mb[-fifth:])
    return {
        "machine": machine(),
        "kiosks": kiosks,
        "visits": len(series_mb) * kiosks,
        "matched": matched,
        "ready_mb": round(began_mb, 1),
        "early_mb": round(early_mb, 1),
        "late_mb": round(late_mb, 1),
        "most_mb": max(series_mb),
        "grown_mb": round(late_mb - early_mb, 1),
        "series_mb": series_mb,
    }


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=100)
    parser.add_argument("--kiosks", type=int, default=2)
    asked = parser.parse_args()
    print(json.dumps(asyncio.run(measure(asked.visits, asked.kiosks))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
