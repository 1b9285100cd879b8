"""The audit that a person asks for: the ledger against the sensors, now, and on record."""

from collections import Counter

from vendtower.domain.audit import SOUND, Audit, audited, unsettled_cars
from vendtower.flows.ledger_watch import bays_in_use
from vendtower.flows.service import in_motion, in_question
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change


def audit(tower: Tower) -> Audit:
    """Every place as it is now."""
    machine = tower.machine()
    unsettled = unsettled_cars(tower.book.ledger)
    if machine is None:
        why = f"PLC link {tower.plc.link.state.value}, or its data is too old: nothing is compared"
        return Audit(tower.clock.utc(), (), unsettled, why)
    in_use = bays_in_use(tower, machine)
    in_use |= dict.fromkeys(in_motion(tower), "an open job touches it")
    places = audited(
        tower.book.ledger,
        machine,
        tower.site.slots,
        in_question=in_question(tower),
        in_use=in_use,
    )
    return Audit(tower.clock.utc(), places, unsettled)


async def record_audit(tower: Tower, by: str) -> Audit:
    """The same, with its result in the history under a person's name.

    Raises:
        JournalFault: when it could not be written.
    """
    made = audit(tower)
    counts = Counter(each.finding.value for each in made.places)
    told = tell(
        tower,
        "ledger",
        "TowerAudited",
        subject="ledger",
        correlation_id=tower.chance.new_id(),
        data={
            "by": by,
            "sound": made.sound,
            "counts": dict(counts),
            "found": [
                {"place": str(each.place), "words": each.words}
                for each in made.places
                if each.finding not in SOUND
            ],
            "unsettled": list(made.unsettled),
            "unread": made.unread,
        },
    )
    await tower.book.record(lambda: Change(events=(told,)))
    return made
