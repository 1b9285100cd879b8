"""The line to the PLC: one task owns it and does everything that happens on the wire.

Every 200 ms it writes the control block (heartbeat, session, permits) and reads the system
block; lifts, bays and slots follow at their own pace. Jobs of others wait in a queue and are
written once, by the same task. A request that has been sent is never cancelled: stopping sets a
flag, and the connection is closed when the answer or its timeout has come.

The line is judged here and not by the library: it is lost when nothing useful has come for
``silence_s``, and found again with the first complete round of reads. Both are said once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
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
from firmware_bridge.link_types import LinkConfig, LinkCounters, LinkState, LinkStatus, NotSent
from firmware_bridge.meanings import ControlCommand
from firmware_bridge.modbus_wire import SerialEndpoint, Wire
from firmware_bridge.plc_image import PlcImage
from firmware_bridge.register_map import CONTROL
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
        self._reader = BlockReader(self._wire, config, clock, self.counters)
        self._jobs = JobQueue(clock, self.counters)
        self._status = LinkStatus(LinkState.CONNECTING)
        self._image: PlcImage | None = None
        self._news = asyncio.Event()
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._good_at_s = 0.0
        self._heartbeat_due_s = 0.0
        self._command_confirmed: asyncio.Future[None] | None = None
        self._backoff_s = _BACKOFF_S_MIN
        self._accepted_at_s: float | None = None

    # What others ask and read

    @property
    def status(self) -> LinkStatus:
        """The line's state now."""
        return self._status

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
        """The number that every job must carry."""
        return self._control.session

    async def wait_news(self) -> None:
        """Return when a newer image has come or the line's state has changed."""
        await self._news.wait()

    def permit(self, bits: int) -> None:
        """Set the permit bits; they are renewed with every heartbeat while the line is up."""
        self._control.permit = bits
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
        while not (self._status.state is LinkState.UP and self.session_accepted):
            if not await self._news_before(deadline_s):
                return False
        self._control.command(command)
        confirmed = self._command_confirmed = asyncio.get_running_loop().create_future()
        self._hurry_heartbeat()
        await asyncio.wait([confirmed], timeout=max(0.0, deadline_s - self._clock()))
        return confirmed.done()

    async def ask(self, mailbox: int, job: JobRequest, *, timeout_s: float) -> Handshake | NotSent:
        """Write the job once and await its acknowledgement for at most ``timeout_s``.

        A handshake that is still ``WRITTEN`` when it comes back was not acknowledged in time:
        the PLC may have the job or not. Raises :class:`firmware_bridge.errors.BridgeError` for a
        job that the map cannot carry. A caller that goes away does not take the job back.
        """
        if self._status.state is not LinkState.UP or self._image is None:
            return NotSent(f"PLC link is {self._status.state.value}: {self._status.reason}")
        answer = self._jobs.put(mailbox, job, timeout_s)
        self._wake.set()
        return await asyncio.shield(answer)

    # Life

    def start(self) -> None:
        """Start the owner task."""
        if self._task is not None:
            raise RuntimeError(f"PLC link to {self.config.endpoint} is already started")
        self._good_at_s = self._clock()
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
            self._status = LinkStatus(LinkState.DOWN, "the PLC link was stopped")
            self._jobs.fail_all(self._status.reason)
            self._publish()
            await self._wire.close()

    async def _connection(self) -> None:
        """One connection, from its opening to its end, and the pause after it."""
        try:
            await self._wire.open()
            self.counters.connections += 1
            await self._identify()
            await self._rounds()
        except IdentityMismatch as error:
            self._set_status(LinkStatus(LinkState.READ_ONLY, str(error)))
            await self._wire.close()
            await self._pause(self.config.examine_again_s)
            return
        except LinkError as error:
            self._count(error)
            self._judge(error)
        except Exception as error:
            # Whatever it was, the owner lives on: without it there is no heartbeat to lose.
            _log.exception("PLC %s: unexpected error on the link", self.config.endpoint)
            self._set_status(LinkStatus(LinkState.DOWN, f"unexpected error: {error!r}"))
            self._backoff_s = self.config.reconnect_delay_s_max
        await self._wire.close()
        await self._pause(self._next_backoff_s())

    async def _identify(self) -> None:
        self._reader.forget()
        await self._reader.identify()

    async def _rounds(self) -> None:
        """Round after round; raises when the connection has to be made anew."""
        failures = 0
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
            self._jobs.expire()
            await self._sleep_until(max(self._next_due_s(), self._clock() + pause_s))

    def _must_reconnect(self, failures: int) -> bool:
        serial = isinstance(self.config.endpoint, SerialEndpoint)
        return serial or failures >= _FAILURES_MAX or not self._wire.connected

    async def _round(self) -> None:
        await self._write_control()
        await self._write_jobs()
        image = await self._reader.read_due(self._jobs.awaited_mailboxes)
        if image is None:
            return
        self._good_at_s = self._clock()
        self._image = image
        if not self.session_accepted:
            self._accepted_at_s = None
        elif self._accepted_at_s is None:
            self._accepted_at_s = image.system.read_at_s
        self._jobs.observe(image)
        if self._status.state is not LinkState.UP:
            self._set_status(LinkStatus(LinkState.UP))
            self._hurry_heartbeat()
        self._publish()

    async def _write_control(self) -> None:
        if self._clock() < self._heartbeat_due_s:
            return
        self._heartbeat_due_s = self._clock() + self.config.heartbeat_s
        command, self._command_confirmed = self._command_confirmed, None
        words = self._control.beat(up=self._status.state is LinkState.UP)
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
        if self._status.state is not LinkState.UP or self._image is None:
            return
        while (job := self._jobs.take(self._image)) is not None:
            address, words = job
            check_write(address, words)
            self.counters.writes += 1
            self.counters.jobs_written += 1
            await self._wire.write(address, words)

    # Judging

    def _count(self, error: LinkError) -> None:
        if isinstance(error, NoAnswer):
            self.counters.no_answers += 1
        else:
            self.counters.wrong_answers += 1

    def _judge(self, error: LinkError) -> None:
        """Say that the line is down once its silence is too long, and not before."""
        self._jobs.expire()
        silent_s = self._clock() - self._good_at_s
        if isinstance(error, PlcSilent) or silent_s > self.config.silence_s:
            self._set_status(LinkStatus(LinkState.DOWN, str(error)))

    def _set_status(self, status: LinkStatus) -> None:
        """Take a new state over; while it stays the same only the reason is kept up to date."""
        before = self._status
        self._status = status
        if status.state is before.state:
            return
        if status.state is LinkState.UP:
            _log.info("PLC %s: link up, was %s", self.config.endpoint, before.state.value)
        else:
            self.counters.losses += before.state is LinkState.UP
            self._jobs.fail_unsent(f"PLC link is {status.state.value}: {status.reason}")
            _log.warning(
                "PLC %s: link %s: %s", self.config.endpoint, status.state.value, status.reason
            )
        self._publish()

    def _publish(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    # Pacing

    def _next_due_s(self) -> float:
        return min(self._heartbeat_due_s, self._reader.next_due_s(self._jobs.awaited_mailboxes))

    def _hurry_heartbeat(self) -> None:
        self._heartbeat_due_s = 0.0
        self._wake.set()

    def _next_backoff_s(self) -> float:
        if isinstance(self.config.endpoint, SerialEndpoint):
            return self.config.endpoint.quiet_s
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
                await self._news.wait()
                return True
        return False
