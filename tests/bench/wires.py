"""What a bench stands on: the sealed loop, where time is computed, or this machine's real wires.

A test is the same on both. On the sealed loop nothing waits, nothing depends on how busy the
machine is, and a run can be repeated; `pytest --real-wires` puts every bench on sockets,
pseudo-terminals and the wall clock instead.
"""

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial

from benchmarks.swarm.board_line import VirtualBoardLine
from hardware_sim.virtual.clock import SeededChance, VirtualClock
from hardware_sim.virtual.executor import VirtualExecutor
from hardware_sim.virtual.loop import VirtualLoop
from hardware_sim.virtual.serial import SerialPorts
from hardware_sim.world import Ground
from vendtower.adapters.journal_sqlite import SqliteJournal
from vendtower.daemon.surroundings import IdentityService, Surroundings
from vendtower.daemon.wiring import Running
from vendtower.ports.clock import ClockQuality

WEB_PORT = 8080
LOOK_S = 0.01


@dataclass(frozen=True)
class Wires:
    """The ground of the world, and the surroundings of each life of the controller."""

    ground: Ground = field(default_factory=Ground)
    sealed: bool = False
    look_s: float = LOOK_S
    """How often the bench looks whether something has come true."""
    around: Callable[[IdentityService | None], Surroundings] = lambda identity: Surroundings(
        identity=identity
    )

    def opened(self, running: Running) -> None:
        """A controller has begun to live here."""
        if self.sealed:
            # Nobody pulls the plug of the disk under a test, so that nothing need be waited for.
            journal = running.tower.book.journal
            assert isinstance(journal, SqliteJournal)
            journal._connection.execute("PRAGMA synchronous = OFF")


def wires() -> Wires:
    """Those of the running loop."""
    loop = asyncio.get_running_loop()
    return _sealed(loop) if isinstance(loop, VirtualLoop) else Wires()


def _sealed(loop: VirtualLoop) -> Wires:
    clock, ports, chance = BenchClock(loop), SerialPorts(loop), random.Random("bench")
    lives = SeededChance("lives")

    def around(identity: IdentityService | None) -> Surroundings:
        assert identity is not None, "a process of its own wants @pytest.mark.real_wires"
        return Surroundings(
            clock=clock,
            chance=lives,
            journal_executor=partial(_executor, chance),
            board_line=partial(VirtualBoardLine.open, ports),
            identity=identity,
        )

    return Wires(
        sealed=True,
        ground=Ground(
            utc=clock.utc,
            chance=random.Random("world"),
            web_port=lambda wanted: wanted or WEB_PORT,
            board_plug=ports.plug,
        ),
        around=around,
    )


def _executor(chance: random.Random) -> AbstractContextManager[VirtualExecutor]:
    return VirtualExecutor(chance)


class BenchClock(VirtualClock):
    """In the shape of the controller's port: nothing in here sets it wrong."""

    def quality(self) -> ClockQuality:
        return ClockQuality.SYNCHRONIZED
