"""What a kiosk costs that sees nobody: ``python -m benchmarks.identity_idle [--seconds 20]``.

Two states: free (nobody has touched the screen: no camera is open), and checking in (somebody
touched it and left; the camera looks for codes and for two due faces). CPU of the identity process
alone, of one core; the simulated camera runs elsewhere. The target is below 5 %.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path

from benchmarks.identity_rig import CUSTOMERS, Rig, identity_rig, machine
from vendtower.adapters.identity.memory_watch import resident_mb
from vendtower.domain.identity import CaptureHint, IdentityRefusal, NobodyIdentified

TARGET_PERCENT = 5.0
SETTLE_S = 3.0
"""The first looks at a new view are in full."""


def cpu_s(pid: int) -> float:
    """Processor time that the process has taken so far (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ignore(_hint: CaptureHint) -> None:
    """Nobody reads the hints here."""


async def share_percent(pid: int, seconds: float) -> float:
    """Of one core, from now on."""
    began_s, used_s = time.monotonic(), cpu_s(pid)
    await asyncio.sleep(seconds)
    return 100.0 * (cpu_s(pid) - used_s) / (time.monotonic() - began_s)


async def checking_in_percent(rig: Rig, pid: int, seconds: float) -> float:
    """While a check-in waits before an empty forecourt."""
    rig.cameras.scene(1).nobody()
    waiting = asyncio.create_task(
        rig.verifier.await_arrival(1, list(CUSTOMERS), SETTLE_S + seconds + 1.0, ignore)
    )
    await asyncio.sleep(SETTLE_S)
    share = await share_percent(pid, seconds)
    found = await waiting
    if found != NobodyIdentified(IdentityRefusal.NO_FACE):
        raise RuntimeError(f"an empty view gave {found}")
    return share


async def measure(seconds: float) -> dict[str, object]:
    """Both states, and the memory."""
    async with identity_rig() as rig:
        pid = rig.verifier.pid
        if pid is None:
            raise RuntimeError("the identity process does not run")
        return {
            "machine": machine(),
            "free_percent": round(await share_percent(pid, seconds), 2),
            "checking_in_percent": round(await checking_in_percent(rig, pid, seconds), 2),
            "resident_mb": round(resident_mb(pid) or 0.0, 1),
        }


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    figures = asyncio.run(measure(parser.parse_args().seconds))
    print(json.dumps(figures, indent=1))
    shares = [float(str(figures[name])) for name in ("free_percent", "checking_in_percent")]
    return 0 if max(shares) < TARGET_PERCENT else 1


if __name__ == "__main__":
    sys.exit(main())
