"""The site file's sections for what is built: levels, slots, lifts, bays and their kiosks.

Lengths are millimetres, weights kilograms, angles degrees counter-clockwise from north, times
seconds.
"""

from typing import Annotated

from pydantic import Field

from vendtower.domain.site_base import FilePath, SiteSection
from vendtower.domain.site_bay_side import KeyCabinetSection
from vendtower.domain.vehicle import Vehicle

SLOT_NUMBER_MAX = 511
SOCKET_NUMBER_MAX = 511
LIFT_NUMBER_MAX = 4
BAY_NUMBER_MAX = 8
"""What the PLC contract has room for."""

SlotNumber = Annotated[int, Field(ge=1, le=SLOT_NUMBER_MAX)]
LevelNumber = Annotated[int, Field(ge=1, le=99)]
LiftNumber = Annotated[int, Field(ge=1, le=LIFT_NUMBER_MAX)]
BayNumber = Annotated[int, Field(ge=1, le=BAY_NUMBER_MAX)]
AngleDeg = Annotated[float, Field(ge=0, lt=360)]
LengthMm = Annotated[int, Field(ge=1, le=20_000)]
WeightKg = Annotated[int, Field(ge=1, le=10_000)]
RateMmS = Annotated[float, Field(gt=0, le=20_000)]
RateDegS = Annotated[float, Field(gt=0, le=360)]


class SizeLimits(SiteSection):
    """What a car may measure to stand in a place."""

    length_mm_max: LengthMm = Field(description="The longest car.")
    width_mm_max: LengthMm = Field(description="The widest car.")
    height_mm_max: LengthMm = Field(description="The highest car.")
    weight_kg_max: WeightKg = Field(description="The heaviest car.")

    def admits(self, vehicle: Vehicle) -> bool:
        """Whether the car is within all four limits."""
        return (
            vehicle.length_mm <= self.length_mm_max
            and vehicle.width_mm <= self.width_mm_max
            and vehicle.height_mm <= self.height_mm_max
            and vehicle.weight_kg <= self.weight_kg_max
        )


class SlotLine(SiteSection):
    """One storage place, as a line of its level."""

    number: SlotNumber = Field(description="The number painted in the tower, and the PLC's.")
    angle_deg: AngleDeg = Field(description="Where the turntable points to reach it.")
    class_name: str = Field(alias="class", description="A name under `slot_classes`.")
    socket: int | None = Field(
        default=None,
        ge=1,
        le=SOCKET_NUMBER_MAX,
        description="The charging socket's number; leave out where there is none.",
    )


class LevelSection(SiteSection):
    """One storey of the tower."""

    number: LevelNumber = Field(description="Counted upward.")
    height_mm: int = Field(
        ge=-50_000, le=200_000, description="The hoist's position at this level."
    )
    slots: tuple[SlotLine, ...] = Field(
        default=(), strict=False, description="The storage places of the level."
    )


class HoistSection(SiteSection):
    """The vertical axis of a lift."""

    speed_mm_s: RateMmS = Field(description="Highest speed.")
    acceleration_mm_s2: RateMmS = Field(description="Acceleration, and deceleration.")


class TurntableSection(SiteSection):
    """The rotating axis of a lift; it may turn either way without end."""

    speed_deg_s: RateDegS = Field(description="Highest speed.")
    acceleration_deg_s2: RateDegS = Field(description="Acceleration, and deceleration.")


class ShuttleSection(SiteSection):
    """The axis that reaches into a slot or bay and carries the car."""

    stroke_mm: LengthMm = Field(description="From the lift's middle into the place.")
    speed_mm_s: RateMmS = Field(description="Highest speed.")
    acceleration_mm_s2: RateMmS = Field(description="Acceleration, and deceleration.")


class LiftSpec(SiteSection):
    """One lift."""

    number: LiftNumber = Field(description="The PLC's number.")
    shaft: str = Field(min_length=1, description="Lifts of one shaft never move at one time.")
    serves_levels: tuple[LevelNumber, ...] = Field(
        strict=False, min_length=1, description="Levels that the lift reaches."
    )
    serves_bays: tuple[BayNumber, ...] = Field(
        strict=False, min_length=1, description="Bays that the lift reaches."
    )
    load_kg_max: WeightKg = Field(description="The heaviest car that it lifts.")
    park_level: LevelNumber = Field(description="Where it waits after homing and parking.")
    fire_level: LevelNumber | None = Field(
        default=None,
        description="Where the PLC brings it on fire, and where the controller expects it then; "
        "left out: the park level.",
    )
    park_angle_deg: AngleDeg = Field(description="Where it points while it waits.")
    hoist: HoistSection
    turntable: TurntableSection
    shuttle: ShuttleSection
    car_transfer_extra_s: float = Field(
        ge=0,
        le=120,
        description="Gripping or releasing the car, each time the shuttle reaches out.",
    )


class BaySpec(SizeLimits):
    """One transfer room between tower and street; the limits are those of its profile gauge."""

    number: BayNumber = Field(description="The number painted in the tower, and the PLC's.")
    level: LevelNumber = Field(description="The level it stands on.")
    angle_deg: AngleDeg = Field(description="Where the turntable points to reach it.")
    inner_door_travel_s: float = Field(gt=0, le=120, description="Opening or closing, each.")
    outer_door_travel_s: float = Field(gt=0, le=120, description="Opening or closing, each.")
    axle_kg_max: WeightKg | None = Field(
        default=None, description="The heaviest axle of a car; leave out for no limit."
    )
    offset_mm_max: LengthMm = Field(
        default=150, description="A car stands at most this far off the bay's middle."
    )
    cameras: tuple[Annotated[str, Field(pattern=r"^https?://.")], ...] = Field(
        default=(),
        strict=False,
        max_length=4,
        description="URLs that each give one JPEG of the bay, for evidence of the car's condition.",
    )


class KioskSpec(SiteSection):
    """The touch screen, camera and I/O board at a bay."""

    number: BayNumber = Field(description="The kiosk's number.")
    bay: BayNumber = Field(description="The bay it stands at; each bay has exactly one kiosk.")
    camera: Annotated[int, Field(ge=0, le=63)] | Annotated[str, Field(min_length=1)] = Field(
        description="A local camera's number or path, or the URL of a network camera."
    )
    board: FilePath | None = Field(
        default=None,
        description="The I/O board's serial device; leave out where there is none.",
    )
    key_cabinet: KeyCabinetSection | None = Field(
        default=None,
        description="The board's key cabinet; without one staff hand over the keys.",
    )
