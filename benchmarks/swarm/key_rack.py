"""Where every car's key really is: in a compartment of a cabinet, or in somebody's hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hardware_sim.kiosk_board.peer import SimKioskBoard
from hardware_sim.virtual.serial import SerialPorts

FIRST = 11
COMPARTMENTS = 12
"""Of each kiosk's cabinet; painted with numbers that go on from one cabinet to the next."""
BOARDS_MAX = 2
"""Kiosks with a board: each costs four exchanges a second. At the others staff hand over keys."""
KEYLESS_EVERY = 4
"""One car in so many is opened by a telephone, and the tower keeps no key of it."""
Holder = int | str
"""A compartment's number, or a person's name."""


@dataclass(frozen=True)
class Cabinet:
    """One cabinet behind the board of its kiosk."""

    kiosk: int
    board: SimKioskBoard
    numbers: range


class KeyRack:
    """All boards with their cabinets, and all keys. A key is in one place because this says so."""

    def __init__(self, ports: SerialPorts, boards: Mapping[int, SimKioskBoard]) -> None:
        self.ports = ports
        self.boards = boards
        self.cabinets = {
            kiosk: Cabinet(kiosk, board, _numbers(at))
            for at, (kiosk, board) in enumerate(sorted(boards.items()))
        }
        self.home: dict[str, int] = {}
        """VIN to the compartment that its key belongs into."""
        self.where: dict[str, Holder] = {}
        """Key to where it is; a car's key goes by the VIN, any other by some words."""
        self.asked_again: dict[int, int] = dict.fromkeys(boards, 0)
        """Kiosk to how often somebody there has asked for the compartment once more."""
        self.stuck_doors: set[int] = set()
        """Compartments whose door does not open although it is released."""
        self.deceived: set[int] = set()
        """Compartments whose sensor was wrong, or which hold another key: nobody could know."""

    def hang_up(self, vins: Sequence[str]) -> None:
        """Lay the keys of the cars into the cabinets, kiosk by kiosk, before anything begins."""
        kiosks = sorted(self.cabinets)
        for at, vin in enumerate(vins):
            kiosk, place = kiosks[at % len(kiosks)], at // len(kiosks)
            if at % KEYLESS_EVERY == KEYLESS_EVERY - 1 or place >= COMPARTMENTS:
                continue
            number = self.cabinets[kiosk].numbers[place]
            self.home[vin] = self.where[vin] = number
            self.cabinets[kiosk].board.put_key(place)

    def cabinet_of(self, number: int) -> tuple[SimKioskBoard, int]:
        """The board behind a compartment and its place there; KeyError for none."""
        for cabinet in self.cabinets.values():
            if number in cabinet.numbers:
                return cabinet.board, number - cabinet.numbers.start
        raise KeyError(number)

    def kiosk_of(self, vin: str) -> int | None:
        """Where the key of a car belongs; None when the tower keeps none."""
        number = self.home.get(vin)
        found = [c.kiosk for c in self.cabinets.values() if number in c.numbers]
        return found[0] if found else None

    def in_compartment(self, number: int) -> str | None:
        """The key that lies there."""
        return next((key for key, where in self.where.items() if where == number), None)

    def is_home(self, vin: str) -> bool:
        """The car's key lies where it belongs."""
        return self.where[vin] == self.home[vin]

    def can_drive(self, vin: str, who: str) -> bool:
        """Whether this person has what starts this car."""
        return vin not in self.home or self.where[vin] == who

    def is_near(self, kiosk: int, *, near: bool) -> None:
        """The detector of a kiosk's board, where there is one, sees somebody or nobody."""
        if kiosk in self.boards:
            self.boards[kiosk].somebody_near(near)

    # --- what hands do

    def is_released(self, number: int) -> bool:
        """The compartment's latch has current: its door can be pulled open."""
        board, place = self.cabinet_of(number)
        return board.board.releasing(place)

    def pull(self, number: int) -> bool:
        """Pull at a compartment's door; True when it is open then."""
        board, place = self.cabinet_of(number)
        if number not in self.stuck_doors and self.is_released(number):
            board.open_drawer(place)
        return self.is_open(number)

    def is_open(self, number: int) -> bool:
        """The compartment's door stands open."""
        board, place = self.cabinet_of(number)
        return bool(board.board.drawers_open >> place & 1)

    def unlock(self, number: int) -> None:
        """Staff open a door with their own key, stuck or not."""
        self.stuck_doors.discard(number)
        board, place = self.cabinet_of(number)
        board.open_drawer(place)

    def close(self, number: int) -> None:
        """Push a door shut."""
        board, place = self.cabinet_of(number)
        board.close_drawer(place)

    def take(self, number: int, who: str) -> str | None:
        """Take the key out of an open compartment; the key, None when there was none."""
        key = self.in_compartment(number)
        if key is not None and self.is_open(number):
            self.where[key] = who
            board, place = self.cabinet_of(number)
            board.take_key(place)
        return key

    def lay(self, key: str, number: int) -> bool:
        """Lay a key into an open compartment; False when it is shut, or full."""
        if not self.is_open(number) or self.in_compartment(number) is not None:
            return False
        self.where[key] = number
        board, place = self.cabinet_of(number)
        board.put_key(place)
        return True

    def give(self, key: str, to: str) -> None:
        """From one hand into another; a key in a compartment stays there."""
        if isinstance(self.where.get(key), str):
            self.where[key] = to

    def heal(self, number: int) -> None:
        """Mend the sensor of a compartment."""
        board, place = self.cabinet_of(number)
        if place in board.board.key_shown:
            board.key_sensor_shows(place, None)

    def heal_all(self) -> None:
        """Plug in, quieten and mend everything."""
        self.stuck_doors.clear()
        for cabinet in self.cabinets.values():
            cabinet.board.noise = None
            cabinet.board.plug()
            for number in cabinet.numbers:
                self.heal(number)


def make_rack(
    ports: SerialPorts, directory: Path, kiosks: list[int], seed: int, vins: Sequence[str]
) -> KeyRack:
    """Boards at the first kiosks, plugged in, with the keys of these cars."""
    boards = {}
    for kiosk in sorted(kiosks)[:BOARDS_MAX]:
        device = board_device(directory, kiosk)
        boards[kiosk] = SimKioskBoard(device, seed=seed * 100 + kiosk, plug=ports.plug(device))
        boards[kiosk].plug()
    rack = KeyRack(ports, boards)
    rack.hang_up(vins)
    return rack


def board_device(directory: Path, kiosk: int) -> Path:
    """The serial device of a kiosk's board."""
    return directory / f"board-{kiosk}"


def with_boards(tables: dict[str, Any], boards: int) -> None:
    """The kiosks of a site file, so many of them with a cabinet at their board."""
    for at, kiosk in enumerate(sorted(tables["kiosks"], key=lambda k: int(k["number"]))):
        if at < boards:
            kiosk["key_cabinet"] = {"first": _numbers(at).start, "count": COMPARTMENTS}
        else:
            del kiosk["board"]


def _numbers(at: int) -> range:
    first = FIRST + at * COMPARTMENTS
    return range(first, first + COMPARTMENTS)
