"""The line to the PLC: one task owns it and does everything that happens on the wire.

Every 200 ms it writes the control block (heartbeat, session, permits) and reads the system
block; lifts, bays and slots follow at their own pace, and on a slow line the heartbeat goes
between them. Jobs of others wait in a queue and are
written once, by the same task, and only straight after a faultless round on the same connection:
then a job that gets lost is the first thing lost on it. When a job was given up without an
acknowledgement the session number changes, and the PLC refuses a copy that turns up later. A
request that has been sent is never cancelled: stopping sets a flag, and the connection is closed
when the answer or its timeout has come.

The line is judged here and not by the library: it is lost when nothing useful has come for
``silence_s``, and found again with the first complete round of reads. Both are said once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable

from firmware_bridge.block_reader import BlockReader
from firmware_bridge.control_block import ControlBlock
from firmware_bridge.errors import (
    IdentityMismatch,
    LinkError,
    NoAnswer,
    PlcSilent,
    WrongAnswer,
)
from firmware_bridge.handshake import Handshake
from firmware_bridge.job_mailbox import JobRequest
from firmware_bridge.job_queue import JobQueue
from firmware_bridge.link_status import StatusBoard
from firmware_bridge.link_types import LinkConfig, LinkCounters, LinkState, LinkStatus, NotSent
from firmware_bridge.meanings import Axis, ControlCommand, UnitMode
from firmware_bridge.modbus_wire import SerialEndpoint, Wire
from firmware_bridge.plc_image import PlcImage, Reading
from firmware_bridge.register_map import CONTROL, Block
from firmware_bridge.write_guard import check_write

_log = logging.getLogger(__name__)

_FAILURES_MAX = 2
"""Rounds in a row that may fail before the connection is dropped and made anew."""

_BACKOFF_S_MIN = 0.05


class PlcLink:
    """The owner of one PLC connection. Create, :meth:`start`, and :meth:`stop` in one loop.

    ``clock`` gives monotonic seconds, ``utc_s`` the wall time in Unix seconds (it only labels),
    ``session`` is a number drawn at random at every start of the controller, 1..2^32-1.
    """

    def __init__(
        self,
        config: LinkConfig,
        *,
        clock: Callable[[], float],
        utc_s: Callable[[], float],
        session: int,
    ) -> None:
        self.config = config
        self.counters = LinkCounters()
        self.turned_s = clock()
        """When the owner task last went round, whether the line was up or down."""
        self._clock = clock
        self._control = ControlBlock(session, utc_s)
        self._wire = Wire(config.endpoint, config.device_id, config.request_timeout_s)
        self._reader = BlockReader(self._wire, config, clock, self.counters, self._write_control)
        self._jobs = JobQueue(clock, self.counters)
        self._board = StatusBoard(str(config.endpoint), clock, self.counters)
        self._image: PlcImage | None = None
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._heartbeat_due_s = 0.0
        self._command_confirmed: asyncio.Future[None] | None = None
        self._backoff_s = _BACKOFF_S_MIN
        self._accepted_at_s: float | None = None
        self._faultless = False
        self._wanted: deque[tuple[Block, asyncio.Future[Reading]]] = deque()

    # What others ask and read

    @property
    def status(self) -> LinkStatus:
        """The line's state now."""
        return self._board.status

    @property
    def image(self) -> PlcImage | None:
        """What was last read, None before the first complete round; judge it by its age."""
        return self._image

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

    def follow(self, moving: bool) -> None:
        """Poll lifts and bays fast (True), or only when they are seen to move."""
        self._reader.follow = moving
        self._wake.set()

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
        self._wake.set()
        return await asyncio.shield(answer)

    async def read_block(self, block: Block, *, timeout_s: float) -> Reading:
        """Read one block of the map on request, by the owner task, for diagnostics and charging.

        Raises :class:`NoAnswer` when the line is not up or not free in time, and
        :class:`WrongAnswer` for a block that stays torn or damaged.
        """
        answer: asyncio.Future[Reading] = asyncio.get_running_loop().create_future()
        self._wanted.append((block, answer))
        self._wake.set()
        try:
            async with asyncio.timeout(timeout_s):
                return await answer
        except TimeoutError:
            why = self._link_is()
            raise NoAnswer(f"PLC: block {block.name} not read in {timeout_s:g} s: {why}") from None

    # Life

    def start(self) -> None:
        """Start the owner task."""
        if self._task is not None:
            raise RuntimeError(f"PLC link to {self.config.endpoint} is already started")
        self._board.begin()
        self._task = asyncio.get_running_loop().create_task(
            self._own(), name=f"PLC link {self.config.endpoint}"
        )

    async def stop(self) -> None:
        """Finish the request in flight, close the connection and end the owner task.

        Bounded by two request timeouts and, on a serial line, its quiet time.
        """
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task

    async def _own(self) -> None:
        try:
            while not self._stopping:
                await self._connection()
        finally:
            stopped = LinkStatus(LinkState.DOWN, "the PLC link was stopped")
            self._board.change(stopped, quietly=True)
            self._jobs.fail_all(stopped.reason)
            await self._wire.close()

    async def _connection(self) -> None:
        """One connection, from its opening to its end, and the pause after it."""
        try:
            await self._wire.open()
            self.counters.connections += 1
            if not self._resumes:
                self._reader.forget()
                await self._reader.identify()
            await self._rounds()
        except IdentityMismatch as error:
            self._lose(LinkStatus(LinkState.READ_ONLY, str(error)))
            await self._wire.close()
            await self._pause(self.config.examine_again_s)
            return
        except LinkError as error:
            self._count(error)
            self._judge(error)
        except Exception as error:
            # Whatever it was, the owner lives on: without it there is no heartbeat to lose.
            _log.exception("PLC %s: unexpected error on the link", self.config.endpoint)
            self._lose(LinkStatus(LinkState.DOWN, f"unexpected error: {error!r}"))
            self._backoff_s = self.config.reconnect_delay_s_max
        await self._wire.close()
        await self._pause(self._next_backoff_s())

    @property
    def _resumes(self) -> bool:
        """A serial line goes on after one lost answer, with the heartbeat before anything else.

        It was closed only to throw a late answer away. Nobody has been able to put another
        device there while the line counted as up, and another boot of the PLC is noticed by the
        next block that is read.
        """
        serial = isinstance(self.config.endpoint, SerialEndpoint)
        return serial and self._board.up and self._reader.identified

    async def _rounds(self) -> None:
        """Round after round; raises when the connection has to be made anew."""
        failures = 0
        self._faultless = False
        while not self._stopping:
            pause_s = 0.0
            try:
                await self._round()
            except PlcSilent as error:
                pause_s = self.config.heartbeat_s
                self._count(error)
                self._judge(error)
            except (NoAnswer, WrongAnswer) as error:
                failures += 1
                if self._must_reconnect(failures):
                    raise
                pause_s = _BACKOFF_S_MIN
                self._count(error)
                self._judge(error)
            else:
                failures = 0
                self._backoff_s = _BACKOFF_S_MIN
            self._settle_jobs()
            await self._sleep_until(max(self._next_due_s(), self._clock() + pause_s))

    def _must_reconnect(self, failures: int) -> bool:
        serial = isinstance(self.config.endpoint, SerialEndpoint)
        return serial or failures >= _FAILURES_MAX or not self._wire.connected

    async def _round(self) -> None:
        faultless, self._faultless = self._faultless, False
        await self._write_control()
        if faultless:
            await self._write_jobs()
        await self._read_wanted()
        image = await self._reader.read_due(self._jobs.awaited_mailboxes)
        if image is not None:
            self._take_over(image)
        self._faultless = image is not None or faultless

    def _take_over(self, image: PlcImage) -> None:
        """A complete round has been read: the line is up."""
        self._image = image
        if not self.session_accepted:
            self._accepted_at_s = None
        elif self._accepted_at_s is None:
            self._accepted_at_s = image.system.read_at_s
        self._jobs.observe(image)
        if self._board.good():
            self._hurry_heartbeat()
        self._board.publish()

    async def _write_control(self) -> None:
        if self._clock() < self._heartbeat_due_s:
            return
        self._heartbeat_due_s = self._clock() + self.config.heartbeat_s
        command, self._command_confirmed = self._command_confirmed, None
        words = self._control.beat(up=self._board.up)
        check_write(CONTROL.address, words)
        self.counters.writes += 1
        try:
            await self._wire.write(CONTROL.address, words)
        except LinkError:
            self._command_confirmed = self._command_confirmed or command
            raise
        if command is not None and not command.done():
            command.set_result(None)

    async def _write_jobs(self) -> None:
        """Write what waits, each once: a job is out of the queue before its first byte leaves."""
        if not self._board.up or self._image is None:
            return
        while (job := self._jobs.take(self._image, self._control.session)) is not None:
            address, words = job
            check_write(address, words)
            self.counters.writes += 1
            self.counters.jobs_written += 1
            await self._wire.write(address, words)

    async def _read_wanted(self) -> None:
        while self._wanted:
            block, answer = self._wanted.popleft()
            if answer.done():
                continue  # whoever asked has gone
            try:
                reading = await self._reader.read_block(block)
            except LinkError as error:
                if not answer.done():
                    answer.set_exception(error)
                raise
            if not answer.done():
                answer.set_result(reading)

    # Judging

    def _count(self, error: LinkError) -> None:
        if isinstance(error, NoAnswer):
            self.counters.no_answers += 1
        else:
            self.counters.wrong_answers += 1

    def _judge(self, error: LinkError) -> None:
        """Say that the line is down once its silence is too long, and not before."""
        self._settle_jobs()
        if isinstance(error, PlcSilent) or self._board.silent_s > self.config.silence_s:
            self._lose(LinkStatus(LinkState.DOWN, str(error)))

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

    # Pacing

    def _next_due_s(self) -> float:
        return min(self._heartbeat_due_s, self._reader.next_due_s(self._jobs.awaited_mailboxes))

    def _hurry_heartbeat(self) -> None:
        self._heartbeat_due_s = 0.0
        self._wake.set()

    def _next_backoff_s(self) -> float:
        if isinstance(self.config.endpoint, SerialEndpoint):
            return self.config.endpoint.pause_s
        backoff_s, self._backoff_s = self._backoff_s, self._backoff_s * 2
        self._backoff_s = min(self._backoff_s, self.config.reconnect_delay_s_max)
        return backoff_s

    async def _pause(self, pause_s: float) -> None:
        """Wait between two connections; only stopping ends it early."""
        until_s = self._clock() + pause_s
        while not self._stopping and self._clock() < until_s:
            await self._sleep_until(until_s)

    async def _sleep_until(self, due_s: float) -> None:
        """Sleep until ``due_s`` or until something waits to be done."""
        self.turned_s = self._clock()
        delay_s = due_s - self.turned_s
        if delay_s > 0 and not self._wake.is_set():
            handle = asyncio.get_running_loop().call_later(delay_s, self._wake.set)
            await self._wake.wait()
            handle.cancel()
        else:
            await asyncio.sleep(0)
        self._wake.clear()

    async def _news_before(self, deadline_s: float) -> bool:
        """Await news; False when the deadline passes first."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, deadline_s - self._clock())):
                await self._board.wait_news()
                return True
        return False
