"""How the values of a site file must agree with each other; every disagreement is a finding."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from vendtower.domain.list_key import is_weak
from vendtower.domain.site_findings import KeyPath, SiteFinding
from vendtower.domain.site_machine import BaySpec, LevelSection, SlotLine
from vendtower.domain.site_part_relations import part_findings
from vendtower.domain.site_plc import RTU_RECOVERY_S_MAX, PlcRtu, PlcSection
from vendtower.domain.site_sections import DISTANCE_MAX_HIGHEST, SiteSections


@dataclass(frozen=True)
class _Place:
    """A slot or bay, with where it is written."""

    path: KeyPath
    name: str
    level: int
    angle_deg: float


def relation_findings(site: SiteSections) -> tuple[SiteFinding, ...]:
    """Everything that contradicts itself in a file whose values are right one by one."""
    checks: tuple[Callable[[SiteSections], Iterable[SiteFinding]], ...] = (
        _duplicates,
        _languages,
        _level_heights,
        _slot_classes,
        _places_apart,
        _lift_service,
        _lift_loads,
        _bays,
        _kiosks,
        _reach,
        _list_keys,
        _identity,
        _policies,
        part_findings,
    )
    return tuple(finding for check in checks for finding in check(site))


def _slot_lines(site: SiteSections) -> Iterator[tuple[KeyPath, LevelSection, SlotLine]]:
    for at, level in enumerate(site.levels):
        for nth, line in enumerate(level.slots):
            yield ("levels", at, "slots", nth), level, line


def _doubles(what: str, values: Iterable[tuple[KeyPath, object]]) -> Iterator[SiteFinding]:
    """A finding for each value that stands earlier in the list already."""
    seen: set[object] = set()
    for path, value in values:
        if value in seen:
            found = f'"{value}"' if isinstance(value, str) else str(value)
            yield SiteFinding(path, f"{found} again", f"each {what} once")
        seen.add(value)


def _duplicates(site: SiteSections) -> Iterator[SiteFinding]:
    lines = list(_slot_lines(site))
    yield from _doubles("slot number", [((*path, "number"), s.number) for path, _, s in lines])
    sockets = [((*path, "socket"), s.socket) for path, _, s in lines if s.socket is not None]
    yield from _doubles("socket number", sockets)
    numbers: dict[str, list[int]] = {
        "level": [level.number for level in site.levels],
        "lift": [lift.number for lift in site.lifts],
        "bay": [bay.number for bay in site.bays],
        "kiosk": [kiosk.number for kiosk in site.kiosks],
    }
    for what, given in numbers.items():
        rows = [((f"{what}s", at, "number"), number) for at, number in enumerate(given)]
        yield from _doubles(f"{what} number", rows)
    kiosks = list(enumerate(site.kiosks))
    yield from _doubles("camera", [(("kiosks", at, "camera"), k.camera) for at, k in kiosks])
    boards = [(("kiosks", at, "board"), k.board) for at, k in kiosks if k.board is not None]
    yield from _doubles("board", boards)
    for at, lift in enumerate(site.lifts):
        for key, served in (
            ("serves_levels", lift.serves_levels),
            ("serves_bays", lift.serves_bays),
        ):
            numbered: list[tuple[KeyPath, object]] = [
                (("lifts", at, key, nth), number) for nth, number in enumerate(served)
            ]
            yield from _doubles("number", numbered)


def _languages(site: SiteSections) -> Iterator[SiteFinding]:
    tags = site.tower.languages
    yield from _doubles(
        "language", [(("tower", "languages", nth), tag) for nth, tag in enumerate(tags)]
    )


def _level_heights(site: SiteSections) -> Iterator[SiteFinding]:
    """Levels stand one above the other, with room for the cars between them."""
    in_order = sorted(enumerate(site.levels), key=lambda row: row[1].number)
    for (at, low), (above, high) in pairwise(in_order):
        if low.number == high.number:
            continue
        room_mm = high.height_mm - low.height_mm
        if room_mm <= 0:
            yield SiteFinding(
                ("levels", above, "height_mm"),
                str(high.height_mm),
                f"more than {low.height_mm} mm, the height of level {low.number}",
            )
            continue
        for nth, line in enumerate(low.slots):
            limits = site.slot_classes.get(line.class_name)
            if limits is not None and limits.height_mm_max > room_mm:
                yield SiteFinding(
                    ("levels", at, "slots", nth, "class"),
                    f'"{line.class_name}" with cars of {limits.height_mm_max} mm',
                    f"a class that fits beneath level {high.number}, {room_mm} mm above",
                )


def _slot_classes(site: SiteSections) -> Iterator[SiteFinding]:
    known = ", ".join(f'"{name}"' for name in site.slot_classes)
    for path, _, line in _slot_lines(site):
        if line.class_name not in site.slot_classes:
            yield SiteFinding(
                (*path, "class"), f'"{line.class_name}"', f"one of slot_classes: {known}"
            )


def _places_apart(site: SiteSections) -> Iterator[SiteFinding]:
    """No two places of one level overlap on the circle around the shaft."""
    numbers = [level.number for level in site.levels]
    if len(set(numbers)) < len(numbers):
        return  # Two levels of one number put everything on the second in doubt; said elsewhere.
    places = [
        _Place((*path, "angle_deg"), f"slot {line.number}", level.number, line.angle_deg)
        for path, level, line in _slot_lines(site)
    ]
    places += [
        _Place(("bays", at, "angle_deg"), f"bay {bay.number}", bay.level, bay.angle_deg)
        for at, bay in enumerate(site.bays)
    ]
    apart_deg_min = site.tower.place_spacing_deg_min
    for nth, place in enumerate(places):
        for other in places[:nth]:
            turn_deg = abs(place.angle_deg - other.angle_deg)
            apart_deg = min(turn_deg, 360 - turn_deg)
            if place.level == other.level and apart_deg < apart_deg_min:
                yield SiteFinding(
                    place.path,
                    f"{place.angle_deg:g}",
                    f"at least {apart_deg_min:g} deg from {other.name} on level {place.level} "
                    f"at {other.angle_deg:g} deg",
                )


def _lift_service(site: SiteSections) -> Iterator[SiteFinding]:
    levels = {level.number for level in site.levels}
    bays = {bay.number: bay for bay in site.bays}
    for at, lift in enumerate(site.lifts):
        for nth, number in enumerate(lift.serves_levels):
            if number not in levels:
                path = ("lifts", at, "serves_levels", nth)
                yield SiteFinding(path, str(number), f"a level of the tower: {_names(levels)}")
        for nth, number in enumerate(lift.serves_bays):
            path = ("lifts", at, "serves_bays", nth)
            bay = bays.get(number)
            if bay is None:
                yield SiteFinding(path, str(number), f"a bay of the tower: {_names(bays)}")
            elif bay.level not in lift.serves_levels:
                expected = f"bays on the lift's levels {_names(lift.serves_levels)}"
                yield SiteFinding(path, f"{number}, which is on level {bay.level}", expected)
        if lift.park_level not in lift.serves_levels:
            expected = f"a level that the lift serves: {_names(lift.serves_levels)}"
            yield SiteFinding(("lifts", at, "park_level"), str(lift.park_level), expected)


def _lift_loads(site: SiteSections) -> Iterator[SiteFinding]:
    """A lift carries whatever may stand where it reaches."""
    for at, lift in enumerate(site.lifts):
        reached = [
            (f"slot class {line.class_name}", site.slot_classes[line.class_name].weight_kg_max)
            for _, level, line in _slot_lines(site)
            if level.number in lift.serves_levels and line.class_name in site.slot_classes
        ]
        reached += [
            (f"bay {bay.number}", bay.weight_kg_max)
            for bay in site.bays
            if bay.number in lift.serves_bays
        ]
        if not reached:
            continue
        name, weight_kg = max(reached, key=lambda row: row[1])
        if weight_kg > lift.load_kg_max:
            expected = f"at least {weight_kg} kg, which {name} admits"
            yield SiteFinding(("lifts", at, "load_kg_max"), str(lift.load_kg_max), expected)


def _bays(site: SiteSections) -> Iterator[SiteFinding]:
    levels = {level.number for level in site.levels}
    for at, bay in enumerate(site.bays):
        if bay.level not in levels:
            expected = f"a level of the tower: {_names(levels)}"
            yield SiteFinding(("bays", at, "level"), str(bay.level), expected)


def _kiosks(site: SiteSections) -> Iterator[SiteFinding]:
    bays = {bay.number for bay in site.bays}
    for at, kiosk in enumerate(site.kiosks):
        if kiosk.bay not in bays:
            expected = f"a bay of the tower: {_names(bays)}"
            yield SiteFinding(("kiosks", at, "bay"), str(kiosk.bay), expected)
    yield from _key_cabinets(site)
    stands = [(("kiosks", at, "bay"), kiosk.bay) for at, kiosk in enumerate(site.kiosks)]
    yield from _doubles("bay", stands)
    served = {kiosk.bay for kiosk in site.kiosks}
    for at, bay in enumerate(site.bays):
        if bay.number not in served:
            found = f"{bay.number}, where no kiosk stands"
            yield SiteFinding(("bays", at, "number"), found, "a kiosk with this bay")


def _key_cabinets(site: SiteSections) -> Iterator[SiteFinding]:
    taken: set[int] = set()
    for at, kiosk in enumerate(site.kiosks):
        if kiosk.key_cabinet is None:
            continue
        path: KeyPath = ("kiosks", at, "key_cabinet")
        if kiosk.board is None:
            yield SiteFinding(path, "a key cabinet without a board", "the kiosk's `board` as well")
        numbers = set(kiosk.key_cabinet.numbers)
        if double := sorted(taken & numbers):
            expected = "numbers that no other cabinet has"
            yield SiteFinding((*path, "first"), f"compartment {double[0]} again", expected)
        taken |= numbers


def _reach(site: SiteSections) -> Iterator[SiteFinding]:
    """Every slot and every bay is reached by some lift."""
    levels = {number for lift in site.lifts for number in lift.serves_levels}
    bays = {number for lift in site.lifts for number in lift.serves_bays}
    for at, level in enumerate(site.levels):
        if level.slots and level.number not in levels:
            found = f"{level.number}, which no lift serves"
            yield SiteFinding(("levels", at, "number"), found, "a lift that serves the level")
    for at, bay in enumerate(site.bays):
        if bay.number not in bays:
            found = f"{bay.number}, which no lift serves"
            yield SiteFinding(("bays", at, "number"), found, "a lift that serves the bay")


def _policies(site: SiteSections) -> Iterator[SiteFinding]:
    policies = site.policies
    timeout_s = site.plc.request_timeout_s
    if timeout_s is not None and policies.snapshot_age_s_max <= timeout_s:
        yield SiteFinding(
            ("policies", "snapshot_age_s_max"),
            f"{policies.snapshot_age_s_max:g}",
            f"more than plc.request_timeout_s, {timeout_s:g} s",
        )
    yield from _serial_recovery(site.plc)
    slowest = max(site.bays, key=_door_cycle_s)
    if policies.bay_clear_timeout_s <= _door_cycle_s(slowest):
        yield SiteFinding(
            ("policies", "bay_clear_timeout_s"),
            f"{policies.bay_clear_timeout_s:g}",
            f"more than {_door_cycle_s(slowest):g} s, the outer door of bay {slowest.number} "
            "opening and closing",
        )


def _serial_recovery(plc: PlcSection) -> Iterator[SiteFinding]:
    """One lost answer must not keep the heartbeat away until the PLC stops the tower."""
    if not isinstance(plc, PlcRtu) or plc.request_timeout_s is None or plc.quiet_s is None:
        return
    if plc.request_timeout_s + plc.quiet_s > RTU_RECOVERY_S_MAX:
        yield SiteFinding(
            ("plc", "quiet_s"),
            f"{plc.quiet_s:g}, with plc.request_timeout_s {plc.request_timeout_s:g}",
            f"at most {RTU_RECOVERY_S_MAX:g} s together, or the PLC stops the tower for one "
            "lost answer",
        )


def _list_keys(site: SiteSections) -> Iterator[SiteFinding]:
    """A list that nobody signs is a decision to be written down, never an oversight."""
    if site.cloud.list_signature == "required" and not site.cloud.list_keys:
        yield SiteFinding(
            ("cloud", "list_keys"),
            "none",
            'a key of the cloud that signs the list, or list_signature = "not_required"',
        )
    ids = [(("cloud", "list_keys", at, "id"), k.id) for at, k in enumerate(site.cloud.list_keys)]
    yield from _doubles("id", ids)
    for at, key in enumerate(site.cloud.list_keys):
        if is_weak(key.ed25519):
            path = ("cloud", "list_keys", at, "ed25519")
            yield SiteFinding(
                path, f'"{key.ed25519}"', "another key: anybody can sign for this one"
            )


def _identity(site: SiteSections) -> Iterator[SiteFinding]:
    """A limit of one engine means "everybody" to the other."""
    engine, distance_max = site.identity.engine, site.identity.distance_max
    highest = DISTANCE_MAX_HIGHEST[engine]
    if distance_max is not None and distance_max > highest:
        yield SiteFinding(
            ("identity", "distance_max"),
            f"{distance_max:g}",
            f'at most {highest:g}, beyond which the engine "{engine}" takes strangers',
        )


def _door_cycle_s(bay: BaySpec) -> float:
    return 2 * bay.outer_door_travel_s


def _names(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in sorted(numbers))
