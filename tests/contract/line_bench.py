"""A simulated tower and the controller's port `TowerPlc`, with a line between them."""

import asyncio
import time
from collections.abc import Callable
from functools import partial

from hardware_sim.direct_link import DirectLink
from hardware_sim.runner import SimulatedTower
from hardware_sim.world import reached
from tests.fast_site import fast_tables
from vendtower.adapters.plc_modbus import ModbusTowerPlc, link_config
from vendtower.adapters.system_clock import SystemClock
from vendtower.domain.job import Fate, Job, PlcMark, Verb
from vendtower.domain.machine import (
    LinkState,
    MachineCommand,
    MachineSnapshot,
    MachineState,
    PcLink,
)
from vendtower.domain.places import Place
from vendtower.domain.site import Site


class LineBench:
    """A simulated tower and a controller's line to it."""

    def __init__(self, tower: SimulatedTower) -> None:
        self.tower = tower
        self.plc = self.new_line(session=11)
        self.next_id = 900

    def new_line(self, session: int) -> ModbusTowerPlc:
        tables = fast_tables(1.0)  # the line asks for no kinematics
        direct = self.tower.direct
        if direct is not None:
            config = link_config(Site.model_validate(tables))
            return ModbusTowerPlc(config, SystemClock(), session, partial(DirectLink, direct))
        tables["plc"] = reached(self.tower)
        config = link_config(Site.model_validate(tables))
        return ModbusTowerPlc(config, SystemClock(), session)

    async def ready(self) -> None:
        """Lead the machine to IDLE as an operator would."""
        self.plc.permit({1})
        await until(lambda: self.plc.link.state is LinkState.UP and self.snapshot.session_accepted)
        if self.snapshot.state is MachineState.ABORTED:
            assert await self.plc.command(MachineCommand.CLEAR)
            await until(lambda: self.snapshot.state is MachineState.STOPPED)
        if self.snapshot.state is MachineState.STOPPED or self.snapshot.pc_link is PcLink.LOST:
            assert await self.plc.command(MachineCommand.RESET)
        await until(lambda: self.snapshot.lifts[1].ready)

    def fate(self, job: Job) -> Fate:
        """The fate without its reason."""
        return self.plc.fate(job).fate

    @property
    def snapshot(self) -> MachineSnapshot:
        found = self.plc.snapshot
        assert found is not None
        return found

    def job(self, verb: Verb, source: Place | None, destination: Place | None) -> Job:
        """The next job of its mailbox, marked with what the PLC shows now."""
        self.next_id += 1
        auxiliary = verb in {Verb.OPEN_OUTER_DOOR, Verb.CLOSE_OUTER_DOOR}
        snapshot = self.snapshot
        word = snapshot.auxiliary if auxiliary else snapshot.lifts[1].job
        return Job(
            job_id=self.next_id,
            mailbox=0 if auxiliary else 1,
            seq=word.ack_seq + 1,
            verb=verb,
            source=source,
            destination=destination,
            vin=None,
            expected_weight_kg=0,
            expected_height_mm=0,
            valid_s=1.0,
            deadline_s=30.0,
            correlation_id="c",
            before=PlcMark(
                snapshot.boot_id,
                word.ack_seq,
                None if auxiliary else snapshot.lifts[1].exec_count,
            ),
        )


async def until(condition: Callable[[], bool], timeout_s: float = 8.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline_s:  # noqa: ASYNC110 - two parties
        await asyncio.sleep(0.01)
    assert condition()
