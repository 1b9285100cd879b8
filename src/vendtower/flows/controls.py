"""What people at a screen or the maintenance CLI may ask of the tower."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from vendtower.domain.alarm import Alarm, AlarmKey
from vendtower.domain.case import Settlement
from vendtower.domain.condition import Entered
from vendtower.domain.vehicle import Vehicle
from vendtower.flows.case_answers import Particulars
from vendtower.flows.operator_requests import OperatorRequest
from vendtower.ports.journal import HistoryEvent


@dataclass(frozen=True)
class StockLine:
    """A car that staff put into the ledger, and the slot it stands in."""

    vehicle: Vehicle
    slot: int


@dataclass(frozen=True)
class Done:
    """The tower did as asked."""

    message: str


@dataclass(frozen=True)
class NotDone:
    """The tower did not, and nothing has changed."""

    reason: str


ControlAnswer = Done | NotDone


@dataclass(frozen=True)
class AcknowledgeAlarm:
    """I know of it; for one that is latched: I have seen that it is gone."""

    key: AlarmKey
    note: str = ""


@dataclass(frozen=True)
class ShelveAlarm:
    """Keep it out of sight for so many minutes."""

    key: AlarmKey
    minutes: int
    reason: str


@dataclass(frozen=True)
class UnshelveAlarm:
    """Show it again."""

    key: AlarmKey


@dataclass(frozen=True)
class TakeAlarmOutOfService:
    """Switch it off until somebody switches it on again."""

    key: AlarmKey
    reason: str


@dataclass(frozen=True)
class ReturnAlarmToService:
    """Switch it on again."""

    key: AlarmKey


AlarmRequest = (
    AcknowledgeAlarm | ShelveAlarm | UnshelveAlarm | TakeAlarmOutOfService | ReturnAlarmToService
)


class Controls(Protocol):
    """Every call answers with a sentence that a person can act on; none raises."""

    async def touch(self, kiosk: int) -> ControlAnswer:
        """Somebody touched the kiosk's screen and wants to check in."""
        ...

    async def choose_language(self, kiosk: int, language: str) -> ControlAnswer: ...

    async def take_other_way(self, kiosk: int) -> ControlAnswer:
        """Who stands before the camera would rather have staff look at a document."""
        ...

    async def press_key(self, kiosk: int, key: str) -> ControlAnswer:
        """A key of the pad, beside the screen or on it: a code is typed instead of shown.

        Neither the answer nor any record repeats the key.
        """
        ...

    async def erase_face(self, reservation_id: str, by: str) -> ControlAnswer:
        """A named person has a customer's picture and template erased; the reservation stays."""
        ...

    async def call_staff(self, kiosk: int) -> ControlAnswer: ...

    async def settle_case(
        self, case_id: int, settlement: Settlement, by: str, note: str, said: Particulars
    ) -> ControlAnswer:
        """A named person answers the question of a case."""
        ...

    async def reset_machine(self, by: str) -> ControlAnswer:
        """A named person looked, and lets a stopped machine take jobs again."""
        ...

    async def load_stock(self, lines: Sequence[StockLine], by: str) -> ControlAnswer:
        """Put cars into the ledger, all or none; the slots' sensors must agree."""
        ...

    async def admit_car(
        self, car: str, bay: int, vehicle: Vehicle | None, by: str
    ) -> ControlAnswer:
        """A member of staff announces a car at a bay, by VIN or plate.

        ``vehicle`` describes a car that the tower has never had; None for one that it knows.
        """
        ...

    async def confirm_clear(self, kiosk: int, question: int, by: str) -> ControlAnswer:
        """A person at the kiosk says that everybody is out of the car and the bay.

        ``question`` is the number of the question on the screen; an older one does not count.
        ``by`` is the name of a member of staff, without which a car is not put back.
        """
        ...

    async def note_condition(self, kiosk: int, typed: Entered) -> ControlAnswer:
        """What a person at the kiosk enters of the car's condition."""
        ...

    async def return_by_plate(self, kiosk: int, plate: str) -> ControlAnswer:
        """A customer names the car that they bring back by its plate."""
        ...

    async def ask_for_key(self, kiosk: int) -> ControlAnswer:
        """A person at the kiosk wants the key's compartment released once more."""
        ...

    async def reopen_bay(self, kiosk: int) -> ControlAnswer:
        """A person at the kiosk wants the outer door opened once more."""
        ...

    async def history(self, limit: int, dead_only: bool) -> Sequence[HistoryEvent]: ...

    async def ask_of_alarm(self, request: AlarmRequest, by: str) -> ControlAnswer:
        """A named person acknowledges an alarm, hides it, or shows it again."""
        ...

    async def operate(self, request: OperatorRequest, by: str) -> ControlAnswer:
        """A named person takes a place out of service, returns it, or orders power."""
        ...

    async def alarm_history(self, limit: int) -> Sequence[Alarm]:
        """The newest episodes of alarms first, open ones included."""
        ...
