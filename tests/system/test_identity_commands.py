"""``vendtower identity``: the pair bench and the trial enrolment, as an operator runs them."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from hardware_sim.people.optics import Pose
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER, PORTRAITS
from hardware_sim.people.relief import Person
from hardware_sim.people.renderer import Renderer, View
from vendtower.daemon.identity_commands import identity

POSES = (Pose(0.5), Pose(0.7, yaw_deg=15), Pose(0.8, roll_deg=12, pitch_deg=6))
BROKEN, TINY = "broken.jpg", "tiny.png"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(identity, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people, a few pictures of each, one file that is none, and the list of all pairs."""
    folder = tmp_path_factory.mktemp("pictures")
    renderer, who = Renderer(seed=21), {}
    for name in PORTRAITS:
        for number, pose in enumerate(POSES):
            file = f"{name}_{number}.jpg"
            frame = renderer.frame(View((Person(name, pose),)), number)
            cv2.imwrite(str(folder / file), frame)
            who[file] = name
    (folder / BROKEN).write_bytes(b"\xff\xd8\xff and no more")
    portrait = PORTRAITS[GRACE_HOPPER].picture()
    cv2.imwrite(str(folder / TINY), cv2.resize(portrait, None, fx=0.14, fy=0.14))
    who |= {BROKEN: GRACE_HOPPER, TINY: GRACE_HOPPER}
    files = sorted(who)
    with (folder / "pairs.csv").open("w", encoding="utf-8", newline="") as listed:
        writer = csv.writer(listed)
        writer.writerow(("file_x", "file_y", "same"))
        for nth, one in enumerate(files):
            writer.writerows((one, other, int(who[one] == who[other])) for other in files[:nth])
    return folder


@pytest.fixture(scope="module")
def measured(pictures: Path) -> tuple[Mapping[str, Any], str]:
    result = run(
        "bench",
        *("--pairs", pictures / "pairs.csv", "--images", pictures),
        *("--json", pictures / "report.json", "--roc", pictures / "roc.png"),
    )
    assert result.exit_code == 0, result.output
    return json.loads((pictures / "report.json").read_text(encoding="utf-8")), result.output


@pytest.mark.slow
def test_the_figures(measured: tuple[Mapping[str, Any], str]) -> None:
    report, text = measured
    assert report["pairs"] == {"given": 28, "genuine": 6, "impostor": 9, "left_out": 13}
    assert (report["fmr"]["count"], report["fnmr"]["count"]) == (0, 0)
    assert report["fmr"]["high"] == pytest.approx(1 - 0.025 ** (1 / 9), abs=1e-5)
    assert report["threshold"] == 0.53
    assert report["equal_error"]["rate"] == 0.0
    lost = report["fnmr_with_failures_to_acquire"]
    assert (lost["count"], lost["of"]) == (7, 13)
    assert set(report["failures_to_acquire"]["files"]) == {BROKEN, TINY}
    assert "not a picture" in report["failures_to_acquire"]["files"][BROKEN]
    assert "px between the eyes, expected at least 15 px" in text
    assert set(report["time_ms"]) == {"detect", "landmarks", "describe"}
    assert not report["fmr_target"]["set_is_large_enough"]
    assert "the set is too small to show that target" in text
    distances: dict[bool, list[float]] = {True: [], False: []}
    for each in report["comparisons"]:
        distances[each["same"]].append(each["distance"])
    assert max(distances[True]) < 0.5 < min(distances[False])


@pytest.mark.slow
def test_the_roc_is_drawn(measured: object, pictures: Path) -> None:
    picture = cv2.imread(str(pictures / "roc.png"))
    assert picture is not None
    assert picture.shape == (640, 880, 3)
    blue, green, red = (picture[..., channel].astype(int) for channel in range(3))
    assert int(((blue > 120) & (red < 60)).sum()) > 500, "the curve"
    assert int(((red > 150) & (green < 80) & (blue < 80)).sum()) > 20, "the threshold's mark"


@pytest.mark.slow
def test_the_same_set_gives_the_same_figures(
    measured: tuple[Mapping[str, Any], str], pictures: Path, tmp_path: Path
) -> None:
    """With one process instead of two; only the times differ."""
    result = run(
        "bench",
        *("--pairs", pictures / "pairs.csv", "--images", pictures, "--processes", "1"),
        *("--json", tmp_path / "again.json"),
    )
    assert result.exit_code == 0
    again = json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))
    assert {**again, "time_ms": 0} == {**measured[0], "time_ms": 0}


def test_what_cannot_be_used_is_named(pictures: Path, tmp_path: Path) -> None:
    bad = tmp_path / "pairs.csv"
    bad.write_text("file_x,file_y,same\nnone.jpg,none.jpg,1\n", encoding="utf-8")
    result = run("bench", "--pairs", bad, "--images", pictures)
    assert result.exit_code == 2
    assert "line 2: file_x: none.jpg is not a file in" in result.output
    # Said at once, and not after an hour of work.
    result = run(
        "bench",
        *("--pairs", pictures / "pairs.csv", "--images", pictures),
        *("--json", tmp_path / "none" / "report.json"),
    )
    assert result.exit_code == 2
    assert "report.json: cannot be written: No such file" in result.output
    assert "compared" not in result.output
    result = run(
        "bench",
        *("--pairs", pictures / "pairs.csv", "--images", pictures),
        *("--engine", "opencv", "--models", tmp_path),
    )
    assert result.exit_code == 2
    assert "face_detection_yunet_2023mar.onnx: not in" in result.output


@pytest.mark.slow
def test_a_trial_enrolment_says_yes_or_why_not(pictures: Path, tmp_path: Path) -> None:
    good = run("enrol-test", PORTRAITS[EILEEN_COLLINS].path)
    assert good.exit_code == 0
    assert "can be enrolled; 43 px between the eyes" in good.output
    broken = run("enrol-test", pictures / BROKEN)
    assert broken.exit_code == 1
    assert "cannot be enrolled" in broken.output
    assert "not a picture that can be read" in broken.output
    tiny = run("enrol-test", pictures / TINY, "--json")
    assert tiny.exit_code == 1
    values = json.loads(tiny.output)
    assert values["enrollable"] is False
    assert "face too small" in values["findings"][0]
    missing = run("enrol-test", tmp_path / "none.jpg")
    assert missing.exit_code == 2
    assert "cannot be read: No such file" in missing.output


def test_two_people_cannot_be_enrolled(tmp_path: Path) -> None:
    people = (
        Person(GRACE_HOPPER, Pose(0.75, x_m=-0.18)),
        Person(EILEEN_COLLINS, Pose(0.76, x_m=0.18)),
    )
    frame = np.ascontiguousarray(Renderer(seed=2).frame(View(people), 1))
    cv2.imwrite(str(tmp_path / "two.png"), frame)
    result = run("enrol-test", tmp_path / "two.png")
    assert result.exit_code == 1
    assert "2 faces found, expected one" in result.output
