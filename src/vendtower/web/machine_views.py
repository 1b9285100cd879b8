"""What the JSON interface says of modes and of whoever works at the machine; pure."""

from vendtower.domain.interruption import Interruption, InterruptionState
from vendtower.domain.maintenance import MaintenanceSession
from vendtower.domain.modes import MODE_TABLE, Request
from vendtower.ports.screens import TowerPicture


def state_of(picture: TowerPicture) -> dict[str, object]:
    """``mode`` (value of ``OperatingMode``) and ``maintenance`` (null while no session runs).

    A session has ``number``, ``holder``, ``reason``, ``began_at``, ``planned_end_at`` and
    ``overdue``. ``stops`` are e-stops, doors, fire and pauses that nobody has confirmed:
    ``number``, ``kind``, ``place``, ``state``, ``active``, ``began_at``, ``gone_at``.
    """
    session = picture.maintenance
    return {
        "mode": picture.mode.value,
        "maintenance": None if session is None else _session(session, picture),
        "stops": [_stop(each) for each in picture.interruptions],
    }


def stops_view(picture: TowerPicture) -> dict[str, object]:
    """``/api/stops``: e-stops, doors, fire and pauses, until a person has confirmed each end."""
    return {"schema": 1, "stops": [_stop(each) for each in picture.interruptions]}


def _stop(interruption: Interruption) -> dict[str, object]:
    gone = interruption.gone_utc
    return {
        "number": interruption.number,
        "kind": interruption.device.kind_name,
        "place": interruption.device.place,
        "state": interruption.words,
        "active": interruption.state is InterruptionState.ACTIVE,
        "began_at": interruption.began_utc.isoformat(),
        "gone_at": None if gone is None else gone.isoformat(),
    }


def modes_view(picture: TowerPicture) -> dict[str, object]:
    """``/api/mode``: the mode, what it ``accepts``, and what it refuses."""
    accepted = {request for request in Request if picture.mode in MODE_TABLE[request]}
    return {
        "schema": 1,
        **state_of(picture),
        "plc_mode": None if picture.machine is None else picture.machine.mode.value,
        "machine_fresh": picture.machine_fresh,
        "accepts": sorted(each.value for each in accepted),
        "refuses": sorted(each.value for each in set(Request) - accepted),
    }


def _session(session: MaintenanceSession, picture: TowerPicture) -> dict[str, object]:
    return {
        "number": session.number,
        "holder": session.holder,
        "reason": session.reason,
        "began_at": session.began_utc.isoformat(),
        "planned_end_at": session.planned_end_utc.isoformat(),
        "overdue": session.overdue(picture.utc),
    }
