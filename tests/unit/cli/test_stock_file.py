"""CSV files of cars, right and wrong."""

from pathlib import Path

import pytest

from vendtower.cli.stock_file import COLUMNS, StockFileError, read_stock
from vendtower.domain.errors import LocalFault

HEAD = ",".join(COLUMNS)
GOOD = "V1,P1,Model,4810,1880,1545,1750,5"


def findings(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    file = tmp_path / "stock.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StockFileError) as caught:
        read_stock(file)
    return [(finding.line, finding.column) for finding in caught.value.findings]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_right_file(tmp_path: Path, line_end: str) -> None:
    file = tmp_path / "stock.csv"
    file.write_bytes(line_end.join(["\ufeff" + HEAD, GOOD, ""]).encode())
    [row] = read_stock(file)
    assert row["vin"] == "V1"
    assert row["slot"] == 5


def test_columns_in_any_order_and_quoted_line_breaks(tmp_path: Path) -> None:
    file = tmp_path / "stock.csv"
    names = reversed(COLUMNS)
    first = '5,1750,1545,1880,4810,"Model\nlong",P1,V1'
    second = "6,1750,1545,1880,4810,Model,P2,V2"
    file.write_text("\n".join([",".join(names), first, second]), encoding="utf-8")
    assert [row["slot"] for row in read_stock(file)] == [5, 6]


@pytest.mark.parametrize("wrong", ["", "-1", "0", "1.5", "abc", "²", "99999999", "1e3"])
def test_numbers_that_are_none(tmp_path: Path, wrong: str) -> None:
    line = f"V1,P1,Model,4810,1880,1545,{wrong},5"
    assert findings(tmp_path, f"{HEAD}\n{line}\n") == [(2, "weight_kg")]


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = f"{HEAD}\n,P1,Model,x,1880,1545,1750,5\n{GOOD}\n{GOOD}\nV4,P,M,4810,1880,1545,1750\n"
    assert findings(tmp_path, text) == [
        (2, "vin"),
        (2, "length_mm"),
        (3, "slot"),
        (4, "vin"),
        (4, "slot"),
        (5, "slot"),
    ]


def test_a_wrong_header(tmp_path: Path) -> None:
    head = HEAD.replace("plate", "number").replace("slot", "vin")
    assert findings(tmp_path, f"{head}\n{GOOD}\n") == [
        (1, "vin"),
        (1, "plate"),
        (1, "slot"),
        (1, "'number'"),
    ]


def test_too_many_fields(tmp_path: Path) -> None:
    assert findings(tmp_path, f"{HEAD}\n{GOOD},7\n") == [(2, "after slot")]


@pytest.mark.parametrize("text", ["", HEAD, HEAD + "\n"])
def test_no_cars(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LocalFault, match="cannot be read"):
        read_stock(tmp_path / "nothing.csv")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", (HEAD + '\n"open').encode()])
def test_a_file_that_is_no_csv(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "stock.csv"
    file.write_bytes(content)
    with pytest.raises(LocalFault, match="not a CSV file"):
        read_stock(file)
