"""The drawing of towers of many shapes."""

import xml.etree.ElementTree as ET
from itertools import pairwise
from typing import Any

import pytest

from tests.unit.web.tower_sample import sample_site
from vendtower.domain.site import Site
from vendtower.web.tower_svg import drawing_view, tower_drawing, tower_svg


def grown(levels: int, slots: int, lifts: int = 1) -> Site:
    """A tower with so many levels of so many slots each."""
    tables: dict[str, Any] = sample_site().model_dump(by_alias=True)
    tables["levels"] = [{"number": 1, "height_mm": -3000, "slots": []}] + [
        {
            "number": level + 2,
            "height_mm": 2400 * level,
            "slots": [
                {
                    "number": level * slots + each + 1,
                    "angle_deg": each * 360 / slots,
                    "class": "standard",
                }
                for each in range(slots)
            ],
        }
        for level in range(levels)
    ]
    tables["lifts"] = [
        {
            **tables["lifts"][0],
            "number": number + 1,
            "serves_levels": list(range(1, levels + 2)),
        }
        for number in range(lifts)
    ]
    return Site.model_validate(tables)


SITES = {
    "sample": sample_site(),
    "one level": grown(1, 4),
    "high": grown(20, 20, lifts=2),
    "fine": grown(8, 36, lifts=4),
}


@pytest.mark.parametrize("name", SITES)
def test_everything_is_drawn_once_and_inside(name: str) -> None:
    site = SITES[name]
    root = ET.fromstring(tower_svg(site))
    found = [each for element in root.iter() if (each := element.get("id")) is not None]
    expected = {f"slot-{number}" for number in site.slots}
    expected |= {f"bay-{bay.number}" for bay in site.bays}
    expected |= {f"{part}-{lift.number}" for lift in site.lifts for part in ("lift", "mast")}
    assert sorted(found) == sorted([*expected, "car"])
    drawing = tower_drawing(site)
    for slot in site.slots.values():
        x, y = drawing.x(slot.angle_deg), drawing.floor_y(slot.height_mm)
        assert drawing.cell_width / 2 <= x <= drawing.width - drawing.cell_width / 2
        assert drawing.cell_height <= y <= drawing.height


@pytest.mark.parametrize("name", SITES)
def test_no_two_places_overlap(name: str) -> None:
    site = SITES[name]
    drawing = tower_drawing(site)
    places = [(slot.height_mm, drawing.x(slot.angle_deg)) for slot in site.slots.values()]
    places += [(site.level(bay.level).height_mm, drawing.x(bay.angle_deg)) for bay in site.bays]
    places.sort()
    for (low, left), (high, right) in pairwise(places):
        if low == high:
            assert right - left >= drawing.cell_width


def test_higher_is_higher() -> None:
    drawing = tower_drawing(sample_site())
    rows = [drawing.floor_y(level.height_mm) for level in sample_site().levels]
    assert rows == sorted(rows, reverse=True)
    assert rows[0] - rows[1] >= drawing.cell_height


def test_the_script_has_the_same_scale() -> None:
    site = sample_site()
    drawing, view = tower_drawing(site), drawing_view(site)
    assert view["units_per_deg"] == drawing.units_per_deg
    assert view["ground_mm"] == 0
    assert view["lifts"] == {"1": {"shuttle_stroke_mm": 5600}}


def test_names_from_the_site_file_are_text() -> None:
    tables: dict[str, Any] = sample_site().model_dump(by_alias=True)
    tables["tower"] = {**tables["tower"], "name": '<b onload="x">&'}
    drawn = tower_svg(Site.model_validate(tables))
    assert "<b " not in drawn
    ET.fromstring(drawn)
