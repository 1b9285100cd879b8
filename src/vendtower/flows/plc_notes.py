"""What the PLC's list of alarms tells of what was over before anybody looked."""

from vendtower.domain.alarm import AlarmKey
from vendtower.domain.alarm_catalogue import plc_code
from vendtower.domain.machine import MachineSnapshot


class PlcNotes:
    """Remembers how far the list was read."""

    def __init__(self) -> None:
        self._mark: tuple[int, int] | None = None
        self._active: set[AlarmKey] = set()

    def of(self, machine: MachineSnapshot | None) -> dict[AlarmKey, str]:
        """New lines of the list that are over already and were never seen to hold, in a sentence
        each.
        """
        if machine is None:
            return {}
        newest = max((alarm.seq for alarm in machine.alarms), default=0)
        if self._mark is None:
            # What the list says of the time before this run was its own run's to tell.
            self._mark = machine.boot_id, newest
        boot_id, seen_seq = self._mark
        if newest < seen_seq or (newest == seen_seq and boot_id != machine.boot_id):
            seen_seq = 0  # a PLC that has started counts anew, unless it retains its list
        self._mark = machine.boot_id, newest
        lines = [(AlarmKey(plc_code(a.code), a.source), a) for a in machine.alarms]
        active = {key for key, alarm in lines if alarm.active}
        found = {
            key: f"the PLC told of alarm {alarm.code} at {alarm.source}, which is over"
            for key, alarm in lines
            if alarm.seq > seen_seq and key not in active | self._active
        }
        self._active = active
        return found
