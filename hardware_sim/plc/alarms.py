"""The PLC's alarms: which are active, and the list of what came and went."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from firmware_bridge.meanings import AlarmCode, AlarmSeverity, AlarmSource, alarm_flags
from firmware_bridge.register_map import ALARMS_LISTED

SEVERITY = {
    AlarmCode.ESTOP: AlarmSeverity.HIGH,
    AlarmCode.SAFETY_CURTAIN: AlarmSeverity.HIGH,
    AlarmCode.SAFETY_DOOR_LOCK: AlarmSeverity.HIGH,
    AlarmCode.SLACK_ROPE: AlarmSeverity.HIGH,
    AlarmCode.OVERSPEED: AlarmSeverity.HIGH,
    AlarmCode.OVERLOAD: AlarmSeverity.HIGH,
    AlarmCode.END_STOP: AlarmSeverity.HIGH,
    AlarmCode.STO_FEEDBACK: AlarmSeverity.HIGH,
    AlarmCode.FIRE: AlarmSeverity.HIGH,
    AlarmCode.PIT: AlarmSeverity.HIGH,
    AlarmCode.INSPECTION_HATCH: AlarmSeverity.HIGH,
    AlarmCode.SAFETY_COMMS: AlarmSeverity.HIGH,
    AlarmCode.PC_SILENT: AlarmSeverity.HIGH,
    AlarmCode.DRIVE_FAULT: AlarmSeverity.HIGH,
    AlarmCode.PERSON_INSIDE: AlarmSeverity.HIGH,
    AlarmCode.LOAD_UNCERTAIN: AlarmSeverity.MEDIUM,
    AlarmCode.DOOR_STUCK: AlarmSeverity.MEDIUM,
    AlarmCode.JOB_FAILED: AlarmSeverity.MEDIUM,
    AlarmCode.PLC_STARTED: AlarmSeverity.NOTE,
}


@dataclass(frozen=True, slots=True)
class AlarmKey:
    """One condition at one place."""

    code: AlarmCode
    source: AlarmSource = AlarmSource.TOWER
    number: int = 0


@dataclass(frozen=True, slots=True)
class AlarmEntry:
    """One line of the list: an alarm that came (`active`) or went."""

    seq: int
    key: AlarmKey
    active: bool
    utc_s: float
    parameter: int


class AlarmBook:
    """Conditions are set to what holds now; every change becomes an entry with its number."""

    def __init__(self) -> None:
        self.active: dict[AlarmKey, int] = {}
        self.entries: deque[AlarmEntry] = deque(maxlen=ALARMS_LISTED)
        self.last_seq = 0
        self.acknowledged_seq = 0

    def show(self, conditions: dict[AlarmKey, int], utc_s: float) -> None:
        """Take over the conditions that hold now, each with its parameter."""
        for key, parameter in conditions.items():
            if key not in self.active:
                self._enter(key, utc_s, parameter, active=True)
        for key in [key for key in self.active if key not in conditions]:
            self._enter(key, utc_s, self.active[key], active=False)
        self.active = dict(conditions)

    def note(self, key: AlarmKey, utc_s: float, parameter: int = 0) -> None:
        """Enter something that came and went at once."""
        self._enter(key, utc_s, parameter, active=False)

    def _enter(self, key: AlarmKey, utc_s: float, parameter: int, *, active: bool) -> None:
        self.last_seq += 1
        self.entries.append(AlarmEntry(self.last_seq, key, active, utc_s, parameter))

    def acknowledge(self, up_to_seq: int) -> None:
        """The controller has shown every entry up to this one to a person."""
        self.acknowledged_seq = max(self.acknowledged_seq, min(up_to_seq, self.last_seq))

    def bitmap(self) -> int:
        """Alarm n is bit n."""
        bits = 0
        for key in self.active:
            bits |= 1 << key.code
        return bits

    def top_severity(self) -> AlarmSeverity:
        """The highest severity that is active."""
        severities = [severity_of(key.code) for key in self.active]
        return max(severities, default=AlarmSeverity.NOTE)

    def words(self) -> dict[str, int]:
        """The fields of the alarm list block."""
        first_seq = self.entries[0].seq if self.entries else 0
        words = {"first_seq": first_seq, "count": len(self.entries)}
        for index, entry in enumerate(self.entries):
            words |= {f"a{index}_{name}": value for name, value in self._entry(entry).items()}
        return words

    def _entry(self, entry: AlarmEntry) -> dict[str, int]:
        return {
            "code": int(entry.key.code),
            "flags": alarm_flags(
                severity_of(entry.key.code),
                entry.key.source,
                active=entry.active and entry.key in self.active,
                acknowledged=entry.seq <= self.acknowledged_seq,
            ),
            "source": entry.key.number,
            "utc": int(entry.utc_s) & 0xFFFF_FFFF,
            "ms": int(entry.utc_s * 1000.0) % 1000,
            "param": entry.parameter,
        }


def severity_of(code: AlarmCode) -> AlarmSeverity:
    """How grave an alarm is."""
    return SEVERITY.get(code, AlarmSeverity.LOW)
