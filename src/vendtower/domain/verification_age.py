"""For how long a customer counts as the one who was verified: who stood there may have gone."""

from datetime import datetime

from vendtower.domain.machine import BayReport, DoorState
from vendtower.domain.pickup import Visit

HAS_OPENED = frozenset({DoorState.OPENING, DoorState.OPEN, DoorState.CLOSING})


def has_lapsed(visit: Visit, valid_s: float, utc: datetime, monotonic_s: float) -> bool:
    """Whether the verification is older than ``valid_s``, or nobody knows how old it is.

    The greater of both clocks' answers counts: the monotonic one began anew if the machine was
    started since, the wall clock may have been set back. A clock set forward asks the customer to
    look once more; where the machine was started in a hand-over, it asks staff.
    """
    if visit.verified_utc is None or visit.verified_monotonic_s is None:
        return True
    by_run_s = monotonic_s - visit.verified_monotonic_s
    by_wall_s = (utc - visit.verified_utc).total_seconds()
    age_s = max(by_run_s, by_wall_s)
    return age_s < 0.0 or age_s > valid_s


def is_of_an_earlier_start(visit: Visit, monotonic_s: float) -> bool:
    """Whether the computer was started since, so that the wall clock alone knows how long ago."""
    return visit.verified_monotonic_s is not None and visit.verified_monotonic_s > monotonic_s


def nobody_within(bay: BayReport) -> bool:
    """Whether the customer cannot be in the bay already, where nothing is asked of them.

    A street door of which nothing is known has let nobody in that anybody knows of.
    """
    return not bay.person_inside and bay.outer_door not in HAS_OPENED
