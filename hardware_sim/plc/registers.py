"""The PLC's memory as Modbus sees it: which words show what, and which may be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from firmware_bridge import register_map as rm
from firmware_bridge.words import Value, decode_block, encode_block, put_values
from hardware_sim.plc import image
from hardware_sim.plc.machine import Machine
from hardware_sim.plc.told import told_by


class Registers:
    """Status blocks are made when read; `control` is what the controller wrote last.

    While nothing has changed that a block tells of, what was made of it last is shown again with
    the counters and clocks of now (`told`).
    """

    def __init__(self, machine: Machine, utc_s: Callable[[], float]) -> None:
        self.machine = machine
        self.control = [0] * rm.CONTROL.size
        self.frozen_scan: int | None = None
        """Fault: the scan counter stands at this value, the heartbeat with it."""
        self.torn_reads = 0
        """Fault: so many reads of status blocks will be torn."""
        self._utc_s = utc_s
        self._told: tuple[object, ...] = ()
        self._moving: frozenset[int] = frozenset()
        self._values: dict[str, dict[str, Value]] = {}
        self._words: dict[str, list[int]] = {}
        """What was made while `_told` held; blocks that are left out are made at every read."""

    def fresh_values(self, name: str) -> dict[str, int]:
        """The fields of a status block as they are now, made from nothing but the machine."""
        machine = self.machine
        match name[0]:
            case "S":
                made = image.system_values(machine)
            case "L":
                lift = machine.lifts.get(int(name[1:]))
                made = {} if lift is None else image.lift_values(machine, lift)
            case "B":
                made = image.bays_values(machine)
            case "O":
                made = image.slots_values(machine)
            case "E":
                made = machine.charging.bitmap_words()
            case "P":
                made = machine.charging.page_words(self.control[11])
            case _:
                made = machine.alarms.words()
        return {**made, **self._life(name)}

    def _life(self, name: str) -> dict[str, int]:
        """The fields that are others at every read."""
        scan = self.shown_scan()
        frame = {"block_id": rm.BLOCKS[name].block_id or 0, "scan_a": scan, "scan_b": scan}
        return (
            image.life_values(self.machine, scan, self._utc_s()) | frame if name == "S" else frame
        )

    def _holds_still(self, name: str) -> bool:
        """Whether what the block tells stays as it is until something is told otherwise."""
        if name[0] == "L":
            return int(name[1:]) not in self._moving
        return name in {"B", "O"} or (name == "S" and not self._moving)

    def _notice(self) -> None:
        """Forget what does not hold any more."""
        moving = self.machine.field.moving
        self._moving = frozenset(n for n in self.machine.lifts if moving(n))
        told = told_by(self.machine, self._moving)
        if told != self._told:
            self._told = told
            self._values.clear()
            self._words.clear()

    def shown_scan(self) -> int:
        """The scan counter as the registers show it."""
        if self.frozen_scan is not None:
            return self.frozen_scan
        return image.scan_count(self.machine, self.machine.field.now_s)

    def freeze(self, *, frozen: bool = True) -> None:
        """Fault: the scan counter and the PLC's heartbeat stand still."""
        self.frozen_scan = self.shown_scan() if frozen else None

    def read(self, address: int, count: int) -> list[int]:
        """Words as they are now; reserved ones are zero."""
        block = _BLOCK_AT.get((address, count))
        if block is not None:
            return list(self._block_words(block))
        words = [0] * count
        for block in rm.BLOCKS.values():
            if block.address < address + count and address < block.address + block.size:
                own = self._block_words(block)
                first = max(address, block.address)
                last = min(address + count, block.address + block.size)
                words[first - address : last - address] = own[
                    first - block.address : last - block.address
                ]
        return words

    def values(self, name: str) -> Mapping[str, Value]:
        """The fields of one status block as a reader decodes them, without the way over words."""
        self._notice()
        known = self._values.get(name)
        if known is not None:
            return {**known, **self._life(name)}
        made = {field: int(value) for field, value in self.fresh_values(name).items()}
        values = {**_empty(name), **made}
        if self._holds_still(name):
            self._values[name] = values
        return values

    def _block_words(self, block: rm.Block) -> list[int]:
        if block.name == "H":
            return image.identity_words(self.machine)
        if block.name == "C":
            return self.control
        if block.name[0] == "M":
            return self.machine.mailboxes[int(block.name[1:])].words
        words = self._status_words(block)
        if self.torn_reads:
            self.torn_reads -= 1
            torn = block.field("scan_b").offset
            words[torn] = words[torn] - 1 & 0xFFFF
        return words

    def _status_words(self, block: rm.Block) -> list[int]:
        self._notice()
        known = self._words.get(block.name)
        if known is not None:
            put_values(block, known, self._life(block.name))
            return list(known)
        words = encode_block(block, self.fresh_values(block.name))
        if self._holds_still(block.name):
            self._words[block.name] = list(words)
        return words

    def writable(self, address: int, count: int) -> bool:
        """Whether all the words belong to the controller."""
        last = address + count - 1
        control = rm.CONTROL.address, rm.CONTROL.address + rm.CONTROL.size - 1
        boxes = rm.MAILBOXES[0].address, rm.MAP_WORDS - 1
        return any(low <= address and last <= high for low, high in (control, boxes))

    def write(self, address: int, values: list[int]) -> bool:
        """The controller writes; False, and nothing is changed, where it may not."""
        if not self.writable(address, len(values)):
            return False
        if address < rm.MAILBOXES[0].address:
            offset = address - rm.CONTROL.address
            self.control[offset : offset + len(values)] = values
        else:
            self._write_mailboxes(address, values)
        return True

    def _write_mailboxes(self, address: int, values: list[int]) -> None:
        now_s = self.machine.field.now_s
        for mailbox, block in zip(self.machine.mailboxes, rm.MAILBOXES, strict=True):
            first = max(address, block.address)
            last = min(address + len(values), block.address + rm.MAILBOX_WORDS)
            if first < last:
                part = values[first - address : last - address]
                mailbox.write(first - block.address, part, now_s)


_BLOCK_AT = {(block.address, block.size): block for block in rm.BLOCKS.values()}


@cache
def _empty(name: str) -> dict[str, Value]:
    """The block's fields where nothing is to be told."""
    block = rm.BLOCKS[name]
    return decode_block(block, [0] * block.size)
