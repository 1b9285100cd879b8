"""The kiosk's I/O board on a serial device."""

from vendtower.adapters.kiosk_board_serial.board import SerialKioskBoard
from vendtower.adapters.kiosk_board_serial.key_cabinet import SerialKeyCabinet

__all__ = ["SerialKeyCabinet", "SerialKioskBoard"]
