"""Whether the tower can serve customers, part by part; pure."""

from dataclasses import dataclass

from vendtower.domain.machine import LinkState
from vendtower.ports.screens import TowerPicture
from vendtower.web.list_view import list_text


@dataclass(frozen=True)
class ComponentHealth:
    """One part of the tower."""

    name: str
    ok: bool
    needed: bool
    """False: the tower serves customers without it, in a lesser way."""
    detail: str
    """What is wrong, or what is right; for people."""


def components(picture: TowerPicture | None) -> tuple[ComponentHealth, ...]:
    """Every part with its state; without a picture nothing but that is known."""
    if picture is None:
        why = "the controller has drawn no picture of the tower, or none for seconds"
        return (ComponentHealth("controller", ok=False, needed=True, detail=why),)
    return (
        _controller(picture),
        _plc(picture),
        _machine(picture),
        ComponentHealth(
            "cloud",
            ok=picture.cloud_reachable,
            needed=False,
            detail=picture.cloud_note or ("reachable" if picture.cloud_reachable else "no answer"),
        ),
        ComponentHealth(
            "identity",
            ok=picture.face_available,
            needed=False,
            detail=_faces(picture),
        ),
        _outbox(picture),
        *_reservations(picture),
    )


def ready(parts: tuple[ComponentHealth, ...]) -> bool:
    """Whether every needed part is well."""
    return all(part.ok for part in parts if part.needed)


def health_view(parts: tuple[ComponentHealth, ...]) -> dict[str, object]:
    """``/health/ready``: ``ready``, ``reasons`` (needed parts that are not well), ``components``.

    Each component has ``name``, ``ok``, ``needed`` and ``detail``.
    """
    return {
        "schema": 1,
        "ready": ready(parts),
        "reasons": [f"{part.name}: {part.detail}" for part in parts if part.needed and not part.ok],
        "components": [
            {"name": part.name, "ok": part.ok, "needed": part.needed, "detail": part.detail}
            for part in parts
        ],
    }


def _faces(picture: TowerPicture) -> str:
    if not picture.face_available:
        why = f" ({picture.face_note})" if picture.face_note else ""
        return f"no faces are verified: customers use their code and staff{why}"
    return "faces are verified" + ("" if picture.liveness else ", without a check of liveness")


def _controller(picture: TowerPicture) -> ComponentHealth:
    why = "; ".join(picture.out_of_service_why) or "out of service, no reason given"
    return ComponentHealth(
        "controller",
        ok=picture.in_service,
        needed=True,
        detail="in service" if picture.in_service else why,
    )


def _plc(picture: TowerPicture) -> ComponentHealth:
    link = picture.plc_link
    detail = f"link {link.state.value}" + (f": {link.reason}" if link.reason else "")
    return ComponentHealth("plc", ok=link.state is LinkState.UP, needed=True, detail=detail)


def _machine(picture: TowerPicture) -> ComponentHealth:
    machine = picture.machine
    if machine is None:
        return ComponentHealth("machine", ok=False, needed=True, detail="no data from the PLC yet")
    if not picture.machine_fresh:
        return ComponentHealth(
            "machine", ok=False, needed=True, detail="the data of the PLC is too old to count"
        )
    detail = f"{machine.state.value}, mode {machine.mode.value}"
    if machine.safety_faults:
        detail += f", safety: {', '.join(sorted(machine.safety_faults))}"
    return ComponentHealth("machine", ok=True, needed=True, detail=detail)


def _reservations(picture: TowerPicture) -> tuple[ComponentHealth, ...]:
    """The list: a tower that serves nobody by itself, or believes everybody, is not well."""
    found = picture.reservation_list
    if found is None:
        return ()
    well = not (found.age.too_old or found.refusal or found.unproven) and found.signature_required
    return (ComponentHealth("reservations", ok=well, needed=False, detail=list_text(picture)),)


def _outbox(picture: TowerPicture) -> ComponentHealth:
    counts = picture.outbox
    return ComponentHealth(
        "outbox",
        ok=counts.dead == 0,
        needed=False,
        detail=f"{counts.waiting} waiting, {counts.dead} dead letters",
    )
