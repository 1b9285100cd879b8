"""The daemon of a scenario as a process of the sealed loop: started, stopped, killed."""

import asyncio
import logging
import random
from contextlib import AsyncExitStack
from dataclasses import replace

from benchmarks.swarm.journal_disk import JournalDisk
from hardware_sim.scenarios.stage import House
from hardware_sim.virtual.loop import VirtualLoop
from hardware_sim.virtual.process import Death, Process
from hardware_sim.world import SimulatedWorld
from tests.bench.scene_identity import SceneIdentity
from tests.bench.wires import Wires, wires
from vendtower.daemon.site_file import load_site
from vendtower.daemon.supervisor import keep_running
from vendtower.daemon.wiring import open_tower

NAME = "daemon"


def house() -> House:
    """Where a scenario is played, by the running loop."""
    laid = wires()
    if not laid.sealed:
        return House()
    return House(laid.ground, lambda world: SealedDaemon(world, laid))


class SealedDaemon:
    """The whole daemon; what it begins belongs to a process of the loop, which can be killed."""

    def __init__(self, world: SimulatedWorld, laid: Wires) -> None:
        self._world = world
        self._wires = laid
        self.log_file = world.directory / "daemon.log"
        self.log_file.touch()
        self._disk = JournalDisk(world.directory, random.Random("disk"))
        self._process: Process | None = None
        self._life: asyncio.Task[None] | None = None
        self._log: logging.Handler | None = None

    @property
    def pid(self) -> int:
        """There is none; a scenario that asks for it wants the machine's own processes."""
        raise RuntimeError("the daemon has no process of its own here")

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        # What nobody caught stands in the daemon's log, as it does in a process.
        loop.set_exception_handler(lambda one, told: one.default_exception_handler(told))
        self._log = logging.FileHandler(self.log_file)
        self._log.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logging.getLogger().addHandler(self._log)
        self._process = Process(NAME)
        self._life = loop.spawn(self._process, self._live())

    async def _live(self) -> None:
        loaded = load_site(self._world.site_file)
        identity = SceneIdentity(self._world.cameras, self._world.directory / "tower-key")
        around = replace(self._wires.around(identity), journal_executor=self._disk.executor)
        async with AsyncExitStack() as stack:
            running = await stack.enter_async_context(
                open_tower(loaded, self._world.control_socket, around)
            )
            self._wires.opened(running)
            await asyncio.gather(
                *(
                    keep_running(name, flow, running.tower.faults, stopped=running.tower.bell.ring)
                    for name, flow in running.flows.items()
                )
            )

    async def kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.kill(process, Death.CRASH)
        self._disk.power_cut()
        self._ended()

    async def stop(self) -> None:
        life, self._life, self._process = self._life, None, None
        if life is not None:
            life.cancel()
            await asyncio.wait([life])
        self._ended()

    def _ended(self) -> None:
        if self._log is not None:
            logging.getLogger().removeHandler(self._log)
            self._log.close()
            self._log = None
