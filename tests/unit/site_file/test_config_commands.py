"""`vendtower config`: findings one per line, exit status, JSON, and the page about the file."""

import json
from pathlib import Path

from click.testing import CliRunner

from vendtower.daemon.config_commands import config
from vendtower.daemon.site_file_document import document

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs" / "examples" / "guangzhou.toml"


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(config, words)
    return result.exit_code, result.output


def wrong_file(directory: Path) -> Path:
    path = directory / "site.toml"
    path.write_text(EXAMPLE.read_text().replace("speed_deg_s = 20", "speed_deg_s = -20"))
    return path


def test_check_of_a_right_file() -> None:
    status, output = run("check", str(EXAMPLE))
    assert status == 0
    assert output == (
        f"{EXAMPLE}: right; tower guangzhou-01 with 5 levels, 42 slots, 1 lifts, 2 bays\n"
    )


def test_check_of_a_wrong_file(tmp_path: Path) -> None:
    path = wrong_file(tmp_path)
    status, output = run("check", str(path))
    assert status == 1
    assert output == (
        f"{path}:110: lifts[0].turntable.speed_deg_s: found -20, "
        "expected a number above 0, at most 360 deg/s\n"
    )


def test_check_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    status, output = run("check", str(tmp_path / "none.toml"))
    assert status == 2
    assert "No such file or directory" in output


def test_check_as_json(tmp_path: Path) -> None:
    status, output = run("check", "--json", str(EXAMPLE))
    assert (status, json.loads(output)["findings"]) == (0, [])
    status, output = run("check", "--json", str(wrong_file(tmp_path)))
    assert status == 1
    assert json.loads(output)["findings"] == [
        {
            "line": 110,
            "key": "lifts[0].turntable.speed_deg_s",
            "found": "-20",
            "expected": "a number above 0, at most 360 deg/s",
        }
    ]
    status, output = run("check", "--json", str(tmp_path / "none.toml"))
    assert (status, set(json.loads(output))) == (2, {"file", "error"})


def test_show_marks_defaults() -> None:
    status, output = run("show", str(EXAMPLE))
    assert status == 0
    lines = output.splitlines()
    assert 'levels[1].slots[2].class = "standard"' in lines
    assert "lifts[0].serves_bays = [1, 2]" in lines
    assert 'plc.transport = "tcp"  # default' in lines
    assert "plc.port = 502" in lines


def test_show_as_json() -> None:
    status, output = run("show", "--json", str(EXAMPLE))
    site = json.loads(output)["site"]
    assert status == 0
    assert site["schema"] == 1
    assert site["levels"][1]["slots"][2] == {
        "number": 9,
        "angle_deg": 80.0,
        "class": "standard",
        "socket": 3,
    }


def test_show_of_a_wrong_file_says_why(tmp_path: Path) -> None:
    status, output = run("show", str(wrong_file(tmp_path)))
    assert status == 1
    assert "lifts[0].turntable.speed_deg_s" in output


def test_the_page_about_the_file_is_current() -> None:
    page = ROOT / "docs" / "site_file.md"
    assert page.read_text("utf-8") == document(), (
        "run: python -m vendtower.daemon.site_file_document > docs/site_file.md"
    )
