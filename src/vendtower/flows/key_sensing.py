"""What the cabinet's sensors say of a key and its compartment."""

from vendtower.domain.key_errand import HOLDS_A_KEY, KeyErrand, KeyPurpose, KeyState
from vendtower.flows.tower import Tower
from vendtower.ports.key_cabinet import CabinetState, KeyCabinet

ON_THE_WAY = {KeyState.ASKED, KeyState.OPENED, KeyState.SHUT}


def cabinet_of(tower: Tower, key: KeyErrand) -> tuple[KeyCabinet, int] | None:
    """The cabinet before the customer's eyes and the compartment's place in it, if it is there."""
    spec = next(each for each in tower.site.kiosks if each.number == key.kiosk)
    cabinet = tower.cabinets.get(key.kiosk)
    if (
        cabinet is None
        or spec.key_cabinet is None
        or key.compartment not in spec.key_cabinet.numbers
    ):
        return None
    return cabinet, key.compartment - spec.key_cabinet.first


def sensed_at(tower: Tower, key: KeyErrand) -> tuple[CabinetState, int] | None:
    """What the cabinet's sensors say, and the compartment's place in it; None when not known."""
    found = cabinet_of(tower, key)
    state = None if found is None else found[0].state
    return None if found is None or state is None else (state, found[1])


def has_moved(tower: Tower, key: KeyErrand) -> bool:
    """Whether the compartment's own sensors say that the key has gone where it should."""
    sensed = sensed_at(tower, key)
    if sensed is None:
        return False
    state, place = sensed
    if key.purpose is KeyPurpose.TAKE:
        return key.state in ON_THE_WAY and place not in state.keys_present
    if key.reason == HOLDS_A_KEY:
        # Which key that is a person has to see.
        return False
    return lies_home(tower, key) is True and key.state in {*ON_THE_WAY, KeyState.WITH_STAFF}


def lies_home(tower: Tower, key: KeyErrand) -> bool | None:
    """Whether the key lies in its compartment behind a shut door; None when nothing says so.

    A key in an open compartment is anybody's.
    """
    sensed = sensed_at(tower, key)
    if sensed is None:
        return None
    state, place = sensed
    return place in state.keys_present and place not in state.drawers_open
