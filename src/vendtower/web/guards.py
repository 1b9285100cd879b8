"""Who may ask for what: cross-site requests, foreign host names, and the person on the socket.

The screens have no login, so they answer this machine alone. A page of another site that a
browser on this machine has open must neither read them (its host name is foreign, also after DNS
rebinding) nor send anything (its origin is foreign).
"""

import ipaddress
import pwd
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from aiohttp import web
from yarl import URL

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")
_SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_UCRED = struct.Struct("3i")
"""pid, uid, gid (unix(7), SO_PEERCRED)."""


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what comes from elsewhere; every refusal is JSON with a ``reason``."""
    try:
        if not over_unix_socket(request):
            _check_host(request)
            _check_origin(request)
        if request.method == "POST":
            _check_post(request)
        return await handler(request)
    except web.HTTPException as refused:
        if refused.status < web.HTTPBadRequest.status_code:
            raise
        return web.json_response({"reason": refused.text}, status=refused.status)


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Strict headers on every answer, also on streams; nothing is kept by a browser."""
    response.headers.update(_SECURITY_HEADERS)
    static = request.path.startswith("/static/")
    response.headers["Cache-Control"] = "no-cache" if static else "no-store"


def over_unix_socket(request: web.Request) -> bool:
    """Whether the request came over the control socket."""
    peer = _socket(request)
    return peer is not None and peer.family == socket.AF_UNIX


def login_of_peer(request: web.Request) -> str | None:
    """The user name of the process at the other end of the control socket, from the kernel.

    ``uid N`` for a user without a name; None for a request over TCP.
    """
    peer = _socket(request)
    if peer is None or peer.family != socket.AF_UNIX:
        return None
    raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    _, uid, _ = _UCRED.unpack(raw)
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def check_local(request: web.Request) -> None:
    """Let only this machine pass; for what settles cases and changes the ledger.

    Raises:
        web.HTTPForbidden: when the peer is elsewhere, or a proxy passed the request on.

    """
    if over_unix_socket(request):
        return
    forwarded = [name for name in _FORWARDED if name in request.headers]
    if forwarded:
        raise web.HTTPForbidden(
            text=f"header {forwarded[0]}: found a forwarded request, expected a direct one"
        )
    peername = request.transport.get_extra_info("peername") if request.transport else None
    address = str(peername[0]) if peername else ""
    if not _is_loopback(address):
        raise web.HTTPForbidden(
            text=f"peer {address or 'unknown'}: expected a request from this machine"
        )


def _socket(request: web.Request) -> socket.socket | None:
    if request.transport is None:
        return None
    found: socket.socket | None = request.transport.get_extra_info("socket")
    return found


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_host(request: web.Request) -> None:
    host = _parsed(f"http://{request.headers.get('Host', '')}").host or ""
    if not _is_loopback(host):
        raise web.HTTPMisdirectedRequest(
            text=f"Host header: found {host!r}, expected localhost or a loopback address"
        )


def _check_origin(request: web.Request) -> None:
    origin = request.headers.get("Origin")
    own = f"{request.scheme}://{request.headers.get('Host', '')}"
    if origin is not None and _parsed(origin) != _parsed(own):
        raise web.HTTPForbidden(text=f"Origin header: found {origin!r}, expected {own!r}")
    # Navigation from elsewhere to a page is harmless; whatever a foreign page sends is not.
    site = request.headers.get("Sec-Fetch-Site", "none")
    if request.method != "GET" and site not in ("same-origin", "none"):
        raise web.HTTPForbidden(text=f"Sec-Fetch-Site header: found {site!r}, expected same-origin")


def _check_post(request: web.Request) -> None:
    # A foreign page cannot send this type without asking first, which is never granted.
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(
            text=f"Content-Type header: found {request.content_type!r}, expected application/json"
        )


def _parsed(url: str) -> URL:
    try:
        return URL(url).origin()
    except ValueError:
        return URL()
