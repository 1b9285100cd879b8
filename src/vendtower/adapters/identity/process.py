"""The identity process: ``python -m vendtower.adapters.identity.process``.

Owns cameras, face engine, private key and templates, so that none of them is in the daemon and
face work never holds up the daemon's loop. Speaks the messages of `wire` over standard input and
output; ends when its input does, that is, with the daemon.
"""

from __future__ import annotations

import logging
import os
import random
import resource
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, Thread
from typing import BinaryIO

import cv2

from vendtower.adapters.identity import sessions
from vendtower.adapters.identity.camera import Camera
from vendtower.adapters.identity.codes import CodeReader
from vendtower.adapters.identity.enrolment_desk import EnrolmentDesk
from vendtower.adapters.identity.key_file import KeyFileUnusable
from vendtower.adapters.identity.limits import Limits
from vendtower.adapters.identity.liveness import Means
from vendtower.adapters.identity.memory_watch import give_back
from vendtower.adapters.identity.model_files import ModelsMissing
from vendtower.adapters.identity.templates import Templates
from vendtower.adapters.identity.watch import Stopped, Watch
from vendtower.adapters.identity.wire import Message, pack, read_message, result_to_json
from vendtower.domain.identity import (
    CaptureHint,
    FaceRefused,
    IdentityRefusal,
    NobodyIdentified,
    Verification,
)

_LOG = logging.getLogger("vendtower.identity")
_NICE = 5
"""Below the daemon, whose PLC heartbeat must come first on a machine with few cores."""


class IdentityProcess:
    """Answers the messages of one daemon."""

    def __init__(self, configuration: Message, output: BinaryIO) -> None:
        self._limits = Limits.from_json(configuration["limits"])
        self._output = output
        self._output_lock = Lock()
        self._cameras = {
            int(kiosk): Camera(source, self._limits.camera)
            for kiosk, source in configuration["cameras"].items()
        }
        self._templates = Templates()
        self._running: dict[int, Event] = {}
        self._chance = random.SystemRandom()
        self._enrolling = ThreadPoolExecutor(1, thread_name_prefix="enrol")
        self._faces: sessions.Faces | None = None
        self._enrolment = EnrolmentDesk(self._templates, self._limits.face)
        self.why_no_faces: str | None = None
        """None when faces can be verified; codes are read in any case."""
        try:
            self._enrolment.open(configuration)
            if self._enrolment.engine is not None:
                self._faces = sessions.Faces(self._enrolment.engine, self._limits.face)
        except (KeyFileUnusable, ModelsMissing) as error:
            self.why_no_faces = self._enrolment.why_not = str(error)
            _LOG.error("%s", error)

    def send(self, message: Message) -> None:
        """Write one message; when nobody reads any more, the process is about to end anyway."""
        data = pack(message)
        try:
            with self._output_lock:
                self._output.write(data)
                self._output.flush()
        except (BrokenPipeError, ValueError):
            _LOG.info("identity process: the daemon no longer listens")

    def handle(self, message: Message) -> None:
        """Begin what the message asks for; never blocks for long."""
        call = int(message["id"])
        match message["do"]:
            case "stop":
                stop = self._running.get(int(message["call"]))
                if stop is not None:
                    stop.set()
            case "enrol" | "restore" | "forget":
                # One after the other: what is forgotten must not come back by an enrolment.
                self._enrolling.submit(self._enrol, call, message)
            case "verify" | "await_arrival":
                stop = self._running[call] = Event()
                Thread(
                    target=self._look, args=(call, message, stop), name=f"call {call}", daemon=True
                ).start()
            case other:
                _LOG.error("identity process: unknown message %r", other)

    def _enrol(self, call: int, message: Message) -> None:
        self.send({"id": call, "done": self._enrolment.answer(message)})
        self._tidy()

    def _tidy(self) -> None:
        """What pictures took goes back to the system when nobody is before a camera."""
        if not self._running:
            give_back()

    # --- looking

    def _look(self, call: int, message: Message, stop: Event) -> None:
        asked_s = time.monotonic()
        camera = self._cameras.get(int(message["kiosk"]))
        try:
            if camera is None:
                _LOG.error("identity process: kiosk %s has no camera", message["kiosk"])
                result = _without_camera(message["do"])
            else:
                result = self._look_through(camera, call, message, stop, asked_s)
            self.send({"id": call, "done": result})
        except Stopped:
            _LOG.debug("call %d was cancelled", call)
        except Exception:
            _LOG.exception("identity process: call failed unexpectedly")
            self.send({"id": call, "failed": True})
        finally:
            self._running.pop(call, None)
            self._tidy()

    def _look_through(
        self, camera: Camera, call: int, message: Message, stop: Event, asked_s: float
    ) -> Message:
        def hint(what: CaptureHint) -> None:
            self.send({"id": call, "hint": what.value})

        watch = Watch(
            camera,
            deadline_s=asked_s + float(message["timeout_s"]),
            now=time.monotonic,
            stop=stop,
            hint=hint,
            interval_s=self._limits.face.frame_interval_s,
        )
        camera.acquire()
        try:
            if message["do"] == "verify":
                return result_to_json(self._verify(watch, message["reservation_id"]))
            due = sessions.templates_of(message["due"], self._templates.get)
            return result_to_json(sessions.await_arrival(watch, self._faces, due, CodeReader()))
        finally:
            camera.release(linger=not stop.is_set())

    def _verify(self, watch: Watch, reservation_id: str) -> Verification:
        if self._faces is None:
            return FaceRefused(IdentityRefusal.FACE_UNAVAILABLE)
        wanted = self._limits.liveness.challenges > 0
        means = Means(self._faces.engine, self._limits, self._chance) if wanted else None
        return sessions.verify(watch, self._faces, self._templates.get(reservation_id), means)


def _without_camera(what: str) -> Message:
    reason = IdentityRefusal.CAMERA_UNAVAILABLE
    return result_to_json(FaceRefused(reason) if what == "verify" else NobodyIdentified(reason))


def _be_modest() -> None:
    """Lower priority, one OpenCV thread, no core dump with templates in it."""
    os.nice(_NICE)
    cv2.setNumThreads(1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The daemon decides when this process ends, by closing its input: a signal to the whole group
    # must not end it earlier and leave a customer without an answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def main() -> int:
    """Serve until the input ends; the exit code is 0 then, 2 without a configuration."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(message)s")
    _be_modest()
    # A library that prints must not write between the messages.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    configuration = read_message(sys.stdin.buffer)
    if configuration is None:
        return 2
    process = IdentityProcess(configuration, output)
    process.send({"ready": True, "why_no_faces": process.why_no_faces})
    while (message := read_message(sys.stdin.buffer)) is not None:
        process.handle(message)
    return 0


if __name__ == "__main__":
    code = main()
    # Threads may sit in a camera's read for seconds; nothing of theirs is worth waiting for.
    sys.stderr.flush()
    os._exit(code)
