"""The PLC's alarm list and bits as the domain sees them."""

from dataclasses import dataclass

from firmware_bridge.meanings import AlarmCode, AlarmSeverity, AlarmSource, alarm_flags
from firmware_bridge.plc_image import PlcImage, Reading
from firmware_bridge.register_map import ALARMS, ALARMS_LISTED, SYSTEM
from firmware_bridge.words import Value, bitmap_of, decode_block, encode_block
from vendtower.adapters.plc_modbus.alarms import plc_alarms
from vendtower.domain.alarm import Severity
from vendtower.domain.machine import PlcAlarm


@dataclass
class Lines:
    """The two blocks that tell of alarms, as words on the wire and back."""

    bits: tuple[int, ...] = ()
    entries: tuple[dict[str, Value], ...] = ()
    first_seq: int = 1
    count: int | None = None
    top: AlarmSeverity = AlarmSeverity.NOTE

    def read(self, *, with_list: bool = True) -> tuple[PlcAlarm, ...]:
        system = {"alarm_words": bitmap_of(self.bits), "alarm_top_sev": int(self.top)}
        count = len(self.entries) if self.count is None else self.count
        listed: dict[str, Value] = {"first_seq": self.first_seq, "count": count}
        for index, entry in enumerate(self.entries):
            listed |= {f"a{index}_{name}": value for name, value in entry.items()}
        alarms = Reading(decode_block(ALARMS, encode_block(ALARMS, listed)), 0.0)
        whole = Reading(decode_block(SYSTEM, encode_block(SYSTEM, system)), 0.0)
        return plc_alarms(
            PlcImage(
                identity=None,  # type: ignore[arg-type]  # alarms do not need it
                system=whole,
                lifts={},
                bays=whole,
                slots=whole,
                alarms=alarms if with_list else None,
            )
        )


def entry(
    code: int,
    source: AlarmSource = AlarmSource.TOWER,
    number: int = 0,
    *,
    active: bool = True,
    severity: AlarmSeverity = AlarmSeverity.HIGH,
    parameter: int = 0,
) -> dict[str, Value]:
    flags = alarm_flags(severity, source, active=active, acknowledged=False)
    return {"code": code, "flags": flags, "source": number, "param": parameter}


def test_a_line_says_what_where_how_grave_and_whether_still() -> None:
    came = entry(AlarmCode.DOOR_STUCK, AlarmSource.BAY, 2, parameter=1)
    note = entry(AlarmCode.PLC_STARTED, active=False, severity=AlarmSeverity.NOTE)
    found = Lines((AlarmCode.DOOR_STUCK,), (came, note), first_seq=41).read()
    assert found == (
        PlcAlarm(41, 20, "bay 2", Severity.CRITICAL, active=True, parameter=1),
        PlcAlarm(42, 14, "tower", Severity.INFO, active=False, parameter=0),
    )


def test_the_bits_are_newer_than_the_list() -> None:
    [gone] = Lines((), (entry(AlarmCode.ESTOP),)).read()
    assert not gone.active


def test_what_has_left_the_list_is_told_by_its_bit() -> None:
    found = Lines((AlarmCode.CABINET_HOT, 100), (), top=AlarmSeverity.LOW).read()
    assert found == (
        PlcAlarm(0, 26, "tower", Severity.WARNING, active=True, parameter=0),
        PlcAlarm(0, 100, "tower", Severity.WARNING, active=True, parameter=0),
    )


def test_before_the_list_was_read_the_bits_speak() -> None:
    [estop] = Lines((AlarmCode.ESTOP,), top=AlarmSeverity.HIGH).read(with_list=False)
    assert (estop.code, estop.severity, estop.active) == (0, Severity.CRITICAL, True)


def test_a_place_and_a_count_that_the_map_lacks() -> None:
    strange = entry(AlarmCode.WIND, active=False)
    strange["flags"] = 9 << 4
    [found] = Lines((), (strange,)).read()
    assert found.source == "unknown place 0"
    assert len(Lines((), (strange,), count=99).read()) == ALARMS_LISTED
