"""Facts that stand until somebody ends them, and that a restart must not forget."""

from vendtower.domain.interruption import Interruption
from vendtower.domain.jog import JogRun
from vendtower.domain.machine_stop import StopSeen
from vendtower.domain.maintenance import MaintenanceSession
from vendtower.domain.modes import ModeChoice
from vendtower.domain.override import Override
from vendtower.domain.rescue import Rescue

Standing = ModeChoice | MaintenanceSession | StopSeen | Interruption | JogRun | Override | Rescue
"""Each has ``key``, its name among all of them, and ``ended``."""

STANDING_KINDS: tuple[type[Standing], ...] = (
    ModeChoice,
    MaintenanceSession,
    StopSeen,
    Interruption,
    JogRun,
    Override,
    Rescue,
)
