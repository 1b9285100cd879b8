"""``vendtower models``: only the pinned bytes are installed, and whole or not at all."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.model_folder import pinned
from vendtower.adapters.identity.model_files import SFACE, YUNET, ModelFile
from vendtower.adapters.identity.model_install import Source
from vendtower.daemon import model_commands
from vendtower.daemon.model_commands import models

DETECTOR = bytes(range(256)) * 700
RECOGNISER = b"weights " * 40_000
RIGHT = {YUNET.name: DETECTOR, SFACE.name: RECOGNISER}


@pytest.fixture(autouse=True)
def small_catalogue(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModelFile]:
    """The known files, pinned to contents that a test can serve."""
    catalogue = {
        YUNET.name: pinned(YUNET, DETECTOR),
        SFACE.name: pinned(SFACE, RECOGNISER),
    }
    monkeypatch.setattr(model_commands, "CATALOGUE", catalogue)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return catalogue


@contextmanager
def serving(
    files: dict[str, bytes], *, said_bytes: int = 0, stall_after: int | None = None
) -> Iterator[str]:
    """A server with these files; it may announce more than it gives, or stop in the middle."""
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path.removeprefix("/models/"))
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content) + said_bytes))
            self.end_headers()
            self.wfile.write(content[:stall_after])
            self.wfile.flush()
            if stall_after is not None:
                released.wait(10)

        def log_message(self, *_args: object) -> None:
            """Nothing on the test's screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/models"
    finally:
        released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def install(directory: Path, *arguments: str) -> Result:
    return CliRunner().invoke(models, ["install", "--to", str(directory), *arguments])


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir()) if directory.exists() else []


def test_from_a_server(tmp_path: Path) -> None:
    target = tmp_path / "new" / "models"
    with serving(RIGHT) as url:
        result = install(target, "--from", url)
        assert result.exit_code == 0, result.output
        assert "installed as" in result.output
        again = install(target, "--from", url)
    assert again.output.count("already installed") == 2
    assert names_in(target) == sorted(RIGHT)
    for name, content in RIGHT.items():
        assert (target / name).read_bytes() == content
        assert (target / name).stat().st_mode & 0o777 == 0o644


def test_from_a_folder(tmp_path: Path) -> None:
    for name, content in RIGHT.items():
        (tmp_path / name).write_bytes(content)
    assert install(tmp_path / "models", "--from", str(tmp_path)).exit_code == 0
    assert names_in(tmp_path / "models") == sorted(RIGHT)


def test_a_wrong_file_is_refused_and_the_old_one_stays(tmp_path: Path) -> None:
    (tmp_path / YUNET.name).write_bytes(b"an older one")
    changed = bytes([DETECTOR[0] ^ 1]) + DETECTOR[1:]
    with serving({**RIGHT, YUNET.name: changed}) as url:
        result = install(tmp_path, "--from", url)
    assert result.exit_code == 1
    assert f"model file {YUNET.name}: found {len(changed)} bytes with sha256 " in result.output
    assert f"expected {len(DETECTOR)} bytes with sha256 " in result.output
    assert (tmp_path / YUNET.name).read_bytes() == b"an older one"
    assert names_in(tmp_path) == sorted(RIGHT), "the other one is right and was installed"


@pytest.mark.parametrize(
    ("server", "said_bytes", "stall_after", "message"),
    [
        ({SFACE.name: RECOGNISER}, 0, None, "answered 404 Not Found, expected 200"),
        ({**RIGHT, YUNET.name: DETECTOR[:1000]}, 0, None, "found 1000 bytes with sha256"),
        ({**RIGHT, YUNET.name: DETECTOR[:1000]}, 500, None, "found 1000 bytes with sha256"),
        ({**RIGHT, YUNET.name: DETECTOR + b"x"}, 0, None, f"found {len(DETECTOR) + 1} bytes"),
        (RIGHT, 0, 70_000, r"gave 65536 bytes and no more, expected 179200: timed out"),
    ],
    ids=["404", "short", "cut off", "long", "slow"],
)
def test_half_a_download_leaves_nothing(
    server: dict[str, bytes],
    said_bytes: int,
    stall_after: int | None,
    message: str,
    tmp_path: Path,
) -> None:
    with serving(server, said_bytes=said_bytes, stall_after=stall_after) as url:
        result = install(tmp_path, "--from", url, "--timeout", "0.2")
    assert result.exit_code == 1
    assert message in result.output
    assert YUNET.name not in names_in(tmp_path)
    assert not [name for name in names_in(tmp_path) if name.endswith(".part")]


def test_nobody_there_and_no_such_folder(tmp_path: Path) -> None:
    with serving(RIGHT) as url:
        pass
    result = install(tmp_path / "models", "--from", url)
    assert result.exit_code == 1
    assert "gave 0 bytes and no more, expected 179200: [Errno 111]" in result.output
    result = install(tmp_path / "models", "--from", str(tmp_path / "nowhere"))
    assert "No such file or directory" in result.output
    assert names_in(tmp_path / "models") == []


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = install(tmp_path / "file" / "models", "--from", str(tmp_path))
    assert result.exit_code == 1
    assert "models directory" in result.output
    assert "cannot be written: Not a directory" in result.output


def test_dlib_needs_nothing(tmp_path: Path) -> None:
    result = install(tmp_path, "--engine", "dlib")
    assert result.exit_code == 0
    assert "nothing to install" in result.output


def test_the_list_says_what_is_there(tmp_path: Path) -> None:
    (tmp_path / YUNET.name).write_bytes(DETECTOR)
    (tmp_path / SFACE.name).write_bytes(b"changed")
    runner = CliRunner()
    listed = json.loads(runner.invoke(models, ["list", "--to", str(tmp_path), "--json"]).output)
    assert {row["name"]: row["state"] for row in listed["models"]} == {
        YUNET.name: "installed",
        SFACE.name: "wrong",
    }
    text = runner.invoke(models, ["list", "--to", str(tmp_path / "none")]).output
    assert text.count("missing") == 2
    assert "Apache-2.0" in text


def test_the_pins_and_the_publishers_addresses() -> None:
    assert (YUNET.size_bytes, SFACE.size_bytes) == (232_589, 38_696_353)
    assert {len(model.sha256) for model in (YUNET, SFACE)} == {64}
    assert Source().of(YUNET).startswith("https://")
    assert Source().of(YUNET).endswith(f"/face_detection_yunet/{YUNET.name}")
    assert Source("https://mirror.example/m/").of(SFACE) == f"https://mirror.example/m/{SFACE.name}"
