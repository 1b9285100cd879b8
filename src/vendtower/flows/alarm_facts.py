"""What only other parts of the controller know, told to the alarm watch."""

from dataclasses import dataclass, field

from vendtower.domain.alarm import Alarm, AlarmKey


@dataclass
class AlarmFacts:
    """Written by whoever learns of it, read by the alarm watch."""

    boards_lost: dict[int, str] = field(default_factory=dict)
    """Kiosk number to the reason why its board is not reached."""
    estops_sensed: set[int] = field(default_factory=set)
    """Kiosks whose board senses that the emergency stop beside it is pressed."""
    cameras_seen: set[int] = field(default_factory=set)
    """Kiosks whose camera has just read a code or seen a face; the watch takes it away."""
    cloud_refusal: str = ""
    """Why the cloud will not have this tower; empty while it does not say so."""
    happened: list[tuple[AlarmKey, str]] = field(default_factory=list)
    """What came and went at once, each with its sentence; the watch takes it away."""
    unwritten: dict[AlarmKey, Alarm] = field(default_factory=dict)
    """Alarms as they stand that the journal could not take."""
