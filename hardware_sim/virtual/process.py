"""Who owns a task, a timer or a connection: one program on one machine, which can lose power."""

from __future__ import annotations

import ctypes
from contextvars import Context, ContextVar, copy_context
from enum import Enum
from typing import Any


class Death(Enum):
    """How a program ends without being asked."""

    CRASH = "crash"
    """The program is gone, its machine runs on: peers are told by a reset."""
    POWER = "power"
    """The whole machine is dark: peers hear nothing until it runs again."""


class Process:
    """One run of one program. A second run is another object with the same ``name``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True

    def __repr__(self) -> str:
        """For messages."""
        return f"<process {self.name}{'' if self.alive else ', dead'}>"

    def context(self) -> Context:
        """A context in which everything that is begun belongs to this process."""
        context = copy_context()
        context.run(_OWNER.set, self)
        return context


_OWNER: ContextVar[Process | None] = ContextVar("owner", default=None)


def owner(context: Context | None = None) -> Process | None:
    """Who owns what runs in a context, the present one when none is given; None: the world."""
    return _OWNER.get() if context is None else context.get(_OWNER, None)


def is_dead_in(context: Context | None) -> bool:
    """Whether whoever owns what runs in a context has been killed."""
    process = _OWNER.get() if context is None else context.get(_OWNER)
    return process is not None and not process.alive


def entomb(remains: list[Any]) -> None:
    """Keep objects for as long as the interpreter lives, and through its end.

    A coroutine that is thrown away is closed, and closing runs its ``finally`` blocks: after a
    power cut nothing of that may happen, so the frames are never thrown away. The leak is the
    purpose; a killed controller leaves some hundred kilobytes.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(remains))
