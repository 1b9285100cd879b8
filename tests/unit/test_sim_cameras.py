"""The simulated cameras, seen by a plain HTTP client."""

import asyncio

import aiohttp
import cv2
import numpy as np
import pytest

from hardware_sim.cameras import Cameras, serve_cameras
from hardware_sim.people.portraits import GRACE_HOPPER


async def next_picture(answer: aiohttp.ClientResponse) -> cv2.typing.MatLike:
    length = None
    assert await answer.content.readline() == b"--frame\r\n"
    while (line := await answer.content.readline()) != b"\r\n":
        name, value = line.decode().strip().split(": ")
        length = int(value) if name == "Content-Length" else length
    assert length is not None
    jpeg = await answer.content.readexactly(length)
    assert await answer.content.readexactly(2) == b"\r\n"
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


async def test_a_stream_of_pictures_that_follows_the_scene() -> None:
    cameras = Cameras([1], frames_per_s=100.0)
    async with serve_cameras(cameras) as url, aiohttp.ClientSession() as session:
        assert cameras[1].frames == 0, "nobody watches, nothing is rendered"
        async with session.get(url(1)) as answer:
            assert answer.content_type == "multipart/x-mixed-replace"
            empty = await next_picture(answer)
            assert empty.shape == (480, 640, 3)
            assert cameras[1].viewers == 1
            cameras.scene(1).person(GRACE_HOPPER)
            async with asyncio.timeout(3.0):
                while np.abs((await next_picture(answer)).mean() - empty.mean()) < 5:
                    pass


async def test_unplugged_and_plugged_in_again() -> None:
    cameras = Cameras([1], frames_per_s=50.0)
    async with serve_cameras(cameras) as url, aiohttp.ClientSession() as session:
        async with session.get(url(1)) as answer:
            await next_picture(answer)
            cameras.scene(1).off()
            with pytest.raises(aiohttp.ClientPayloadError):
                await answer.read()
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(url(1))
        cameras.scene(1).nobody()
        async with session.get(url(1)) as answer:
            await next_picture(answer)


async def test_a_kiosk_without_a_camera() -> None:
    async with (
        serve_cameras(Cameras([1])) as url,
        aiohttp.ClientSession() as session,
        session.get(url(2)) as answer,
    ):
        assert answer.status == 404
