"""What the numbers of mailboxes, acknowledges and outcomes mean."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Verb(IntEnum):
    """``verb`` of a mailbox. 1-9 go to a lift's mailbox, 20-30 to the auxiliary one.

    A lift job that begins or ends at a bay opens that bay's inner door itself when the lift
    stands before it, and closes and locks it again before the lift leaves.
    """

    NONE = 0
    """An empty mailbox; never a job."""
    STORE = 1
    """From a bay, or from the lift itself (a car already on it), into a slot."""
    FETCH = 2
    """From a slot, or from the lift itself, into a bay."""
    MOVE = 3
    """Slot to slot. With :attr:`JobFlag.RAW_TARGET`: one axis to ``arg_a``."""
    PARK = 4
    """The empty lift to its waiting place. Destination none: the place the PLC has configured;
    a bay or slot: stand in front of it."""
    HOME = 5
    """Find the reference of all axes; first completes an interrupted shuttle stroke, slowly."""
    MEASURE = 6
    """Measure the car in the source bay again; the lift does not move."""
    ABORT = 9
    """Controlled stop of this lift's running job. Is only acknowledged: the done words stay those
    of the job that it ended, which ends as ABORTED under its own number."""
    OPEN_OUTER_DOOR = 20
    CLOSE_OUTER_DOOR = 21
    OPEN_INNER_DOOR = 22
    CLOSE_INNER_DOOR = 23
    """Doors and signals name their bay as destination."""
    SIGNAL = 24
    """Traffic light of the destination bay; ``arg_a`` is a :class:`~.bay_meanings.Signal`."""
    CHARGE = 25
    """Socket number in ``dst_no`` with kind SOCKET; ``arg_a`` is the limit in 0.1 A, 0 is off."""
    RESET_FAULT = 30
    """Resets a fault that no safety function has caused. ``dst_kind`` LIFT or BAY with a number,
    or none for all."""


LIFT_VERBS = frozenset(
    {Verb.STORE, Verb.FETCH, Verb.MOVE, Verb.PARK, Verb.HOME, Verb.MEASURE, Verb.ABORT}
)
AUXILIARY_VERBS = frozenset(set(Verb) - LIFT_VERBS - {Verb.NONE})


class PlaceKind(IntEnum):
    """``src_kind`` and ``dst_kind``: what the number beside it counts."""

    NONE = 0
    BAY = 1
    SLOT = 2
    LIFT = 3
    """The platform of the lift whose mailbox it is; the number is that lift's."""
    SOCKET = 4
    """Only as the destination of CHARGE."""


class JobFlag(IntFlag):
    """``flags`` of a mailbox."""

    RAW_TARGET = 1 << 0
    """``arg_a`` is an axis target in the axis's unit, ``arg_b`` a
    :class:`~.machine_meanings.Axis`. Refused with MODE_OR_PERMIT unless the mode is maintenance,
    the key is turned and the enabling device is held."""


class Result(IntEnum):
    """``ack_result``: what the PLC decided about a job when it saw it."""

    NONE = 0
    """No job was seen since the PLC started."""
    ACCEPTED = 1
    CRC = 2
    PC_NOT_ALIVE = 3
    VERB = 4
    BUSY = 5
    FAULTED = 6
    RANGE = 7
    """A number does not exist here: bay, slot, lift, speed of more than 1000."""
    MODE_OR_PERMIT = 8
    STALE_AT_BOOT = 9
    """Found in the mailbox when the PLC started; never run. Says nothing of whether it had been
    started before the PLC went down: ``exec_count`` does."""
    SESSION = 10
    EXPIRED = 11
    INTERLOCK = 12
    """See ``inhibit`` of the lift or the bay."""
    MISMATCH = 13
    """Weight, height or profile is not as expected."""
    PLACE_STATE = 14
    """Source is empty or destination is taken, so far as the PLC's sensors know."""


class JobState(IntEnum):
    """``job_state`` of a lift, ``aux_state`` of the auxiliary mailbox. They exclude each other."""

    NONE = 0
    ACCEPTED = 1
    ACTIVE = 2
    DONE = 3
    ABORTED = 4
    FAILED = 5
    HELD = 6
    """Paused; the same job goes on after ``unhold``."""


class JobStep(IntEnum):
    """``job_step``: where a running job is."""

    IDLE = 0
    TO_SOURCE = 1
    PICK = 2
    TO_DESTINATION = 3
    PLACE = 4
    HOMING = 5
    MEASURING = 6
    TO_PARK = 7
    STOPPING = 8
    """A controlled stop is under way."""
    OPEN_INNER_DOOR = 9
    CLOSE_INNER_DOOR = 10
    WAITING = 11
    """For another lift, or for a bay to become clear."""


class JobError(IntEnum):
    """``job_error``: why the last job did not end as DONE.

    Number 1 stays free, so that ``done_result`` can say 1 for done and these numbers otherwise.
    """

    NONE = 0
    ABORT_REQUESTED = 2
    PC_SILENT = 3
    PERMIT_WITHDRAWN = 4
    INTERLOCK = 5
    EMERGENCY_STOP = 6
    SAFETY = 7
    """A safety function other than the e-stop."""
    LOAD_MISMATCH = 8
    """The car's weight or height is not what was announced; found while picking."""
    PLACE_STATE = 9
    """Source found empty or destination found taken on arrival."""
    DEADLINE = 10
    """The PLC's own time for this movement is over."""
    DRIVE_FAULT = 11
    DOOR_STUCK = 12
    CURTAIN_BROKEN = 13
    PERSON_INSIDE = 14
    MODE_CHANGED = 15
    STOP_COMMAND = 16
    """A PackML stop or abort, or the stop key of the cabinet."""
    POSITION_LOST = 17
    SENSOR_CONFLICT = 18
    POWER_LOST = 19


class DoneResult(IntEnum):
    """``done_result`` and ``aux_done_result``: how the job named by the done words ended.

    1 is success; every other number is the :class:`JobError` of the same name.
    """

    NONE = 0
    """No job has ended since the PLC started."""
    DONE = 1
    ABORT_REQUESTED = 2
    PC_SILENT = 3
    PERMIT_WITHDRAWN = 4
    INTERLOCK = 5
    EMERGENCY_STOP = 6
    SAFETY = 7
    LOAD_MISMATCH = 8
    PLACE_STATE = 9
    DEADLINE = 10
    DRIVE_FAULT = 11
    DOOR_STUCK = 12
    CURTAIN_BROKEN = 13
    PERSON_INSIDE = 14
    MODE_CHANGED = 15
    STOP_COMMAND = 16
    POSITION_LOST = 17
    SENSOR_CONFLICT = 18
    POWER_LOST = 19


FULL_SPEED_PERMILLE = 1000
"""``speed`` is in 0.1 % of the lift's own speed, 1..1000; 0 and more than 1000 is RANGE."""
