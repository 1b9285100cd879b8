"""The identity process dying, hanging and being unable: the client keeps answering."""

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from hardware_sim.people.portraits import GRACE_HOPPER
from tests.system.identity_bench import (
    CODE,
    HOPPER,
    IMPATIENT,
    alive,
    eventually,
    identity_bench,
    signal_to,
)
from vendtower.adapters.identity import memory_watch
from vendtower.adapters.identity.client import ProcessIdentityVerifier
from vendtower.adapters.identity.process_settings import MEMORY_MAX_MB
from vendtower.domain.identity import (
    CaptureHint,
    CodePresented,
    EnrolmentFailed,
    FaceMatched,
    FaceRefused,
    IdentityRefusal,
    NobodyIdentified,
)


def ignore(_hint: CaptureHint) -> None:
    pass


def unavailable_because(verifier: ProcessIdentityVerifier) -> str | None:
    assert verifier.available == (verifier.why_unavailable is None)
    return verifier.why_unavailable


async def test_killed_in_the_middle_of_a_call(tmp_path: Path) -> None:
    async with identity_bench(tmp_path, patience=IMPATIENT) as bench:
        verifier = bench.verifier
        await bench.enrol_both()
        call = asyncio.create_task(verifier.verify(1, HOPPER, 30.0, ignore))
        assert await eventually(lambda: bench.cameras[1].viewers == 1)
        turned = asyncio.create_task(verifier.wait_faces(None))
        began_s = monotonic()
        signal_to(verifier.pid, signal.SIGKILL)
        assert await call == FaceRefused(IdentityRefusal.FACE_UNAVAILABLE)
        assert monotonic() - began_s < 1.0
        assert unavailable_because(verifier) == "the identity process is not running"
        await asyncio.wait_for(turned, 5.0)
        turned = asyncio.create_task(verifier.wait_faces("the identity process is not running"))
        arrival = await verifier.await_arrival(1, (), 30.0, ignore)
        assert arrival == NobodyIdentified(IdentityRefusal.FACE_UNAVAILABLE)
        assert isinstance(await bench.enrol(HOPPER), EnrolmentFailed)
        assert not await verifier.forget(HOPPER)

        assert await verifier.wait_started(after=1) == 2
        assert unavailable_because(verifier) is None
        await asyncio.wait_for(turned, 5.0)
        (await bench.scene()).person(GRACE_HOPPER)
        unknown = await verifier.verify(1, HOPPER, 5.0, ignore)
        assert unknown == FaceRefused(IdentityRefusal.FACE_UNAVAILABLE)
        await bench.enrol_both()
        assert isinstance(await verifier.verify(1, HOPPER, 8.0, ignore), FaceMatched)


async def test_hanging(tmp_path: Path) -> None:
    """In a call it is killed and started again; at the end it is killed."""
    async with identity_bench(tmp_path, patience=IMPATIENT) as bench:
        verifier = bench.verifier
        hanging = signal_to(verifier.pid, signal.SIGSTOP)
        answer = await verifier.verify(1, HOPPER, 0.1, ignore)
        assert answer == FaceRefused(IdentityRefusal.FACE_UNAVAILABLE)
        assert await eventually(lambda: not alive(hanging))
        assert await verifier.wait_started(after=1) == 2

        hanging = signal_to(verifier.pid, signal.SIGSTOP)
        call = asyncio.create_task(verifier.verify(1, HOPPER, 30.0, ignore))
        await asyncio.sleep(0)
        await verifier.close()
        assert not alive(hanging)
        assert await call == FaceRefused(IdentityRefusal.FACE_UNAVAILABLE)
        assert verifier.pid is None


async def test_an_unusable_key_leaves_codes_working(tmp_path: Path) -> None:
    async with identity_bench(tmp_path, key_mode=0o644) as bench:
        verifier = bench.verifier
        why = unavailable_because(verifier)
        assert why is not None
        assert "mode 0644 lets group or others at it" in why
        assert await bench.enrol(HOPPER) == EnrolmentFailed(why)
        (await bench.scene()).phone(CODE)
        assert await verifier.await_arrival(1, (HOPPER,), 8.0, ignore) == CodePresented(CODE)
        refused = await verifier.verify(1, HOPPER, 5.0, ignore)
        assert refused == FaceRefused(IdentityRefusal.FACE_UNAVAILABLE)


async def test_missing_models_leave_codes_working(tmp_path: Path) -> None:
    """The kiosk then says: please use the code; status names the file."""
    async with identity_bench(tmp_path, engine="opencv") as bench:
        verifier = bench.verifier
        why = unavailable_because(verifier)
        assert why is not None
        assert "model file face_detection_yunet_2023mar.onnx: not in" in why
        assert "vendtower models install --to" in why
        assert await bench.enrol(HOPPER) == EnrolmentFailed(why)
        refused = await verifier.verify(1, HOPPER, 5.0, ignore)
        assert refused == FaceRefused(IdentityRefusal.FACE_UNAVAILABLE)
        (await bench.scene()).phone(CODE)
        assert await verifier.await_arrival(1, (HOPPER,), 8.0, ignore) == CodePresented(CODE)


DAEMON = """
import asyncio, os, sys
from pathlib import Path
from vendtower.adapters.identity import memory_watch
from vendtower.adapters.identity.client import ProcessIdentityVerifier
from vendtower.adapters.identity.process_settings import MEMORY_MAX_MB

async def main():
    async with ProcessIdentityVerifier(cameras={}, key_file=Path(sys.argv[1])) as verifier:
        await verifier.wait_started()
        print(verifier.pid, flush=True)
        os._exit(9)

asyncio.run(main())
"""


async def test_it_ends_with_its_daemon(tmp_path: Path) -> None:
    daemon = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        DAEMON,
        str(tmp_path / "no-key"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ},
    )
    printed, _ = await daemon.communicate()
    assert daemon.returncode == 9
    assert await eventually(lambda: not alive(int(printed)))


GROWING = """
import json, struct, sys, time
sys.stdout.buffer.write(struct.pack(">I", 37) + b'{"ready": true, "why_no_faces": null}')
sys.stdout.buffer.flush()
kept = []
while True:
    kept.append(bytearray(5_000_000))
    time.sleep(0.01)
"""


async def test_a_process_that_grows_is_started_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The customer before the camera is answered, and the machine keeps its memory."""
    monkeypatch.setattr(memory_watch.memory_exceeded, "__defaults__", (0.02,))
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} {tmp_path}/growing.py\n", "utf-8")
    program.chmod(0o755)
    (tmp_path / "growing.py").write_text(GROWING, "utf-8")
    async with ProcessIdentityVerifier(
        cameras={},
        key_file=tmp_path / "key",
        patience=IMPATIENT,
        memory_max_mb=150,
        python=str(program),
    ) as verifier:
        await verifier.wait_started()
        grown = verifier.pid
        answer = await verifier.verify(1, HOPPER, 60.0, ignore)
        assert answer == FaceRefused(IdentityRefusal.FACE_UNAVAILABLE)
        assert grown is not None
        assert await eventually(lambda: not alive(grown))
        assert await verifier.wait_started(after=1) == 2
    assert "MB of memory, expected at most 150 MB; it was killed" in caplog.text


async def test_the_real_process_stays_well_below_its_bound(tmp_path: Path) -> None:
    async with identity_bench(tmp_path) as bench:
        await bench.enrol_both()
        (await bench.scene()).person(GRACE_HOPPER)
        assert isinstance(await bench.verifier.verify(1, HOPPER, 8.0, ignore), FaceMatched)
        assert bench.verifier.pid is not None
        taken_mb = memory_watch.resident_mb(bench.verifier.pid)
        assert taken_mb is not None
        assert 50 < taken_mb < MEMORY_MAX_MB / 2, taken_mb
    assert memory_watch.resident_mb(2**22 + 1) is None, "no such process"


async def test_a_program_that_does_not_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    verifier = ProcessIdentityVerifier(
        cameras={}, key_file=tmp_path / "key", patience=IMPATIENT, python=str(tmp_path / "nothing")
    )
    async with verifier:
        assert await eventually(lambda: caplog.text.count("started again in") >= 3)
        assert not verifier.available
        assert isinstance(await verifier.enrol(HOPPER, b"x"), EnrolmentFailed)
    assert "nothing" in caplog.text


@pytest.mark.parametrize(
    ("says", "logged"),
    [
        (r"\000\000\000\002[]", "message is list, expected object"),
        (r"\000\000\000\002{}", "first message is {}, expected it to be ready"),
        (r"\377\377\377\377", "expected at most"),
        ("", "not ready after 0 s"),
    ],
)
async def test_a_program_that_is_not_the_identity_process(
    says: str, logged: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\nprintf '{says}'\nwhile read -r line; do :; done\n", "utf-8")
    program.chmod(0o755)
    async with ProcessIdentityVerifier(
        cameras={},
        key_file=tmp_path / "key",
        patience=replace(IMPATIENT, start_s=0.3),
        python=str(program),
    ) as verifier:
        assert await eventually(lambda: caplog.text.count(logged) >= 2), caplog.text
        assert not verifier.available
