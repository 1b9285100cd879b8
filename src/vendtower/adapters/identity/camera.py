"""One kiosk's camera: always its newest picture, open only while somebody wants it.

The source is a device (its index, ``0``, or its path, ``/dev/v4l/by-id/...``, which stays the same
when another one is plugged in), a URL (``http://...``, ``rtsp://...``) or a file: a video or a
numbered sequence (``pictures/%03d.jpg``), which is played over and over.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition, Thread
from typing import Protocol
from urllib.parse import urlsplit

import cv2
import numpy as np

from vendtower.adapters.identity.engine import Picture
from vendtower.adapters.identity.limits import CameraLimits

_LOG = logging.getLogger(__name__)
_FILE_FRAME_S = 0.1
_DEVICES = "/dev/"


class Capture(Protocol):
    """What is used of ``cv2.VideoCapture``."""

    def isOpened(self) -> bool: ...  # noqa: N802  # OpenCV's name

    def read(self) -> tuple[bool, cv2.typing.MatLike | None]: ...

    def release(self) -> None: ...


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture, and when this machine had it (the camera's own delay is not known)."""

    picture: Picture
    number: int
    """Grows by one with each picture since the process started."""
    at_s: float
    """Monotonic."""


class Camera:
    """Shared by the calls that want this camera; `acquire` and `release` count them.

    A thread reads without pause while it is wanted, so that no old picture waits in a buffer.
    """

    def __init__(
        self,
        source: str | int,
        limits: CameraLimits,
        *,
        now: Callable[[], float] = time.monotonic,
        open_capture: Callable[[str | int, CameraLimits], Capture] | None = None,
    ) -> None:
        self._source: str | int = int(source) if str(source).isdigit() else source
        self._limits = limits
        self._now = now
        self._open_capture = open_capture or _open_capture
        self._changed = Condition()
        self._users = 0
        self._wanted_until_s = -1.0
        self._frame: Frame | None = None
        self._number = 0
        self._failed = False
        self._alive_s = now()
        """Of the last picture, or the last try to get one."""
        self._reader: Thread | None = None

    @property
    def unavailable(self) -> bool:
        """The last try to open it or to read from it failed, or hangs for longer than both may."""
        limits = self._limits
        patience_s = limits.open_timeout_s + 2 * limits.read_timeout_s
        return self._failed or (self._users > 0 and self._now() - self._alive_s > patience_s)

    @property
    def name(self) -> str:
        """The source, without the password that a URL may hold."""
        return describe_source(self._source)

    @property
    def last_number(self) -> int:
        """Of the newest picture so far; 0 before the first."""
        return self._number

    def acquire(self) -> None:
        """Somebody wants pictures from now on."""
        with self._changed:
            self._users += 1
            if self._users == 1:
                self._failed = False
                self._alive_s = self._now()
            if self._reader is None:
                self._reader = Thread(target=self._run, name=f"camera {self.name}", daemon=True)
                self._reader.start()
            self._changed.notify_all()

    def release(self, *, linger: bool) -> None:
        """No longer wanted; with ``linger`` it stays open a little for the call that follows."""
        with self._changed:
            self._users -= 1
            if self._users == 0:
                self._wanted_until_s = self._now() + (self._limits.linger_s if linger else 0.0)
            self._changed.notify_all()

    def newer(self, than: int, timeout_s: float) -> Frame | None:
        """The newest picture whose number is above ``than``; None when none came in time."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._frame is not None and self._frame.number > than, timeout_s
            )
            frame = self._frame
        return frame if frame is not None and frame.number > than else None

    # --- the reading thread

    def _wanted(self) -> bool:
        return self._users > 0 or self._now() < self._wanted_until_s

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._wanted)
            self._read_while_wanted()
            with self._changed:
                self._frame = None
                if self._failed and self._wanted():
                    self._changed.wait(self._limits.retry_s)

    def _read_while_wanted(self) -> None:
        """Open, read until it fails or is not wanted, and close."""
        self._alive_s = self._now()
        try:
            capture = self._open_capture(self._source, self._limits)
        except cv2.error as error:
            self._set_failed(f"cannot be opened: {error}")
            return
        try:
            if not capture.isOpened():
                self._set_failed("cannot be opened")
                return
            paced, before = is_file(self._source), self._number
            while self._wanted():
                done, picture = capture.read()
                if not done or picture is None:
                    # A film that has ended begins anew; one without any picture never does.
                    if not paced or self._number == before:
                        self._set_failed("gave no picture")
                    return
                self._keep(picture)
                if paced:
                    time.sleep(_FILE_FRAME_S)
        finally:
            capture.release()

    def _keep(self, picture: cv2.typing.MatLike) -> None:
        with self._changed:
            if self._failed:
                _LOG.info("camera %s: gives pictures again", self.name)
            self._failed = False
            self._number += 1
            self._alive_s = self._now()
            self._frame = Frame(np.asarray(picture, np.uint8), self._number, self._alive_s)
            self._changed.notify_all()

    def _set_failed(self, what: str) -> None:
        with self._changed:
            if not self._failed:
                _LOG.warning("camera %s: %s", self.name, what)
            self._failed = True
            self._changed.notify_all()


def is_file(source: str | int) -> bool:
    """Whether the source is a film or a sequence, and no device or URL."""
    return not isinstance(source, int) and "://" not in source and not source.startswith(_DEVICES)


def describe_source(source: str | int) -> str:
    """A source for messages: a URL without user, password and query, a device as its index."""
    if isinstance(source, int):
        return f"device {source}"
    if "://" not in source:
        return source
    parts = urlsplit(source)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def _open_capture(source: str | int, limits: CameraLimits) -> Capture:
    if is_file(source):
        return cv2.VideoCapture(source)
    if isinstance(source, int) or "://" not in source:
        # FFmpeg would take a device for a film, and Linux has no other cameras.
        capture = cv2.VideoCapture(source, cv2.CAP_V4L2)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        return capture
    # Without its own limits FFmpeg waits 30 s for a dead camera.
    timeouts = [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
        int(limits.open_timeout_s * 1000),
        cv2.CAP_PROP_READ_TIMEOUT_MSEC,
        int(limits.read_timeout_s * 1000),
    ]
    return cv2.VideoCapture(source, cv2.CAP_FFMPEG, timeouts)
