"""The camera's reading thread against captures that open, fail, hang and end."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest

from vendtower.adapters.identity.camera import Camera, Capture, describe_source
from vendtower.adapters.identity.limits import CameraLimits

QUICK = CameraLimits(retry_s=0.01, linger_s=0.0)
PICTURE = np.zeros((48, 64, 3), np.uint8)


class FakeCapture:
    """Gives ``pictures`` pictures, one each millisecond, then fails."""

    def __init__(self, pictures: int, *, opens: bool = True) -> None:
        self._left = pictures
        self._opens = opens
        self.released = Event()

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        return self._opens

    def read(self) -> tuple[bool, cv2.typing.MatLike | None]:
        time.sleep(0.001)
        self._left -= 1
        return (True, PICTURE) if self._left >= 0 else (False, None)

    def release(self) -> None:
        self.released.set()


def camera_of(*captures: FakeCapture, limits: CameraLimits = QUICK) -> Camera:
    one_by_one: Iterator[FakeCapture] = iter(captures)

    def open_capture(_source: str | int, _limits: CameraLimits) -> Capture:
        return next(one_by_one, captures[-1])

    return Camera("http://camera/x", limits, open_capture=open_capture)


def eventually(condition: Callable[[], bool], within_s: float = 3.0) -> bool:
    deadline_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.002)
    return True


def test_newest_picture_and_release() -> None:
    capture = FakeCapture(10_000)
    camera = camera_of(capture)
    camera.acquire()
    first = camera.newer(0, 2.0)
    assert first is not None
    second = camera.newer(first.number, 2.0)
    assert second is not None
    assert second.number > first.number
    assert not camera.unavailable
    camera.release(linger=True)
    assert capture.released.wait(2.0)
    assert eventually(lambda: camera.newer(0, 0.0) is None), "an old picture must not be kept"


def test_it_stays_open_for_the_call_that_follows() -> None:
    capture = FakeCapture(100_000)
    camera = camera_of(capture, limits=CameraLimits(linger_s=30.0))
    camera.acquire()
    assert camera.newer(0, 2.0)
    camera.release(linger=True)
    assert not capture.released.wait(0.05)
    camera.acquire()
    camera.release(linger=False)
    assert capture.released.wait(2.0)


def test_a_camera_that_does_not_open_is_tried_again() -> None:
    camera = camera_of(FakeCapture(0, opens=False), FakeCapture(0, opens=False), FakeCapture(9999))
    camera.acquire()
    assert eventually(lambda: camera.newer(0, 0.01) is not None)
    assert not camera.unavailable
    camera.release(linger=False)


def test_a_camera_that_stops_giving_pictures_is_noticed() -> None:
    broken = FakeCapture(2)
    camera = camera_of(broken, FakeCapture(0, opens=False))
    camera.acquire()
    assert eventually(lambda: camera.unavailable)
    assert broken.released.is_set()
    assert camera.newer(0, 0.0) is None
    camera.release(linger=False)


def test_a_numbered_sequence_is_played_over_and_over(tmp_path: Path) -> None:
    for number in range(2):
        cv2.imwrite(str(tmp_path / f"{number:03d}.png"), PICTURE + 40 * number)
    camera = Camera(str(tmp_path / "%03d.png"), CameraLimits(linger_s=0.0))
    camera.acquire()
    seen: list[int] = []
    number = 0
    while len(seen) < 4:
        frame = camera.newer(number, 2.0)
        assert frame is not None
        number = frame.number
        seen.append(int(frame.picture[0, 0, 0]))
    camera.release(linger=False)
    assert seen in ([0, 40, 0, 40], [40, 0, 40, 0])


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("rtsp://admin:secret@10.0.0.7:554/h264?user=x&password=y", "rtsp://10.0.0.7:554/h264"),
        ("http://camera/1.mjpg", "http://camera/1.mjpg"),
        (2, "device 2"),
        ("pictures/%03d.jpg", "pictures/%03d.jpg"),
    ],
)
def test_messages_never_hold_a_cameras_password(source: str | int, name: str) -> None:
    assert describe_source(source) == name
    assert Camera("7", QUICK).name == "device 7"
