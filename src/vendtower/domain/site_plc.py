"""The site file's section for the line to the PLC: Modbus TCP or Modbus RTU."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from vendtower.domain.site_base import FilePath, SiteSection

RTU_RECOVERY_S_MAX = 0.35
"""Time-out and quiet time of a serial line together. The PLC stops the tower after 600 ms without
a heartbeat; one is due every 200 ms, and 50 ms are left for sending it."""


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
