"""In which condition a car was handed over or came back: what there is to show for it."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

STROKES_MAX = 64
POINTS_MAX = 4000
SIDE = 1000
"""A signature's points lie in a square of this side, whatever the screen's size."""

Stroke = tuple[tuple[int, int], ...]


class Moment(Enum):
    """When the evidence was taken."""

    HAND_OVER = "hand_over"
    RETURN = "return"


class PieceKind(Enum):
    """What a piece of evidence shows."""

    BAY_PICTURE = "bay_picture"
    SIGNATURE = "signature"


@dataclass(frozen=True)
class Piece:
    """One file, named by its content."""

    sha256: str
    """Lower-case hex."""
    size_bytes: int
    media_type: str
    kind: PieceKind
    source: str
    """Which camera or kiosk it came from."""


@dataclass(frozen=True)
class Entered:
    """What the customer entered at the kiosk; the tower cannot measure any of it."""

    odometer_km: int | None = None
    energy_percent: int | None = None
    """Of fuel or charge."""
    strokes: tuple[Stroke, ...] = ()
    accepted: bool = False
    """Accepted by a button instead of a signature."""


@dataclass(frozen=True)
class Condition:
    """The evidence of one moment, complete or not."""

    errand_id: str
    """The visit's or the drop-off's id."""
    moment: Moment
    vin: str
    bay: int
    utc: datetime
    pieces: tuple[Piece, ...] = ()
    missing: tuple[str, ...] = ()
    """What there should have been and is not, in words."""
    odometer_km: int | None = None
    energy_percent: int | None = None
    accepted: bool = False
    """Somebody signed, or pressed the button, at the kiosk."""


@dataclass(frozen=True)
class EvidenceFile:
    """A file in the state directory, until the cloud has had it for long enough."""

    piece: Piece
    errand_id: str
    taken_utc: datetime
    accepted_utc: datetime | None = None
    """When the cloud took it; None: not yet."""
    refused: str = ""
    """Why the cloud will never take it; empty: it may."""


def signature_svg(strokes: tuple[Stroke, ...]) -> bytes:
    """The drawn signature as an SVG file; the same strokes make the same bytes."""
    paths = "".join(
        '<path d="M' + "L".join(f"{x} {y}" for x, y in stroke) + '"/>' for stroke in strokes
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" fill="none" '
        f'stroke="black" stroke-width="6" stroke-linecap="round">{paths}</svg>\n'
    ).encode()
