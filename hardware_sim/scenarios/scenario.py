"""What a scenario is, and the families that they are written in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware_sim.scenarios.stage import Stage

Play = Callable[["Stage"], Awaitable[None]]

SPEED = 60.0
"""Multiple at which the mechanics run, unless a scenario has to meet them on their way."""


@dataclass(frozen=True)
class Scenario:
    """One incident with the ending that it must have."""

    name: str
    story: str
    """One sentence: what goes wrong."""
    happened: str
    """Where such a thing comes from in real towers."""
    ending: str
    """What must be so at the end, in words; `play` checks it."""
    play: Play
    """Does the steps; raises `NotAsExpected`."""
    speed: float = SPEED
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Section of the site file to what is set otherwise there."""
    stops_with_an_error: bool = False
    """The daemon's log may tell of a flow that had to be started again."""
    tower: str = "guangzhou.toml"
    """The example site that it is played on."""
    plc_line: str = "tcp"
    """``tcp`` or ``rtu``."""


@dataclass(frozen=True)
class Family:
    """Scenarios about one subject."""

    title: str
    scenarios: list[Scenario] = field(default_factory=list)

    def scenario(
        self,
        name: str,
        *,
        story: str,
        happened: str,
        ending: str,
        speed: float = SPEED,
        settings: Mapping[str, Mapping[str, object]] | None = None,
        stops_with_an_error: bool = False,
        tower: str = "guangzhou.toml",
        plc_line: str = "tcp",
    ) -> Callable[[Play], Play]:
        """Take a function as the steps of a scenario."""

        def take(play: Play) -> Play:
            self.scenarios.append(
                Scenario(
                    name,
                    story,
                    happened,
                    ending,
                    play,
                    speed,
                    settings or {},
                    stops_with_an_error,
                    tower,
                    plc_line,
                )
            )
            return play

        return take
