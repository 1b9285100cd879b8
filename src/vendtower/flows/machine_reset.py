"""A named person has looked at a stopped machine, and lets it take jobs again."""

from dataclasses import replace

from vendtower.domain.interruption import InterruptionState
from vendtower.domain.latched_faults import latched_faults
from vendtower.domain.machine import MachineSnapshot, has_stopped
from vendtower.domain.modes import Request
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.interruptions import acknowledge_estops
from vendtower.flows.modes import open_interruptions, refusal, stop_seen
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault

STOPPED_SINCE = "the machine was told to stop meanwhile; look, and order it again"
NOT_KNOWN = "the machine's state is not known now; try again when the PLC is back"


async def reset_machine(tower: Tower, by: str) -> ControlAnswer:
    """Lead a stopped machine on; the PLC decides, and a safety function is never reset."""
    machine = tower.machine()
    if not by.strip():
        return NotDone("a machine is reset by a named person: no name was given")
    if why := refusal(tower, Request.MACHINE_RESET):
        return NotDone(why)
    if machine is None:
        return NotDone(NOT_KNOWN)
    if machine.tripped:
        faults = ", ".join(sorted(machine.tripped))
        return NotDone(f"safety functions have tripped ({faults}): they are reset on the spot")
    if pressed := _pressed(tower):
        return NotDone(pressed)
    latched = latched_faults(machine)
    nothing_stands = stop_seen(tower) is None and not open_interruptions(tower)
    if not has_stopped(machine) and not latched and nothing_stands:
        return NotDone(f"the machine has not stopped: it is {machine.state.value}")

    stops_ordered, led_on = tower.stops_ordered, False

    def lead_on() -> None:
        nonlocal led_on
        led_on = tower.lead_on(by, stops_ordered)
        if led_on:
            tower.faults_seen |= latched.keys()
        tower.bell.ring()

    try:
        # Whoever decides next knows that a person has looked.
        await tower.book.record(lambda: _asked(tower, machine, by), lead_on)
    except JournalFault as fault:
        return NotDone(str(fault))
    return Done("the PLC is asked to reset") if led_on else NotDone(STOPPED_SINCE)


def _pressed(tower: Tower) -> str:
    """What shows itself still, in words; empty when nothing does.

    A street door that stands open, or that the PLC calls stuck, is no hindrance here: it is the
    reset that lets the PLC look at it again and drive it. Until it is shut and a person has said
    so, it keeps everything else from moving.
    """
    active = [
        each
        for each in open_interruptions(tower)
        if each.state is InterruptionState.ACTIVE and each.device.bay is None
    ]
    return "; ".join(f"{each}: it has to be over first" for each in active)


def _asked(tower: Tower, machine: MachineSnapshot, by: str) -> Change:
    latched = latched_faults(machine)
    event = tell(
        tower,
        "machine",
        "ResetAsked",
        subject="machine",
        correlation_id=tower.chance.new_id(),
        data={
            "by": by,
            "state": machine.state.value,
            "faults": [latched[place] for place in sorted(latched, key=str)],
        },
    )
    acknowledged = acknowledge_estops(tower, by)
    return replace(acknowledged, events=(event, *acknowledged.events))
