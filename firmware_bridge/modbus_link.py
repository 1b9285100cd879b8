"""The line to the PLC: one task owns it and does everything that happens on the wire.

Every 200 ms it writes the control block (heartbeat, session, permits) and reads the system
block; lifts, bays and slots follow at their own pace, and on a slow line the heartbeat goes
between them. Jobs of others wait in a queue and are written once, by the same task, and only
straight after a faultless round on the same connection: then a job that gets lost is the first
thing lost on it. When a job was given up without an
acknowledgement the session number changes, and the PLC refuses a copy that turns up later. A
request that has been sent is never cancelled: stopping sets a flag, and the connection is closed
when the answer or its timeout has come.

The line is judged here and not by the library: it is lost when nothing useful has come for
``silence_s``, and found again with the first complete round of reads. Both are said once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from firmware_bridge.block_reader import BlockReader
from firmware_bridge.errors import (
    IdentityMismatch,
    LinkError,
    NoAnswer,
    PlcSilent,
    WrongAnswer,
)
from firmware_bridge.link_desk import BACKOFF_S_MIN, FAILURES_MAX, LinkDesk
from firmware_bridge.link_types import LinkConfig, LinkState, LinkStatus
from firmware_bridge.modbus_wire import SerialEndpoint, Wire
from firmware_bridge.plc_image import Reading
from firmware_bridge.register_map import CONTROL, Block
from firmware_bridge.write_guard import check_write

_log = logging.getLogger(__name__)


class PlcLink(LinkDesk):
    """The owner of one PLC connection on a wire.

    Stopping it takes two request timeouts at the most and, on a serial line, its quiet time.
    """

    def __init__(
        self,
        config: LinkConfig,
        *,
        clock: Callable[[], float],
        utc_s: Callable[[], float],
        session: int,
    ) -> None:
        super().__init__(str(config.endpoint), config, clock=clock, utc_s=utc_s, session=session)
        self.turned_s = clock()
        """When the owner task last went round, whether the line was up or down."""
        self._wire = Wire(config.endpoint, config.device_id, config.request_timeout_s)
        self._reader = BlockReader(self._wire, config, clock, self.counters, self._write_control)
        self._heartbeat_due_s = 0.0
        self._faultless = False
        self._wanted: deque[tuple[Block, asyncio.Future[Reading]]] = deque()

    # What others ask and read

    def follow(self, moving: bool) -> None:
        """Poll lifts and bays fast (True), or only when they are seen to move."""
        self._reader.follow = moving
        self._wake.set()

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

    # Connections and rounds

    async def _close(self) -> None:
        await self._wire.close()

    async def _turn(self) -> None:
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
                pause_s = BACKOFF_S_MIN
                self._count(error)
                self._judge(error)
            else:
                failures = 0
                self._backoff_s = BACKOFF_S_MIN
            self._settle_jobs()
            await self._sleep_until(max(self._next_due_s(), self._clock() + pause_s))

    def _must_reconnect(self, failures: int) -> bool:
        serial = isinstance(self.config.endpoint, SerialEndpoint)
        return serial or failures >= FAILURES_MAX or not self._wire.connected

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

    async def _write_control(self) -> None:
        if self._clock() < self._heartbeat_due_s:
            return
        self._heartbeat_due_s = self._clock() + self.config.heartbeat_s
        words = self._control.beat(up=self._board.up)
        check_write(CONTROL.address, words)
        self.counters.writes += 1
        with self._confirming_command():
            await self._wire.write(CONTROL.address, words)

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

    # Pacing

    def _next_due_s(self) -> float:
        return min(self._heartbeat_due_s, self._reader.next_due_s(self._jobs.awaited_mailboxes))

    def _hurry_heartbeat(self) -> None:
        self._heartbeat_due_s = 0.0
        super()._hurry_heartbeat()

    def _next_backoff_s(self) -> float:
        if isinstance(self.config.endpoint, SerialEndpoint):
            return self.config.endpoint.pause_s
        return super()._next_backoff_s()

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
