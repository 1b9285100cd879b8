"""Customers at a key cabinet: they pull the released door, take or lay down a key, and close it."""

from __future__ import annotations

import asyncio

from hardware_sim.kiosk_board.peer import SimKioskBoard


async def take_key_out(board: SimKioskBoard, place: int, *, timeout_s: float = 30.0) -> None:
    """Wait for the released door of a compartment (counted from 0) and take its key.

    Raises TimeoutError when it is not released in time.
    """
    await pull_open(board, place, timeout_s=timeout_s)
    board.take_key(place)
    board.close_drawer(place)


async def lay_key_back(board: SimKioskBoard, place: int, *, timeout_s: float = 30.0) -> None:
    """Wait for the released door of a compartment (counted from 0) and lay the key inside.

    Raises TimeoutError when it is not released in time.
    """
    await pull_open(board, place, timeout_s=timeout_s)
    board.put_key(place)
    board.close_drawer(place)


async def pull_open(board: SimKioskBoard, place: int, *, timeout_s: float = 30.0) -> None:
    """Wait for the released door and open it.

    Raises TimeoutError when it is not released in time.
    """
    async with asyncio.timeout(timeout_s):
        while not board.board.releasing(place):
            await board.changed()
    board.open_drawer(place)
