"""Counting errors: rates, intervals, thresholds, and the list of pairs."""

import math
from pathlib import Path

import numpy as np
import pytest

from vendtower.adapters.identity.pair_bench.pairs import Pair, PairsUnusable, read_pairs
from vendtower.adapters.identity.pair_bench.rates import Distances, rate_of


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        # Published values of the exact binomial interval, and its closed forms at 0 and n.
        (0, 10, 0.0, 1 - 0.025 ** (1 / 10)),
        (10, 10, 0.025 ** (1 / 10), 1.0),
        (1, 10, 0.0025286, 0.4450161),
        (5, 10, 0.1870860, 0.8129140),
        (0, 262, 0.0, 1 - 0.025 ** (1 / 262)),
        (1, 38, 0.0006660, 0.1380973),
    ],
)
def test_the_interval_is_clopper_and_pearsons(count: int, of: int, low: float, high: float) -> None:
    rate = rate_of(count, of)
    assert rate.rate == count / of
    assert rate.low == pytest.approx(low, abs=2e-6)
    assert rate.high == pytest.approx(high, abs=2e-6)


def test_nothing_tried_says_nothing() -> None:
    rate = rate_of(0, 0)
    assert (rate.rate, rate.low, rate.high) == (None, 0.0, 1.0)


def test_a_large_set_is_counted_exactly() -> None:
    rate = rate_of(30, 30_000)
    assert rate.low < 0.001 < rate.high
    assert rate.high - rate.low == pytest.approx(2 * 1.96 * math.sqrt(0.001 / 30_000), rel=0.1)


def test_errors_at_a_threshold() -> None:
    distances = Distances.of(genuine=[0.2, 0.3, 0.5, 0.7], impostor=[0.5, 0.6, 0.9])
    assert distances.false_matches(0.5).count == 1, "a distance at the threshold matches"
    assert distances.false_non_matches(0.5).count == 1
    assert distances.false_matches(0.4999).count == 0
    assert distances.false_non_matches(0.1).count == 4


def test_equal_errors_of_two_overlapping_bells() -> None:
    """Two normal distributions two deviations either side of 0.5: the EER is that of one tail."""
    rng = np.random.default_rng(3)
    distances = Distances.of(
        genuine=[float(value) for value in rng.normal(0.3, 0.1, 4000)],
        impostor=[float(value) for value in rng.normal(0.7, 0.1, 4000)],
    )
    point = distances.equal_error()
    assert point is not None
    assert point.threshold == pytest.approx(0.5, abs=0.01)
    assert (point.fmr + point.fnmr) / 2 == pytest.approx(0.02275, abs=0.004)


@pytest.mark.parametrize(
    ("fmr_target", "threshold"),
    [(0.0, 0.4999), (0.1, 0.4999), (0.2, 0.5999), (0.5, 0.7999), (1.0, 0.9)],
)
def test_the_threshold_for_a_target_is_the_highest_that_keeps_it(
    fmr_target: float, threshold: float
) -> None:
    distances = Distances.of(genuine=[0.1], impostor=[0.5, 0.6, 0.8, 0.8, 0.9])
    found = distances.threshold_for(fmr_target)
    assert found == pytest.approx(threshold)
    assert found is not None
    rate = distances.false_matches(found).rate
    assert rate is not None
    assert rate <= fmr_target


def test_one_kind_of_pairs_alone_has_no_roc() -> None:
    assert Distances.of([0.1], []).roc() == ()
    assert Distances.of([0.1], []).equal_error() is None
    assert Distances.of([0.1], []).threshold_for(0.01) is None


# --- the list


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.jpg", "b.jpg", "sub/c.jpg"):
        (folder / name).write_bytes(b"")
    return folder


def write(images: Path, text: str) -> Path:
    path = images.parent / "pairs.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_list_as_people_write_it(images: Path) -> None:
    """A byte order mark, further columns, another order, empty lines, words for the label."""
    text = "\ufeffsame, note,file_y,file_x\n1,x,b.jpg,a.jpg\n\nNo,y, sub/c.jpg ,b.jpg\n"
    assert read_pairs(write(images, text), images) == (
        Pair(2, "a.jpg", "b.jpg", True),
        Pair(4, "b.jpg", "sub/c.jpg", False),
    )


@pytest.mark.parametrize("between", [",", ";", "\t"])
@pytest.mark.parametrize("same", ["1", "true", "TRUE", "Yes", "same"])
def test_a_list_as_spreadsheets_write_it(images: Path, between: str, same: str) -> None:
    whole = images / "sub" / "c.jpg"
    rows = (("file_x", "file_y", "same"), ("a.jpg", str(whole), same))
    text = "\r\n".join(between.join(row) for row in rows)
    assert read_pairs(write(images, text), images) == (Pair(2, "a.jpg", str(whole), True),)


def test_a_folder_that_is_none_is_said_once(images: Path) -> None:
    path = write(images, "file_x,file_y,same\na.jpg,b.jpg,1\n")
    for wrong in (images / "none", path):
        with pytest.raises(PairsUnusable, match="not a folder") as error:
            read_pairs(path, wrong)
        assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: found columns none, expected file_x, file_y, same"),
        ("file_x,file_y,label\n", "line 1: found columns file_x, file_y, label, expected"),
        ("file_x,file_y,same\n", "no pairs found"),
        ("file_x,file_y,same\na.jpg,b.jpg\n", "line 2: found 2 columns, expected 3"),
        ("file_x,file_y,same\na.jpg,b.jpg,maybe\n", 'line 2: same: found "maybe", expected 1 or'),
        ("file_x,file_y,same\na.jpg,b.jpg,1\nz.jpg,b.jpg,0\n", "line 3: file_x: z.jpg is not a"),
        ("file_x,file_y,same\na.jpg,../pairs.csv,1\n", "line 2: file_y: ../pairs.csv is not a"),
    ],
)
def test_a_wrong_list_is_refused_with_the_line(text: str, message: str, images: Path) -> None:
    with pytest.raises(PairsUnusable, match=message.replace("(", r"\(")):
        read_pairs(write(images, text), images)


def test_all_wrong_lines_are_named_at_once_but_not_thousands(images: Path) -> None:
    text = "file_x,file_y,same\n" + "a.jpg,none.jpg,1\n" * 30
    with pytest.raises(PairsUnusable) as error:
        read_pairs(write(images, text), images)
    lines = str(error.value).splitlines()
    assert len(lines) == 21
    assert lines[-1].endswith("and 10 more")


def test_a_list_that_is_not_text(images: Path) -> None:
    path = images.parent / "pairs.csv"
    path.write_bytes(b"file_x,file_y,same\n\xff\xfe\n")
    with pytest.raises(PairsUnusable, match="not CSV in UTF-8"):
        read_pairs(path, images)
    with pytest.raises(PairsUnusable, match="cannot be read: No such file"):
        read_pairs(images / "none.csv", images)
