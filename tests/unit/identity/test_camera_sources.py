"""Every kind of camera source through OpenCV itself: RTSP, films, pictures, devices."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest

from tests.rtsp_camera import RtspCamera
from tests.unit.identity.test_camera import eventually
from vendtower.adapters.identity.camera import Camera, Capture, describe_source, is_file
from vendtower.adapters.identity.limits import CameraLimits
from vendtower.adapters.identity.process_settings import ENVIRONMENT

LIMITS = CameraLimits(open_timeout_s=10.0, read_timeout_s=1.0, retry_s=0.05, linger_s=0.0)
WITHIN_S = 20.0


@pytest.fixture
def rtsp(monkeypatch: pytest.MonkeyPatch) -> Iterator[RtspCamera]:
    # What the identity process sets before it loads OpenCV; this is read when a stream is opened.
    option = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
    monkeypatch.setenv(option, ENVIRONMENT[option])
    camera = RtspCamera()
    yield camera
    camera.close()


@pytest.fixture
def opened() -> Iterator[Callable[..., Camera]]:
    made: list[Camera] = []

    def acquire(source: str | int, limits: CameraLimits = LIMITS, **more: object) -> Camera:
        camera = Camera(source, limits, **more)  # type: ignore[arg-type]  # by name
        camera.acquire()
        made.append(camera)
        return camera

    yield acquire
    for camera in made:
        camera.release(linger=False)


def grey_of(camera: Camera, than: int) -> tuple[int, int]:
    """Number and grey level of a picture newer than this."""
    frame = camera.newer(than, WITHIN_S)
    assert frame is not None, "no picture came"
    return frame.number, int(np.median(frame.picture))


def test_rtsp(rtsp: RtspCamera, opened: Callable[..., Camera]) -> None:
    camera = opened(rtsp.url)
    number, first = grey_of(camera, 0)
    later, second = grey_of(camera, number + 3)
    assert later > number
    assert first < second < 250, "the pictures in their order, the newest first"
    assert not camera.unavailable


def test_an_rtsp_camera_that_stalls_vanishes_and_comes_back(
    rtsp: RtspCamera, opened: Callable[..., Camera], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    camera = opened(rtsp.url)
    number, _ = grey_of(camera, 0)
    rtsp.hangs.set()
    assert eventually(lambda: camera.unavailable, WITHIN_S), "a stalled stream is noticed"
    rtsp.hangs.clear()
    assert eventually(lambda: not camera.unavailable, WITHIN_S)
    number, _ = grey_of(camera, number)
    rtsp.unplug()
    assert eventually(lambda: camera.unavailable, WITHIN_S), "an unplugged one, too"
    rtsp.plug_in()
    assert eventually(lambda: not camera.unavailable, WITHIN_S)
    grey_of(camera, number)
    where = f"camera rtsp://127.0.0.1:{rtsp.port}/live"
    assert f"{where}: gave no picture" in caplog.text
    assert f"{where}: gives pictures again" in caplog.text
    assert "secret" not in caplog.text


def test_a_film_is_played_over_and_over(tmp_path: Path, opened: Callable[..., Camera]) -> None:
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for level in (40, 120):
        writer.write(np.full((48, 64, 3), level, np.uint8))
    writer.release()
    camera = opened(str(path))
    seen: list[int] = []
    number = 0
    while len(seen) < 4:
        number, grey = grey_of(camera, number)
        seen.append(round(grey, -1))
    assert seen in ([40, 120, 40, 120], [120, 40, 120, 40])


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("rtsp://viewer:secret@127.0.0.1:9/live", "camera rtsp://127.0.0.1:9/live: cannot be op"),
        ("http://127.0.0.1:9/1.mjpg", "camera http://127.0.0.1:9/1.mjpg: cannot be opened"),
        ("/dev/video-that-is-not-there", "camera /dev/video-that-is-not-there: cannot be opened"),
        (63, "camera device 63: cannot be opened"),
        ("pictures/%03d.jpg", "camera pictures/%03d.jpg: cannot be opened"),
        ("no-film.avi", "camera no-film.avi: cannot be opened"),
    ],
)
def test_a_source_that_is_not_there_is_named(
    source: str | int,
    said: str,
    opened: Callable[..., Camera],
    caplog: pytest.LogCaptureFixture,
) -> None:
    camera = opened(source)
    assert eventually(lambda: camera.unavailable, WITHIN_S)
    assert said in caplog.text
    assert camera.newer(0, 0.0) is None
    assert "secret" not in caplog.text


def test_a_film_without_pictures_is_no_camera(
    tmp_path: Path, opened: Callable[..., Camera], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "empty.avi"
    cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48)).release()
    camera = opened(str(path))
    assert eventually(lambda: camera.unavailable, WITHIN_S)
    assert f"camera {path}: " in caplog.text


class Hanging:
    """A driver that never comes back from a read."""

    def __init__(self) -> None:
        self.let_go = Event()

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        return True

    def read(self) -> tuple[bool, cv2.typing.MatLike | None]:
        self.let_go.wait(60.0)
        return False, None

    def release(self) -> None:
        """Nothing to give back."""


def test_a_driver_that_hangs_is_a_camera_that_is_away(opened: Callable[..., Camera]) -> None:
    """Its thread cannot be helped, but nobody waits before a screen that says nothing."""
    now_s, hanging = [100.0], Hanging()

    def open_capture(_source: str | int, _limits: CameraLimits) -> Capture:
        return hanging

    camera = opened("/dev/video0", now=lambda: now_s[0], open_capture=open_capture)
    assert [camera.unavailable] == [False]
    now_s[0] += LIMITS.open_timeout_s + 2 * LIMITS.read_timeout_s + 0.1
    assert camera.unavailable
    hanging.let_go.set()


@pytest.mark.parametrize(
    ("source", "film"),
    [
        (0, False),
        ("/dev/video0", False),
        ("/dev/v4l/by-id/usb-camera", False),
        ("rtsp://camera/live", False),
        ("/var/lib/vendtower/film.avi", True),
        ("pictures/%03d.jpg", True),
    ],
)
def test_devices_and_streams_are_no_films(source: str | int, film: bool) -> None:
    """What is no film is failed when it gives no picture, and begins anew only when it is back."""
    assert is_file(source) is film
    assert describe_source(source)
