"""The controller's lives: booted as the daemon boots, ended by power cut, booted again."""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.swarm.board_line import VirtualBoardLine
from benchmarks.swarm.calendar import Calendar
from benchmarks.swarm.cloud_port import DirectExchange
from benchmarks.swarm.identity import Errors, FakeIdentity, Pavement
from benchmarks.swarm.journal_disk import JournalDisk
from benchmarks.swarm.key_rack import KeyRack
from benchmarks.swarm.machine_room import QuietHost, SwarmClock
from benchmarks.swarm.story import Story
from firmware_bridge.link_port import LinkMaker
from firmware_bridge.modbus_link import PlcLink as ModbusLink
from hardware_sim.cloud.direct import DirectCloudLine
from hardware_sim.direct_line import DirectLine
from hardware_sim.direct_link import DirectLink
from hardware_sim.virtual.clock import SeededChance
from hardware_sim.virtual.loop import VirtualLoop
from hardware_sim.virtual.process import Death, Process
from vendtower.adapters.cloud_http.exchange import CloudExchange
from vendtower.adapters.kiosk_board_serial.line import OpenLine, SerialLine
from vendtower.daemon.main import LEAVE_S_MAX
from vendtower.daemon.site_file import LoadedSite
from vendtower.daemon.supervisor import keep_running
from vendtower.daemon.surroundings import Surroundings
from vendtower.daemon.wiring import Running, open_tower
from vendtower.domain.ledger import Ledger
from vendtower.domain.site import Site
from vendtower.flows.book import Book
from vendtower.ports.clock import Clock
from vendtower.ports.journal import Change

AnswerT = TypeVar("AnswerT")
NAME = "controller"
RESTART_S = 1.0
"""``RestartSec`` of the service."""
ANSWERS_WITHIN_S = 30.0
"""So long the command line waits for a word of the daemon; then whoever asked goes away."""
LATE_S_MAX = 300.0
"""On a disk that takes long over each piece of work an answer may come late; later than this, it
does not come."""


@dataclass(frozen=True)
class Machine:
    """What outlives every life of the controller."""

    loop: VirtualLoop
    loaded: LoadedSite
    pavement: Pavement
    calendar: Calendar
    clock: SwarmClock
    story: Story
    errors: Errors
    directory: Path
    seed: int
    direct_line: DirectLine | None = None
    """To the PLC, in the port tier; None where frames go over the virtual network."""
    cloud_line: DirectCloudLine | None = None
    """To the cloud, in the port tier."""
    keys: KeyRack | None = None
    """The kiosks' boards with their cabinets; None in a run without them."""


class Controller:
    """One computer with the daemon on it."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.disk = JournalDisk(machine.directory, random.Random(f"disk {machine.seed}"))
        self.boots = 0
        self.booted_s = float("-inf")
        self.starting: list[Callable[[], None]] = []
        """Called whenever it is switched on, before the daemon has read anything."""
        self.process: Process | None = None
        self.running: Running | None = None
        """None while the computer is off or the daemon is not ready."""
        self._identity: FakeIdentity | None = None
        self.book: Book | None = None
        """The memory of the present or the last life."""
        self.changed: list[Callable[[Change], None]] = []
        """Told each change of the journal, in the moment in which it shows in memory."""

    def boot(self) -> None:
        """Switch the computer on; the daemon starts in its own time."""
        self.boots += 1
        self.booted_s = self._machine.loop.time()
        self._machine.story.tell(NAME, f"boots for the {self.boots}. time")
        for look in self.starting:
            look()
        self._machine.loop.network.power_on(NAME)
        self.process = Process(NAME)
        task = self._machine.loop.spawn(self.process, self._live())
        task.add_done_callback(self._ended)

    def kill(self, how: Death) -> None:
        """The daemon is gone, with or without its computer; nothing more reaches the disk."""
        if self.process is None:
            return
        self._machine.story.tell(NAME, f"is killed ({how.value})")
        self._machine.loop.kill(self.process, how)
        if self._machine.direct_line is not None:
            self._machine.direct_line.detach()
        self.disk.power_cut()
        self.process = self.running = None

    async def ask(
        self,
        question: Callable[[Running], Coroutine[Any, Any, AnswerT]],
        patience_s: float = ANSWERS_WITHIN_S,
        *,
        stands_by: bool = False,
    ) -> AnswerT | None:
        """Somebody asks something of the daemon; None when no answer comes.

        To somebody who stands by what is to move no disk is an excuse for a late answer.
        """
        running, process = self.running, self.process
        if running is None or process is None:
            return None
        slow_s = self.disk.slow_s
        task = self._machine.loop.spawn(process, question(running))
        await asyncio.wait([task], timeout=patience_s)
        if patience_s >= ANSWERS_WITHIN_S and not task.done():
            excused = bool(slow_s or self.disk.slow_s) and not stands_by
            look = partial(self._waits, task, process, _words_of(question))
            self._machine.loop.call_later(LATE_S_MAX - patience_s if excused else 0.0, look)
        return task.result() if task.done() and not task.cancelled() else None

    def _waits(self, task: asyncio.Task[Any], process: Process, question: str) -> None:
        if process.alive and not task.done():
            self._machine.story.violated("somebody waits for an answer for ever", question)

    def restart_identity(self) -> None:
        """The identity process of the present life ends and is started again."""
        process, identity = self.process, self._identity
        if process is not None and identity is not None and identity.begun:
            self._machine.loop.spawn(process, identity.start())

    def end_identity(self) -> None:
        """The identity process of the present life is gone; nothing starts it yet."""
        process, identity = self.process, self._identity
        if process is not None and identity is not None and identity.begun:
            self._machine.loop.spawn(process, identity.close())

    async def _live(self) -> None:
        machine = self._machine
        life = f"{machine.seed} life {self.boots}"
        attempts_max = machine.loaded.site.policies.identity_attempts_max
        self._identity = FakeIdentity(
            machine.pavement, random.Random(f"identity {life}"), machine.errors, attempts_max
        )
        around = Surroundings(
            clock=machine.clock,
            chance=SeededChance(f"chance {life}"),
            journal_executor=self.disk.executor,
            host=lambda _directory: QuietHost(self.disk),
            plc_link=_link_maker(machine.direct_line),
            cloud_exchange=_cloud_exchange(machine.cloud_line),
            identity=self._identity,
            board_line=_board_line(machine.keys),
        )
        async with open_tower(machine.loaded, None, around) as running:
            flows = [
                asyncio.create_task(
                    keep_running(name, flow, running.tower.faults, stopped=running.tower.bell.ring),
                    name=name,
                )
                for name, flow in running.flows.items()
            ]
            self.running, self.book = running, running.tower.book
            self._overhear(running.tower.book)
            machine.story.tell(NAME, "serves")
            lost = asyncio.create_task(running.journal_lost())
            await asyncio.wait([lost, *flows], return_when=asyncio.FIRST_COMPLETED)
            self.running = None
            await _leave(running, flows)

    def _overhear(self, book: Book) -> None:
        """A job that is refused at once would be gone before anybody looks."""
        remember = book._remember  # noqa: SLF001 # the controller is watched from outside here

        def heard(change: Change, ledger: Ledger) -> None:
            remember(change, ledger)
            for listener in self.changed:
                listener(change)

        book._remember = heard  # type: ignore[method-assign] # noqa: SLF001 # of this life alone

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self._machine.story.violated("the daemon ends by itself", repr(task.exception()))
            return
        if task.cancelled():
            return
        self._machine.story.tell(NAME, "has left, so that its journal is read anew")
        self._machine.story.count("the daemon left a failed disk")
        self.disk.closed()
        self.process = None
        self._machine.loop.call_later(RESTART_S, self._start_again)

    def _start_again(self) -> None:
        """The service manager starts what has left by itself."""
        if self.process is None:
            self.boot()


def _words_of(question: Callable[..., object]) -> str:
    """Where in the code it is asked."""
    asked = inspect.unwrap(question)
    code = (asked.func if isinstance(asked, partial) else asked).__code__
    return f"{Path(code.co_filename).stem}:{code.co_firstlineno} {code.co_qualname}"


async def _leave(running: Running, flows: Sequence[asyncio.Task[None]]) -> None:
    """Wait for the lifts to stand, as `vendtower.daemon.main` does, and end."""
    tower = running.tower
    tower.faults["stop"] = "the journal is lost"
    tower.bell.ring()
    await tower.until(lambda: running.stands() or None, LEAVE_S_MAX)
    for flow in flows:
        flow.cancel()
    await asyncio.gather(*flows, return_exceptions=True)


def _cloud_exchange(
    line: DirectCloudLine | None,
) -> Callable[[Site, Clock], CloudExchange] | None:
    def make(site: Site, clock: Clock) -> CloudExchange:
        assert line is not None
        return DirectExchange(
            line,
            tower_id=site.tower.id,
            token_file=Path(site.cloud.token_file),
            request_timeout_s=site.cloud.request_timeout_s,
            clock=clock,
        )

    return None if line is None else make


def _board_line(keys: KeyRack | None) -> OpenLine:
    return SerialLine.open if keys is None else partial(VirtualBoardLine.open, keys.ports)


def _link_maker(line: DirectLine | None) -> LinkMaker:
    return ModbusLink if line is None else partial(DirectLink, line)
