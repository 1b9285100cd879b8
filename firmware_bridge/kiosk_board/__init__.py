"""The serial contract with the I/O board of a kiosk; ``docs/kiosk_board.md`` tells it in prose.

No module in here does I/O or reads a clock: bytes and times come in, bytes come out, so both
ends are tested without a line, and the same code serves the controller and the simulated board.
"""
