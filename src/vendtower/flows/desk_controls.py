"""What people may ask at a screen or by the maintenance CLI, done and answered in words."""

from collections.abc import Sequence

from vendtower.domain.after_job import shows_car
from vendtower.domain.alarm import Alarm
from vendtower.domain.case import Settlement
from vendtower.domain.condition import Entered
from vendtower.domain.errors import LocalFault
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.modes import Request
from vendtower.domain.places import Slot
from vendtower.domain.vehicle import Vehicle
from vendtower.flows import alarm_desk, bay_desk, cases, erasure, kiosk_choices, operator_desk
from vendtower.flows.case_answers import Particulars
from vendtower.flows.controls import AlarmRequest, ControlAnswer, Done, NotDone, StockLine
from vendtower.flows.intake import NotAdmitted, admit
from vendtower.flows.machine_reset import reset_machine
from vendtower.flows.modes import refusal
from vendtower.flows.operator_requests import OperatorRequest
from vendtower.flows.return_by_plate import return_by_plate
from vendtower.flows.service import in_motion
from vendtower.flows.telling import tell
from vendtower.flows.tower import Kiosk, Tower
from vendtower.ports.journal import Change, HistoryEvent
from vendtower.ports.screens import KioskPhase


class DeskControls:
    """The tower's own answer to every request; fulfils ``Controls``."""

    def __init__(self, tower: Tower) -> None:
        self._tower = tower

    async def touch(self, kiosk: int) -> ControlAnswer:
        """Wake the kiosk's camera for a check-in."""
        if kiosk not in self._tower.kiosks:
            return NotDone(f"kiosk {kiosk} is not in the site file")
        self._tower.kiosks[kiosk].touched.set()
        self._tower.bell.ring()
        return Done(f"kiosk {kiosk} is awake")

    async def choose_language(self, kiosk: int, language: str) -> ControlAnswer:
        """Let the kiosk speak another of the site's languages."""
        known = self._tower.site.tower.languages
        if kiosk not in self._tower.kiosks:
            return NotDone(f"kiosk {kiosk} is not in the site file")
        if language not in known:
            return NotDone(f"language {language!r}: this site has {', '.join(known)}")
        self._tower.kiosks[kiosk].language = language
        self._tower.bell.ring()
        return Done(f"kiosk {kiosk} speaks {language}")

    async def take_other_way(self, kiosk: int) -> ControlAnswer:
        """Take the route without a face, before the camera looks for one or while it does."""
        return kiosk_choices.take_other_way(self._tower, kiosk)

    async def press_key(self, kiosk: int, key: str) -> ControlAnswer:
        """Type one key of a code."""
        return kiosk_choices.press_key(self._tower, kiosk, key)

    async def erase_face(self, reservation_id: str, by: str) -> ControlAnswer:
        """Erase what is kept of a customer's face."""
        return await erasure.erase_on_request(self._tower, reservation_id, by)

    async def call_staff(self, kiosk: int) -> ControlAnswer:
        """A person wants a person; the cloud carries it to whoever is on duty."""
        if kiosk not in self._tower.kiosks:
            return NotDone(f"kiosk {kiosk} is not in the site file")
        visit_id = self._tower.kiosks[kiosk].visit_id
        event = tell(
            self._tower,
            "kiosk",
            "StaffCalled",
            subject=f"kiosk/{kiosk}",
            correlation_id=visit_id or self._tower.chance.new_id(),
            data={"kiosk": kiosk, "visit_id": visit_id},
        )
        return await self._record(Change(events=(event,)), "staff are called")

    async def settle_case(
        self, case_id: int, settlement: Settlement, by: str, note: str, said: Particulars
    ) -> ControlAnswer:
        """A named person's answer to an open question."""
        if why := refusal(self._tower, Request.SETTLE_CASE):
            return NotDone(why)
        try:
            return await cases.settle(self._tower, case_id, settlement, by=by, note=note, said=said)
        except LocalFault as error:
            return NotDone(str(error))

    async def reset_machine(self, by: str) -> ControlAnswer:
        """Lead a stopped machine on; the PLC decides, and a safety function is never reset."""
        return await reset_machine(self._tower, by)

    async def load_stock(self, lines: Sequence[StockLine], by: str) -> ControlAnswer:
        """Put cars into the ledger, all or none."""
        problems = self._problems(lines)
        if why := refusal(self._tower, Request.LOAD_STOCK):
            problems.append(why)
        if not by.strip():
            problems.append("the ledger is changed by a named person: no name was given")
        if problems:
            return NotDone("; ".join(problems))
        event = tell(
            self._tower,
            "ledger",
            "StockLoaded",
            subject="ledger",
            correlation_id=self._tower.chance.new_id(),
            data={"by": by, "cars": [line.vehicle.vin for line in lines]},
        )
        change = Change(
            ledger=tuple(LedgerLine(line.vehicle, Slot(line.slot)) for line in lines),
            events=(event,),
        )

        def decide() -> Change:
            # A job may have begun to bring a car into one of the slots meanwhile.
            found.extend(self._problems(lines))
            return Change() if found else change

        found: list[str] = []
        try:
            await self._tower.book.record(decide)
        except LocalFault as error:
            return NotDone(str(error))
        if found:
            return NotDone("; ".join(found))
        return Done(f"{len(lines)} cars are in the ledger")

    def _problems(self, lines: Sequence[StockLine]) -> list[str]:
        return [problem for line in lines if (problem := self._problem(line))]

    def _problem(self, line: StockLine) -> str | None:
        vin, tower = line.vehicle.vin, self._tower
        machine = tower.machine()
        if machine is None:
            return "the machine's state is not known, so no slot can be checked"
        if vin in tower.book.ledger:
            return f"car {vin} is in the ledger already ({tower.book.ledger.where(vin)})"
        if line.slot not in tower.site.slots:
            return f"car {vin}: slot {line.slot} is not in the site file"
        if Slot(line.slot) in in_motion(tower):
            return f"car {vin}: a lift's job touches slot {line.slot}; wait until it has ended"
        if not tower.site.slot(line.slot).limits.admits(line.vehicle):
            return f"car {vin}: exceeds the limits of slot {line.slot}"
        if shows_car(Slot(line.slot), machine) is not True:
            return f"car {vin}: the sensor of slot {line.slot} does not see a car"
        return None

    async def admit_car(
        self, car: str, bay: int, vehicle: Vehicle | None, by: str
    ) -> ControlAnswer:
        """Expect a car at a bay; its kiosk goes on from there."""
        try:
            vin = await admit(self._tower, car, bay, vehicle, by)
        except (NotAdmitted, LocalFault) as refused:
            return NotDone(str(refused))
        return Done(f"car {vin} is expected at bay {bay}; the outer door opens once it is empty")

    async def confirm_clear(self, kiosk: int, question: int, by: str) -> ControlAnswer:
        """Take a person's word, if it answers the question that is on the screen now."""
        asking = self._asking(kiosk)
        if isinstance(asking, NotDone):
            return asking
        if asking.question != question:
            return NotDone(
                f"kiosk {kiosk}: found an answer to question {question}, asked is "
                f"{asking.question}; look again"
            )
        dropoff = self._tower.book.dropoffs.get(asking.dropoff_id or "")
        if dropoff is not None and dropoff.put_back and not by.strip():
            return NotDone(
                f"kiosk {kiosk}: car {dropoff.vin} is put back, which a named member of staff at "
                "the bay has to confirm: no name was given"
            )
        asking.confirmed_by = by.strip()
        asking.confirmed = question
        self._tower.bell.ring()
        return Done(f"kiosk {kiosk}: everybody is out")

    async def note_condition(self, kiosk: int, typed: Entered) -> ControlAnswer:
        """Take what was entered, while the kiosk asks for it."""
        return bay_desk.note_condition(self._tower, kiosk, typed)

    async def return_by_plate(self, kiosk: int, plate: str) -> ControlAnswer:
        """Expect the car with this plate, if it is out."""
        try:
            return await return_by_plate(self._tower, kiosk, plate)
        except LocalFault as error:
            return NotDone(str(error))

    async def ask_for_key(self, kiosk: int) -> ControlAnswer:
        """Release the key's compartment once more."""
        return bay_desk.ask_for_key(self._tower, kiosk)

    async def reopen_bay(self, kiosk: int) -> ControlAnswer:
        """Open the outer door once more, while the question is on the screen."""
        asking = self._asking(kiosk)
        if isinstance(asking, NotDone):
            return asking
        asking.reopen_asked = True
        self._tower.bell.ring()
        return Done(f"kiosk {kiosk}: the door opens again")

    def _asking(self, kiosk: int) -> Kiosk | NotDone:
        """The kiosk, if it asks whether everybody is out."""
        found = self._tower.kiosks.get(kiosk)
        if found is None:
            return NotDone(f"kiosk {kiosk} is not in the site file")
        if found.phase is not KioskPhase.CONFIRM_CLEAR:
            return NotDone(f"kiosk {kiosk} does not ask for that now: it is {found.phase.value}")
        return found

    async def _record(self, change: Change, message: str) -> ControlAnswer:
        try:
            await self._tower.book.record(lambda: change)
        except LocalFault as error:
            return NotDone(str(error))
        return Done(message)

    async def history(self, limit: int, dead_only: bool) -> Sequence[HistoryEvent]:
        """The newest events first."""
        return await self._tower.book.journal.history(limit, dead_only)

    async def ask_of_alarm(self, request: AlarmRequest, by: str) -> ControlAnswer:
        """A named person acknowledges an alarm, hides it, or shows it again."""
        if why := refusal(self._tower, Request.ALARM):
            return NotDone(why)
        try:
            return await alarm_desk.ask(self._tower, request, by)
        except LocalFault as error:
            return NotDone(str(error))

    async def operate(self, request: OperatorRequest, by: str) -> ControlAnswer:
        """A named person takes a place out of service, returns it, or orders power."""
        try:
            return await operator_desk.operate(self._tower, request, by)
        except LocalFault as error:
            return NotDone(str(error))

    async def alarm_history(self, limit: int) -> Sequence[Alarm]:
        """The newest episodes of alarms first, open ones included."""
        return await self._tower.book.journal.alarm_history(limit)
