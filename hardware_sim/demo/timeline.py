"""What happens, line by line, as a person would tell it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TextIO

from hardware_sim.cloud.event_store import ReceivedEvent
from hardware_sim.plant.agenda import TruthEvent

MACHINE_STORY = {
    "gripped": "takes {detail}",
    "placed": "puts {detail}",
    "outer door open": "street door is open",
    "outer door closed": "street door is closed",
}
"""What the truth of the plant tells to spectators; everything else stays in its log."""

CLOUD_STORY = {
    "visit.identity_verified": "customer verified",
    "visit.identity_refused": "customer refused",
    "visit.car_departed": "car has left with its customer",
    "dropoff.car_parked": "car is parked, the driver has left the bay",
    "dropoff.car_measured": "car was measured, and fits",
    "dropoff.car_rejected": "car was measured, and does not fit",
    "dropoff.bay_cleared": "two unlike sensors and the driver agree: nobody is inside",
    "car.returned": "car is back in a slot",
    "case.case_opened": "staff are asked",
    "case.case_settled": "staff have answered",
}


class Timeline:
    """Prints one line per happening, with the seconds since the beginning."""

    def __init__(self, now_s: Callable[[], float], out: TextIO = sys.stdout) -> None:
        self._now_s = now_s
        self._began_s = now_s()
        self._out = out

    def chapter(self, title: str) -> None:
        """A new part of the story."""
        self._print(f"\n== {title}")

    def tell(self, where: str, what: str) -> None:
        """One happening."""
        self._print(f"{self._now_s() - self._began_s:7.1f} s  {where:<9} {what}")

    def hear_machine(self, event: TruthEvent) -> None:
        """What the plant has really done."""
        story = MACHINE_STORY.get(event.what)
        if story is not None:
            self.tell(event.subject, story.format(detail=event.detail))

    def hear_cloud(self, event: ReceivedEvent) -> None:
        """What the tower has reported to the cloud."""
        name = event.event_type.removeprefix("com.vendtower.").removesuffix(".v1")
        story = CLOUD_STORY.get(name)
        if story is not None:
            self.tell("cloud", story + _detail(event))

    def _print(self, line: str) -> None:
        print(line, file=self._out, flush=True)


def _detail(event: ReceivedEvent) -> str:
    record = event.data.get("record")
    if isinstance(record, dict):
        return (
            f" (face distance {record['distance']:.2f}, limit {record['distance_max']:.2f}, "
            f"{record['frames']} frames)"
        )
    question = event.data.get("question")
    if isinstance(question, str):
        return f": {question}"
    by = event.data.get("by")
    return f" by the {by}" if by else ""
