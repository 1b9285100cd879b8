"""The sections of the site file, one frozen model each; `site.py` puts them together.

Lengths are millimetres, weights kilograms, angles degrees counter-clockwise from north, times
seconds. Each model says what a value alone may be; how values must agree with each other is in
`site_relations.py`. The descriptions become `docs/site_file.md`.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from vendtower.domain.site_base import FilePath, SiteSection
from vendtower.domain.site_bay_side import ConditionSection, KeyCabinetSection
from vendtower.domain.site_parts import PartSpec
from vendtower.domain.vehicle import Vehicle

SLOT_NUMBER_MAX = 512
SOCKET_NUMBER_MAX = 512
LIFT_NUMBER_MAX = 4
BAY_NUMBER_MAX = 8
"""What the PLC contract has room for."""

RTU_RECOVERY_S_MAX = 0.35
"""Time-out and quiet time of a serial line together. The PLC stops the tower after 600 ms without
a heartbeat; one is due every 200 ms, and 50 ms are left for sending it."""

SlotNumber = Annotated[int, Field(ge=1, le=SLOT_NUMBER_MAX)]
LevelNumber = Annotated[int, Field(ge=1, le=99)]
LiftNumber = Annotated[int, Field(ge=1, le=LIFT_NUMBER_MAX)]
BayNumber = Annotated[int, Field(ge=1, le=BAY_NUMBER_MAX)]
AngleDeg = Annotated[float, Field(ge=0, lt=360)]
LengthMm = Annotated[int, Field(ge=1, le=20_000)]
WeightKg = Annotated[int, Field(ge=1, le=10_000)]
RateMmS = Annotated[float, Field(gt=0, le=20_000)]
RateDegS = Annotated[float, Field(gt=0, le=360)]


class TowerSection(SiteSection):
    """The tower's identity."""

    id: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,62}$",
        json_schema_extra={"expects": "up to 63 lower-case letters, digits and hyphens"},
        description="Names the tower toward the cloud.",
    )
    name: str = Field(min_length=1, description="What people call it.")
    site_id: int = Field(ge=1, le=4_294_967_295, description="The PLC must report the same number.")
    timezone: str = Field(min_length=1, description="IANA name of the tower's time zone.")
    languages: tuple[Literal["en", "fr", "zh-Hans"], ...] = Field(
        strict=False,
        min_length=1,
        description="Languages of the kiosks; the first is the one they start with.",
    )
    place_spacing_deg_min: float = Field(
        default=10.0,
        gt=0,
        le=180,
        description="Slots and bays of one level stand at least this far apart.",
    )


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
        description="A local camera's number, or the URL of a network camera."
    )
    board: FilePath | None = Field(
        default=None,
        description="The I/O board's serial device; leave out where there is none.",
    )
    key_cabinet: KeyCabinetSection | None = Field(
        default=None,
        description="The board's key cabinet; without one staff hand over the keys.",
    )


class PlcTcp(SiteSection):
    """A PLC on Modbus TCP."""

    transport: Literal["tcp"] = Field(default="tcp", description="The wire.")
    host: str = Field(min_length=1, description="Host name or IP address of the PLC.")
    port: int = Field(default=502, ge=1, le=65_535, description="TCP port of the PLC.")
    device_id: int = Field(default=1, ge=0, le=255, description="Modbus unit identifier.")
    request_timeout_s: float = Field(
        default=0.3, gt=0, le=5, description="An answer later than this counts as none."
    )


class PlcRtu(SiteSection):
    """A PLC on a serial line, Modbus RTU."""

    transport: Literal["rtu"] = Field(description="The wire.")
    serial_device: FilePath = Field(description="The serial line's device file.")
    baud: Literal[115_200, 230_400, 460_800, 921_600] = Field(
        default=115_200, description="Bits per second."
    )
    parity: Literal["even", "odd", "none"] = Field(
        default="even", description="Parity bit; `none` means two stop bits, else one."
    )
    device_id: int = Field(default=1, ge=1, le=247, description="Modbus device address.")
    request_timeout_s: float | None = Field(
        default=None,
        ge=0.08,
        le=0.3,
        description="An answer later than this counts as lost; leave out to have it computed from "
        "the baud rate (docs/modbus_rtu.md).",
    )
    quiet_s: float | None = Field(
        default=None,
        ge=0.03,
        le=0.2,
        description="How long the line is left alone after a lost answer, so that a late one is "
        "not taken for the next; leave out to have it computed from the baud rate.",
    )


def _transport(section: object) -> object:
    """Which kind of PLC section this is; a section without the key means TCP."""
    if isinstance(section, Mapping):
        return section.get("transport", "tcp")
    return getattr(section, "transport", "tcp")


PlcSection = Annotated[
    Annotated[PlcTcp, Tag("tcp")] | Annotated[PlcRtu, Tag("rtu")], Discriminator(_transport)
]


class CloudSection(SiteSection):
    """The operator's reservation cloud."""

    url: str = Field(
        pattern=r"^(https://[^\s/]+|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?)(/\S*)?$",
        json_schema_extra={"expects": "an https URL, or http to this very machine"},
        description="Base URL; `/v1/...` is appended.",
    )
    token_file: FilePath = Field(description="File that holds the bearer token.")
    poll_interval_s: float = Field(
        default=5.0, ge=0.1, le=3600, description="Time between two questions for changes."
    )
    request_timeout_s: float = Field(
        default=10.0, gt=0, le=300, description="An answer later than this counts as none."
    )


DISTANCE_MAX_HIGHEST: Mapping[str, float] = {"dlib": 0.60, "opencv": 1.128}
"""By engine: the limit that its publisher gives for balanced errors; a tower is stricter."""


class IdentitySection(SiteSection):
    """How customers are recognised."""

    engine: Literal["dlib", "opencv"] = Field(default="dlib", description="The face engine.")
    models_directory: FilePath = Field(
        default="/var/lib/vendtower/models",
        description="Holds the model files that `vendtower models install` puts there.",
    )
    distance_max: float | None = Field(
        default=None,
        gt=0,
        le=2,
        description="Faces nearer than this match; the scale is the engine's. Leave out for the "
        "engine's own limit.",
    )
    liveness: bool = Field(
        default=True,
        description="Whether a matching face has to follow challenges; without them a photograph "
        "may pass.",
    )
    liveness_challenges: int = Field(
        default=2, ge=1, le=3, description="How many challenges have to be followed."
    )
    key_file: FilePath = Field(
        description="File with the private key that opens the enrolment pictures."
    )
    vault_key_file: FilePath | None = Field(
        default=None,
        description="File with the key under which templates are kept (`vendtower identity "
        "vault-key`); leave out to keep none, and to need the pictures again at each start.",
    )
    memory_max_mb: int = Field(
        default=1200,
        ge=300,
        le=64_000,
        description="The identity process is started anew when it takes more memory than this.",
    )
    keep_pictures: bool = Field(
        default=False,
        description="Keep the sealed enrolment picture until the visit ends, also when a template "
        "is kept.",
    )


class WebSection(SiteSection):
    """The screens' web server; it has no login, so it listens on this machine alone."""

    host: Literal["127.0.0.1", "::1", "localhost"] = Field(
        default="127.0.0.1", description="Address it listens on."
    )
    port: int = Field(default=8080, ge=0, le=65_535, description="TCP port; 0 takes any free one.")


class StorageSection(SiteSection):
    """Where the daemon keeps its files."""

    directory: FilePath = Field(description="Holds the journal and its lock file.")


class PoliciesSection(SiteSection):
    """What the operator decides."""

    early_s: float = Field(
        default=1800.0,
        ge=0,
        le=86_400,
        description="How long before the window a customer is served.",
    )
    late_s: float = Field(
        default=900.0, ge=0, le=86_400, description="How long after it a car is kept for one."
    )
    identity_attempts_max: int = Field(
        default=3, ge=1, le=10, description="Refusals on one reservation until staff help."
    )
    identity_timeout_s: float = Field(
        default=60.0, ge=5, le=900, description="A check-in nobody continues ends after this."
    )
    bay_clear_timeout_s: float = Field(
        default=300.0,
        ge=10,
        le=3600,
        description="From the outer door's opening to the car's departure.",
    )
    park_timeout_s: float = Field(
        default=300.0,
        ge=1,
        le=3600,
        description="How long a driver may take to park and leave the bay, and then to confirm "
        "it; reminders come at half and at three quarters of it.",
    )
    confirmation_s_max: float = Field(
        default=180.0,
        ge=1,
        le=600,
        description="A driver's word that everybody is out counts this long for a lift to begin.",
    )
    key_timeout_s: float = Field(
        default=120.0,
        ge=1,
        le=1800,
        description="How long a key may take into or out of its compartment until staff are "
        "called.",
    )
    snapshot_age_s_max: float = Field(
        default=1.0, ge=0.4, le=10, description="Older machine data counts as none."
    )
    job_time_factor: float = Field(
        default=1.5, ge=1, le=10, description="A job is late after this times its duration."
    )
    job_time_margin_s: float = Field(
        default=10.0, gt=0, le=600, description="Added to that, as a margin."
    )
    part_warning_share: float = Field(
        default=0.85,
        gt=0,
        lt=1,
        description="An inspection, or a part's end, is announced after this share of its time.",
    )
    overdue_parts: Literal["warn", "block"] = Field(
        default="warn",
        description="`warn`: an alarm and nothing else; `block`: nothing new moves while a "
        "`critical` part is overdue.",
    )


class PowerSection(SiteSection):
    """What the tower does while it has less power than usual."""

    moves_max_reduced: int = Field(
        default=1,
        ge=1,
        le=LIFT_NUMBER_MAX,
        description="Lifts that move at one time while the controls run on battery or staff have "
        "ordered reduced power.",
    )


class SiteSections(SiteSection):
    """The whole file, each value right by itself."""

    schema_version: Literal[1] = Field(alias="schema", description="Version of this format.")
    tower: TowerSection
    slot_classes: Mapping[str, SizeLimits] = Field(min_length=1)
    levels: tuple[LevelSection, ...] = Field(strict=False, min_length=1)
    lifts: tuple[LiftSpec, ...] = Field(strict=False, min_length=1)
    bays: tuple[BaySpec, ...] = Field(strict=False, min_length=1)
    kiosks: tuple[KioskSpec, ...] = Field(strict=False, min_length=1)
    plc: PlcSection
    cloud: CloudSection
    identity: IdentitySection
    web: WebSection = WebSection()
    storage: StorageSection
    condition: ConditionSection = ConditionSection()
    policies: PoliciesSection = PoliciesSection()
    power: PowerSection = PowerSection()
    parts: tuple[PartSpec, ...] = Field(default=(), strict=False)
