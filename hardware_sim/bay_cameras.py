"""Simulated cameras in the bays: one still picture of what stands there, at a URL."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable

import cv2
import numpy as np
from aiohttp import web

from hardware_sim.plant.plant import Plant

WIDTH, HEIGHT = 320, 200
FLOOR = (96, 104, 108)


class BayCameras:
    """``/bay/{bay}/{camera}.jpg``: the bay from the front (odd cameras) or from behind."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self.taken = 0
        """Pictures given since the start."""
        self.unplugged: set[tuple[int, int]] = set()
        """Bay and camera that answer 503."""
        self.silent: set[tuple[int, int]] = set()
        """Bay and camera that take a connection and say nothing."""

    async def answer(self, request: web.Request) -> web.Response:
        """One picture of now."""
        bay, camera = int(request.match_info["bay"]), int(request.match_info["camera"])
        if (bay, camera) in self.silent:
            await asyncio.sleep(3600)
        if bay not in self._plant.bays or (bay, camera) in self.unplugged:
            raise web.HTTPServiceUnavailable(text="no picture")
        self.taken += 1
        return web.Response(body=self.picture(bay, camera), content_type="image/jpeg")

    def picture(self, bay: int, camera: int) -> bytes:
        """A car is a box in a colour of its own, with its VIN; a person would be a light blob."""
        mechanics = self._plant.bays[bay]
        image = np.full((HEIGHT, WIDTH, 3), FLOOR, dtype=np.uint8)
        label = f"bay {bay} camera {camera}"
        cv2.putText(image, label, (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (240, 240, 240), 1)
        if mechanics.car is not None:
            _draw_car(image, mechanics.car.vin, from_behind=camera % 2 == 0)
        if mechanics.people_inside:
            cv2.circle(image, (280, 130), 18, (200, 220, 240), -1)
        done, jpeg = cv2.imencode(".jpg", image)
        if not done:
            raise RuntimeError(f"bay {bay}: OpenCV could not encode the picture")
        return jpeg.tobytes()


def _draw_car(image: np.ndarray, vin: str, *, from_behind: bool) -> None:
    shade = hashlib.sha256(vin.encode()).digest()
    colour = tuple(80 + part % 160 for part in shade[:3])
    cv2.rectangle(image, (60, 90), (260, 170), colour, -1)
    cv2.rectangle(image, (95, 55), (225, 95), colour, -1)
    lamps = (0, 0, 220) if from_behind else (200, 240, 255)
    for x in (70, 236):
        cv2.rectangle(image, (x, 110), (x + 14, 124), lamps, -1)
    cv2.putText(image, vin, (64, 150), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (20, 20, 20), 1)


@contextlib.asynccontextmanager
async def serve_bay_cameras(
    cameras: BayCameras, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Callable[[int, int], str]]:
    """Serve them; gives the function from bay and camera to URL."""
    app = web.Application()
    app.router.add_get(r"/bay/{bay:\d+}/{camera:\d+}.jpg", cameras.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        found = runner.addresses[0][1]
        yield lambda bay, camera: f"http://{host}:{found}/bay/{bay}/{camera}.jpg"
    finally:
        await runner.cleanup()
