"""Simulated IP cameras: motion JPEG over HTTP, as cheap real ones give it.

One camera stands at each kiosk and answers at ``/camera/{kiosk}.mjpg``. Pictures are rendered
only while somebody is connected, and outside the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable
from functools import cached_property

import cv2
from aiohttp import web

from hardware_sim.people.renderer import Renderer
from hardware_sim.people.scene import Scene

_BOUNDARY = "frame"


class Camera:
    """One kiosk's camera."""

    def __init__(
        self,
        kiosk: int,
        *,
        scene: Scene | None = None,
        seed: int = 0,
        frames_per_s: float = 10.0,
        jpeg_quality: int = 88,
    ) -> None:
        self.kiosk = kiosk
        self.scene = scene or Scene()
        self.viewers = 0
        """Connections that are being served now."""
        self.frames = 0
        """Rendered since the start, over all viewers."""
        self.unplugged = False
        """Fault: no connection is served, whatever the scene shows."""
        self.hangs = False
        """Fault: connections stay open, and no further picture comes."""
        self._seed = seed * 1009 + kiosk
        self._period_s = 1.0 / frames_per_s
        self._jpeg_quality = jpeg_quality

    @property
    def plugged_in(self) -> bool:
        """Whether anybody can connect to it."""
        return self.scene.plugged_in and not self.unplugged

    @cached_property
    def _renderer(self) -> Renderer:
        """Made with the first picture: a tower whose cameras nobody opens starts quicker."""
        return Renderer(self._seed)

    async def jpeg(self) -> bytes:
        """Render what is before the camera now."""
        self.frames += 1
        return await asyncio.to_thread(self._render, self.frames)

    def _render(self, number: int) -> bytes:
        picture = self._renderer.frame(self.scene.view(), number)
        done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, self._jpeg_quality])
        if not done:
            raise RuntimeError(f"camera {self.kiosk}: OpenCV could not encode frame {number}")
        return jpeg.tobytes()

    async def pictures(self, wanted: Callable[[], bool]) -> AsyncIterator[bytes]:
        """JPEG pictures at the camera's rate, until it is unplugged or they are not wanted."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while self.plugged_in and wanted():
            if not (self.hangs or self.scene.frozen):
                yield await self.jpeg()
            due_s = max(due_s + self._period_s, loop.time())
            await asyncio.sleep(due_s - loop.time())


class Cameras:
    """All cameras of a tower, to be put into an aiohttp application with `routes`."""

    def __init__(
        self,
        kiosks: Iterable[int],
        *,
        seed: int = 0,
        frames_per_s: float = 10.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """``now`` tells the seconds by which people before the cameras move."""
        self.cameras = {
            kiosk: Camera(kiosk, scene=Scene(now), seed=seed, frames_per_s=frames_per_s)
            for kiosk in kiosks
        }

    def __getitem__(self, kiosk: int) -> Camera:
        return self.cameras[kiosk]

    def scene(self, kiosk: int) -> Scene:
        """The scene before the camera of one kiosk."""
        return self.cameras[kiosk].scene

    def routes(self) -> list[web.RouteDef]:
        """What an application has to add: ``app.add_routes(cameras.routes())``."""
        return [web.get(r"/camera/{kiosk:\d+}.mjpg", self._stream)]

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        camera = self.cameras.get(int(request.match_info["kiosk"]))
        if camera is None:
            raise web.HTTPNotFound(text="no camera at this kiosk")
        response = web.StreamResponse(
            headers={
                "Content-Type": f"multipart/x-mixed-replace; boundary={_BOUNDARY}",
                "Cache-Control": "no-store",
            }
        )
        camera.viewers += 1
        try:
            # A viewer who hangs up is the ordinary end of a stream.
            with contextlib.suppress(ConnectionResetError):
                if camera.plugged_in:
                    await response.prepare(request)
                async for jpeg in camera.pictures(lambda: _connected(request)):
                    head = (
                        f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\n"
                        f"Content-Length: {len(jpeg)}\r\n\r\n"
                    )
                    await response.write(head.encode() + jpeg + b"\r\n")
        finally:
            camera.viewers -= 1
        # Unplugged in the middle: no orderly end of the answer, the line is dead.
        if request.transport is not None:
            request.transport.abort()
        return response


def _connected(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()


@contextlib.asynccontextmanager
async def serve_cameras(
    cameras: Cameras, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Callable[[int], str]]:
    """Serve the cameras for themselves; gives the function from kiosk to URL."""
    app = web.Application()
    app.add_routes(cameras.routes())
    # Streams never end by themselves; a viewer is not waited for when the server stops.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        bound = runner.addresses[0][1]
        yield lambda kiosk: f"http://{host}:{bound}/camera/{kiosk}.mjpg"
    finally:
        await runner.cleanup()
