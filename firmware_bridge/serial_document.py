"""The figures of docs/modbus_rtu.md: ``python -m firmware_bridge.serial_document``."""

from __future__ import annotations

import sys

from firmware_bridge import serial_timing as timing
from firmware_bridge.link_types import HEARTBEAT_S
from firmware_bridge.register_map import ALARMS, BAYS, CONTROL, IDENTITY, LIFTS, SLOTS, SYSTEM

BAUD = 115_200
POLL_S_MAX = 0.4

_EXCHANGES = (
    ("control block, written", timing.write_bytes(CONTROL.size)),
    ("job, written", timing.write_bytes(24)),
    ("identity", timing.read_bytes(IDENTITY.size)),
    ("system", timing.read_bytes(SYSTEM.size)),
    ("one lift", timing.read_bytes(LIFTS[0].size)),
    ("two lifts", timing.read_bytes(2 * LIFTS[0].size)),
    ("bays", timing.read_bytes(BAYS.size)),
    ("slots", timing.read_bytes(SLOTS.size)),
    ("alarm list", timing.read_bytes(ALARMS.size)),
)


def exchanges() -> str:
    """Bytes and time of each exchange, a table."""
    lines = [
        "| Exchange | Bytes both ways | On the wire | With gaps and one scan |",
        "|---|---|---|---|",
    ]
    for name, count in _EXCHANGES:
        wire_ms = 1000 * count * timing.character_s(BAUD)
        whole_ms = 1000 * timing.exchange_s(BAUD, count)
        lines.append(f"| {name} | {count} | {wire_ms:.1f} ms | {whole_ms:.1f} ms |")
    return "\n".join(lines) + "\n"


def loads() -> str:
    """Polling and load for each number of lifts, a table."""
    names = (
        "Lifts",
        "Lifts and bays in motion every",
        "at rest every",
        "Load in motion",
        "at rest",
        "Everything once",
    )
    lines = ["| " + " | ".join(names) + " |", "|---|---|---|---|---|---|"]
    for lifts in range(1, len(LIFTS) + 1):
        plan = timing.poll_plan(BAUD, lifts=lifts, heartbeat_s=HEARTBEAT_S, poll_s_max=POLL_S_MAX)
        shares = [
            timing.load(BAUD, plan, lifts=lifts, heartbeat_s=HEARTBEAT_S, moving=moving)
            for moving in (True, False)
        ]
        once_ms = 1000 * timing.first_round_s(BAUD, lifts)
        lines.append(
            f"| {lifts} | {1000 * plan.fast_poll_s:.0f} ms | {1000 * plan.idle_poll_s:.0f} ms "
            f"| {shares[0]:.0%} | {shares[1]:.0%} | {once_ms:.0f} ms |"
        )
    return "\n".join(lines) + "\n"


def losses() -> str:
    """Longest pause of the heartbeat with answers lost in a row, a table."""
    lines = ["| Answers lost in a row | Longest pause of the heartbeat | PLC |", "|---|---|---|"]
    for lost in range(4):
        pause_s = timing.heartbeat_again_s(BAUD, HEARTBEAT_S, lost)
        fate = "goes on" if pause_s < timing.PLC_PATIENCE_S else "stops the tower"
        lines.append(f"| {lost} | {1000 * pause_s:.0f} ms | {fate} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write("\n".join((exchanges(), loads(), losses())))
