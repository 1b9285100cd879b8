"""A key out of its compartment at a hand-over, and back into it at a return."""

from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

from vendtower.domain.dropoff import Dropoff, DropoffState
from vendtower.domain.key_errand import (
    HOLDS_A_KEY,
    KEY_ENDED,
    CompartmentOpened,
    CompartmentShut,
    KeyErrand,
    KeyMoved,
    KeyPurpose,
    KeyState,
    ReleaseAsked,
)
from vendtower.domain.key_rules import release_hindrance
from vendtower.domain.pickup import Visit, VisitState
from vendtower.flows.key_changes import apply_to_key, key_change, overdue
from vendtower.flows.key_sensing import cabinet_of, has_moved, sensed_at
from vendtower.flows.patience import Patience
from vendtower.flows.storing import report_of
from vendtower.flows.tower import Kiosk, Tower
from vendtower.flows.verification import lapsed
from vendtower.flows.visit_car import asked_about
from vendtower.ports.journal import Change
from vendtower.ports.key_cabinet import CabinetRefused, CabinetUnreachable
from vendtower.ports.screens import KioskPhase

GIVEN = {KeyState.MOVED, KeyState.DONE_BY_STAFF}


async def give_key(visit: Visit, tower: Tower) -> None:
    """Let the customer take the car's key; returns at once where the tower keeps none.

    Returns when the key is out, when staff have handed it over, or when the visit is over.
    """
    reservation = tower.book.reservations.get(visit.reservation_id)
    if reservation is None or reservation.key_compartment is None or visit.bay is None:
        return
    kiosk = tower.kiosk_at(visit.bay)

    def present() -> Visit | None:
        current = tower.book.visits[visit.visit_id]
        held = current.reservation_id in tower.book.reservations
        if not held or current.state is not VisitState.PRESENTED or lapsed(tower, current):
            return None
        return current

    first = KeyErrand(
        visit.visit_id, KeyPurpose.TAKE, visit.vin, kiosk.number, reservation.key_compartment
    )
    await _Exchange(tower, kiosk, first, present).run()


def key_owed(visit: Visit, tower: Tower) -> bool:
    """Whether the tower keeps this car's key, and its customer was not given it."""
    reservation = tower.book.reservations.get(visit.reservation_id)
    if reservation is None or reservation.key_compartment is None:
        return False
    key = tower.book.keys.get(visit.visit_id)
    return key is None or key.purpose is not KeyPurpose.TAKE or key.state not in GIVEN


async def take_key_back(dropoff: Dropoff, tower: Tower) -> bool:
    """Let the driver lay the key back; a key that stays out is a case and holds up nobody.

    False when somebody is inside: the bay is opened, and the key asked for again afterwards.
    """
    loan = tower.book.loans.get(dropoff.vin)
    if loan is None or loan.key_compartment is None:
        return True
    kiosk = tower.kiosk_at(dropoff.bay)

    def parked() -> Dropoff | None:
        current = tower.book.dropoffs[dropoff.dropoff_id]
        bay = report_of(tower, dropoff.bay)
        # A bay of which nothing is known for a moment is no reason to forget the key.
        inside = bay is not None and bay.person_inside
        return None if inside or current.state is not DropoffState.MEASURED else current

    first = KeyErrand(
        dropoff.dropoff_id,
        KeyPurpose.GIVE_BACK,
        dropoff.vin,
        kiosk.number,
        loan.key_compartment,
    )
    await _Exchange(tower, kiosk, first, parked).run()
    key = tower.book.keys[dropoff.dropoff_id]
    return key.state in KEY_ENDED or key.state is KeyState.WITH_STAFF


async def watch_keys(tower: Tower) -> None:
    """For ever: notice a key that comes back after its case was opened."""
    while True:
        heard = tower.bell.rings
        for key in list(tower.book.keys.values()):
            waits = key.state is KeyState.WITH_STAFF and key.purpose is KeyPurpose.GIVE_BACK
            if waits and has_moved(tower, key):
                await apply_to_key(tower, key, KeyMoved())
        await tower.changed(heard)


@dataclass
class _Exchange:
    """One errand at one kiosk; begins anew after a restart wherever the journal has it."""

    tower: Tower
    kiosk: Kiosk
    first: KeyErrand
    who: Callable[[], Visit | Dropoff | None]
    """The customer as journaled; None when there is nobody to exchange a key with any more."""

    async def run(self) -> None:
        """Until the key has moved, or nobody is there for it."""
        await self.tower.book.record(self._begun)
        self.kiosk.key_asked = False
        limit_s = self.tower.site.policies.key_timeout_s
        patience = Patience.begin(self.tower, self.kiosk, limit_s)
        while self.who() is not None:
            key = self._key()
            if self._asked_back(key):
                # Its customer had gone, and is here again.
                await self.tower.book.record(self._begun)
                continue
            if key.state in KEY_ENDED:
                return
            if key.state is KeyState.WITH_STAFF and self.first.purpose is KeyPurpose.GIVE_BACK:
                return
            await self._step(key, patience)

    def _begun(self) -> Change | None:
        """A key that was home again when its customer went, and now is back, begins anew."""
        known = self.tower.book.keys.get(self.first.errand_id)
        anew = known is None or known.state is KeyState.DROPPED or self._asked_back(known)
        return Change(keys=(self.first,)) if anew else None

    def _asked_back(self, key: KeyErrand) -> bool:
        """It was out when nobody was to have it any more, and is home by now."""
        return key.purpose is not self.first.purpose and key.state in KEY_ENDED

    def _key(self) -> KeyErrand:
        return self.tower.book.keys[self.first.errand_id]

    async def _step(self, key: KeyErrand, patience: Patience) -> None:
        if has_moved(self.tower, key):
            await apply_to_key(self.tower, key, KeyMoved())
            return
        match key.state:
            case KeyState.WANTED:
                await self._first_release(key, patience)
            case KeyState.ASKED:
                await self._learn(key, patience)
            case KeyState.WITH_STAFF:
                self._show(KioskPhase.KEY_WITH_STAFF)
                await self.tower.until(lambda: True if self._changed(key) else None)
            case _:
                await self._wait(key, patience)

    def _changed(self, key: KeyErrand) -> bool:
        return self.who() is None or self._key().state is not key.state

    def _show(self, phase: KioskPhase) -> None:
        if self.kiosk.phase is not phase:
            self.tower.show(self.kiosk, phase, str(self.first.compartment))

    async def _wait(self, key: KeyErrand, patience: Patience) -> None:
        """The customer has the time of ``key_timeout_s``, and a button to ask again."""
        taking = key.purpose is KeyPurpose.TAKE
        self._show(KioskPhase.KEY_TAKE if taking else KioskPhase.KEY_BACK)

        def look() -> bool | None:
            news = self.kiosk.key_asked or has_moved(self.tower, key) or self._changed(key)
            return True if news else None

        if await patience.until(look) is None:
            did = "nobody took it" if taking else "nobody laid it back"
            await self._overdue(key, key.reason or did)
        elif self.kiosk.key_asked:
            await self._release(key)

    async def _first_release(self, key: KeyErrand, patience: Patience) -> None:
        if cabinet_of(self.tower, key) is None:
            await self._overdue(key, f"kiosk {key.kiosk} has no such compartment")
            return

        if self._people_at_work():
            await self.tower.until(
                lambda: True if self._changed(key) or not self._people_at_work() else None
            )
            # The customer's own time begins with that.
            patience.began_s = self.tower.clock.monotonic_s()
            return

        def look() -> bool | None:
            news = self._changed(key) or self._people_at_work() or not self._obstacle(key)
            return True if news else None

        self._show(KioskPhase.KEY_TAKE if key.purpose is KeyPurpose.TAKE else KioskPhase.KEY_BACK)
        wrong = self._wrong_at_first(key)
        if wrong == "" and await patience.until(look) is not None:
            await self._release(key)
        elif wrong != "" or patience.over:
            await self._overdue(key, wrong or self._obstacle(key) or "it was not released in time")

    def _wrong_at_first(self, key: KeyErrand) -> str:
        """What the key's sensor says against it before anything was released; empty: nothing."""
        sensed = sensed_at(self.tower, key)
        if sensed is None:
            return ""
        present = sensed[1] in sensed[0].keys_present
        if key.purpose is KeyPurpose.TAKE:
            return "" if present else "its compartment is empty"
        return HOLDS_A_KEY if present else ""

    def _obstacle(self, key: KeyErrand) -> str | None:
        """Why the board may not be asked now; None when it may."""
        who = self.who()
        if who is None:
            return "nobody is there for it"
        if sensed_at(self.tower, key) is None:
            return f"the key cabinet of kiosk {key.kiosk} is not reached"
        if at_work := self._people_at_work():
            return at_work
        bay = report_of(self.tower, who.bay or 0)
        return release_hindrance(key, who, self.tower.book.ledger, bay)

    def _people_at_work(self) -> str | None:
        """That people bring the car out by hand: nobody drives it off before they are done."""
        who = self.who()
        return asked_about(self.tower, who) if isinstance(who, Visit) else None

    async def _release(self, key: KeyErrand) -> None:
        """Journal the transaction, look once more, and ask the board once."""
        # Whoever has asked by now asked for this one.
        self.kiosk.key_asked = False

        def decide() -> Change | None:
            current, sensed = self._key(), sensed_at(self.tower, key)
            if current.state is not key.state or sensed is None or self._obstacle(current):
                return None
            if has_moved(self.tower, current):
                return None
            asked = ReleaseAsked(self._transaction_id(), sensed[0].boot_id)
            return key_change(self.tower, current, asked)

        if await self.tower.book.record(decide) is None:
            return
        asked = self._key()
        obstacle = self._obstacle(asked)
        if obstacle is not None:
            await apply_to_key(self.tower, asked, CompartmentShut(obstacle))
            return
        await self._ask_board(asked)

    def _transaction_id(self) -> int:
        return crc32(self.tower.chance.new_id().encode()) or 1

    async def _ask_board(self, key: KeyErrand) -> None:
        found = cabinet_of(self.tower, key)
        if found is None or key.transaction_id is None:
            await apply_to_key(self.tower, key, CompartmentShut("the cabinet is gone"))
            return
        self._show(KioskPhase.KEY_TAKE if key.purpose is KeyPurpose.TAKE else KioskPhase.KEY_BACK)
        cabinet, place = found
        try:
            await cabinet.release(place, key.transaction_id)
        except (CabinetRefused, CabinetUnreachable) as error:
            await apply_to_key(self.tower, key, CompartmentShut(str(error)))
        else:
            # Whoever has asked before it was pulled open has got what they asked for.
            self.kiosk.key_asked = False
            await apply_to_key(self.tower, key, CompartmentOpened())

    async def _learn(self, key: KeyErrand, patience: Patience) -> None:
        """A restart lost the board's answer: the board that was asked still knows it.

        It answers a transaction that it remembers and releases nothing. One that was started
        since might release again, so it is not asked.
        """
        sensed = await patience.until(lambda: self._gone(key) or sensed_at(self.tower, key))
        if isinstance(sensed, tuple) and sensed[0].boot_id == key.boot_id:
            await self._ask_board(key)
        else:
            why = "nobody knows whether it was released: the board was started anew or is lost"
            await apply_to_key(self.tower, key, CompartmentShut(why))

    def _gone(self, key: KeyErrand) -> bool | None:
        return True if self._changed(key) else None

    async def _overdue(self, key: KeyErrand, why: str) -> None:
        who = self.who()
        visit_id = who.visit_id if isinstance(who, Visit) else None

        def decide() -> Change | None:
            current = self._key()
            if current.state is not key.state:
                return None
            return overdue(self.tower, current, why, visit_id)

        await self.tower.book.record(decide)
