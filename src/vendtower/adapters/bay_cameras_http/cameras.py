"""The port ``BayCameras`` over HTTP: one GET for each picture."""

import asyncio
from collections.abc import Mapping, Sequence

import aiohttp

from vendtower.ports.bay_cameras import BayPicture, NoPicture

PICTURE_S_MAX = 3.0
"""A customer waits before the kiosk meanwhile."""
PICTURE_BYTES_MAX = 4 * 1024 * 1024
JPEG_START, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"


class HttpBayCameras:
    """Asks each camera of a bay at the same time; a connection is opened for each picture."""

    def __init__(self, urls: Mapping[int, Sequence[str]]) -> None:
        self._urls = urls

    async def pictures(self, bay: int) -> tuple[BayPicture | NoPicture, ...]:
        """One answer for each camera of the bay."""
        timeout = aiohttp.ClientTimeout(total=PICTURE_S_MAX)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            asking = (
                _picture(session, f"bay {bay} camera {number}", url)
                for number, url in enumerate(self._urls.get(bay, ()), start=1)
            )
            return tuple(await asyncio.gather(*asking))


async def _picture(session: aiohttp.ClientSession, source: str, url: str) -> BayPicture | NoPicture:
    try:
        async with session.get(url, allow_redirects=False) as response:
            if response.status != 200:
                return NoPicture(source, f"found HTTP status {response.status}, expected 200")
            content = await _read(response)
    except TimeoutError:
        return NoPicture(source, f"no picture within {PICTURE_S_MAX:.0f} s")
    except (aiohttp.ClientError, OSError) as error:
        # The URL may hold a password: the exception's type has to do.
        return NoPicture(source, f"not reached: {type(error).__name__}")
    if content is None:
        return NoPicture(source, f"larger than {PICTURE_BYTES_MAX} bytes")
    whole = content.startswith(JPEG_START) and content.rstrip(b"\0").endswith(JPEG_END)
    if not whole:
        return NoPicture(source, f"found {len(content)} bytes that are no whole JPEG")
    return BayPicture(source, content)


async def _read(response: aiohttp.ClientResponse) -> bytes | None:
    content = bytearray()
    async for part in response.content.iter_chunked(64 * 1024):
        content += part
        if len(content) > PICTURE_BYTES_MAX:
            return None
    return bytes(content)
