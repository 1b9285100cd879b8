"""What the adapter needs of a link to the PLC, whatever carries it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from firmware_bridge.handshake import Handshake
from firmware_bridge.job_mailbox import JobRequest
from firmware_bridge.link_types import LinkConfig, LinkStatus, NotSent
from firmware_bridge.meanings import Axis, ControlCommand, UnitMode
from firmware_bridge.plc_image import PlcImage


class LinkPort(Protocol):
    """One PLC and its mailboxes; the meaning of each member is told at ``link_desk.LinkDesk``."""

    @property
    def turned_s(self) -> float: ...

    @property
    def status(self) -> LinkStatus: ...

    @property
    def image(self) -> PlcImage | None: ...

    @property
    def read_at_s(self) -> float: ...

    @property
    def session_accepted(self) -> bool: ...

    @property
    def session_accepted_at_s(self) -> float | None: ...

    @property
    def session(self) -> int: ...

    async def wait_news(self) -> None: ...

    async def wait_older_than(self, age_s: float) -> None: ...

    def permit(self, bits: int) -> None: ...

    def request_mode(self, mode: UnitMode) -> None: ...

    def jog(self, lift: int, axis: Axis, speed: int) -> None: ...

    def end_jog(self) -> None: ...

    def follow(self, moving: bool) -> None: ...

    async def command(self, command: ControlCommand, timeout_s: float) -> bool: ...

    async def ask(
        self, mailbox: int, job: JobRequest, *, timeout_s: float
    ) -> Handshake | NotSent: ...

    def start(self) -> None: ...

    async def stop(self) -> None: ...


class LinkMaker(Protocol):
    """Makes a link that is not yet started."""

    def __call__(
        self,
        config: LinkConfig,
        *,
        clock: Callable[[], float],
        utc_s: Callable[[], float],
        session: int,
    ) -> LinkPort: ...
