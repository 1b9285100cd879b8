"""A camera that speaks RTSP, for one viewer at a time: motion JPEG in RTP over the same connection.

RFC 2326 (RTSP, interleaved as in its section 10.12) and RFC 2435 (JPEG in RTP), no more of them
than FFmpeg asks for.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from threading import Event, Thread

import cv2
import numpy as np

_SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 26\r\na=control:track1\r\n"
)
_PACKET_MAX = 1200
_CLOCK_HZ = 90_000
WIDTH, HEIGHT = 160, 120


class RtspCamera:
    """Listens on a free port of 127.0.0.1; every picture is a little lighter than the last."""

    def __init__(self, period_s: float = 0.05) -> None:
        self._period_s = period_s
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.hangs = Event()
        """Set: the connection stays, no further picture comes."""
        self._away = Event()
        self._ended = Event()
        self._viewer: socket.socket | None = None
        Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        """With a password, as real cameras have one."""
        return f"rtsp://viewer:secret@127.0.0.1:{self.port}/live"

    def unplug(self) -> None:
        """Cut the viewer off and refuse everybody."""
        self._away.set()
        self._cut()

    def plug_in(self) -> None:
        """Serve again."""
        self._away.clear()

    def close(self) -> None:
        """For good."""
        self._ended.set()
        self._cut()
        self._listening.close()

    def _cut(self) -> None:
        if self._viewer is not None:
            with contextlib.suppress(OSError):
                self._viewer.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while not self._ended.is_set():
                viewer, _ = self._listening.accept()
                if self._away.is_set():
                    viewer.close()
                    continue
                self._viewer = viewer
                with viewer, contextlib.suppress(OSError):
                    self._converse(viewer)

    def _converse(self, viewer: socket.socket) -> None:
        requests = viewer.makefile("rb")
        playing = Event()
        while line := requests.readline():
            if line[:1] == b"$":  # RTCP of the viewer, between its requests
                continue
            words = line.split()
            if len(words) != 3:
                continue
            headers = dict(_headers(requests.readline, line))
            viewer.sendall(_answer(words[0].decode(), headers))
            if words[0] == b"PLAY" and not playing.is_set():
                playing.set()
                Thread(target=self._stream, args=(viewer,), daemon=True).start()

    def _stream(self, viewer: socket.socket) -> None:
        sequence = 0
        with contextlib.suppress(OSError):
            for number in range(1_000_000):
                if self._ended.wait(self._period_s):
                    return
                if self.hangs.is_set():
                    continue
                picture = np.full((HEIGHT, WIDTH, 3), 20 + number % 200, np.uint8)
                at = int(number * self._period_s * _CLOCK_HZ)
                for last, payload in _payloads(picture):
                    mark = 0x80 if last else 0
                    packet = struct.pack(">BBHII", 0x80, mark | 26, sequence % 65536, at, 1)
                    packet += payload
                    viewer.sendall(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
                    sequence += 1


def _headers(readline: object, _first: bytes) -> Iterator[tuple[str, str]]:
    assert callable(readline)
    while (line := readline().strip()) != b"":
        name, _, value = line.decode().partition(":")
        yield name.lower(), value.strip()


def _answer(method: str, headers: dict[str, str]) -> bytes:
    lines = ["RTSP/1.0 200 OK", f"CSeq: {headers.get('cseq', '0')}"]
    body = ""
    match method:
        case "OPTIONS":
            lines.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER")
        case "DESCRIBE":
            body = _SDP
            lines += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        case "SETUP":
            if "TCP" not in headers.get("transport", ""):
                lines[0] = "RTSP/1.0 461 Unsupported Transport"
            lines += ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 1"]
        case _:
            lines.append("Session: 1")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _payloads(picture: np.ndarray) -> Iterator[tuple[bool, bytes]]:
    """The picture's JPEG in RTP payloads, and whether each is the last one."""
    options = [cv2.IMWRITE_JPEG_QUALITY, 80, cv2.IMWRITE_JPEG_SAMPLING_FACTOR]
    _, encoded = cv2.imencode(".jpg", picture, [*options, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420])
    tables, scan = _parts(encoded.tobytes())
    for start in range(0, len(scan), _PACKET_MAX):
        payload = struct.pack(">I", start) + bytes((1, 255, WIDTH // 8, HEIGHT // 8))
        if start == 0:
            payload += struct.pack(">BBH", 0, 0, len(tables)) + tables
        yield start + _PACKET_MAX >= len(scan), payload + scan[start : start + _PACKET_MAX]


def _parts(jpeg: bytes) -> tuple[bytes, bytes]:
    """Both quantisation tables, and the entropy-coded scan without the end marker."""
    at, tables = 2, b""
    while True:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        content = jpeg[at + 4 : at + 2 + length]
        if marker == 0xDB:
            tables += b"".join(content[i + 1 : i + 65] for i in range(0, len(content), 65))
        at += 2 + length
        if marker == 0xDA:
            return tables, jpeg[at:-2]
