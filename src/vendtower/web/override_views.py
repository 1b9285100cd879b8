"""What the JSON interface says of overrides; pure."""

from vendtower.domain.override import Override
from vendtower.ports.screens import TowerPicture


def overrides_view(picture: TowerPicture) -> dict[str, object]:
    """``/api/overrides``: ``overrides`` that stand, and ``liftable`` hindrances."""
    return {
        "schema": 1,
        "overrides": [override_view(each) for each in picture.overrides],
        "liftable": [{"hindrance": each.key, "text": each.text} for each in picture.liftable],
    }


def override_view(override: Override) -> dict[str, object]:
    """One override."""
    second = override.confirmed_by
    return {
        "number": override.number,
        "hindrance": override.hindrance,
        "reason": override.reason,
        "state": override.state.value,
        "asked_by": override.asked_by.name,
        "confirmed_by": None if second is None else second.name,
        "ends_at": override.expires_utc().isoformat(),
    }
