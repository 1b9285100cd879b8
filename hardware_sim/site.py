"""The parts of a tower's site file which its mechanics and its PLC need.

The simulator reads the same file as the controller, with a reader of its own: a mistake in
the controller's reading then shows as a disagreement instead of being shared.
Lengths are millimetres, weights kilograms, angles degrees, times seconds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class SiteError(ValueError):
    """The site file lacks something or contradicts itself; the message says what and where."""


@dataclass(frozen=True, slots=True)
class SlotClass:
    """What a car may measure to stand in a slot of this class."""

    name: str
    length_mm_max: int
    width_mm_max: int
    height_mm_max: int
    weight_kg_max: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One parking place; `socket` is its charging socket's number, if it has one."""

    number: int
    level: int
    height_mm: float
    angle_deg: float
    slot_class: SlotClass
    socket: int | None


@dataclass(frozen=True, slots=True)
class AxisKinematics:
    """Limits of one axis, in its own unit (mm or degrees) per second and second squared."""

    speed: float
    acceleration: float


@dataclass(frozen=True, slots=True)
class Lift:
    """One lift: a hoist, a turntable on it, and a shuttle that reaches into slots and bays."""

    number: int
    shaft: str
    """Lifts of one shaft stand in each other's way."""
    serves_levels: tuple[int, ...]
    serves_bays: tuple[int, ...]
    load_kg_max: int
    park_height_mm: float
    fire_height_mm: float
    """Where it goes on fire: the level `fire_level`, or the park level where none is given."""
    park_angle_deg: float
    hoist: AxisKinematics
    turntable: AxisKinematics
    shuttle: AxisKinematics
    stroke_mm: float
    car_transfer_extra_s: float


@dataclass(frozen=True, slots=True)
class Bay:
    """One transfer bay with an inner door to the shaft and an outer door to the street."""

    number: int
    level: int
    height_mm: float
    angle_deg: float
    length_mm_max: int
    width_mm_max: int
    height_mm_max: int
    weight_kg_max: int
    inner_door_travel_s: float
    outer_door_travel_s: float


@dataclass(frozen=True, slots=True)
class PlcAddress:
    """What the PLC is called on its line; where it is, the simulation decides."""

    device_id: int


@dataclass(frozen=True, slots=True)
class Site:
    """The tower as its mechanics see it; each mapping is keyed by the painted number."""

    tower_id: str
    site_id: int
    slots: Mapping[int, Slot]
    lifts: Mapping[int, Lift]
    bays: Mapping[int, Bay]
    plc: PlcAddress
    sockets: Mapping[int, int] = field(default_factory=dict)
    """Slot number of each charging socket."""


def read_site(path: Path | str) -> Site:
    """Read a site file; raises `SiteError` for what is missing or wrong, `OSError` as it comes."""
    try:
        with Path(path).open("rb") as file:
            tables = tomllib.load(file)
    except tomllib.TOMLDecodeError as error:
        raise SiteError(f"{path}: not valid TOML: {error}") from error
    return site_from_tables(tables)


def site_from_tables(tables: Mapping[str, Any]) -> Site:
    """Build a site from the tables of a site file; raises `SiteError`."""
    try:
        heights_mm = {int(row["number"]): float(row["height_mm"]) for row in tables["levels"]}
        classes = {
            name: SlotClass(name=name, **_whole_numbers(row, _LIMITS))
            for name, row in tables["slot_classes"].items()
        }
        slots = _slots(tables["levels"], classes)
        bays = [_bay(row, heights_mm) for row in tables["bays"]]
        lifts = [_lift(row, heights_mm) for row in tables["lifts"]]
        site = Site(
            tower_id=str(tables["tower"]["id"]),
            site_id=int(tables["tower"]["site_id"]),
            slots={slot.number: slot for slot in slots},
            lifts={lift.number: lift for lift in lifts},
            bays={bay.number: bay for bay in bays},
            plc=_plc(tables["plc"]),
            sockets={slot.socket: slot.number for slot in slots if slot.socket is not None},
        )
    except KeyError as error:
        raise SiteError(f"site file: {error.args[0]!r} is missing") from error
    except (TypeError, AttributeError) as error:
        raise SiteError(f"site file: a value has the wrong shape: {error}") from error
    _refuse_doubles("slot", [slot.number for slot in slots])
    _refuse_doubles("bay", [bay.number for bay in bays])
    _refuse_doubles("lift", [lift.number for lift in lifts])
    return site


_LIMITS = ("length_mm_max", "width_mm_max", "height_mm_max", "weight_kg_max")


def _whole_numbers(row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, int]:
    return {name: int(row[name]) for name in names}


def _slots(levels: list[Mapping[str, Any]], classes: Mapping[str, SlotClass]) -> list[Slot]:
    slots = []
    for level in levels:
        for row in level["slots"]:
            socket = row.get("socket")
            slots.append(
                Slot(
                    number=int(row["number"]),
                    level=int(level["number"]),
                    height_mm=float(level["height_mm"]),
                    angle_deg=float(row["angle_deg"]) % 360.0,
                    slot_class=classes[row["class"]],
                    socket=None if socket is None else int(socket),
                )
            )
    return slots


def _bay(row: Mapping[str, Any], heights_mm: Mapping[int, float]) -> Bay:
    return Bay(
        number=int(row["number"]),
        level=int(row["level"]),
        height_mm=heights_mm[int(row["level"])],
        angle_deg=float(row["angle_deg"]) % 360.0,
        inner_door_travel_s=float(row["inner_door_travel_s"]),
        outer_door_travel_s=float(row["outer_door_travel_s"]),
        **_whole_numbers(row, _LIMITS),
    )


def _lift(row: Mapping[str, Any], heights_mm: Mapping[int, float]) -> Lift:
    hoist, turntable, shuttle = row["hoist"], row["turntable"], row["shuttle"]
    return Lift(
        number=int(row["number"]),
        shaft=str(row["shaft"]),
        serves_levels=tuple(int(level) for level in row["serves_levels"]),
        serves_bays=tuple(int(bay) for bay in row["serves_bays"]),
        load_kg_max=int(row["load_kg_max"]),
        park_height_mm=heights_mm[int(row["park_level"])],
        fire_height_mm=heights_mm[int(row.get("fire_level", row["park_level"]))],
        park_angle_deg=float(row["park_angle_deg"]) % 360.0,
        hoist=_axis("hoist", hoist["speed_mm_s"], hoist["acceleration_mm_s2"]),
        turntable=_axis("turntable", turntable["speed_deg_s"], turntable["acceleration_deg_s2"]),
        shuttle=_axis("shuttle", shuttle["speed_mm_s"], shuttle["acceleration_mm_s2"]),
        stroke_mm=float(shuttle["stroke_mm"]),
        car_transfer_extra_s=float(row["car_transfer_extra_s"]),
    )


def _axis(name: str, speed: float, acceleration: float) -> AxisKinematics:
    if not (speed > 0 and acceleration > 0):
        raise SiteError(
            f"site file: {name} has speed {speed} and acceleration {acceleration}, "
            "expected both above 0"
        )
    return AxisKinematics(speed=float(speed), acceleration=float(acceleration))


def _plc(row: Mapping[str, Any]) -> PlcAddress:
    return PlcAddress(device_id=int(row.get("device_id", 1)))


def _refuse_doubles(what: str, numbers: list[int]) -> None:
    doubles = sorted({number for number in numbers if numbers.count(number) > 1})
    if doubles:
        raise SiteError(f"site file: {what} {doubles} stands in it more than once")
