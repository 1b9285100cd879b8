"""How people behave at a key cabinet."""

from __future__ import annotations

from enum import Enum


class TakesKey(Enum):
    """How a customer takes the key of the car."""

    AT_ONCE = "takes the key"
    ASKS_AGAIN = "pulls too late, and asks for the compartment once more"
    SHUTS_IT = "pushes the open compartment shut, asks for it once more, and takes the key then"
    LEAVES_IT = "opens the compartment and takes nothing"
    LEAVES_OPEN = "takes the key and leaves the compartment open"
    GOES_WITH_IT = "takes the key and goes home"
    CANCELS_SHUT = "has the reservation withdrawn before the released compartment"
    CANCELS_OPEN = "has it withdrawn before the open compartment"
    CANCELS_WITH_IT = "has it withdrawn with the key in the hand"


CANCELS = {TakesKey.CANCELS_SHUT, TakesKey.CANCELS_OPEN, TakesKey.CANCELS_WITH_IT}
"""Manners of somebody whose reservation is withdrawn late."""


class LaysKey(Enum):
    """How a driver lays it back."""

    AT_ONCE = "lays the key back"
    ASKS_AGAIN = "pulls too late, and asks for the compartment once more"
    KEEPS_IT = "keeps the key in the pocket"
    LEAVES_OPEN = "lays the key back and leaves the compartment open"
    ANOTHER = "lays another key into the compartment"
