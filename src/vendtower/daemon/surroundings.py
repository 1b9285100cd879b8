"""What the daemon finds around itself on the tower's computer, and what may stand in for it."""

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from firmware_bridge.link_port import LinkMaker
from firmware_bridge.modbus_link import PlcLink as ModbusLink
from vendtower.adapters.cloud_http.exchange import CloudExchange
from vendtower.adapters.kiosk_board_serial.line import OpenLine, SerialLine
from vendtower.adapters.linux_host import LinuxHost
from vendtower.adapters.system_clock import SystemChance, SystemClock
from vendtower.domain.site import Site
from vendtower.ports.clock import Chance, Clock
from vendtower.ports.host import Host
from vendtower.ports.identity_verifier import IdentityVerifier

SESSION_MAX = 2**32 - 1


class IdentityService(IdentityVerifier, Protocol):
    """The identity port with the life that the daemon gives it."""

    async def start(self) -> None:
        """Begin; does not wait until faces can be verified."""
        ...

    async def close(self) -> None:
        """End, and answer what is still open."""
        ...

    async def wait_started(self, after: int = 0) -> int:
        """Wait until it was started more than ``after`` times; a started one knows nobody."""
        ...

    async def wait_faces(self, known: str | None) -> None:
        """Return once ``why_unavailable`` is another than this one."""
        ...


def _journal_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="journal")


@dataclass(frozen=True)
class Surroundings:
    """Time, chance, threads and machine; the defaults are a tower's own.

    Everything else reaches the daemon through the event loop, or by a path in the site file.
    """

    clock: Clock = field(default_factory=SystemClock)
    chance: Chance = field(default_factory=SystemChance)
    journal_executor: Callable[[], AbstractContextManager[Executor]] = _journal_thread
    """Runs the journal's calls, one after the other."""
    host: Callable[[Path], Host] = LinuxHost
    """The computer, as seen from the directory of the journal."""
    plc_link: LinkMaker = ModbusLink
    """Carries words to the PLC and back."""
    board_line: OpenLine = SerialLine.open
    """Opens the serial device of a kiosk board."""
    cloud_exchange: Callable[[Site, Clock], CloudExchange] | None = None
    """Carries questions to the cloud; None means HTTP."""
    identity: IdentityService | None = None
    """None means the identity process; another one where faces are not the subject."""

    def session_number(self) -> int:
        """By it the PLC tells the jobs of this run from those of an earlier one, 1..2^32-1."""
        return 1 + int(self.chance.uniform(0, SESSION_MAX - 1))
