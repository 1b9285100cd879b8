"""The safety functions of the tower that can trip, beside the emergency stops.

Each is a word of the hard-wired safety controller's own: the PLC's program reads it, and nothing
but a person on the spot resets it.
"""

from __future__ import annotations

SAFETY_FUNCTIONS = (
    "bay_curtains",
    "door_locks",
    "slack_rope",
    "overspeed",
    "overload",
    "end_stops",
    "sto_feedback",
    "fire",
    "pit",
    "inspection_hatch",
    "brake_test",
    "safety_comms",
)
"""In the order of the contract's two safety words, the emergency stop chain left out.

``bay_curtains`` is the curtains' own self-test; somebody in a curtain is no failure of it.
"""


def sensor_of(function: str) -> str:
    """The name of a function's contact, true while it is healthy."""
    return f"tower.{function}_ok"
