"""What people have taken out of service, what is held too long, and reduced power, as alarms."""

from collections.abc import Iterator

from vendtower.domain.alarm import AlarmKey
from vendtower.domain.alarm_catalogue import OwnAlarm
from vendtower.domain.lease import Holder, SeenLease
from vendtower.domain.power import PowerProfile
from vendtower.flows.leasing import power_profile, seen_leases
from vendtower.flows.tower import Tower

Told = Iterator[tuple[AlarmKey, str]]


def operating_conditions(tower: Tower) -> Told:
    """Each note, each lease that is overdue, and the power when it is reduced."""
    for place, note in tower.book.notes.items():
        until = "" if note.until_utc is None else f", until {note.until_utc:%Y-%m-%d %H:%M} UTC"
        text = f"{place}: out of service since {note.since_utc:%Y-%m-%d %H:%M} UTC{until}, by "
        yield AlarmKey(OwnAlarm.OUT_OF_SERVICE.value, str(place)), f"{text}{note.by}: {note.reason}"
    for seen in seen_leases(tower):
        # A job or a session that is late has an alarm of its own.
        if seen.overdue and seen.lease.owner.kind not in {Holder.JOB, Holder.MAINTENANCE}:
            yield AlarmKey(OwnAlarm.LEASE_OVERDUE.value, str(seen.lease.resource)), _overdue(seen)
    profile, why = power_profile(tower)
    if profile is PowerProfile.REDUCED:
        yield AlarmKey(OwnAlarm.POWER_REDUCED.value, "tower"), f"power is reduced: {why}"


def _overdue(seen: SeenLease) -> str:
    lease, late_s = seen.lease, -(seen.left_s or 0.0)
    return f"{lease.resource}: {lease.owner} ({lease.phase}) has it {late_s:.0f} s too long"
