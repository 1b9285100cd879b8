"""Simulated cameras, a tower's key and the identity process, put together for tests."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from hardware_sim.cameras import Cameras, serve_cameras
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER, PORTRAITS
from hardware_sim.people.scene import Scene
from hardware_sim.sealing import seal
from vendtower.adapters.identity.client import ProcessIdentityVerifier
from vendtower.adapters.identity.limits import CameraLimits, Limits, LivenessLimits
from vendtower.adapters.identity.process_settings import ProcessPatience
from vendtower.adapters.identity.sealed_box import create_key_file
from vendtower.domain.identity import CaptureHint, Enrolled, Enrolment

HOPPER, COLLINS = "R-hopper", "R-collins"
WHO = {HOPPER: GRACE_HOPPER, COLLINS: EILEEN_COLLINS}
CODE = "VT-7H2K-93QX"
NO_CAMERA_KIOSK = 9
"""Its camera's address answers nobody."""
QUICK = Limits(
    camera=CameraLimits(open_timeout_s=1.0, read_timeout_s=0.5, linger_s=0.0),
    liveness=LivenessLimits(challenges=0),
)
IMPATIENT = ProcessPatience(answer_extra_s=0.4, restart_first_s=0.05, restart_max_s=0.1, end_s=0.3)


@dataclass
class IdentityBench:
    cameras: Cameras
    verifier: ProcessIdentityVerifier
    public_key: str
    hints: list[CaptureHint] = field(default_factory=list)

    async def scene(self, kiosk: int = 1) -> Scene:
        """The scene of one kiosk, reset to a well-lit place with nobody there.

        Waits until the call before has hung up: on its connection a picture of the scene before
        may still be on its way.
        """
        assert await eventually(lambda: self.cameras[kiosk].viewers == 0)
        scene = self.cameras.scene(kiosk)
        scene.light(1.0)
        scene.blur(0.0)
        scene.nobody()
        self.hints.clear()
        return scene

    async def enrol(self, reservation_id: str, sealed_for: str | None = None) -> Enrolment:
        sealed = seal(
            PORTRAITS[WHO[reservation_id]].jpeg(),
            tower_public_key=self.public_key,
            reservation_id=sealed_for or reservation_id,
        )
        return await self.verifier.enrol(reservation_id, sealed)

    async def enrol_both(self) -> None:
        for reservation_id in WHO:
            assert isinstance(await self.enrol(reservation_id), Enrolled)


@asynccontextmanager
async def identity_bench(
    folder: Path,
    *,
    patience: ProcessPatience | None = None,
    key_mode: int = 0o600,
    limits: Limits = QUICK,
    engine: str = "dlib",
) -> AsyncIterator[IdentityBench]:
    """Everything running and the process ready; nobody is enrolled yet."""
    key_file = folder / "tower-key"
    public_key = create_key_file(key_file)
    key_file.chmod(key_mode)
    cameras = Cameras(range(1, 7), seed=5, frames_per_s=8.0)
    async with serve_cameras(cameras) as url:
        verifier = ProcessIdentityVerifier(
            cameras={
                **{kiosk: url(kiosk) for kiosk in cameras.cameras},
                NO_CAMERA_KIOSK: "http://127.0.0.1:9/camera",
            },
            key_file=key_file,
            engine=engine,
            models_directory=folder / "models",
            limits=limits,
            patience=patience,
        )
        async with verifier:
            await verifier.wait_started()
            yield IdentityBench(cameras, verifier, public_key)


async def eventually(condition: Callable[[], bool], within_s: float = 5.0) -> bool:
    """Whether the condition becomes true in time."""
    deadline_s = monotonic() + within_s
    while not condition():
        if monotonic() > deadline_s:
            return False
        await asyncio.sleep(0.01)
    return True


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def signal_to(pid: int | None, number: int) -> int:
    """Send a signal to the identity process; gives its id back."""
    assert pid is not None
    os.kill(pid, number)
    return pid
