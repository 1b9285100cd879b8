"""How the parts of a site file must agree with the tower that they belong to."""

from collections.abc import Iterator

from vendtower.domain.site_findings import SiteFinding
from vendtower.domain.site_parts import DOOR_COUNTERS, LIFT_COUNTERS, PartSpec
from vendtower.domain.site_sections import SiteSections


def part_findings(site: SiteSections) -> Iterator[SiteFinding]:
    """Everything about the parts that cannot be."""
    seen: set[str] = set()
    for at, part in enumerate(site.parts):
        if part.id in seen:
            found = f'"{part.id}" again'
            yield SiteFinding(("parts", at, "id"), found, "each part's id once")
        seen.add(part.id)
        yield from _place(site, at, part)
        yield from _intervals(at, part)


def _place(site: SiteSections, at: int, part: PartSpec) -> Iterator[SiteFinding]:
    if part.lift is not None and part.bay is not None:
        yield SiteFinding(("parts", at, "bay"), f"{part.bay} beside a lift", "a lift or a bay")
    if part.lift is not None and part.lift not in {lift.number for lift in site.lifts}:
        lifts = ", ".join(str(lift.number) for lift in site.lifts)
        yield SiteFinding(("parts", at, "lift"), str(part.lift), f"a lift of the tower: {lifts}")
    if part.bay is not None and part.bay not in {bay.number for bay in site.bays}:
        bays = ", ".join(sorted({str(bay.number) for bay in site.bays}))
        yield SiteFinding(("parts", at, "bay"), str(part.bay), f"a bay of the tower: {bays}")
    if part.counts is None or part.counter is None:
        return
    if (part.counter in LIFT_COUNTERS and part.lift is None) or (
        part.counter in DOOR_COUNTERS and part.bay is None
    ):
        needs = "a lift" if part.counter in LIFT_COUNTERS else "a bay"
        found = f'"{part.counts}" at {part.place}'
        yield SiteFinding(("parts", at, "counts"), found, f"what is counted at {needs}")


def _intervals(at: int, part: PartSpec) -> Iterator[SiteFinding]:
    counts = {"inspect_count": part.inspect_count, "life_count": part.life_count}
    for key, value in counts.items():
        if value is not None and part.counter is None:
            yield SiteFinding(("parts", at, key), str(value), "a part of a lift or a bay")
    if part.life_hours is not None and part.lift is None:
        yield SiteFinding(("parts", at, "life_hours"), str(part.life_hours), "a part of a lift")
    given = (*counts.values(), part.inspect_days, part.life_days, part.life_hours)
    if all(value is None for value in given):
        yield SiteFinding(("parts", at, "id"), f'"{part.id}"', "an interval or a life for it")
