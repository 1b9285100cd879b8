"""What goes wrong and when, drawn from the seed before the run begins, as plain data."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

DAY_S = 86_400.0


class FaultKind(Enum):
    """One way to fail."""

    PLC_LINE_CUT = "the line to the PLC is cut"
    PLC_LINE_RESET = "the connection to the PLC breaks"
    PLC_LINE_ROUGH = "the line to the PLC is slow, splits and loses"
    PLC_LINE_GARBLED = "a gateway turns bits over on the way from and to the PLC"
    PLC_LINE_HALF_OPEN = "what the PLC answers does not arrive, what it is asked does"
    PLC_RESTART = "the PLC restarts"
    SENSOR_STUCK = "a sensor shows one value whatever happens"
    ESTOP = "the emergency stop is pressed"
    BAY_ESTOP = "a bay's emergency stop is pressed"
    CURTAIN = "somebody stands in a light curtain"
    HIDDEN = "somebody is in a bay, nobody knows how"
    CLOUD_LINE_CUT = "the line to the cloud is cut"
    CLOUD_LINE_ROUGH = "the line to the cloud is slow, splits and loses"
    CLOUD_DOWN = "the cloud is down"
    CLOUD_ERRORS = "the cloud fails before or after it has applied"
    CLOUD_REPEATS = "the cloud tells reservations again, old revisions among them, in any order"
    CLOUD_FORGETS = "the cloud is restored from a backup and knows no cursor any more"
    CLOUD_SKEWED = "the cloud's clock is wrong"
    CRASH = "the daemon is killed"
    POWER_CUT = "the computer loses power"
    CRASH_AT_COMMIT = "the computer loses power at a commit"
    """`name` is the moment (`journal_disk.Moment`), `nth` the commit; drawn where not given."""
    CRASH_IN_RECOVERY = "the daemon is killed, and killed again before it serves"
    DISK_SLOW = "commits take long"
    DISK_FULL = "the disk is full"
    DISK_FAILS = "the disk fails, and nobody knows what reached it"
    CLOCK_STEP = "the wall clock is set wrong"
    CAMERA_DARK = "the cameras give no pictures"
    CAMERA_FOOLED = "the camera takes a stranger, or a picture of a face, for the customer"
    IDENTITY_RESTART = "the identity process starts anew and knows no face"
    BREAKS = "something of the tower breaks"
    """One of `hardware_sim/faults/catalogue.py`, named in the plan."""
    MAINTENANCE = "a technician works at the machine"
    OUT_OF_SERVICE = "a lift, bay or slot is taken out of service"
    INTAKE = "staff announce a new car, and somebody drives it in"
    ALARMS_SHELVED = "staff shelve every alarm that may be shelved"
    INSPECTION = "a technician inspects and signs off the most urgent part"
    RESCUE = "a lift breaks down with a car on it, which is brought out by hand"
    STAFF_ORDERS = "staff move cars, lifts and doors themselves, in a mode of their own"
    JOB_ENDED = "staff end a movement: at once, or after this one"
    MACHINE_COMMAND = "staff hold, stop or abort the machine, and lead it on"
    GUESSER = "somebody types codes at random"
    CARRIED = "somebody moves a car to another slot by hand, and tells nobody"
    AUDIT = "staff have ledger and sensors compared"
    POWER_REDUCED = "staff let fewer lifts move at one time"
    CLOUD_REFUSES = "the cloud takes the tower for another one"
    CLOUD_REJECTS = "the cloud rejects events for good"
    IDENTITY_GONE = "the identity process does not run"
    STRAY_ASKING = "somebody asks for everything there is, whatever the mode"
    BOARD_UNPLUGGED = "a kiosk's board is unplugged"
    BOARD_SILENT = "nothing comes through between a kiosk's board and the controller"
    BOARD_NOISE = "the line to a kiosk's board damages, loses and doubles four chunks of ten"
    BOARD_RESTART = "a kiosk's board starts anew"
    BOARD_TAMPERED = "somebody works on the housing of a kiosk's board"
    KEY_SENSOR_STUCK = "a compartment's key sensor shows one value whatever lies there"
    COMPARTMENT_STUCK = "a compartment's door does not open although it is released"


WORK = {
    FaultKind.MAINTENANCE,
    FaultKind.OUT_OF_SERVICE,
    FaultKind.INTAKE,
    FaultKind.ALARMS_SHELVED,
    FaultKind.INSPECTION,
    FaultKind.STAFF_ORDERS,
    FaultKind.JOB_ENDED,
    FaultKind.MACHINE_COMMAND,
    FaultKind.AUDIT,
    FaultKind.POWER_REDUCED,
    FaultKind.STRAY_ASKING,
}
"""What staff do of their own accord; it comes and goes by the same plan as the faults."""

OF_BOARDS = {
    FaultKind.BOARD_UNPLUGGED,
    FaultKind.BOARD_SILENT,
    FaultKind.BOARD_NOISE,
    FaultKind.BOARD_RESTART,
    FaultKind.BOARD_TAMPERED,
    FaultKind.KEY_SENSOR_STUCK,
    FaultKind.COMPARTMENT_STUCK,
}
"""Drawn by `board_plan.py`, for runs with kiosk boards."""


RATES_PER_DAY: Mapping[FaultKind, float] = {
    FaultKind.PLC_LINE_CUT: 8.0,
    FaultKind.PLC_LINE_RESET: 6.0,
    FaultKind.PLC_LINE_ROUGH: 3.0,
    FaultKind.PLC_LINE_GARBLED: 1.0,
    FaultKind.PLC_LINE_HALF_OPEN: 2.0,
    FaultKind.PLC_RESTART: 1.5,
    FaultKind.SENSOR_STUCK: 4.0,
    FaultKind.ESTOP: 0.7,
    FaultKind.BAY_ESTOP: 0.7,
    FaultKind.CURTAIN: 6.0,
    FaultKind.HIDDEN: 1.0,
    FaultKind.CLOUD_LINE_CUT: 3.0,
    FaultKind.CLOUD_LINE_ROUGH: 1.0,
    FaultKind.CLOUD_DOWN: 1.0,
    FaultKind.CLOUD_ERRORS: 6.0,
    FaultKind.CLOUD_REPEATS: 2.0,
    FaultKind.CLOUD_FORGETS: 0.5,
    FaultKind.CLOUD_SKEWED: 0.5,
    FaultKind.CRASH: 3.0,
    FaultKind.POWER_CUT: 2.0,
    FaultKind.CRASH_AT_COMMIT: 4.0,
    FaultKind.CRASH_IN_RECOVERY: 2.0,
    FaultKind.DISK_SLOW: 2.0,
    FaultKind.DISK_FULL: 0.7,
    FaultKind.DISK_FAILS: 0.7,
    FaultKind.CLOCK_STEP: 0.5,
    FaultKind.CAMERA_DARK: 1.0,
    FaultKind.CAMERA_FOOLED: 0.5,
    FaultKind.IDENTITY_RESTART: 1.0,
    FaultKind.BREAKS: 12.0,
    FaultKind.MAINTENANCE: 1.0,
    FaultKind.OUT_OF_SERVICE: 2.0,
    FaultKind.INTAKE: 2.0,
    FaultKind.ALARMS_SHELVED: 0.5,
    FaultKind.INSPECTION: 0.5,
    FaultKind.RESCUE: 1.0,
    FaultKind.STAFF_ORDERS: 2.0,
    FaultKind.JOB_ENDED: 2.0,
    FaultKind.MACHINE_COMMAND: 1.0,
    FaultKind.AUDIT: 2.0,
    FaultKind.CARRIED: 1.0,
    FaultKind.GUESSER: 1.0,
    FaultKind.POWER_REDUCED: 1.0,
    FaultKind.CLOUD_REFUSES: 2.0,
    FaultKind.CLOUD_REJECTS: 2.0,
    FaultKind.IDENTITY_GONE: 3.0,
    FaultKind.STRAY_ASKING: 2.0,
}
"""How often each kind comes in a day; some hundred times as often as a real tower sees them."""

DURATION_S: Mapping[FaultKind, tuple[float, float]] = {
    FaultKind.PLC_LINE_CUT: (0.05, 90.0),
    FaultKind.PLC_LINE_ROUGH: (30.0, 900.0),
    FaultKind.PLC_LINE_GARBLED: (10.0, 300.0),
    FaultKind.PLC_LINE_HALF_OPEN: (0.3, 60.0),
    FaultKind.PLC_RESTART: (0.5, 60.0),
    FaultKind.SENSOR_STUCK: (5.0, 2400.0),
    FaultKind.ESTOP: (5.0, 900.0),
    FaultKind.BAY_ESTOP: (5.0, 900.0),
    FaultKind.CURTAIN: (2.0, 90.0),
    FaultKind.HIDDEN: (10.0, 600.0),
    FaultKind.CLOUD_LINE_CUT: (1.0, 7200.0),
    FaultKind.CLOUD_LINE_ROUGH: (60.0, 3600.0),
    FaultKind.CLOUD_DOWN: (10.0, 3600.0),
    FaultKind.CLOUD_SKEWED: (600.0, 7200.0),
    FaultKind.CRASH: (1.0, 60.0),
    FaultKind.POWER_CUT: (20.0, 600.0),
    FaultKind.CRASH_AT_COMMIT: (1.0, 120.0),
    FaultKind.CRASH_IN_RECOVERY: (1.0, 30.0),
    FaultKind.DISK_SLOW: (60.0, 1200.0),
    FaultKind.DISK_FULL: (1.0, 900.0),
    FaultKind.DISK_FAILS: (1.0, 60.0),
    FaultKind.CLOCK_STEP: (600.0, 7200.0),
    FaultKind.CAMERA_DARK: (10.0, 1200.0),
    FaultKind.CAMERA_FOOLED: (120.0, 1800.0),
    FaultKind.BREAKS: (5.0, 900.0),
    FaultKind.MAINTENANCE: (120.0, 1800.0),
    FaultKind.OUT_OF_SERVICE: (60.0, 3600.0),
    FaultKind.STAFF_ORDERS: (60.0, 600.0),
    FaultKind.MACHINE_COMMAND: (5.0, 300.0),
    FaultKind.POWER_REDUCED: (60.0, 1800.0),
    FaultKind.CLOUD_REFUSES: (15.0, 1800.0),
    FaultKind.CLOUD_REJECTS: (1.0, 60.0),
    FaultKind.IDENTITY_GONE: (5.0, 900.0),
    FaultKind.BOARD_UNPLUGGED: (0.5, 600.0),
    FaultKind.BOARD_SILENT: (0.2, 300.0),
    FaultKind.BOARD_NOISE: (10.0, 300.0),
    FaultKind.KEY_SENSOR_STUCK: (5.0, 600.0),
    FaultKind.COMPARTMENT_STUCK: (5.0, 300.0),
}
"""Shortest and longest; the draw is even on a logarithmic scale, so that short ones are common."""


MOMENTS = (
    "begins job",
    "gripped",
    "placed",
    "outer door opening",
    "outer door open",
    "outer door closing",
    "person entered",
    "car entered",
    "car left",
    "at_kiosk",
    "verified",
    "handing_over",
    "controller   serves",
)
"""Words of the story in whose wake there is much to break."""
MOMENT_SHARE = 0.4
WAKE_S = 15.0


@dataclass(frozen=True)
class PlannedFault:
    """One fault of a run; ``draw`` seeds whatever else has to be chosen when it comes."""

    at_s: float
    kind: FaultKind
    duration_s: float
    draw: int
    name: str = ""
    """Of something that breaks: its name in the catalogue."""
    where: str = ""
    """Where, as ``vendtower-sim fault --at`` takes it; empty for the first such place."""
    upon: str = ""
    """Comes with the first line of the story after ``at_s`` that has these words; empty: then."""
    after_s: float = 0.0
    """So long after that line."""
    nth: int = 0
    """Of what counts: which one after ``at_s``; 0 for one that is drawn."""


def plan_faults(
    chance: random.Random,
    until_s: float,
    strength: float,
    *,
    moments_s: Sequence[float] = (),
    breakages: Sequence[tuple[str, str]] = (),
    without: Collection[str] = (),
) -> list[PlannedFault]:
    """The faults of a run in the order of their time.

    ``strength`` multiplies the rates. Half of the faults fall shortly after one of the given
    moments, when somebody is about; at night there is little to break. Some come in the wake of a
    line of the story (`MOMENTS`) after that. ``breakages`` are the
    names and places of which something that breaks is drawn; without any, nothing does. Kinds whose
    names are in ``without`` do not come.
    """
    planned = []
    for kind, rate in RATES_PER_DAY.items():
        if kind.name in without:
            continue
        for _ in range(drawn_times(chance, rate * strength * until_s / DAY_S)):
            at_s = chance.uniform(0.0, until_s)
            if moments_s and chance.random() < 0.5:
                at_s = chance.choice(list(moments_s)) + chance.uniform(0.0, 420.0)
            fault = PlannedFault(
                min(at_s, until_s), kind, drawn_duration_s(chance, kind), chance.getrandbits(32)
            )
            if chance.random() < MOMENT_SHARE:
                wake_s = chance.uniform(0.0, WAKE_S)
                fault = replace(fault, upon=chance.choice(MOMENTS), after_s=wake_s)
            if kind is not FaultKind.BREAKS:
                planned.append(fault)
            elif breakages:
                planned.append(_breaking(chance, fault, breakages))
    return sorted(planned, key=lambda fault: (fault.at_s, fault.kind.value))


def _breaking(
    chance: random.Random, fault: PlannedFault, breakages: Sequence[tuple[str, str]]
) -> PlannedFault:
    """Each kind of breakage as often as any other, however many places it has."""
    name = chance.choice(sorted({name for name, _ in breakages}))
    where = chance.choice([place for known, place in breakages if known == name])
    return replace(fault, name=name, where=where)


def drawn_times(chance: random.Random, mean: float) -> int:
    """A number of events of this mean, drawn by the gaps between them."""
    count, at = 0, chance.expovariate(1.0)
    while at < mean:
        count += 1
        at += chance.expovariate(1.0)
    return count


def drawn_duration_s(chance: random.Random, kind: FaultKind) -> float:
    """How long a fault of this kind lasts; 0 for what only happens."""
    shortest_s, longest_s = DURATION_S.get(kind, (0.0, 0.0))
    if not longest_s:
        return 0.0
    return float(shortest_s * (longest_s / shortest_s) ** chance.random())
