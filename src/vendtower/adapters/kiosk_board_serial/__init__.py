"""The kiosk's I/O board on a serial device."""

from vendtower.adapters.kiosk_board_serial.board import SerialKioskBoard

__all__ = ["SerialKioskBoard"]
