"""Faults that come together: a death in a state of a job, and what PLC and sensors say of it.

A row of the recovery table wants a coincidence that faults drawn one by one make once in a
thousand hours: a journal that stopped at one word, a PLC that says another, a sensor that lies. A
scene is such a coincidence as faults of its own upon lines of the story, so that a plan has
nothing but faults, and each can be left out when it is made small.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from benchmarks.swarm.fault_plan import DAY_S, FaultKind, PlannedFault, drawn_times

SCENES_PER_DAY = 18.0
"""Of all scenes together, at strength 1; more would leave no hour of a tower that is well."""

PLANNED, ACCEPTED, STARTED = "is planned", "is accepted", "is started"
"""What the journal says of a job, as the story has it."""
BEGUN, GRIPPED, PLACED = "begins job", "gripped", "placed"
STATES = (PLANNED, ACCEPTED, STARTED, BEGUN, GRIPPED, PLACED)
AT_ONCE, SOON, WITHIN_A_JOB = (0.0, 0.05), (0.001, 0.8), (0.05, 30.0)
SERVES = "controller   serves"
MEMORY_LOST = "memory lost"
"""Name of a restart of the PLC that remembers nothing of before."""
EVERY_SLOT = "every slot"
"""Name of a sensor that stands for those of all slots, which show nothing."""
AT_ONCE_STOPPED = "stop"
"""Name of a movement's end that is asked for at once."""


@dataclass(frozen=True)
class Part:
    """One fault of a scene."""

    kind: FaultKind
    upon: Sequence[str] = ()
    """One of these lines of the story; the same one for all parts that have the same ones."""
    after_s: tuple[float, float] = AT_ONCE
    lasts_s: tuple[float, float] = (0.0, 0.0)
    name: str = ""
    where: Sequence[str] = ()
    """One of these; empty where it is drawn when the fault comes."""


K = FaultKind
BAYS = ("bay:1", "bay:2")
DIES = Part(K.CRASH, STATES, SOON, (1.0, 8.0))
LIES = Part(K.SENSOR_STUCK, STATES, (0.0, 6.0), (10.0, 120.0))
WAITS = Part(K.BREAKS, name="start-late", lasts_s=(1200.0, 1800.0))
RESET = Part(K.PLC_LINE_RESET, (PLANNED,), (0.0, 0.25))
STOPPED = Part(K.JOB_ENDED, name=AT_ONCE_STOPPED)


def _breaks(
    name: str, upon: Sequence[str], after_s: tuple[float, float], lasts_s: tuple[float, float]
) -> Part:
    return Part(K.BREAKS, upon, after_s, lasts_s, name)


def _upon(part: Part, *upon: str, after_s: tuple[float, float]) -> Part:
    return Part(part.kind, upon, after_s, part.lasts_s, part.name, part.where)


def _restarts(upon: Sequence[str], after_s: tuple[float, float], name: str = "") -> Part:
    return Part(K.PLC_RESTART, upon, after_s, (0.5, 20.0), name)


SCENES: tuple[tuple[Part, ...], ...] = (
    # It dies in a state, and a sensor lies.
    (DIES, LIES),
    (Part(K.POWER_CUT, STATES, SOON, (1.0, 60.0)), LIES),
    # The whole tower is without power; the PLC comes back first, last, or without its memory.
    (DIES, _restarts(STATES, (0.0, 1.5))),
    (DIES, _restarts(STATES, (0.0, 0.3), MEMORY_LOST), LIES),
    (_restarts(STATES, SOON, MEMORY_LOST),),
    # It dies while the PLC does not show what it has taken.
    (_breaks("ack-lost", STATES, AT_ONCE, (2.0, 60.0)), DIES),
    (_breaks("ack-late", (PLANNED,), AT_ONCE, (5.0, 60.0)), _upon(DIES, BEGUN, after_s=SOON)),
    # It dies, and meanwhile the machine is stopped or paused.
    (DIES, _breaks("hatch-open", STATES, (0.0, 2.0), (3.0, 60.0))),
    (DIES, Part(K.ESTOP, STATES, (0.0, 3.0), (5.0, 60.0))),
    # The PLC takes a job and does not begin it yet.
    (WAITS, _upon(DIES, ACCEPTED, after_s=SOON)),
    (WAITS, _restarts((ACCEPTED,), (0.0, 6.0))),
    (WAITS, _upon(STOPPED, ACCEPTED, after_s=(0.0, 3.0))),
    (WAITS, _breaks("hatch-open", (ACCEPTED,), (0.0, 5.0), (2.0, 30.0))),
    (WAITS, _breaks("ack-lost", (ACCEPTED,), (0.0, 5.0), (5.0, 30.0))),
    (WAITS, Part(K.PLC_LINE_CUT, (ACCEPTED,), (0.0, 5.0), (0.3, 20.0))),
    (
        WAITS,
        _breaks("hatch-open", (ACCEPTED,), (0.0, 3.0), (2.0, 30.0)),
        _restarts((ACCEPTED,), (3.5, 7.0)),
    ),
    (WAITS, RESET),
    (_breaks("start-overdue", (), AT_ONCE, (900.0, 1800.0)),),
    # The connection breaks before the answer, and then something happens to the job.
    (RESET, _breaks("hatch-open", (PLANNED,), (0.03, 0.4), (2.0, 30.0))),
    (RESET, _upon(STOPPED, PLANNED, after_s=(0.1, 2.0))),
    (
        _breaks("ack-late", (PLANNED,), AT_ONCE, (5.0, 60.0)),
        _upon(STOPPED, PLANNED, after_s=(0.02, 0.3)),
        _upon(DIES, PLANNED, after_s=(0.3, 1.5)),
    ),
    (RESET, _restarts((PLANNED,), (0.02, 1.0))),
    (Part(K.PLC_LINE_HALF_OPEN, (PLANNED,), AT_ONCE, (0.3, 6.0)), LIES),
    # Slower than computed, and believed by the PLC.
    (Part(K.BREAKS, (), AT_ONCE, (900.0, 3600.0), "lift-creeps", ("lift:1", "lift:2")),),
    # It has ended, and the sensors deny it, or change their mind.
    (Part(K.SENSOR_STUCK, (GRIPPED, PLACED), (0.0, 5.0), (4.0, 60.0)), LIES),
    # A bus coupler dies: every slot looks empty.
    (Part(K.SENSOR_STUCK, (), AT_ONCE, (20.0, 400.0), EVERY_SLOT),),
    # Nobody knows any more what is booked.
    (Part(K.CLOUD_LINE_CUT, (), AT_ONCE, (5400.0, 9000.0)),),
    # Whoever waits loses the place, the car, or the booking.
    (Part(K.OUT_OF_SERVICE, ("at_kiosk", "verified"), (0.0, 20.0), (60.0, 900.0)),),
    (Part(K.OUT_OF_SERVICE, ("at_kiosk", "verified"), (0.0, 5.0), (60.0, 900.0), "", BAYS),),
    (Part(K.OUT_OF_SERVICE, (GRIPPED, PLACED), (0.0, 5.0), (60.0, 900.0)), DIES),
    # Alarms that latch, while staff keep them out of sight.
    (
        Part(K.BREAKS, (), AT_ONCE, (20.0, 200.0), "slack-rope"),
        Part(K.ALARMS_SHELVED, ("slack-rope",), (3.0, 15.0)),
    ),
    (
        _restarts((BEGUN,), (0.0, 5.0), MEMORY_LOST),
        Part(K.ALARMS_SHELVED, (f"the PLC: {MEMORY_LOST}",), (22.0, 60.0)),
    ),
    # It starts while the line to the PLC is away, and does not know the machine.
    (
        DIES,
        Part(K.PLC_LINE_CUT, STATES, (0.8, 1.0), (20.0, 90.0)),
        Part(K.STRAY_ASKING, (SERVES,), (0.0, 10.0)),
    ),
    # People ask for what is not to be had yet.
    (DIES, Part(K.STRAY_ASKING, (SERVES,), (0.0, 2.0))),
    (Part(K.MAINTENANCE, (), AT_ONCE, (60.0, 400.0)), Part(K.STRAY_ASKING, ("maintenance: ",))),
    (
        Part(K.STAFF_ORDERS, (), AT_ONCE, (120.0, 400.0)),
        Part(K.STRAY_ASKING, ("semi-automatic: ", "manual: "), (0.0, 20.0)),
    ),
)


def plan_scenes(
    chance: random.Random,
    until_s: float,
    strength: float,
    *,
    moments_s: Sequence[float],
    known: Collection[str],
    without: Collection[str] = (),
) -> list[PlannedFault]:
    """The scenes of a run as faults, around the moments when somebody is about.

    ``known``: names and places of what can break here. A scene of which a part is left out by
    ``without``, or cannot be in this tower, does not come.
    """
    scenes = [scene for scene in SCENES if not {part.kind.name for part in scene} & set(without)]
    planned: list[PlannedFault] = []
    for _ in range(drawn_times(chance, SCENES_PER_DAY * strength * until_s / DAY_S)):
        at_s = chance.choice(list(moments_s) or [0.0]) + chance.uniform(-120.0, 300.0)
        if scenes:
            scene = chance.choice(scenes)
            planned += _scene(chance, scene, min(max(at_s, 0.0), until_s), known)
    return planned


def _scene(
    chance: random.Random, scene: Sequence[Part], at_s: float, known: Collection[str]
) -> list[PlannedFault]:
    lines: dict[tuple[str, ...], str] = {}
    planned: list[PlannedFault] = []
    for part in scene:
        if tuple(part.upon) not in lines:
            lines[tuple(part.upon)] = chance.choice(list(part.upon)) if part.upon else ""
        places = [place for place in part.where if place in known]
        planned.append(
            PlannedFault(
                at_s,
                part.kind,
                _spread(chance, *part.lasts_s),
                chance.getrandbits(32),
                name=part.name,
                where=chance.choice(places) if places else "",
                upon=lines[tuple(part.upon)],
                after_s=_spread(chance, *part.after_s),
            )
        )
    return planned


def _spread(chance: random.Random, shortest_s: float, longest_s: float) -> float:
    """Even on a logarithmic scale, so that short ones are common; from 0 even on a plain one."""
    if shortest_s <= 0.0:
        return chance.uniform(shortest_s, longest_s)
    return float(shortest_s * (longest_s / shortest_s) ** chance.random())
