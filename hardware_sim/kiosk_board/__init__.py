"""The I/O board of a kiosk in software, behind a pseudo-terminal.

``SimKioskBoard`` is a peer for everything that opens a serial device: it executes requests,
times its outputs itself, reports what a person does to it, and goes to its safe state when the
line falls silent.
"""

from hardware_sim.kiosk_board.board import Board
from hardware_sim.kiosk_board.noise import LineNoise
from hardware_sim.kiosk_board.peer import SimKioskBoard

__all__ = ["Board", "LineNoise", "SimKioskBoard"]
