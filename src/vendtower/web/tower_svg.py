"""The tower from the side as SVG, made from the site file; pure.

The round wall is unrolled: a place's angle is its way to the right, its level its height. The
lift is a cab on a mast that wanders along the wall as the turntable turns. The script of the page
only sets classes and positions; element ids are ``slot-N``, ``bay-N``, ``lift-N`` and ``mast-N``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from vendtower.domain.site import BaySpec, LevelSection, LiftSpec, Site, SlotSpec

_WALL_WIDTH = 960.0
_ROW_HEIGHT_MIN, _ROW_HEIGHT_MAX = 56.0, 120.0
_PROPORTION = 0.62
"""Height over width that the drawing takes when its rows allow it; that of the page's panel."""
_LEFT = 44.0
_TOP = 34.0
_BOTTOM = 16.0
_FILL = 0.9
"""Share of its column that a place fills."""
_CELL_WIDTH_MAX = 120.0


@dataclass(frozen=True)
class TowerDrawing:
    """How millimetres and degrees become drawing units, which the page's script needs too."""

    width: float
    height: float
    left: float
    units_per_deg: float
    ground_y: float
    """Where the lowest level's floor is drawn."""
    ground_mm: int
    units_per_mm: float
    cell_width: float
    cell_height: float

    def x(self, angle_deg: float) -> float:
        """Middle of a place at this angle."""
        return round(self.left + (angle_deg % 360.0) * self.units_per_deg, 1)

    def floor_y(self, height_mm: int) -> float:
        """Floor of a place at this height."""
        return round(self.ground_y - (height_mm - self.ground_mm) * self.units_per_mm, 1)


def tower_drawing(site: Site) -> TowerDrawing:
    """The scale that shows this tower whole."""
    units_per_deg = _WALL_WIDTH / 360.0
    column = _column_deg(site) * units_per_deg
    heights = sorted({level.height_mm for level in site.levels})
    gap_mm = min((high - low for low, high in pairwise(heights)), default=1)
    span_mm = heights[-1] - heights[0]
    width = _LEFT + column + _WALL_WIDTH
    rows = span_mm / gap_mm + 1
    wished = (_PROPORTION * width - _TOP - _BOTTOM) / rows
    row_height = min(max(wished, _ROW_HEIGHT_MIN), _ROW_HEIGHT_MAX)
    units_per_mm = row_height / gap_mm
    ground_y = _TOP + row_height + span_mm * units_per_mm
    return TowerDrawing(
        width=width,
        height=ground_y + _BOTTOM,
        left=_LEFT + column / 2,
        units_per_deg=units_per_deg,
        ground_y=ground_y,
        ground_mm=heights[0],
        units_per_mm=units_per_mm,
        cell_width=round(min(column * _FILL, _CELL_WIDTH_MAX), 1),
        cell_height=round(row_height * 0.8, 1),
    )


def drawing_view(site: Site) -> dict[str, object]:
    """What the page's script needs to place the lifts; the ``drawing`` of ``/api/site``."""
    drawing = tower_drawing(site)
    return {
        "left": drawing.left,
        "units_per_deg": drawing.units_per_deg,
        "ground_y": drawing.ground_y,
        "ground_mm": drawing.ground_mm,
        "units_per_mm": drawing.units_per_mm,
        "cell_width": drawing.cell_width,
        "lifts": {
            str(lift.number): {"shuttle_stroke_mm": lift.shuttle.stroke_mm} for lift in site.lifts
        },
    }


def tower_svg(site: Site) -> str:
    """The whole tower at rest, for the operator's page."""
    drawing = tower_drawing(site)
    label = f"{escape(site.tower.name)}: the tower from the side"
    box = f"0 0 {drawing.width:g} {drawing.height:g}"
    parts = [
        f'<svg class="tower" viewBox="{box}" role="img" aria-label="{label}">',
        _car_symbol(),
        *(_level(drawing, level) for level in site.levels),
        *(_slot(drawing, slot) for slot in site.slots.values()),
        *(_bay(drawing, bay, site.level(bay.level).height_mm) for bay in site.bays),
        *_lifts(drawing, site),
        "</svg>",
    ]
    return "\n".join(parts)


def _column_deg(site: Site) -> float:
    """The least angle between two neighbours on a level."""
    gaps: list[float] = []
    for level in site.levels:
        angles = [slot.angle_deg for slot in level.slots]
        angles += [bay.angle_deg for bay in site.bays if bay.level == level.number]
        angles.sort()
        gaps += [right - left for left, right in pairwise(angles)]
        if len(angles) > 1:
            gaps.append(angles[0] + 360.0 - angles[-1])
    return min(gaps, default=360.0)


def _car_symbol() -> str:
    """A car from the side; 100 by 40 units, standing on its lower edge."""
    return (
        '<symbol id="car" viewBox="0 0 100 40" preserveAspectRatio="xMidYMax meet">'
        '<path class="car-body" d="M4 30 q-2 -9 6 -11 l14 -3 q10 -11 24 -12 h10 q14 1 24 12 '
        'q13 2 14 8 v6 q0 3 -3 3 h-86 q-3 0 -3 -3 z"/>'
        '<path class="car-glass" d="M31 16 q7 -8 17 -8.5 v8.5 z M52 7.5 h6 q10 1 17 8.5 h-23 z"/>'
        '<circle class="car-wheel" cx="22" cy="32" r="7"/>'
        '<circle class="car-wheel" cx="78" cy="32" r="7"/></symbol>'
    )


def _level(drawing: TowerDrawing, level: LevelSection) -> str:
    y = drawing.floor_y(level.height_mm)
    return (
        f'<g class="level"><line x1="{_LEFT - 8:g}" x2="{drawing.width:g}" y1="{y}" y2="{y}"/>'
        f'<text x="8" y="{y - drawing.cell_height / 2 + 5:g}">L{level.number}</text></g>'
    )


def _cell(drawing: TowerDrawing, angle_deg: float, height_mm: int) -> tuple[float, float]:
    """Upper left corner of a place."""
    return (
        round(drawing.x(angle_deg) - drawing.cell_width / 2, 1),
        round(drawing.floor_y(height_mm) - drawing.cell_height, 1),
    )


def _slot(drawing: TowerDrawing, slot: SlotSpec) -> str:
    x, y = _cell(drawing, slot.angle_deg, slot.height_mm)
    width, height = drawing.cell_width, drawing.cell_height
    socket = f'<circle class="socket" cx="{width - 9:g}" cy="10" r="3"/>' if slot.socket else ""
    return (
        f'<g class="slot" id="slot-{slot.number}" transform="translate({x} {y})">'
        f"<title>slot {slot.number}</title>"
        f'<rect width="{width}" height="{height}" rx="4"/>{socket}'
        f'<text class="number" x="7" y="15">{slot.number}</text>'
        f'<text class="mark" x="{width / 2 + 4:g}" y="17">?</text>'
        f"{_car(width, height)}</g>"
    )


def _car(width: float, height: float) -> str:
    return (
        f'<use class="car" href="#car" x="{width * 0.08:g}" y="{height * 0.3:g}" '
        f'width="{width * 0.84:g}" height="{height * 0.68:g}"/>'
    )


def _bay(drawing: TowerDrawing, bay: BaySpec, height_mm: int) -> str:
    x, y = _cell(drawing, bay.angle_deg, height_mm)
    width, height = drawing.cell_width, drawing.cell_height
    return (
        f'<g class="bay" id="bay-{bay.number}" transform="translate({x} {y})">'
        f"<title>bay {bay.number}</title>"
        f'<rect class="room" width="{width}" height="{height}" rx="4"/>'
        f'<text class="number" x="7" y="15">Bay {bay.number}</text>'
        f"{_car(width, height)}"
        f'<rect class="door inner" x="-2" y="0" width="6" height="{height}" rx="2"/>'
        f'<rect class="door outer" x="{width - 4:g}" y="0" width="6" height="{height}" rx="2"/>'
        f'<g class="person" transform="translate({width - 20:g} 5)">'
        '<circle cx="6" cy="4" r="4"/><path d="M0 20 q0 -11 6 -11 q6 0 6 11 z"/></g></g>'
    )


def _lifts(drawing: TowerDrawing, site: Site) -> Iterator[str]:
    for lift in site.lifts:
        top = drawing.floor_y(max(_served_heights(site, lift))) - drawing.cell_height - 12
        home_x = drawing.x(lift.park_angle_deg)
        home_y = drawing.floor_y(site.level(lift.park_level).height_mm)
        half, height = drawing.cell_width / 2 + 5, drawing.cell_height + 8
        yield (
            f'<g class="mast" id="mast-{lift.number}" transform="translate({home_x} 0)">'
            f'<line x1="0" x2="0" y1="{top:g}" y2="{drawing.ground_y:g}"/>'
            f'<text x="0" y="{top - 6:g}">Lift {lift.number}</text></g>'
            f'<g class="lift" id="lift-{lift.number}" '
            f'transform="translate({home_x} {home_y})"><title>lift {lift.number}</title>'
            f'<rect class="cab" x="{-half:g}" y="{-height + 3:g}" width="{2 * half:g}" '
            f'height="{height:g}" rx="6"/>'
            f'<g transform="translate({-drawing.cell_width / 2:g} {-drawing.cell_height:g})">'
            f"{_car(drawing.cell_width, drawing.cell_height)}</g>"
            f'<rect class="platform" x="{-half:g}" y="0" width="{2 * half:g}" height="6" rx="3"/>'
            f'<rect class="shuttle" x="{-drawing.cell_width / 2:g}" y="1.5" width="0" '
            'height="3" rx="1.5"/></g>'
        )


def _served_heights(site: Site, lift: LiftSpec) -> Iterable[int]:
    return (site.level(number).height_mm for number in lift.serves_levels)
