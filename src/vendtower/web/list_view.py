"""What the screens say of the list of reservations: may it be believed, and for how long."""

from datetime import timedelta

from vendtower.domain.reservation_list import ListAge, ListState
from vendtower.ports.screens import TowerPicture


def list_view(picture: TowerPicture) -> dict[str, object] | None:
    """``reservation_list`` of ``/api/status``.

    ``state`` (``confirmed``, ``ages``, ``too_old``, ``never_confirmed``), ``text`` (a sentence for
    people), ``age_s`` (null: never confirmed), ``age_s_max``, ``runs_out_at``, ``signed`` (false:
    the site file asks for no signature), ``refusal``, ``unproven`` (``reservation_id``, ``why``).
    """
    found = picture.reservation_list
    if found is None:
        return None
    age = found.age
    runs_out = None if age.age_s is None else picture.utc + timedelta(seconds=age.left_s)
    return {
        "state": age.state.value,
        "text": list_text(picture),
        "age_s": None if age.age_s is None else round(age.age_s),
        "age_s_max": age.age_max_s,
        "runs_out_at": None if runs_out is None else runs_out.isoformat(),
        "signed": found.signature_required,
        "refusal": found.refusal,
        "unproven": [
            {"reservation_id": reservation_id, "why": why}
            for reservation_id, why in found.unproven.items()
        ],
    }


def list_text(picture: TowerPicture) -> str:
    """The list in a sentence; empty where nobody has looked."""
    found = picture.reservation_list
    if found is None:
        return ""
    runs_out = picture.utc + timedelta(seconds=found.age.left_s)
    parts = [_age_text(found.age, f"{runs_out:%Y-%m-%d %H:%M} UTC")]
    if not found.signature_required:
        parts.append("NOT SIGNED: the site file asks for no signature")
    if found.refusal:
        parts.append("the last page was refused")
    if found.unproven:
        parts.append(f"{len(found.unproven)} not as signed")
    return "; ".join(parts)


def _age_text(age: ListAge, runs_out: str) -> str:
    if age.age_s is None:
        return "never confirmed: staff decide about every customer"
    confirmed = f"confirmed {age.age_s / 3600.0:.1f} h ago"
    if age.state is ListState.TOO_OLD:
        return f"too old: staff decide about every customer; {confirmed}"
    if age.state is ListState.AGES:
        return f"counts until {runs_out}; {confirmed}"
    return confirmed if age.age_s >= 360.0 else "confirmed"
