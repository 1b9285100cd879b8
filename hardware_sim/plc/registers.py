"""The PLC's memory as Modbus sees it: which words show what, and which may be written."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from firmware_bridge import register_map as rm
from firmware_bridge.words import Value, decode_block, encode_block
from hardware_sim.plc import image
from hardware_sim.plc.machine import Machine


class Registers:
    """Status blocks are computed when read; `control` is what the controller wrote last."""

    def __init__(self, machine: Machine, utc_s: Callable[[], float]) -> None:
        self.machine = machine
        self.control = [0] * rm.CONTROL.size
        self.frozen_scan: int | None = None
        """Fault: the scan counter stands at this value, the heartbeat with it."""
        self.torn_reads = 0
        """Fault: so many reads of status blocks will be torn."""
        self._utc_s = utc_s
        self._makers = self._block_makers()

    def _block_makers(self) -> dict[str, Callable[[], dict[str, int]]]:
        machine = self.machine
        makers: dict[str, Callable[[], dict[str, int]]] = {
            "S": lambda: image.system_values(machine, self.shown_scan(), self._utc_s()),
            "B": lambda: image.bays_values(machine),
            "O": lambda: image.slots_values(machine),
            "E": machine.charging.bitmap_words,
            "P": lambda: machine.charging.page_words(self.control[11]),
            "A": machine.alarms.words,
        }
        for number, lift in machine.lifts.items():
            makers[f"L{number}"] = partial(image.lift_values, machine, lift)
        return makers

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

    def values(self, name: str) -> dict[str, Value]:
        """The fields of one status block as a reader decodes them, without the way over words."""
        scan = self.shown_scan()
        block = rm.BLOCKS[name]
        frame = {"block_id": block.block_id or 0, "scan_a": scan, "scan_b": scan}
        made = {field: int(value) for field, value in self._makers[name]().items()}
        return {**_empty(name), **made, **frame}

    def _block_words(self, block: rm.Block) -> list[int]:
        if block.name == "H":
            return image.identity_words(self.machine)
        if block.name == "C":
            return list(self.control)
        if block.name.startswith("M"):
            return list(self.machine.mailboxes[int(block.name[1:])].words)
        maker = self._makers.get(block.name)
        values: dict[str, int] = maker() if maker else {}
        scan = self.shown_scan()
        torn = 0
        if self.torn_reads:
            self.torn_reads -= 1
            torn = 1
        frame = {"block_id": block.block_id or 0, "scan_a": scan, "scan_b": (scan - torn) & 0xFFFF}
        return encode_block(block, {**values, **frame})

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


@cache
def _empty(name: str) -> dict[str, Value]:
    """The block's fields where nothing is to be told."""
    block = rm.BLOCKS[name]
    return decode_block(block, [0] * block.size)
