"""What the identity benchmarks share: cameras with people before them, and both enrolled."""

import os
import platform
import statistics
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hardware_sim.cameras import Cameras, serve_cameras
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER, PORTRAITS
from hardware_sim.sealing import seal
from vendtower.adapters.identity.client import ProcessIdentityVerifier
from vendtower.adapters.identity.limits import Limits, LivenessLimits
from vendtower.adapters.identity.sealed_box import create_key_file
from vendtower.domain.identity import Enrolled

DESCRIPTOR = "dlib_face_recognition_resnet_model_v1+mirror"
ASK_NOTHING = Limits(liveness=LivenessLimits(challenges=0))
"""The comparison alone is measured; what challenges add is a matter of human reactions."""
CUSTOMERS = {"R-hopper": GRACE_HOPPER, "R-collins": EILEEN_COLLINS}


@dataclass
class Rig:
    """Everything running; the customers are enrolled."""

    cameras: Cameras
    verifier: ProcessIdentityVerifier
    public_key: str
    """Of the tower; pictures for it are sealed with this."""


@asynccontextmanager
async def identity_rig(kiosks: int = 1, limits: Limits = ASK_NOTHING) -> AsyncIterator[Rig]:
    """Cameras in this process, the identity process beside it."""
    with tempfile.TemporaryDirectory() as folder:
        key_file = Path(folder) / "tower-key"
        public_key = create_key_file(key_file)
        cameras = Cameras(range(1, kiosks + 1), seed=1)
        async with serve_cameras(cameras) as url:
            sources = {kiosk: url(kiosk) for kiosk in cameras.cameras}
            async with ProcessIdentityVerifier(
                cameras=sources, key_file=key_file, limits=limits
            ) as verifier:
                await verifier.wait_started()
                for reservation_id, name in CUSTOMERS.items():
                    sealed = seal(
                        PORTRAITS[name].jpeg(),
                        tower_public_key=public_key,
                        reservation_id=reservation_id,
                    )
                    result = await verifier.enrol(reservation_id, sealed)
                    if result != Enrolled("dlib", DESCRIPTOR):
                        raise RuntimeError(f"{reservation_id} not enrolled: {result}")
                yield Rig(cameras, verifier, public_key)


def machine() -> dict[str, object]:
    """Where and when the figures were measured."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "load_average_1min": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "utc": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def summary(values_s: Sequence[float]) -> dict[str, float | int]:
    """Count, median, 95th percentile and maximum, in milliseconds."""
    ordered = sorted(values_s)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return {
        "count": len(ordered),
        "p50_ms": round(1000 * statistics.median(ordered), 1),
        "p95_ms": round(1000 * p95, 1),
        "max_ms": round(1000 * ordered[-1], 1),
    }
