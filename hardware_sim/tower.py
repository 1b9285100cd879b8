"""Plant, PLC and safety monitor as one machine in one time; no clock, no sockets.

Whoever drives it calls `advance(now_s)` when `next_s()` says so, and before every look or
action. The same tower serves the real-time runner and a virtual clock.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import partial

from firmware_bridge.register_map import MAILBOXES
from hardware_sim.plant.bay import Pace
from hardware_sim.plant.car import Car
from hardware_sim.plant.plant import Plant
from hardware_sim.plc.program import PlcProgram
from hardware_sim.plc.retained import Retained
from hardware_sim.safety_monitor import SafetyMonitor
from hardware_sim.site import Site


class TowerCore:
    """The machine itself. `utc_s` labels the PLC's clock; chance (boot ids) comes from `chance`."""

    def __init__(
        self,
        site: Site,
        *,
        cars: Mapping[int, Car] | None = None,
        now_s: float = 0.0,
        utc_s: Callable[[], float],
        chance: random.Random,
        pace: Pace | None = None,
    ) -> None:
        self.plant = Plant(site, cars=cars, now_s=now_s, pace=pace)
        self.monitor = SafetyMonitor(self.plant)
        self.retained = Retained.fresh(list(site.lifts))
        self.changes = 0
        """Counts whatever may have changed what the PLC shows, beside positions and clocks."""
        self.on_change: list[Callable[[], None]] = []
        self._utc_s = utc_s
        self._chance = chance
        self.jobs_repeated_after_s: float | None = None
        """Fault: whatever is written to a mailbox comes a second time so much later."""
        self.plc: PlcProgram | None = self._boot()
        self.plant.after_event.append(self._plant_changed)

    def _boot(self) -> PlcProgram:
        boot_id = self._chance.randint(1, 0xFFFF_FFFF)
        return PlcProgram(self.plant, self.retained, boot_id=boot_id, utc_s=self._utc_s)

    def _plant_changed(self) -> None:
        if self.plc is not None:
            self.plc.request_scan()
        self._tell_change()

    def _tell_change(self) -> None:
        self.changes += 1
        for listener in self.on_change:
            listener()

    def next_s(self) -> float | None:
        """When something happens next by itself, or None."""
        plant_s = self.plant.next_event_s()
        plc_s = self.plc.next_due_s() if self.plc else None
        return min((at_s for at_s in (plant_s, plc_s) if at_s is not None), default=None)

    def advance(self, to_s: float) -> float | None:
        """Let time pass up to `to_s`; plant events and PLC scans happen at their own times.

        Returns what `next_s` says then.
        """
        while (next_s := self.next_s()) is not None and next_s <= to_s:
            self.plant.advance(max(next_s, self.plant.now_s))
            if self.plc is not None:
                plc_s = self.plc.next_due_s()
                if plc_s is not None and plc_s <= self.plant.now_s:
                    self.plc.scan()
                    self._tell_change()
        self.plant.advance(to_s)
        return next_s

    def power_off_plc(self) -> None:
        """The PLC loses power: drives brake to a stop, doors stand, jobs are gone."""
        self.plc = None
        for number in self.plant.lifts:
            self.plant.stop_lift(number)
        for number in self.plant.bays:
            for which in ("inner", "outer"):
                if self.plant.door(number, which).moving(self.plant.now_s):
                    self.plant.stop_door(number, which)
        self.plant.note("plc", "power off")
        self._tell_change()

    def forget_plc_memory(self) -> None:
        """The PLC's retained memory is lost while it has no power."""
        if self.plc is not None:
            raise RuntimeError("PLC: it has power, so it forgets nothing")
        self.retained = Retained.forgotten(list(self.plant.lifts))

    def power_on_plc(self) -> None:
        """The PLC starts with its retained memory and a new boot id."""
        if self.plc is not None:
            raise RuntimeError("PLC: it has power already")
        self.plc = self._boot()
        self.plant.note("plc", "started", f"boot id {self.plc.machine.boot_id}")
        self._tell_change()

    def read(self, address: int, count: int) -> list[int]:
        """Registers as Modbus shows them; the PLC must have power."""
        return self._running().read(address, count)

    def write(self, address: int, values: list[int]) -> bool:
        """Registers as Modbus writes them; False where nobody may write."""
        taken = self._running().write(address, values)
        if self.jobs_repeated_after_s is not None and address >= MAILBOXES[0].address:
            self.plant.later(self.jobs_repeated_after_s, partial(self._repeat, address, values))
        return taken

    def _repeat(self, address: int, values: list[int]) -> None:
        if self.plc is not None:
            self.plc.write(address, values)

    def _running(self) -> PlcProgram:
        if self.plc is None:
            raise RuntimeError("PLC: it has no power, so it has no registers")
        return self.plc
