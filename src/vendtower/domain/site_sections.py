"""The site file as a whole, and its sections for what the operator decides.

What is built is in `site_machine.py`, the line to the PLC in `site_plc.py`; `site.py` puts them
together. Times are seconds. Each model says what a value alone may be; how values must agree with
each other is in `site_relations.py`. The descriptions become `docs/site_file.md`.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from vendtower.domain.site_base import FilePath, SiteSection
from vendtower.domain.site_bay_side import ConditionSection
from vendtower.domain.site_machine import (
    LIFT_NUMBER_MAX,
    BaySpec,
    KioskSpec,
    LevelSection,
    LiftSpec,
    SizeLimits,
)
from vendtower.domain.site_parts import PartSpec
from vendtower.domain.site_plc import PlcSection


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


class ListKeySpec(SiteSection):
    """A public key with which the cloud signs the list of reservations."""

    id: str = Field(
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        json_schema_extra={"expects": "1 to 64 letters, digits, dots, hyphens, underscores"},
        description="By which a signature names it.",
    )
    ed25519: str = Field(
        pattern=r"^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$",
        json_schema_extra={"expects": "32 bytes in base64"},
        description="The key (RFC 8032).",
    )


class CloudSection(SiteSection):
    """The operator's reservation cloud."""

    url: str = Field(
        pattern=r"^(https://[^\s/]+|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?)(/\S*)?$",
        json_schema_extra={"expects": "an https URL, or http to this very machine"},
        description="Base URL; `/v1/...` is appended.",
    )
    token_file: FilePath = Field(description="File that holds the bearer token.")
    ca_file: FilePath | None = Field(
        default=None,
        description="File in PEM form with the authority that the cloud's certificate is checked "
        "with, read anew when it changes. Leave out for the system's authorities.",
    )
    poll_interval_s: float = Field(
        default=5.0, ge=0.1, le=3600, description="Time between two questions for changes."
    )
    request_timeout_s: float = Field(
        default=10.0, gt=0, le=300, description="An answer later than this counts as none."
    )
    list_signature: Literal["required", "not_required"] = Field(
        default="required",
        description="`required`: what no key of `list_keys` has signed is refused; "
        "`not_required`: whoever can write into the line or the journal can make reservations.",
    )
    list_age_max_h: float = Field(
        default=72.0,
        ge=1,
        le=720,
        description="So long after the cloud has last confirmed the list customers are let in on "
        "it; then staff decide. Three days bridge a long weekend without a line, and are as long "
        "as a car is usually lent.",
    )
    list_keys: tuple[ListKeySpec, ...] = Field(
        default=(),
        strict=False,
        max_length=8,
        description="One of them has to have signed the list; several while the cloud changes "
        "from one to the next.",
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
    verification_valid_s: float = Field(
        default=900.0,
        ge=60,
        le=7200,
        description="A customer who waits longer than this for the car is verified once more "
        "before key and street door.",
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
