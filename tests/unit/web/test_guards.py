"""What other sites' pages, proxies and foreign names get: nothing."""

import pytest
from aiohttp import ClientSession

from tests.unit.web.tower_sample import RunningWeb, picture

SETTLE = "/api/cases/7/settle"
BODY = {"settlement": "continue", "by": "technician on duty"}
POSTS = [
    SETTLE,
    "/api/cars",
    "/kiosk/1/touch",
    "/kiosk/1/language",
    "/kiosk/1/staff",
    "/kiosk/1/other-way",
]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_site_cannot_send(
    served: RunningWeb, browser: ClientSession, path: str, headers: dict[str, str]
) -> None:
    async with browser.post(path, json=BODY, headers=headers) as answer:
        assert answer.status == 403
        assert "expected" in (await answer.json())["reason"]
    assert served.controls.asked == []


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
async def test_a_plain_form_cannot_send(
    served: RunningWeb, browser: ClientSession, content_type: str
) -> None:
    async with browser.post(SETTLE, data=b"{}", headers={"Content-Type": content_type}) as answer:
        assert answer.status == 415
    assert served.controls.asked == []


@pytest.mark.parametrize("host", ["tower.evil.example", "10.20.0.5", "127.0.0.1.evil.example", ""])
async def test_a_rebound_name_cannot_even_read(
    served: RunningWeb, browser: ClientSession, host: str
) -> None:
    served.board.show(picture())
    for path in ("/api/status", "/", "/api/stream"):
        async with browser.get(path, headers={"Host": host}) as answer:
            assert answer.status in (400, 421)


async def test_this_page_itself_can_send(served: RunningWeb, browser: ClientSession) -> None:
    headers = {"Origin": served.url, "Sec-Fetch-Site": "same-origin"}
    async with browser.post(SETTLE, json=BODY, headers=headers) as answer:
        assert answer.status == 200


async def test_a_tunnel_to_another_local_port_works(
    served: RunningWeb, browser: ClientSession
) -> None:
    headers = {"Host": "localhost:9999", "Origin": "http://localhost:9999"}
    async with browser.post(SETTLE, json=BODY, headers=headers) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("path", [SETTLE, "/api/cars"])
async def test_a_proxy_is_not_this_machine(
    served: RunningWeb, browser: ClientSession, path: str
) -> None:
    headers = {"X-Forwarded-For": "192.0.2.7"}
    async with browser.post(path, json=BODY, headers=headers) as answer:
        assert answer.status == 403
    assert served.controls.asked == []


@pytest.mark.parametrize("path", ["/", "/kiosk/1", "/api/stream", "/static/line.js", "/nothing"])
async def test_strict_headers_everywhere(
    served: RunningWeb, browser: ClientSession, path: str
) -> None:
    served.board.show(picture())
    async with browser.get(path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] in ("no-store", "no-cache")


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/"])
async def test_only_the_static_files_are_served(browser: ClientSession, path: str) -> None:
    async with browser.get(path) as answer:
        assert answer.status in (403, 404)


async def test_a_huge_body_is_refused(served: RunningWeb, browser: ClientSession) -> None:
    body = {"settlement": "continue", "by": "x", "note": "y" * 1_010_000}
    async with browser.post(SETTLE, json=body) as answer:
        assert answer.status == 413
    assert served.controls.asked == []
