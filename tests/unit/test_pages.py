"""Links between the pages lead somewhere, and the tests that pages name are there."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("hardware_sim/**/*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def links(page: Path) -> list[str]:
    prose = CODE.sub("", page.read_text(encoding="utf-8"))
    return [link for link in LINK.findall(prose) if not re.match(r"[a-z]+:", link)]


@cache
def anchors(page: Path) -> frozenset[str]:
    """The headings as the hosting site makes anchors of them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#{1,6} +(.+?)\s*$", text, re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return frozenset(heading.replace(" ", "-") for heading in plain)


def test_there_are_pages() -> None:
    assert {"README.md", "SECURITY.md", "docs/README.md", "docs/safety.md"} <= set(NAMES)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        if anchor:
            assert target.suffix == ".md", link
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_named_tests_are_there(page: Path) -> None:
    for path, test in NAMED_TEST.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / path).is_file(), path
        if test:
            assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), f"{path}::{test}"


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    decisions = ROOT / "docs" / "decisions" / "README.md"
    listed = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in (index, decisions)
        for link in links(page)
    }
    for page in ROOT.glob("docs/**/*.md"):
        assert page in listed | {index}, f"{page.relative_to(ROOT)} is in no index"


def test_decisions_are_numbered_without_a_gap() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    for record in records:
        title = record.read_text(encoding="utf-8").splitlines()[0]
        assert title.startswith(f"# {record.name[:4]}: "), record.name


def test_commands_of_the_pages_are_there() -> None:
    """`python -m` of the pages names modules that are in the tree."""
    for page in PAGES:
        for module in re.findall(r"python -m ([\w.]+)", page.read_text(encoding="utf-8")):
            path = module.replace(".", "/")
            places = [ROOT / "src" / path, ROOT / path]
            found = any(p.is_dir() or p.with_suffix(".py").is_file() for p in places)
            assert found, f"{page.relative_to(ROOT)}: python -m {module}"
