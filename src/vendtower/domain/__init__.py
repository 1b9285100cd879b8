"""Facts and rules of the tower: no I/O, no clock, no asyncio, no logging, no randomness."""
