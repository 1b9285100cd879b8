"""What every link to the PLC is: the desk at which others ask, and the books that it keeps.

The desk holds the control block, the queue of jobs and the state of the line. How words come and
go, and when a round is made, is the matter of the link that stands on it: `modbus_link` on a
wire, the simulator's in the same process.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

from firmware_bridge.control_block import ControlBlock
from firmware_bridge.errors import LinkError
from firmware_bridge.handshake import Handshake
from firmware_bridge.job_mailbox import JobRequest
from firmware_bridge.job_queue import JobQueue
from firmware_bridge.link_status import StatusBoard
from firmware_bridge.link_types import LinkConfig, LinkCounters, LinkState, LinkStatus, NotSent
from firmware_bridge.meanings import Axis, ControlCommand, UnitMode
from firmware_bridge.plc_image import PlcImage

FAILURES_MAX = 2
"""Rounds in a row that may fail before the connection is dropped and made anew."""

BACKOFF_S_MIN = 0.05
OLDER_S = 0.001
"""What is as old as a limit is not older yet, and a timer may come this much early."""


class LinkDesk(ABC):
    """The half of a link that does not depend on what carries the words.

    Create, :meth:`start`, and :meth:`stop` in one loop. ``name`` says what it leads to, in
    messages. ``clock`` gives monotonic seconds, ``utc_s`` the wall time in Unix seconds (it only
    labels), ``session`` is a number drawn at random at every start of the controller, 1..2^32-1.
    """

    def __init__(
        self,
        name: str,
        config: LinkConfig,
        *,
        clock: Callable[[], float],
        utc_s: Callable[[], float],
        session: int,
    ) -> None:
        self.config = config
        self.counters = LinkCounters()
        self._name = name
        self._clock = clock
        self._control = ControlBlock(session, utc_s)
        self._jobs = JobQueue(clock, self.counters)
        self._board = StatusBoard(name, clock, self.counters)
        self._image: PlcImage | None = None
        self._read_at_s = -math.inf
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._command_confirmed: asyncio.Future[None] | None = None
        self._accepted_at_s: float | None = None
        self._backoff_s = BACKOFF_S_MIN

    # What others ask and read

    @property
    def status(self) -> LinkStatus:
        """The line's state now."""
        return self._board.status

    @property
    def image(self) -> PlcImage | None:
        """What was last read, None before the first complete round; judge it by `read_at_s`."""
        return self._image

    @property
    def read_at_s(self) -> float:
        """Monotonic time at which all of the image was read or is known to have been the same
        still; minus infinity before the first.
        """
        return self._read_at_s

    @property
    def session_accepted(self) -> bool:
        """The PLC echoes our session."""
        return self._image is not None and (
            self._image.system.number("session_echo") == self._control.session
        )

    @property
    def session_accepted_at_s(self) -> float | None:
        """Monotonic time since which the PLC has echoed our session without a break."""
        return self._accepted_at_s if self.session_accepted else None

    @property
    def session(self) -> int:
        """The session of the jobs written from now on; it changes when a job stays unproven."""
        return self._control.session

    async def wait_news(self) -> None:
        """Return when a newer image has come or the line's state has changed."""
        await self._board.wait_news()

    async def wait_older_than(self, age_s: float) -> None:
        """Return once the last image is older than this, or when there is none."""
        left_s = self._young_for_s(age_s)
        while left_s >= 0.0:
            await asyncio.sleep(left_s + OLDER_S)
            left_s = self._young_for_s(age_s)

    def _young_for_s(self, age_s: float) -> float:
        """Seconds until the image of now will be as old as this; negative when it is older."""
        return self.read_at_s + age_s - self._clock()

    def permit(self, bits: int) -> None:
        """Set the permit bits; they are renewed with every heartbeat while the line is up."""
        if bits == self._control.permit:
            return
        self._control.permit = bits
        self._hurry_heartbeat()

    def request_mode(self, mode: UnitMode) -> None:
        """Ask for a unit mode with every heartbeat; ``NO_REQUEST`` leaves it as it is."""
        if mode == self._control.mode:
            return
        self._control.mode = mode
        self._hurry_heartbeat()

    def jog(self, lift: int, axis: Axis, speed: int) -> None:
        """Renew the jog lease once, at once; ``speed`` in the map's unit of the axis, signed."""
        self._control.jog(lift * 16 + axis, speed)
        self._hurry_heartbeat()

    def end_jog(self) -> None:
        """Select no axis any more, at once."""
        self._control.end_jog()
        self._hurry_heartbeat()

    async def command(self, command: ControlCommand, timeout_s: float) -> bool:
        """Give a PackML command once; whether the PLC has confirmed the write of it.

        Waits first until the PLC has accepted our session, because it takes the command counter
        of a new session over without obeying it.
        """
        deadline_s = self._clock() + timeout_s
        while not (self._board.up and self.session_accepted):
            if not await self._news_before(deadline_s):
                return False
        self._control.command(command)
        confirmed = self._command_confirmed = asyncio.get_running_loop().create_future()
        self._hurry_heartbeat()
        await asyncio.wait([confirmed], timeout=max(0.0, deadline_s - self._clock()))
        return confirmed.done()

    async def ask(self, mailbox: int, job: JobRequest, *, timeout_s: float) -> Handshake | NotSent:
        """Write the job once and await its acknowledgement for at most ``timeout_s``.

        The link puts its present session into the job.

        A handshake that is still ``WRITTEN`` when it comes back was not acknowledged in time:
        the PLC may have the job or not. Raises :class:`firmware_bridge.errors.BridgeError` for a
        job that the map cannot carry. A caller that goes away does not take the job back.
        """
        if not self._board.up or self._image is None:
            return NotSent(self._link_is())
        answer = self._jobs.put(mailbox, job, timeout_s)
        self._want_round()
        return await asyncio.shield(answer)

    # Life

    def start(self) -> None:
        """Start the owner task."""
        if self._task is not None:
            raise RuntimeError(f"PLC link to {self._name} is already started")
        self._board.begin()
        self._task = asyncio.get_running_loop().create_task(
            self._own(), name=f"PLC link {self._name}"
        )

    async def stop(self) -> None:
        """Finish the request in flight, close the connection and end the owner task."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task

    async def _own(self) -> None:
        try:
            while not self._stopping:
                await self._turn()
        finally:
            stopped = LinkStatus(LinkState.DOWN, "the PLC link was stopped")
            self._board.change(stopped, quietly=True)
            self._jobs.fail_all(stopped.reason)
            await self._close()

    @abstractmethod
    async def _turn(self) -> None:
        """Go round once; it is called until the link is stopped."""

    @abstractmethod
    async def _close(self) -> None:
        """Let go of the line, at the end."""

    # What the links say to it

    def _want_round(self) -> None:
        """Somebody waits for a round."""
        self._wake.set()

    def _hurry_heartbeat(self) -> None:
        """The control block has something new: it has to be written at once."""
        self._want_round()

    @contextlib.contextmanager
    def _confirming_command(self) -> Iterator[None]:
        """Around the write of the control block: a command that it carries has been given by it."""
        command, self._command_confirmed = self._command_confirmed, None
        try:
            yield
        except LinkError:
            self._command_confirmed = self._command_confirmed or command
            raise
        if command is not None and not command.done():
            command.set_result(None)

    def _take_over(self, image: PlcImage) -> None:
        """A complete round has been read: the line is up."""
        self._image, self._read_at_s = image, image.taken_at_s
        if not self.session_accepted:
            self._accepted_at_s = None
        elif self._accepted_at_s is None:
            self._accepted_at_s = image.system.read_at_s
        self._jobs.observe(image)
        if self._board.good():
            self._hurry_heartbeat()
        self._board.publish()

    def _lose(self, status: LinkStatus) -> None:
        """The line is not up, for this reason; jobs that have not been written are given back."""
        if self._board.change(status):
            self._jobs.fail_unsent(self._link_is())

    def _link_is(self) -> str:
        return f"PLC link is {self.status.state.value} {self.status.reason}".strip()

    def _settle_jobs(self) -> None:
        """Give up what has waited too long; see to it that it cannot be taken afterwards."""
        self._jobs.expire()
        if self._jobs.unproven:
            self._jobs.unproven = False
            self._control.renew_session()
            self._accepted_at_s = None
            self._hurry_heartbeat()

    def _next_backoff_s(self) -> float:
        """How long to wait before the next connection: twice as long each time, up to a limit."""
        backoff_s, self._backoff_s = self._backoff_s, self._backoff_s * 2
        self._backoff_s = min(self._backoff_s, self.config.reconnect_delay_s_max)
        return backoff_s

    async def _news_before(self, deadline_s: float) -> bool:
        """Await news; False when the deadline passes first."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, deadline_s - self._clock())):
                await self._board.wait_news()
                return True
        return False
