"""The controller's link to a simulated PLC in the same process: no frames, no polling at rest.

It stands on the same desk as the link on a wire, `firmware_bridge.modbus_link.PlcLink`. A round
is made when something changed in the tower (at the pace at which the other link would have
noticed), when the controller wants something, or while the line is not well.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from firmware_bridge.block_reader import is_moving
from firmware_bridge.errors import IdentityMismatch, LinkError, NoAnswer
from firmware_bridge.link_desk import BACKOFF_S_MIN, FAILURES_MAX, OLDER_S, LinkDesk
from firmware_bridge.link_types import HEARTBEAT_S, LinkConfig, LinkState, LinkStatus
from firmware_bridge.plc_identity import PlcIdentity, examine
from firmware_bridge.plc_image import PlcImage, Reading, decode_checked
from firmware_bridge.register_map import ALARMS, CONTROL, IDENTITY
from hardware_sim.direct_line import DirectLine, Loss

MOTION_POLL_S = 1.0
"""Between two events of the tower positions alone change: they are read this often."""
REST_NEWS = 25
"""While the controller follows nothing, an unchanged snapshot is told at every 25th poll; it is
as young as ever whenever somebody looks at it."""


class DirectLink(LinkDesk):
    """The owner of one line without frames; the other arguments are the desk's."""

    def __init__(
        self,
        line: DirectLine,
        config: LinkConfig,
        *,
        clock: Callable[[], float],
        utc_s: Callable[[], float],
        session: int,
    ) -> None:
        super().__init__("in this process", config, clock=clock, utc_s=utc_s, session=session)
        self._line = line
        self._identity: PlcIdentity | None = None
        self._boot_id: int | None = None
        self._hurry = True
        self._dirty = True
        self._moving = False
        self._followed = False
        self._faultless = False
        self._failures = 0
        self._round_s = -math.inf
        self._told_s = -math.inf
        self._retry_s: float | None = None
        self._seen_changes = -1
        self._next_beat_s = -math.inf
        """No beat comes before this that could make what was read any younger."""
        self._stirred = asyncio.Event()
        self._seen_resets = 0
        self._last_beat: list[int] = []
        """The words of the newest one that was made, also where it was lost or arrives late."""

    # --- what others ask and read

    @property
    def turned_s(self) -> float:
        """It always goes round: there is nothing that it could hang in."""
        return self._clock()

    @property
    def read_at_s(self) -> float:
        """While nothing changes and the line is well, the image is as young as the last beat."""
        if self._clock() >= self._next_beat_s and self._stays_young:
            last_s = self._line.last_beat_s()
            self._read_at_s = max(self._read_at_s, last_s)
            self._next_beat_s = last_s + HEARTBEAT_S
        return self._read_at_s

    @property
    def _stays_young(self) -> bool:
        """While nothing changes and the line is well."""
        line = self._line
        return self._board.up and line.beating and line.tower.core.changes == self._seen_changes

    async def wait_older_than(self, age_s: float) -> None:
        """As on the desk; no clock is looked at while nothing changes and the line is well."""
        while (left_s := self._young_for_s(age_s)) >= 0.0:
            self._stirred.clear()
            if self._stays_young:
                await self._stirred.wait()
            else:
                await asyncio.sleep(left_s + OLDER_S)

    def follow(self, moving: bool) -> None:
        """Whether the age of what has not changed is news at the other link's pace."""
        if moving and not self._followed:
            self._wake.set()
        self._followed = moving

    # --- life

    def start(self) -> None:
        """Start the owner task, woken by whatever changes in the tower."""
        super().start()
        self._line.attach(self._stir)

    def _stir(self) -> None:
        self._stirred.set()
        self._wake.set()

    async def _close(self) -> None:
        self._line.detach()

    async def _turn(self) -> None:
        """Wait until a round is due, and make it."""
        self._wake.clear()
        due_s = self._due_s()
        pace_s = self.config.idle_poll_s * (1 if self._followed else REST_NEWS)
        left_s = min(due_s, self._told_s + pace_s) - self._clock()
        if left_s > 0.0:
            timer = asyncio.get_running_loop().call_later(left_s, self._wake.set)
            await self._wake.wait()
            timer.cancel()
            return
        self._told_s = self._clock()
        if due_s > self._clock():
            # The same words as if read once more: their age is news.
            self._board.publish()
            return
        self._hurry, self._retry_s, self._round_s = False, None, self._clock()
        try:
            await self._round()
        except IdentityMismatch as error:
            self._lose(LinkStatus(LinkState.READ_ONLY, str(error)))
            self._retry_s = self._clock() + self.config.examine_again_s
        except LinkError as error:
            self._failed(error)
        self._settle_jobs()

    def _due_s(self) -> float:
        """When the next round is due; infinite while nothing happens on a line that is well."""
        if self._retry_s is not None:
            return self._retry_s
        if self._hurry or self._line.resets != self._seen_resets:
            return self._round_s
        if self._jobs.awaited_mailboxes:
            return self._round_s + self.config.acknowledge_poll_s
        if not self._line.beating:
            return self._round_s + self.config.heartbeat_s
        if self._line.tower.core.changes != self._seen_changes:
            return self._round_s + self.config.fast_poll_s
        if self._moving:
            return self._round_s + MOTION_POLL_S
        return math.inf

    # --- a round

    async def _round(self) -> None:
        line, faultless, self._faultless = self._line, self._faultless, False
        if line.resets != self._seen_resets:
            self._seen_resets = line.resets
            self._identity, self._failures = None, FAILURES_MAX
            raise NoAnswer("PLC: the connection broke")
        if not line.answers:
            if not line.refuses:
                line.write_late(CONTROL.address, self._beat())
                await asyncio.sleep(self.config.request_timeout_s)
            raise NoAnswer("PLC: no connection" if line.refuses else "PLC: no answer in time")
        if self._dirty or not line.beating:
            self._dirty = False
            with self._confirming_command():
                await self._exchange(CONTROL.address, self._beat())
        if faultless and self._board.up and self._image is not None:
            while (job := self._jobs.take(self._image, self._control.session)) is not None:
                await self._exchange(*job)
        self._take_over(self._read())
        if self.session_accepted:
            line.beat_on(self._last_beat)

    def _beat(self) -> list[int]:
        self._last_beat = self._control.beat(up=self._board.up)
        return self._last_beat

    async def _exchange(self, address: int, words: list[int]) -> None:
        """A write and its confirmation, as the weather lets them through."""
        loss, took_s = self._line.luck(self.config.request_timeout_s)
        if loss is Loss.REQUEST:
            self._line.write_late(address, words)
        else:
            self._line.write(address, words)
        if took_s:
            await asyncio.sleep(took_s)
        if loss is not Loss.NONE:
            raise NoAnswer(f"PLC: {loss.value}")

    def _read(self) -> PlcImage:
        """Everything, as of now; the values are the ones that the registers are made of."""
        tower, now_s = self._line.tower, self._clock()
        tower.catch_up()
        if tower.core.plc is None:
            raise NoAnswer("PLC: no connection")
        registers = tower.core.plc.registers
        self._seen_changes = tower.core.changes
        boot_id = tower.core.plc.machine.boot_id
        if self._identity is None or boot_id != self._boot_id:
            words = tower.core.read(IDENTITY.address, IDENTITY.size)
            self._identity = examine(words, self.config.expected)
            self._boot_id = boot_id
        known = self._image
        system = Reading(registers.values("S"), now_s)
        alarms = known.alarms if known else None
        if (
            known is None
            or known.boot_id != boot_id
            or known.system.number("alarm_last_seq") != system.number("alarm_last_seq")
        ):
            words = tower.core.read(ALARMS.address, ALARMS.size)
            alarms = Reading(decode_checked(ALARMS, words), now_s)
        numbers = range(1, self._identity.lifts + 1)
        return PlcImage(
            identity=self._identity,
            system=system,
            lifts={n: Reading(registers.values(f"L{n}"), now_s) for n in numbers},
            bays=Reading(registers.values("B"), now_s),
            slots=Reading(registers.values("O"), now_s),
            alarms=alarms,
        )

    def _take_over(self, image: PlcImage) -> None:
        """Besides: what is known of the tower's motion, and that this round was faultless."""
        self._moving = is_moving(image)
        self._faultless, self._failures, self._backoff_s = True, 0, BACKOFF_S_MIN
        self._next_beat_s = -math.inf
        super()._take_over(image)

    # --- judging

    def _failed(self, error: LinkError) -> None:
        self._failures += 1
        self._dirty = True
        silent_s = min(self._board.silent_s, self._clock() - self._line.last_heard_s)
        if silent_s > self.config.silence_s:
            self._lose(LinkStatus(LinkState.DOWN, str(error)))
        pause_s = BACKOFF_S_MIN
        if self._failures >= FAILURES_MAX or self._line.refuses:
            pause_s = self._next_backoff_s()
        self._retry_s = self._clock() + pause_s

    def _want_round(self) -> None:
        self._hurry = True
        super()._want_round()

    def _hurry_heartbeat(self) -> None:
        self._dirty = True
        super()._hurry_heartbeat()
