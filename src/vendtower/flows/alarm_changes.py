"""What one event of an alarm changes: the alarm, and the event for the history and the cloud."""

from vendtower.domain.alarm import Alarm, AlarmEvent, AlarmRaised, Severity
from vendtower.flows.alarm_catalogue import alarm_catalogue
from vendtower.flows.telling import as_data, tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, NewEvent


class AlarmChange:
    """Collects what happens to one alarm within one transaction; call it inside ``decide``."""

    def __init__(self, tower: Tower, alarm: Alarm) -> None:
        self._tower = tower
        self.alarm = alarm
        """As it stands after everything that was applied."""
        self.events: list[NewEvent] = []

    def apply(self, event: AlarmEvent) -> None:
        """One more event.

        Raises:
            CannotMask: the event would hide a fatal alarm.
            IllegalEvent: when the table does not allow the event now.
        """
        self.alarm = self.alarm.apply(event)
        self.events.append(_told(self._tower, self.alarm, event))

    def raise_again(self) -> None:
        """Show an alarm that is no longer masked and whose condition holds all the while."""
        if self.alarm.active:
            utc, chance = self._tower.clock.utc(), self._tower.chance
            self.apply(AlarmRaised(utc, self.alarm.text, chance.new_id(), self.alarm.grouped))

    @property
    def change(self) -> Change:
        """All of it, for the journal."""
        return Change(alarms=(self.alarm,), events=tuple(self.events))


def _told(tower: Tower, alarm: Alarm, event: AlarmEvent) -> NewEvent:
    """The cloud is owed what is a warning or graver, save the many of a flood."""
    details = as_data(event)
    details.pop("utc", None)
    return tell(
        tower,
        "alarm",
        type(event).__name__.removeprefix("Alarm"),
        subject=f"alarm/{alarm.code}/{alarm.source.replace(' ', '-')}",
        correlation_id=alarm.episode_id or tower.chance.new_id(),
        data={
            "code": alarm.code,
            "source": alarm.source,
            "name": alarm_catalogue().entry(alarm.code).name,
            "severity": alarm.severity.value,
            "state": alarm.state.value,
            "active": alarm.active,
            "text": alarm.text,
            **details,
        },
        owed=alarm.severity.rank >= Severity.WARNING.rank and not alarm.grouped,
    )
