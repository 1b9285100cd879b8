"""The simulator's own reading of a site file."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware_sim.site import SiteError, read_site, site_from_tables
from tests.fast_site import EXAMPLE, fast_tables


def test_the_example_tower() -> None:
    site = read_site(EXAMPLE)
    assert (site.site_id, len(site.slots), len(site.lifts), len(site.bays)) == (4401, 42, 1, 2)
    assert site.slots[42].height_mm == 9600
    assert site.slots[1].slot_class.height_mm_max == 2000
    assert site.lifts[1].hoist.speed == 1000
    assert site.lifts[1].park_height_mm == 0
    assert site.bays[2].angle_deg == 40
    assert site.sockets[3] == 9


@pytest.mark.parametrize("table", ["levels", "slot_classes", "lifts", "bays", "plc", "tower"])
def test_what_is_missing_is_named(table: str) -> None:
    tables = fast_tables(1.0)
    del tables[table]
    with pytest.raises(SiteError, match=table):
        site_from_tables(tables)


def test_a_number_twice_is_refused() -> None:
    tables = fast_tables(1.0)
    tables["levels"][0]["slots"][1]["number"] = 1
    with pytest.raises(SiteError, match=r"slot \[1\]"):
        site_from_tables(tables)


def test_an_axis_that_cannot_move_is_refused() -> None:
    tables = fast_tables(1.0)
    tables["lifts"][0]["hoist"]["acceleration_mm_s2"] = 0
    with pytest.raises(SiteError, match="hoist"):
        site_from_tables(tables)


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text("levels = [")
    with pytest.raises(SiteError, match="not valid TOML"):
        read_site(path)
