"""A whole tower on the loop's clock and a real line, Modbus TCP or RTU, with an API for tests.

Nothing ticks: the next event of the plant or the PLC is a timer of the loop, and every request
first lets the tower catch up with the clock.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from contextvars import copy_context
from pathlib import Path

from hardware_sim.direct_line import DirectLine
from hardware_sim.plant.agenda import TruthEvent, TruthLog
from hardware_sim.plant.bay import Pace
from hardware_sim.plant.car import Car, Place
from hardware_sim.plant.people import People
from hardware_sim.plant.plant import Plant
from hardware_sim.plant.sensors import Sensors
from hardware_sim.plc.line_noise import LineNoise
from hardware_sim.plc.modbus_server import PlcModbusServer
from hardware_sim.plc.program import PlcProgram
from hardware_sim.plc.rtu_server import PlcRtuServer
from hardware_sim.plc.server import Cut, PlcServer
from hardware_sim.safety_monitor import Violation
from hardware_sim.site import Site
from hardware_sim.tower import TowerCore


class SimulatedTower:
    """`async with SimulatedTower(site, cars={7: Car("VIN1")}) as tower: ...`.

    Times are those of the running loop, in seconds.
    """

    def __init__(
        self,
        site: Site,
        *,
        cars: Mapping[int, Car] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        serial_device: Path | None = None,
        direct: bool = False,
        pace: Pace | None = None,
        chance: random.Random | None = None,
        utc_s: Callable[[], float] = time.time,
    ) -> None:
        """Make it inside a running loop; `port` 0 takes a free one.

        With `serial_device` the PLC is on a serial line of that name instead, Modbus RTU.
        With `direct` there is no port: a controller in this process uses a `DirectLink`.
        """
        self._loop = asyncio.get_running_loop()
        # The tower's time goes on whoever acts on it, and whatever becomes of them.
        self._context = copy_context()
        chance = chance or random.SystemRandom()
        self.core = TowerCore(
            site,
            cars=cars,
            now_s=self._loop.time(),
            utc_s=utc_s,
            chance=chance,
            pace=pace,
        )
        device_id = site.plc.device_id
        self.tcp: PlcModbusServer | None = None
        """The PLC's port; None where it is on a serial line."""
        self.rtu: PlcRtuServer | None = None
        """The PLC's serial line; None where it is on Ethernet."""
        self.direct: DirectLine | None = None
        """The line without frames; None where there is another."""
        self.server: PlcServer
        if direct:
            self.server = self.direct = DirectLine(self, chance)
        elif serial_device is None:
            self.server = self.tcp = PlcModbusServer(
                self, host=host, port=port, device_id=device_id
            )
        else:
            self.server = self.rtu = PlcRtuServer(self, serial_device, device_id=device_id)
        self._timer: asyncio.TimerHandle | None = None
        self._changed = asyncio.Event()
        self._running = False
        self._mending: set[asyncio.Task[None]] = set()
        self.core.plant.after_event.append(self._on_event)

    # --- life

    async def start(self) -> None:
        """Open the Modbus port and let time pass."""
        self._running = True
        await self.server.start()
        self.catch_up()

    async def stop(self) -> None:
        """Close the port and let time stand."""
        self._running = False
        for task in list(self._mending):
            task.cancel()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        await self.server.stop()
        if self.rtu is not None:
            self.rtu.close()

    async def __aenter__(self) -> SimulatedTower:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Stop."""
        await self.stop()

    @property
    def port(self) -> int:
        """The Modbus port; raises RuntimeError where the PLC is on a serial line."""
        if self.tcp is None:
            raise RuntimeError("PLC: it is on a serial line, so it has no port")
        return self.tcp.port

    # --- time

    def catch_up(self) -> None:
        """Bring the tower to the loop's present time and set the timer for what comes next."""
        self._wake_at(self.core.advance(max(self._loop.time(), self.plant.now_s)))

    def _schedule(self) -> None:
        self._wake_at(self.core.next_s())

    def _wake_at(self, next_s: float | None) -> None:
        if self._timer is not None:
            if self._timer.when() == next_s:
                return
            self._timer.cancel()
            self._timer = None
        if next_s is not None and self._running:
            self._timer = self._loop.call_at(next_s, self._on_timer, context=self._context)

    def _on_timer(self) -> None:
        self._timer = None
        self.catch_up()
        self._changed.set()

    def _on_event(self) -> None:
        self._changed.set()

    async def until(self, predicate: Callable[[], bool], timeout_s: float = 10.0) -> None:
        """Wait until something is true of the tower; raises TimeoutError with the last events.

        The predicate is asked after every event and scan, not by polling.
        """
        deadline_s = self._loop.time() + timeout_s
        while True:
            self.catch_up()
            if predicate():
                return
            left_s = deadline_s - self._loop.time()
            if left_s <= 0.0:
                raise TimeoutError(self._story(timeout_s))
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), left_s)
            except TimeoutError:
                continue

    def _story(self, timeout_s: float) -> str:
        lately = list(self.log.events)[-12:]
        lines = [f"{e.at_s:.3f} {e.subject}: {e.what} {e.detail}".rstrip() for e in lately]
        return f"tower: not so within {timeout_s} s; it happened last:\n" + "\n".join(lines)

    # --- registers, for the Modbus server

    def read(self, address: int, count: int) -> list[int]:
        """Registers as of now."""
        self.catch_up()
        return self.core.read(address, count)

    def write(self, address: int, values: list[int]) -> bool:
        """Write registers now."""
        self.catch_up()
        taken = self.core.write(address, values)
        self._schedule()
        return taken

    # --- faults

    async def cut_plc_link(
        self, duration_s: float | None = None, how: Cut = Cut.BLACK_HOLE
    ) -> None:
        """Let the Modbus link fail, for a while or until `restore_plc_link`."""
        await self.server.cut(how)
        if duration_s is not None:
            task = self._loop.create_task(self._restore_after(duration_s))
            self._mending.add(task)
            task.add_done_callback(self._mending.discard)

    def disturb_plc_line(self, noise: LineNoise | None) -> None:
        """Let the serial line be noisy, or good again; RuntimeError where there is none."""
        if self.rtu is None:
            raise RuntimeError("PLC: it is on Ethernet, which has no line noise of this kind")
        self.rtu.disturb(noise)

    async def _restore_after(self, duration_s: float) -> None:
        await asyncio.sleep(duration_s)
        await self.server.restore()

    async def restore_plc_link(self) -> None:
        """Mend the Modbus link."""
        await self.server.restore()

    async def restart_plc(self, down_s: float = 0.0, *, forgets: bool = False) -> None:
        """The PLC loses power and starts again; connections break, jobs are gone.

        ``forgets``: its retained memory is lost as well.
        """
        await self.power_off_plc()
        if forgets:
            self.core.forget_plc_memory()
        if down_s:
            await asyncio.sleep(down_s)
        await self.power_on_plc()

    async def power_off_plc(self) -> None:
        """The PLC and the drives lose power: everything brakes, and nobody answers any more."""
        self.catch_up()
        self.core.power_off_plc()
        self._schedule()
        await self.server.stop()

    async def power_on_plc(self) -> None:
        """Power is back; the PLC starts with what it remembers."""
        self.catch_up()
        self.core.power_on_plc()
        await self.server.start()
        self.catch_up()

    def press_estop(self) -> None:
        """Somebody presses the tower's emergency stop."""
        self.act(self.plant.press_estop)

    def release_estop(self) -> None:
        """The emergency stop is pulled out again."""
        self.act(self.plant.release_estop)

    def act(self, action: Callable[[], None]) -> None:
        """Let something be done to the plant now, e.g. `tower.act(tower.plant.press_estop)`."""
        self.catch_up()
        action()
        self.plant.changes += 1
        self._schedule()

    # --- people; each as in `People`, at the present time

    def person_enters(self, bay: int) -> None:
        """Somebody walks into a bay."""
        self.act(lambda: self.people.person_enters(bay))

    def person_leaves(self, bay: int) -> None:
        """Somebody walks out of a bay."""
        self.act(lambda: self.people.person_leaves(bay))

    def car_drives_in(self, bay: int, car: Car) -> None:
        """A customer drives a car into a bay."""
        self.act(lambda: self.people.car_drives_in(bay, car))

    def car_drives_out(self, bay: int) -> None:
        """Whoever is inside drives the car out."""
        self.act(lambda: self.people.car_drives_out(bay))

    # --- the truth

    @property
    def plant(self) -> Plant:
        """The mechanics; call `catch_up` before looking at positions."""
        return self.core.plant

    @property
    def plc(self) -> PlcProgram:
        """The running PLC; raises RuntimeError while it has no power."""
        if self.core.plc is None:
            raise RuntimeError("PLC: it has no power")
        return self.core.plc

    @property
    def people(self) -> People:
        """What people can do; wrap calls into `act`."""
        return self.plant.people

    @property
    def sensors(self) -> Sensors:
        """The sensors, and how to make them lie."""
        return self.plant.sensors

    @property
    def log(self) -> TruthLog:
        """What really happened."""
        return self.plant.log

    @property
    def violations(self) -> list[Violation]:
        """What must never happen and did."""
        return self.core.monitor.violations

    def events(self, what: str, subject: str | None = None) -> list[TruthEvent]:
        """The events of one kind so far."""
        return self.log.told(what, subject)

    def where_is(self, vin: str) -> Place | None:
        """Where a car really is; None for one that has never been here."""
        self.catch_up()
        return self.plant.where_is(vin)

    def jobs_started(self, lift: int = 1) -> int:
        """Jobs that this lift has started since commissioning."""
        return self.core.retained.lifts[lift].exec_count

    def jobs_completed(self, lift: int = 1) -> int:
        """Jobs that this lift has completed since commissioning."""
        return self.core.retained.lifts[lift].cycles
