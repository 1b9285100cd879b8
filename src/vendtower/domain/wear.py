"""What wears: counters that outlive the PLC they come from, and what is due on each part.

A PLC counts since its own commissioning and begins at nought when it is replaced. The tower's
counters go on: they add up differences, and a counter that jumps is told and not believed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from vendtower.domain.site_parts import Counter, PartSpec

COUNTS_PER_S_MAX = 1.0
"""No lift and no door does more than one cycle a second; more is another PLC's number."""

COUNTS_MARGIN = 100.0
"""A jump smaller than this is not told apart from cycles done while nobody looked."""

_S_PER_H = 3600.0
_S_PER_DAY = 86_400.0


@dataclass(frozen=True)
class Meter:
    """One of the tower's counters."""

    place: str
    """``lift 1`` or ``bay 2``."""
    counter: Counter
    total: float
    """Since the tower was first watched: counts, hours, or kilowatt hours."""
    shown: float
    """What its source showed last."""
    seen_utc: datetime

    @property
    def key(self) -> str:
        """Names the meter in the journal."""
        return f"{self.place} {self.counter.value}"


@dataclass(frozen=True)
class Jump:
    """A source that does not go on where it was: a PLC was replaced, or has lost its memory."""

    meter: Meter
    """As it was before."""
    shown: float

    def __str__(self) -> str:
        was = self.meter
        return (
            f"{was.place}: the PLC's {was.counter.value} went from {was.shown:g} to "
            f"{self.shown:g}; the tower's own counter goes on at {was.total:g}"
        )


def read_on(
    before: Meter | None, place: str, counter: Counter, shown: float, utc: datetime
) -> tuple[Meter, Jump | None]:
    """The meter after its source was read; with the jump when it did not simply go on.

    A meter that is new begins with what its source shows. One that falls back, or leaps by more
    than the time between can explain, keeps its total and goes on from the new number.
    """
    if before is None:
        return Meter(place, counter, shown, shown, utc), None
    gone = shown - before.shown
    elapsed_s = max(0.0, (utc - before.seen_utc).total_seconds())
    if gone < 0 or gone > _most(counter, elapsed_s):
        return replace(before, shown=shown, seen_utc=utc), Jump(before, shown)
    return replace(before, total=before.total + gone, shown=shown, seen_utc=utc), None


def _most(counter: Counter, elapsed_s: float) -> float:
    """The most that a counter can have gained in this time."""
    if counter is Counter.HOURS:
        return elapsed_s / _S_PER_H + 1.0
    if counter is Counter.ENERGY_KWH:
        return 200.0 * elapsed_s / _S_PER_H + 100.0  # no lift takes 200 kW on average
    return COUNTS_PER_S_MAX * elapsed_s + COUNTS_MARGIN


class Care(Enum):
    """What was done about a part."""

    FIRST_SEEN = "first_seen"
    """The part came into the site file; its clocks begin here."""
    INSPECTED = "inspected"
    REPLACED = "replaced"


@dataclass(frozen=True)
class SignOff:
    """One line of a part's record, never changed afterwards."""

    part_id: str
    care: Care
    utc: datetime
    by: str
    note: str
    count: float
    """The part's counter at that time; 0 for a part without one."""
    hours: float
    """Running hours of its lift at that time; 0 for a part without a lift."""


class Due(Enum):
    """How far a part is; the later ones are the worse."""

    FINE = "fine"
    SOON = "soon"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class PartState:
    """A part as it stands now."""

    spec: PartSpec
    inspection: Due
    life: Due
    inspection_share: float
    """Of the interval, 1 is due; the largest of days and counts."""
    life_share: float
    last: SignOff
    """The last inspection, replacement or first sight."""
    fitted: SignOff
    """The last replacement or first sight."""
    count: float
    """The part's counter since it was fitted."""
    hours: float

    @property
    def worst(self) -> Due:
        """The worse of inspection and life."""
        order = list(Due)
        return max(self.inspection, self.life, key=order.index)

    def __str__(self) -> str:
        said = []
        for due, share, what in (
            (self.inspection, self.inspection_share, "inspection"),
            (self.life, self.life_share, "life"),
        ):
            if due is not Due.FINE:
                said.append(
                    f"{what} {'overdue' if due is Due.OVERDUE else 'due soon'} ({share:.0%})"
                )
        return f"{self.spec.name} ({self.spec.id}): {', '.join(said) or 'nothing due'}"


def reading_of(part: PartSpec, meters: Mapping[str, Meter]) -> tuple[float, float]:
    """The part's counter and its lift's running hours as they are now."""
    counter = part.counter
    counted = None if counter is None else meters.get(f"{part.place} {counter.value}")
    hours = meters.get(f"{part.place} {Counter.HOURS.value}")
    return counted.total if counted else 0.0, hours.total if hours else 0.0


def part_state(
    part: PartSpec,
    records: Iterable[SignOff],
    meters: Mapping[str, Meter],
    now: datetime,
    *,
    warn_share: float,
) -> PartState | None:
    """How a part stands; None before it was first seen.

    ``records`` are the part's own, in the order in which they were made. An inspection's interval
    counts from the last sign-off of any kind, a life from the last replacement.
    """
    lines = list(records)
    if not lines:
        return None
    last = lines[-1]
    fitted = next((each for each in reversed(lines) if each.care is not Care.INSPECTED), lines[0])
    count, hours = reading_of(part, meters)
    inspection = max(
        _share((now - last.utc).total_seconds() / _S_PER_DAY, part.inspect_days),
        _share(count - last.count, part.inspect_count),
    )
    life = max(
        _share((now - fitted.utc).total_seconds() / _S_PER_DAY, part.life_days),
        _share(count - fitted.count, part.life_count),
        _share(hours - fitted.hours, part.life_hours),
    )
    return PartState(
        spec=part,
        inspection=_due(inspection, warn_share),
        life=_due(life, warn_share),
        inspection_share=inspection,
        life_share=life,
        last=last,
        fitted=fitted,
        count=count - fitted.count,
        hours=hours - fitted.hours,
    )


def _share(used: float, whole: float | None) -> float:
    return 0.0 if whole is None else max(0.0, used / whole)


def _due(share: float, warn_share: float) -> Due:
    if share >= 1:
        return Due.OVERDUE
    return Due.SOON if share >= warn_share else Due.FINE
