"""Keeps the identity process at work while something else is measured.

``python -m benchmarks.identity_load [--kiosks 1]`` verifies people in a loop until its standard
input is closed, then prints how many answers there were. It prints ``verifying`` once it is at
work: run it beside another benchmark.

Cameras, client and identity process run apart from the measuring process; rendering the simulated
people costs about 5 % of a core for each camera, which real cameras would not.
"""

import argparse
import asyncio
import json
import sys

from benchmarks.identity_rig import CUSTOMERS, Rig, identity_rig
from vendtower.domain.identity import CaptureHint, FaceMatched


def ignore(_hint: CaptureHint) -> None:
    """Nobody reads the hints here."""


async def verify_for_ever(rig: Rig, kiosk: int, counts: dict[str, int]) -> None:
    """Genuine and different people in turn."""
    names = list(CUSTOMERS)
    run = kiosk
    while True:
        run += 1
        rig.cameras.scene(kiosk).person(CUSTOMERS[names[run % 2]])
        result = await rig.verifier.verify(kiosk, names[run // 2 % 2], 20.0, ignore)
        counts["matched" if isinstance(result, FaceMatched) else "refused"] += 1


async def run_until_input_ends(kiosks: int) -> dict[str, int]:
    """The load itself; gives the counts."""
    counts = {"matched": 0, "refused": 0}
    async with identity_rig(kiosks) as rig:
        loops = [
            asyncio.create_task(verify_for_ever(rig, kiosk, counts))
            for kiosk in rig.cameras.cameras
        ]
        print("verifying", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
    return counts


def main() -> int:
    """Run until the input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kiosks", type=int, default=1)
    print(json.dumps(asyncio.run(run_until_input_ends(parser.parse_args().kiosks))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
