"""Every key of a TOML text is found on its line."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vendtower.daemon.toml_lines import KeyPath, locate_keys, nearest_line

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "guangzhou.toml"

TEXT = '''\
# a comment with [a.table] and key = 1
title = "a # in a text"   # and a comment
literal = 'C:\\[x]'
"quoted key".b = 1
lines = """
[not.a.table]
key = "1"
an escaped \\""" fence
""""
more = \'\'\'
x = 1\'\'\'\'
point = { x = 1, y = { z = [1, 2] } }

[a.b]
list = [
  1,  # one
  { n = 2, m = "}" },
  [3,
   4],
]
when = 2024-05-27T07:32:00Z

[[rows]]
n = 1
[[rows]]
n = 2
[rows.inner]
k = true
[[rows.deep]]
k = 1
[[rows.deep]]
k = 2
'''


def every_path(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, below in value.items():
            yield from every_path(below, (*path, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from every_path(below, (*path, index))


def test_keys_are_on_their_lines() -> None:
    lines = locate_keys(TEXT)
    expected: dict[KeyPath, int] = {
        ("title",): 2,
        ("literal",): 3,
        ("quoted key", "b"): 4,
        ("lines",): 5,
        ("more",): 10,
        ("point", "y", "z", 1): 12,
        ("a", "b"): 14,
        ("a", "b", "list"): 15,
        ("a", "b", "list", 0): 16,
        ("a", "b", "list", 1, "m"): 17,
        ("a", "b", "list", 2, 1): 19,
        ("a", "b", "when"): 21,
        ("rows", 0, "n"): 24,
        ("rows", 1): 25,
        ("rows", 1, "n"): 26,
        ("rows", 1, "inner", "k"): 28,
        ("rows", 1, "deep", 0, "k"): 30,
        ("rows", 1, "deep", 1, "k"): 32,
    }
    assert {path: lines.get(path) for path in expected} == expected


def test_no_key_is_missed_and_none_invented() -> None:
    for text in (TEXT, EXAMPLE.read_text(), EXAMPLE.read_text().replace("\n", "\r\n")):
        found = locate_keys(text)
        real = set(every_path(tomllib.loads(text)))
        assert set(found) <= real
        # Lists of tables and tables that only a longer header names have no line of their own.
        assert {path[:-1] for path in real - set(found)} <= {(), ("rows", 1), ("cloud",)}


def test_an_unknown_key_takes_the_line_of_its_table() -> None:
    lines = locate_keys(TEXT)
    assert nearest_line(lines, ("a", "b", "missing")) == 14
    assert nearest_line(lines, ("rows", 1, "inner", "missing", 3)) == 27
    assert nearest_line(lines, ("missing",)) == 1


@given(st.dictionaries(st.from_regex(r"\A[a-z]{1,4}\Z"), st.integers() | st.booleans()))
def test_plain_keys_stand_one_below_the_other(table: dict[str, object]) -> None:
    text = "".join(f"{key} = {str(value).lower()}\n" for key, value in table.items())
    expected = {(key,): line for line, key in enumerate(table, start=1)}
    assert locate_keys(text) == expected
