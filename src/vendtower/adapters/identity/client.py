"""`ProcessIdentityVerifier`: the daemon's side of the identity process.

Starts the process, starts it again when it dies, and turns calls into messages. Imports neither
OpenCV nor dlib, so that the daemon starts quickly.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from vendtower.adapters.identity.calls import Calls
from vendtower.adapters.identity.limits import Limits, face_limits
from vendtower.adapters.identity.memory_watch import memory_exceeded
from vendtower.adapters.identity.process_settings import (
    ENVIRONMENT,
    MEMORY_MAX_MB,
    MODELS_DIRECTORY,
    ProcessPatience,
)
from vendtower.adapters.identity.wire import (
    Message,
    WireFault,
    arrival_from_json,
    enrolment_from_json,
    pack,
    receive_message,
    verification_from_json,
)
from vendtower.domain.errors import LocalFault
from vendtower.domain.identity import (
    Arrival,
    Enrolment,
    EnrolmentFailed,
    FaceRefused,
    IdentityRefusal,
    NobodyIdentified,
    Verification,
)
from vendtower.ports.identity_verifier import HintListener

_LOG = logging.getLogger("vendtower.identity")

_MODULE = "vendtower.adapters.identity.process"


class ProcessTooLarge(LocalFault):
    """The identity process has grown beyond its limit."""


class ProcessIdentityVerifier:
    """The `IdentityVerifier` port, by a process of its own; use as an async context manager.

    After each start of the process it knows no customers: follow `wait_started` and enrol again.
    Cameras are given by kiosk number: device index, URL or file. Once closed it stays closed.
    """

    def __init__(
        self,
        *,
        cameras: Mapping[int, str | int],
        key_file: Path,
        vault_key_file: Path | None = None,
        engine: str = "dlib",
        models_directory: Path = MODELS_DIRECTORY,
        limits: Limits | None = None,
        patience: ProcessPatience | None = None,
        memory_max_mb: int = MEMORY_MAX_MB,
        python: str = sys.executable,
    ) -> None:
        self._configuration: Message = {
            "cameras": {str(kiosk): source for kiosk, source in cameras.items()},
            "key_file": str(key_file),
            "vault_key_file": None if vault_key_file is None else str(vault_key_file),
            "engine": engine,
            "models_directory": str(models_directory),
            "limits": (limits or Limits(face=face_limits(engine))).to_json(),
        }
        self._patience = patience or ProcessPatience()
        self._memory_max_mb = memory_max_mb
        self._python = python
        self._process: asyncio.subprocess.Process | None = None
        self._calls = Calls()
        self._starts = 0
        self._ready = False
        self._why_no_faces: str | None = "the identity process has not started yet"
        self._changed = asyncio.Condition()
        self._closing = asyncio.Event()
        self._supervisor: asyncio.Task[None] | None = None

    # --- life

    async def start(self) -> None:
        """Begin to keep the process running; does not wait until it is ready."""
        if self._supervisor is None:
            self._supervisor = asyncio.create_task(self._supervise(), name="identity process")

    async def close(self) -> None:
        """End the process, surely, and answer what is still open with "unavailable"."""
        self._closing.set()
        if self._supervisor is not None:
            await self._supervisor
            self._supervisor = None

    async def __aenter__(self) -> ProcessIdentityVerifier:
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    async def wait_started(self, after: int = 0) -> int:
        """Wait until the process is ready and has been started more than ``after`` times.

        Gives the number of starts: ``seen = await verifier.wait_started(after=seen)`` in a loop
        tells when all customers have to be enrolled again.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: self._ready and self._starts > after)
            return self._starts

    async def wait_faces(self, known: str | None) -> None:
        """Wait until `why_unavailable` is another than this one."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._why_no_faces != known)

    @property
    def available(self) -> bool:
        """Whether faces can be verified now."""
        return self._ready and self._why_no_faces is None

    @property
    def why_unavailable(self) -> str | None:
        """For the alarm: what keeps faces from being verified; None when they can be."""
        return self._why_no_faces

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        process = self._process
        return None if process is None or process.returncode is not None else process.pid

    # --- the port

    async def await_arrival(
        self, kiosk: int, due: Sequence[str], timeout_s: float, on_hint: HintListener
    ) -> Arrival:
        """Wait for a code or for the face of a due customer; see the port."""
        question = {"do": "await_arrival", "kiosk": kiosk, "due": list(due), "timeout_s": timeout_s}
        answer = await self._ask(question, timeout_s + self._patience.answer_extra_s, on_hint)
        if answer is None:
            return NobodyIdentified(IdentityRefusal.FACE_UNAVAILABLE)
        return arrival_from_json(answer)

    async def verify(
        self, kiosk: int, reservation_id: str, timeout_s: float, on_hint: HintListener
    ) -> Verification:
        """Compare with this one customer; see the port."""
        question = {
            "do": "verify",
            "kiosk": kiosk,
            "reservation_id": reservation_id,
            "timeout_s": timeout_s,
        }
        answer = await self._ask(question, timeout_s + self._patience.answer_extra_s, on_hint)
        if answer is None:
            return FaceRefused(IdentityRefusal.FACE_UNAVAILABLE)
        return verification_from_json(answer)

    async def enrol(self, reservation_id: str, sealed_portrait: bytes) -> Enrolment:
        """Make a template of a sealed picture; see the port."""
        return await self._enrolment("enrol", reservation_id, sealed_portrait)

    async def restore(self, reservation_id: str, sealed_template: bytes) -> Enrolment:
        """Take up a template that was kept; see the port."""
        return await self._enrolment("restore", reservation_id, sealed_template)

    async def _enrolment(self, what: str, reservation_id: str, sealed: bytes) -> Enrolment:
        question = {
            "do": what,
            "reservation_id": reservation_id,
            "sealed": base64.b64encode(sealed).decode(),
        }
        try:
            answer = await self._ask(question, self._patience.enrol_s)
        except WireFault as error:
            return EnrolmentFailed(str(error))
        if answer is None:
            why = self._why_no_faces or "the identity process ended meanwhile"
            return EnrolmentFailed(why, judged=False)
        return enrolment_from_json(answer)

    async def forget(self, reservation_id: str) -> bool | None:
        """Erase a template; None when the process could not be asked."""
        # An enrolment that is at work comes first.
        within_s = self._patience.enrol_s + self._patience.answer_extra_s
        answer = await self._ask({"do": "forget", "reservation_id": reservation_id}, within_s)
        return None if answer is None else bool(answer["forgotten"])

    # --- asking

    async def _ask(
        self, question: Message, within_s: float, on_hint: HintListener | None = None
    ) -> Message | None:
        """The answer, or None when the process is not there or ended or hung meanwhile."""
        if not self._ready:
            return None
        data = pack({"id": self._calls.next_number(), **question})
        call = self._calls.begin(on_hint)
        try:
            # Not wait_for: on Python 3.11 it loses a cancellation that comes with the answer.
            async with asyncio.timeout(within_s):
                await self._write(data)
                return await call.answer
        except TimeoutError:
            _LOG.error(
                "identity process: no answer to %s within %.1f s; it is killed and started again",
                question["do"],
                within_s,
            )
            self._kill()
            return None
        finally:
            self._calls.end(call)
            if not call.answer.done() or call.answer.cancelled():
                self._write_stop(call.number)

    async def _write(self, data: bytes) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            # The reading side notices a broken pipe as well, and answers all open calls.
            with contextlib.suppress(ConnectionError):
                process.stdin.write(data)
                await process.stdin.drain()

    def _write_stop(self, call: int) -> None:
        """Without waiting: this runs while a cancellation passes through."""
        process = self._process
        if self._ready and process is not None and process.stdin is not None:
            process.stdin.write(pack({"id": call, "do": "stop", "call": call}))

    # --- keeping the process running

    async def _supervise(self) -> None:
        pause_s = self._patience.restart_first_s
        loop = asyncio.get_running_loop()
        while not self._closing.is_set():
            began_s = loop.time()
            try:
                await self._live_once()
            except TimeoutError:
                _LOG.error("identity process: not ready after %.0f s", self._patience.start_s)
            except (OSError, WireFault, ProcessTooLarge) as error:
                _LOG.error("identity process: %s", error)
            except Exception:
                # Whatever it is, the next process gets its chance; faces must not stay away.
                _LOG.exception("identity process: unexpected failure")
            if self._closing.is_set():
                return
            if loop.time() - began_s > self._patience.steady_s:
                pause_s = self._patience.restart_first_s
            _LOG.warning("identity process ended; started again in %.1f s", pause_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._closing.wait()
            pause_s = min(pause_s * 2, self._patience.restart_max_s)

    async def _live_once(self) -> None:
        """Start the process, pass its messages on until it ends, and clean up."""
        process = await asyncio.create_subprocess_exec(
            self._python,
            "-m",
            _MODULE,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **ENVIRONMENT},
        )
        self._process = process
        closing = asyncio.create_task(self._closing.wait())
        serving = asyncio.create_task(self._serve(process))
        growing = asyncio.create_task(memory_exceeded(process.pid, self._memory_max_mb))
        tasks = {closing, serving, growing}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if growing.done() and not growing.cancelled():
                self._kill()
                raise ProcessTooLarge(
                    f"{growing.result():.0f} MB of memory, expected at most "
                    f"{self._memory_max_mb} MB; it was killed"
                )
            if serving.done():
                serving.result()
        finally:
            for task in tasks:
                task.cancel()
            await self._gone()
            await self._end(process)
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, process: asyncio.subprocess.Process) -> None:
        stdout = process.stdout
        if stdout is None:
            return
        await self._write(pack(self._configuration))
        async with asyncio.timeout(self._patience.start_s):
            hello = await receive_message(stdout)
        if hello is None:
            return
        if hello.get("ready") is not True:
            raise WireFault(f"identity process: first message is {hello}, expected it to be ready")
        async with self._changed:
            self._why_no_faces = hello.get("why_no_faces")
            self._starts += 1
            self._ready = True
            self._changed.notify_all()
        while (message := await receive_message(stdout)) is not None:
            self._calls.take(message)

    async def _gone(self) -> None:
        async with self._changed:
            self._ready = False
            if self._why_no_faces is None:
                self._why_no_faces = "the identity process is not running"
            self._changed.notify_all()
        self._calls.end_unanswered()

    def _kill(self) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """Close its input, which ends it; kill it when it does not end."""
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(self._patience.end_s):
                await process.wait()
        except TimeoutError:
            self._kill()
            await process.wait()
