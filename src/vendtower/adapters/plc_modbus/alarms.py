"""The PLC's alarm list and alarm bits as the domain's alarms."""

from collections.abc import Iterator, Mapping

from firmware_bridge import meanings
from firmware_bridge.plc_image import PlcImage, Reading
from firmware_bridge.register_map import ALARMS_LISTED
from firmware_bridge.words import group, integer, numbers_in
from vendtower.domain.alarm import Severity
from vendtower.domain.machine import PlcAlarm

_SEVERITIES = {
    meanings.AlarmSeverity.NOTE: Severity.INFO,
    meanings.AlarmSeverity.LOW: Severity.WARNING,
    meanings.AlarmSeverity.MEDIUM: Severity.CRITICAL,
    meanings.AlarmSeverity.HIGH: Severity.CRITICAL,
}
"""Fatal is the catalogue's word alone: it stops the tower, and the PLC stops what must stop."""


def plc_alarms(image: PlcImage) -> tuple[PlcAlarm, ...]:
    """What the list says, corrected by the bits, which are read more often than the list.

    An alarm whose line has left the list is told by its bit alone, with the tower as its source.
    """
    active_codes = numbers_in(image.system.number("alarm_words"))
    listed = [] if image.alarms is None else list(_listed(image.alarms, active_codes))
    told = {alarm.code for alarm in listed if alarm.active}
    unlisted = [
        PlcAlarm(0, code, "tower", _severity_of(image), active=True, parameter=0)
        for code in sorted(active_codes - told)
    ]
    return (*unlisted, *listed)


def _listed(reading: Reading, active_codes: frozenset[int]) -> Iterator[PlcAlarm]:
    values = reading.values
    first_seq = integer(values, "first_seq")
    for index in range(min(integer(values, "count"), ALARMS_LISTED)):
        entry: Mapping[str, int] = group(values, f"a{index}_")
        code, flags = entry["code"], entry["flags"]
        yield PlcAlarm(
            seq=first_seq + index,
            code=code,
            source=_source(flags, entry["source"]),
            severity=_SEVERITIES[meanings.alarm_severity(flags)],
            active=bool(flags & meanings.AlarmFlags.ACTIVE) and code in active_codes,
            parameter=entry["param"],
        )


def _severity_of(image: PlcImage) -> Severity:
    """No line says how grave an unlisted alarm is; at most as grave as the gravest one."""
    return _SEVERITIES[meanings.AlarmSeverity(image.system.number("alarm_top_sev"))]


def _source(flags: int, number: int) -> str:
    try:
        kind = meanings.alarm_source(flags)
    except ValueError:
        return f"unknown place {number}"
    return "tower" if kind is meanings.AlarmSource.TOWER else f"{kind.name.lower()} {number}"
