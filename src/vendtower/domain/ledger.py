"""Which car stands where: one line per car, and at most one car per place."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vendtower.domain.errors import LocalFault
from vendtower.domain.places import Bay, OnLift, Place, Slot, Whereabouts
from vendtower.domain.vehicle import Vehicle


class LedgerConflict(LocalFault):
    """A line that cannot be true beside the others."""


@dataclass(frozen=True)
class LedgerLine:
    """One car and where it is."""

    vehicle: Vehicle
    where: Whereabouts


class Ledger:
    """The cars of the tower; immutable, ``place`` gives a new one."""

    def __init__(self, lines: Iterable[LedgerLine] = ()) -> None:
        self._lines: dict[str, LedgerLine] = {}
        self._at: dict[Place, str] = {}
        for line in lines:
            self._add(line)
        self.slots_taken = frozenset(at.number for at in self._at if isinstance(at, Slot))
        """Numbers of the slots in which a car stands."""

    def _add(self, line: LedgerLine) -> None:
        vin = line.vehicle.vin
        if vin in self._lines:
            raise LedgerConflict(f"car {vin} stands in the ledger twice")
        if isinstance(line.where, Slot | Bay | OnLift):
            other = self._at.get(line.where)
            if other is not None:
                raise LedgerConflict(f"{line.where} holds car {other} already, not car {vin}")
            self._at[line.where] = vin
        self._lines[vin] = line

    def __iter__(self) -> Iterator[LedgerLine]:
        return iter(self._lines.values())

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, vin: object) -> bool:
        return vin in self._lines

    def line(self, vin: str) -> LedgerLine | None:
        """The line of this car, None when the tower does not know it."""
        return self._lines.get(vin)

    def where(self, vin: str) -> Whereabouts:
        """Where the car is.

        Raises:
            LedgerConflict: when the ledger does not know the car.

        """
        line = self._lines.get(vin)
        if line is None:
            raise LedgerConflict(f"car {vin} is not in the ledger")
        return line.where

    def car_at(self, place: Place) -> str | None:
        """The VIN of the car in this place, None when it is free."""
        return self._at.get(place)

    def place(self, vehicle: Vehicle, where: Whereabouts) -> "Ledger":
        """The ledger with this car in this place instead of where it was.

        Raises:
            LedgerConflict: when another car stands there.

        """
        others = [line for line in self if line.vehicle.vin != vehicle.vin]
        return Ledger([*others, LedgerLine(vehicle, where)])
