"""The integrator's page of the register map, made from the map: ``docs/plc_map.md``.

``python -m firmware_bridge.document`` prints it; ``--write FILE`` writes it.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import sys
from collections.abc import Iterable
from enum import IntEnum, IntFlag
from pathlib import Path

from firmware_bridge import bay_meanings, job_meanings, machine_meanings
from firmware_bridge.meanings import meaning_of
from firmware_bridge.register_map import (
    ALARMS,
    BAYS,
    BLOCKS,
    FIELDS,
    LIFTS,
    MAILBOXES,
    MAP_CRC32,
    MAP_MAJOR,
    MAP_MINOR,
    MAP_WORDS,
    READ_WORDS_MAX,
    SOCKET_PAGE,
    WRITE_WORDS_MAX,
    Block,
    Field,
)

_INTRODUCTION = f"""# The PLC's register map

This page is made from `firmware_bridge/register_map.py` by `python -m firmware_bridge.document`;
change the module, not the page. Map version {MAP_MAJOR}.{MAP_MINOR}, {len(FIELDS)} fields in
{MAP_WORDS} words, CRC-32 `0x{MAP_CRC32:08X}`.

Holding registers only, function codes 3, 6 and 16, zero-based addresses. Words are big-endian; of
a 32-bit value the high word comes first. One read takes at most {READ_WORDS_MAX} words, one write
at most {WRITE_WORDS_MAX}. Words between the fields are reserved: the PLC answers zero, the
controller writes zero. A status block is consistent when `scan_a` equals `scan_b`; the PLC copies
it in one scan. The acknowledge words and the done words are each published together with the job
state, last in the scan.

`bits[n]` over several words is one bitmap: number `k` is bit `k % 16` of word `k / 16`. Text holds
two ASCII characters a word, the first in the high byte, padded with zeros.

The CRC-32 (IEEE 802.3, as zlib computes it) is over the text that `canonical_text()` returns: the
line `vendtower map {MAP_MAJOR}.{MAP_MINOR}`, then `address,block,offset,name,type,unit,access` of
every field, blocks in the order of the table below, each line ended by a line feed.
"""

_RULES = """## Rules

### What the controller does
- At connect, and when `boot_id` changes, it reads the identity block. Another magic, word order,
  sign, header CRC, map version, map CRC, site or count of lifts, bays or slots: it writes nothing.
- Every 200 ms it writes the control block in one request and reads the system block; lifts and
  bays follow every 200 ms while something moves, every 400 ms otherwise, slots every 400 ms, the
  alarm list when `alarm_last_seq` moves. On a serial line lifts and bays may come up to every
  230 ms, and the control block goes between two reads when it is due
  ([modbus_rtu.md](modbus_rtu.md)).
- A torn block, another `block_id`, an unknown state or a number out of any reason is read again,
  three times at most. A scan counter that stands still for 600 ms is a PLC that does not run.
- It withdraws all permits while it does not hold the line to be up.
- A job is one write of 24 words, never repeated. When its acknowledgement does not come, the
  controller changes `session`, so that a copy of the job that turns up later is refused, and reads
  from the words below what became of it. What they do not prove, a person inspects.

### What the PLC does
- A job exists once `commit` equals `seq` and neither is 0. Its sequence number is consumed by the
  answer, whatever it is; the same number again shows the same answer again. After a change of
  `session` the numbers count anew, save the one that is shown.
- `ack_seq`, `ack_job`, `ack_result` and `job_state` change together, and so do `done_seq`,
  `done_job`, `done_result` and `job_state`. `exec_count` counts a job when it is begun and is
  retained. An equal count proves that nothing was begun across a restart; 0 proves nothing, since
  a PLC that has lost its retained memory shows 0 as well.
- Mailboxes are retained. A mailbox found filled at the start is answered with STALE_AT_BOOT and
  never run, whether it had been run before or not.
- A change of `session` does not touch a running job. A session that was left does not come back
  before the PLC restarts: a control block that carries one of the last eight is disregarded, since
  it comes late, from a connection that was given up, and a late job would count again by it.
- `cntrl_cmd` is obeyed once, when `cntrl_seq` changes while the heartbeat beats. What stands there
  at the PLC's own start, and with the first heartbeat of another session, is not obeyed.
- 600 ms without a new `hb_pc`: controlled stop, running jobs fail with PC_SILENT, `pc_link` is LOST
  until `reset`. A permit that is taken away stops its lift with PERMIT_WITHDRAWN.
- Writes to anything but the control block and the mailboxes are refused with exception 2.
- On a serial line it answers within 50 ms of a request's end, and never a damaged request.
"""

_REPEATED = {
    "B": (re.compile(r"^bay([2-8])_"), re.compile(r"^bay1_"), "bayN_", "14 words a bay, N = 1..8"),
    "P": (
        re.compile(r"^s([1-9]|1[0-5])_"),
        re.compile(r"^s0_"),
        "sK_",
        "6 words a socket, K = 0..15; socket number is page * 16 + K",
    ),
    "A": (
        re.compile(r"^a([1-9]|1[0-4])_"),
        re.compile(r"^a0_"),
        "aK_",
        "7 words an alarm, K = 0..14, oldest first",
    ),
}


def page() -> str:
    """The whole page."""
    parts = [_INTRODUCTION, _RULES, "## Blocks\n", _block_table(), "## Fields\n"]
    parts += [_fields_of(block) for block in _documented_blocks()]
    parts.append("## Numbers and bits\n")
    for module in (machine_meanings, job_meanings, bay_meanings):
        parts += [_meaning(kind) for kind in _enums_of(module.__name__)]
    return "\n".join(parts)


def _documented_blocks() -> list[Block]:
    """One lift and one mailbox stand for all of theirs."""
    alike = {*LIFTS[1:], *MAILBOXES[1:]}
    return [block for block in BLOCKS.values() if block not in alike]


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    names = list(head)
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|")


def _block_table() -> str:
    return _table(
        ("Block", "What", "Address", "Words", "Access", "`block_id`"),
        (
            (
                block.name,
                block.title,
                block.address,
                block.size,
                block.access,
                "" if block.block_id is None else f"0x{block.block_id:04X}",
            )
            for block in BLOCKS.values()
        ),
    )


def _fields_of(block: Block) -> str:
    title = block.title
    note = ""
    if block in LIFTS:
        title = "lift (L1; L2, L3 and L4 follow at +60, +120 and +180)"
    elif block in MAILBOXES:
        title = "mailbox (M0 auxiliary; M1 to M4, the lifts', follow at +24 each)"
    elif block.name in _REPEATED:
        note = f"\nRepeated: {_REPEATED[block.name][3]}.\n"
    rows = _table(
        ("Address", "Offset", "Name", "Type", "Unit", "Meaning", "Numbers"),
        (_row(block, field) for field in block.fields if not _is_repetition(block, field)),
    )
    return f"### {block.name}: {title}\n{note}\n{rows}"


def _is_repetition(block: Block, field: Field) -> bool:
    return block.name in _REPEATED and bool(_REPEATED[block.name][0].match(field.name))


def _row(block: Block, field: Field) -> tuple[object, ...]:
    name = field.name
    if block in (BAYS, SOCKET_PAGE, ALARMS):
        _, first, general, _ = _REPEATED[block.name]
        name = first.sub(general, name)
    kind = meaning_of(field)
    numbers = "" if kind is None else f"[{kind.__name__}](#{kind.__name__.lower()})"
    return (
        field.address,
        field.offset,
        f"`{name}`",
        field.type,
        field.unit,
        field.meaning,
        numbers,
    )


def _enums_of(module_name: str) -> list[type[IntEnum] | type[IntFlag]]:
    module = sys.modules[module_name]
    return [
        kind
        for kind in vars(module).values()
        if inspect.isclass(kind)
        and issubclass(kind, (IntEnum, IntFlag))
        and kind.__module__ == module_name
    ]


def _meaning(kind: type[IntEnum] | type[IntFlag]) -> str:
    notes = _member_notes(kind)
    flags = issubclass(kind, IntFlag)
    rows = (
        (_bits(member.value) if flags else member.value, f"`{name}`", notes.get(name, ""))
        for name, member in kind.__members__.items()
    )
    head = ("Bit" if flags else "Number", "Name", "Note")
    text = _plain(inspect.getdoc(kind) or "")
    return f"### {kind.__name__}\n\n{text}\n\n{_table(head, rows)}"


def _bits(value: int) -> str:
    bits = [bit for bit in range(value.bit_length()) if value >> bit & 1]
    return str(bits[0]) if len(bits) == 1 else f"{bits[0]}-{bits[-1]}"


def _member_notes(kind: type[IntEnum] | type[IntFlag]) -> dict[str, str]:
    """The docstring under each member, which Python itself does not keep."""
    tree = ast.parse(inspect.getsource(kind).lstrip())
    body = tree.body[0]
    notes: dict[str, str] = {}
    if not isinstance(body, ast.ClassDef):
        return notes
    name = ""
    for node in body.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
        elif name and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            notes[name] = _plain(str(node.value.value))
            name = ""
    return notes


def _plain(docstring: str) -> str:
    """A docstring as Markdown: one line, cross references as code."""
    text = " ".join(docstring.split())
    text = re.sub(r":(?:attr|class|meth|mod):`~?\.?(?:[a-z_]+\.)*([^`]+)`", r"`\1`", text)
    return text.replace("``", "`")


def main(arguments: list[str] | None = None) -> int:
    """Print the page, or write it to a file."""
    parser = argparse.ArgumentParser(prog="python -m firmware_bridge.document")
    parser.add_argument("--write", metavar="FILE", type=Path, help="write here, do not print")
    options = parser.parse_args(arguments)
    if options.write is None:
        sys.stdout.write(page())
    else:
        options.write.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
