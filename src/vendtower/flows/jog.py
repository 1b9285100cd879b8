"""Hold-to-run: an axis is asked to move while somebody's holding keeps arriving, and no longer."""

from dataclasses import replace

from vendtower.domain.jog import JogAxis, JogRun, jog_speed, missing, position_of
from vendtower.domain.maintenance import same_person
from vendtower.domain.modes import Request
from vendtower.flows.mode_change import NotNow
from vendtower.flows.modes import NotInThisMode, check, maintenance_session, refusal
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault, NewEvent

STANDS_S = 3.0
"""How long an axis may take to come to rest after the lease has ended."""
LEASE_S = 0.15
"""The PLC lets an axis run for this long after the last renewal."""
THE_CONTROLLER_ENDED = "the controller ended under it"


class JogDesk:
    """One jog at a time for the whole tower."""

    def __init__(self, tower: Tower) -> None:
        self._tower = tower
        self._running: JogRun | None = None
        self._unwritten: tuple[JogRun, ...] = ()
        """Ended while the journal could not be written; the next jog brings them along."""

    async def begin(self, lift: int, axis: JogAxis, forward: bool, by: str) -> JogRun:
        """Journal a jog; nothing moves before the first ``hold``.

        Raises:
            NotNow: says every condition that is missing; nothing has changed.
        """
        begun: list[JogRun] = []

        def decide() -> Change:
            begun[:] = [self._begun(lift, axis, forward, by)]
            earlier = _written(self._tower, *self._unwritten)
            return Change(
                standing=(*earlier.standing, begun[0]),
                events=(*earlier.events, _event(self._tower, begun[0], "Began")),
            )

        try:
            await self._tower.book.record(decide)
        except (NotInThisMode, JournalFault) as why:
            raise NotNow(str(why)) from why
        self._running, self._unwritten = begun[0], ()
        return begun[0]

    def _begun(self, lift: int, axis: JogAxis, forward: bool, by: str) -> JogRun:
        tower = self._tower
        check(tower, Request.JOG)
        session = maintenance_session(tower)
        if session is None or not same_person(session.holder, by):
            holder = "nobody" if session is None else session.holder
            raise NotNow(f"jogging is for the holder of the maintenance session ({holder})")
        if self._running is not None:
            raise NotNow(f"{self._running.by} is jogging lift {self._running.lift} already")
        why = "; ".join(self._missing(lift, axis))
        if why:
            raise NotNow(why)
        machine = tower.machine()
        if machine is None:
            raise NotNow("the machine's state is not known now")
        known = [run.number for run in tower.book.facts(JogRun)]
        return JogRun(
            number=max(known, default=0) + 1,
            by=by,
            lift=lift,
            axis=axis,
            forward=forward,
            from_position=position_of(machine.lifts[lift], axis),
            began_utc=tower.clock.utc(),
        )

    def _missing(self, lift: int, axis: JogAxis) -> tuple[str, ...]:
        tower, machine = self._tower, self._tower.machine()
        if all(each.number != lift for each in tower.site.lifts):
            return (f"lift {lift} is not in the site file",)
        if machine is None:
            return ("the machine's state is not known now",)
        return missing(machine, tower.site.lift(lift), axis)

    def hold(self, run: JogRun) -> str:
        """Renew the lease once; what is missing in words, and then nothing was renewed."""
        if self._running is not run:
            return "this jog is over"
        tower, session = self._tower, maintenance_session(self._tower)
        why = refusal(tower, Request.JOG) or "; ".join(self._missing(run.lift, run.axis))
        if session is None or not same_person(session.holder, run.by):
            why = "the maintenance session is over"
        if not why:
            speed = jog_speed(tower.site.lift(run.lift), run.axis, forward=run.forward)
            tower.plc.jog(run.lift, run.axis, speed)
        return why

    async def end(self, run: JogRun, why: str) -> JogRun:
        """Take the lease back, wait until the axis stands, and write down where.

        A journal that cannot be written keeps nobody from letting go: the answer says so, and
        the next jog or the next start writes it down.
        """
        tower = self._tower
        tower.plc.end_jog()
        if self._running is run:
            self._running = None
        over_s = tower.clock.monotonic_s() + LEASE_S
        await tower.until(lambda: _stands(tower, run.lift, over_s), STANDS_S, tower.looks)
        ended = _ended(tower, run, why)
        try:
            await tower.book.record(lambda: _written(tower, ended))
        except JournalFault as fault:
            self._unwritten += (ended,)
            return replace(ended, why_ended=f"{why}; not written down yet: {fault}")
        return ended


def _stands(tower: Tower, lift: int, since_s: float) -> bool | None:
    """At rest, by what was read after the lease had run out: a short jog is over between polls."""
    machine = tower.machine()
    if machine is None or tower.plc.read_at_s < since_s:
        return None
    return True if machine.lifts[lift].standstill else None


def _ended(tower: Tower, run: JogRun, why: str) -> JogRun:
    machine = tower.machine()
    stands = None if machine is None else position_of(machine.lifts[run.lift], run.axis)
    return replace(run, to_position=stands, ended_utc=tower.clock.utc(), why_ended=why)


def _written(tower: Tower, *ended: JogRun) -> Change:
    return Change(standing=ended, events=tuple(_event(tower, run, "Ended") for run in ended))


async def close_left_jogs(tower: Tower) -> None:
    """Write down where an axis stands whose jog the end of an earlier run has cut off."""
    left = [each for each in tower.book.facts(JogRun) if not each.ended]
    if left:
        ended = [_ended(tower, run, THE_CONTROLLER_ENDED) for run in left]
        await tower.book.record(lambda: _written(tower, *ended))


def _event(tower: Tower, run: JogRun, name: str) -> NewEvent:
    return tell(
        tower,
        "jog",
        name,
        subject=f"lift/{run.lift}",
        correlation_id=f"jog-{run.number}",
        data={
            "jog": run.number,
            "by": run.by,
            "lift": run.lift,
            "axis": run.axis.value,
            "forward": run.forward,
            "from": run.from_position,
            "to": run.to_position,
            "unit": run.axis.unit,
            "why": run.why_ended,
        },
        owed=False,
    )
