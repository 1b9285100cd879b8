"""Options of the command line that the swarm and `benchmarks.seven_days` have in common."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.swarm.world import Tier


def add_weather(parser: argparse.ArgumentParser) -> None:
    """How busy a run is, how much breaks, and where; None where nothing is said."""
    parser.add_argument("--trips", type=float, help="reservations a day")
    parser.add_argument("--strength", type=float, help="multiplies the faults' rates")
    parser.add_argument("--haste", type=float, help="divides the customers' windows")
    parser.add_argument("--cars", type=int, help="cars in the tower at the start")
    parser.add_argument("--site", type=Path, help="site file")
    parser.add_argument(
        "--tier",
        choices=[tier.value for tier in Tier],
        default=Tier.PORT.value,
        help="codec: with Modbus frames; port: without them, many times faster",
    )
    parser.add_argument(
        "--boards",
        action=argparse.BooleanOptionalAction,
        help="kiosk boards with key cabinets, on lines in memory; slower",
    )
    parser.add_argument("--plan", type=Path, help="replay this plan instead of drawing one")
