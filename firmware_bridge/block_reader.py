"""Which block is read when, and how a damaged answer is dealt with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet

from firmware_bridge.block_memory import BlockMemory
from firmware_bridge.errors import IdentityMismatch, PlcSilent, WrongAnswer
from firmware_bridge.link_types import LinkConfig, LinkCounters
from firmware_bridge.meanings import DoorState, JobState, LiftStatus
from firmware_bridge.modbus_wire import Wire
from firmware_bridge.plc_identity import PlcIdentity, examine
from firmware_bridge.plc_image import Liveness, PlcImage, Reading
from firmware_bridge.register_map import ALARMS, BAYS, IDENTITY, LIFTS, SLOTS, SYSTEM, Block
from firmware_bridge.words import decode_block

_TRIES_MAX = 3
"""How often a torn or damaged block is read before the answer counts as wrong."""
_TOGETHER_SHARE = 0.25
"""Of the heartbeat's period: what is due so soon after a round is read in it, since every round
reads the system block as well."""

_BUSY_STATES = frozenset({JobState.ACCEPTED, JobState.ACTIVE})
_MOVING_DOORS = frozenset({DoorState.OPENING, DoorState.CLOSING})


class BlockReader:
    """Reads blocks when they are due and keeps the last good one of each."""

    def __init__(
        self,
        wire: Wire,
        config: LinkConfig,
        clock: Callable[[], float],
        counters: LinkCounters,
        before_read: Callable[[], Awaitable[None]],
    ) -> None:
        """``before_read`` is awaited before each request of a block: the heartbeat's turn."""
        self.follow = False
        """Somebody wants lifts and bays to be polled fast."""
        self._before_read = before_read
        self._wire = wire
        self._config = config
        self._clock = clock
        self._counters = counters
        self._liveness = Liveness(config.silence_s, clock)
        self._identity: PlcIdentity | None = None
        self._memories: dict[str, BlockMemory] = {}
        self._readings: dict[str, Reading] = {}
        self._due_s: dict[str, float] = {}
        self._moving = False
        self._boot_id: int | None = None
        self._alarms_seq: int | None = None

    @property
    def identified(self) -> bool:
        """The device's identity has been read and found acceptable."""
        return self._identity is not None

    def forget(self) -> None:
        """Forget everything read, before a new connection or another boot of the PLC."""
        self._identity = None
        self._readings.clear()
        self._due_s.clear()
        self._liveness.forget()
        self._boot_id = None
        self._alarms_seq = None

    async def identify(self) -> None:
        """Read and examine the identity block.

        Raises :class:`IdentityMismatch` when the device is not acceptable in three readings: one
        flipped bit is no reason to refuse it.
        """
        for attempt in range(1, _TRIES_MAX + 1):
            self._counters.reads += 1
            words = await self._wire.read(IDENTITY.address, IDENTITY.size)
            try:
                self._identity = examine(words, self._config.expected)
            except IdentityMismatch:
                if attempt == _TRIES_MAX:
                    raise
            else:
                return

    async def read_due(self, awaited: AbstractSet[int]) -> PlcImage | None:
        """Read what is due; None when nothing was. ``awaited``: mailboxes awaiting an answer."""
        due = self._due(awaited)
        if not due:
            return None
        if self._identity is None:
            await self.identify()
        await self._read_one(SYSTEM)
        await self._check_boot()
        lifts = [block for block in self._lift_blocks() if block.name in due]
        for group in _pairs(lifts):
            await self._read_group(group)
        for block in (BAYS, SLOTS):
            if block.name in due:
                await self._read_one(block)
        await self._read_alarms()
        return self._assemble()

    async def read_block(self, block: Block) -> Reading:
        """Any block of the map, once, apart from the regular rounds."""
        if block.block_id is None:
            read_at_s = self._clock()
            self._counters.reads += 1
            words = await self._wire.read(block.address, block.size)
            return Reading(decode_block(block, words), read_at_s)
        return (await self._read_whole([block]))[0]

    def next_due_s(self, awaited: AbstractSet[int]) -> float:
        """Monotonic time at which the next block is due."""
        if awaited:
            return self._clock() + self._config.acknowledge_poll_s
        return min(self._due_s.values(), default=0.0)

    def _due(self, awaited: AbstractSet[int]) -> set[str]:
        until_s = self._clock() + _TOGETHER_SHARE * self._config.heartbeat_s
        names = [SYSTEM.name, BAYS.name, SLOTS.name, *(block.name for block in self._lift_blocks())]
        due = {name for name in names if self._due_s.get(name, 0.0) <= until_s}
        due |= {SYSTEM.name if number == 0 else LIFTS[number - 1].name for number in awaited}
        return due

    def _lift_blocks(self) -> Sequence[Block]:
        return LIFTS[: self._identity.lifts if self._identity else 0]

    def _period_s(self, block: Block) -> float:
        if block is SYSTEM:
            return self._config.heartbeat_s
        if block is SLOTS:
            return self._config.slots_poll_s
        fast = self.follow or self._moving
        return self._config.fast_poll_s if fast else self._config.idle_poll_s

    async def _check_boot(self) -> None:
        """Another boot: nothing known of the one before is true; the identity is read again."""
        system = self._readings[SYSTEM.name]
        boot_id = system.number("boot_id")
        if self._boot_id is not None and self._boot_id != boot_id:
            self.forget()
            await self.identify()
            self._readings[SYSTEM.name] = system
        self._boot_id = boot_id

    async def _read_alarms(self) -> None:
        """The alarm list, when its last sequence number has moved."""
        last_seq = self._readings[SYSTEM.name].number("alarm_last_seq")
        if self._alarms_seq != last_seq:
            await self._read_one(ALARMS)
            self._alarms_seq = last_seq

    async def _read_one(self, block: Block) -> None:
        await self._read_group([block])

    async def _read_group(self, blocks: Sequence[Block]) -> None:
        for block, reading in zip(blocks, await self._read_whole(blocks), strict=True):
            self._accept(block, reading)

    async def _read_whole(self, blocks: Sequence[Block]) -> list[Reading]:
        """Read neighbouring blocks in one request, again when one of them is torn or damaged."""
        first, count = blocks[0].address, sum(block.size for block in blocks)
        attempt = 1
        while True:
            await self._before_read()
            read_at_s = self._clock()
            self._counters.reads += 1
            words = await self._wire.read(first, count)
            try:
                return [self._meant(block, words, first, read_at_s) for block in blocks]
            except WrongAnswer:
                self._counters.torn_or_damaged_blocks += 1
                if attempt == _TRIES_MAX:
                    raise
                attempt += 1

    def _meant(self, block: Block, words: list[int], first: int, read_at_s: float) -> Reading:
        memory = self._memories.get(block.name)
        if memory is None:
            memory = self._memories[block.name] = BlockMemory(block)
        at = block.address - first
        return memory.reading(words[at : at + block.size], read_at_s)

    def _accept(self, block: Block, reading: Reading) -> None:
        if block is not ALARMS:  # read too rarely to tell by its counter whether it lives
            self._due_s[block.name] = reading.read_at_s + self._period_s(block)
            self._liveness.note(block.name, reading.number("scan_a"))
        self._readings[block.name] = reading

    def _assemble(self) -> PlcImage | None:
        if self._identity is None:
            raise PlcSilent("PLC: no identity")
        lifts = {
            number: self._readings[block.name]
            for number, block in enumerate(self._lift_blocks(), start=1)
            if block.name in self._readings
        }
        if len(lifts) < self._identity.lifts or not {BAYS.name, SLOTS.name} <= set(self._readings):
            return None
        image = PlcImage(
            identity=self._identity,
            system=self._readings[SYSTEM.name],
            lifts=lifts,
            bays=self._readings[BAYS.name],
            slots=self._readings[SLOTS.name],
            alarms=self._readings.get(ALARMS.name),
        )
        self._moving = is_moving(image)
        return image


def is_moving(image: PlcImage) -> bool:
    """Whether a lift or a bay door moves, or a job runs."""
    if image.system.number("aux_state") in _BUSY_STATES:
        return True
    for lift in image.lifts.values():
        if lift.number("job_state") in _BUSY_STATES:
            return True
        if not lift.number("status") & LiftStatus.STANDSTILL:
            return True
    return any(
        image.bays.number(f"bay{bay}_{door}") in _MOVING_DOORS
        for bay in range(1, image.identity.bays + 1)
        for door in ("inner", "outer")
    )


def _pairs(blocks: Sequence[Block]) -> list[Sequence[Block]]:
    """Two neighbouring lift blocks fill one request."""
    groups: list[list[Block]] = []
    for block in blocks:
        last = groups[-1] if groups else []
        if len(last) == 1 and last[0].address + last[0].size == block.address:
            last.append(block)
        else:
            groups.append([block])
    return list(groups)
