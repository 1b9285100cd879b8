"""Watches for alarms: looks at the tower, waits out delays, and journals every turn of a life."""

import asyncio
import logging
from dataclasses import replace
from datetime import datetime

from vendtower.domain.alarm import (
    MASKED,
    Alarm,
    AlarmAcknowledged,
    AlarmChattered,
    AlarmKey,
    AlarmLatched,
    AlarmRaised,
    AlarmReturned,
    AlarmShelvingEnded,
    AlarmState,
    Severity,
)
from vendtower.domain.alarm_catalogue import OwnAlarm
from vendtower.domain.alarm_filter import AlarmFilter, Delays, FilterLimits, Standing
from vendtower.domain.identity import CaptureHint
from vendtower.flows.alarm_catalogue import alarm_catalogue
from vendtower.flows.alarm_changes import AlarmChange
from vendtower.flows.alarm_conditions import Findings, Senses, conditions
from vendtower.flows.code_desk import pause_left_s
from vendtower.flows.leasing import seen_leases
from vendtower.flows.order_watch import OrderWatch
from vendtower.flows.plc_notes import PlcNotes
from vendtower.flows.tower import Kiosk, Tower
from vendtower.flows.wear_watch import part_states
from vendtower.ports.host import Host
from vendtower.ports.journal import Change, JournalFault
from vendtower.ports.screens import KioskPhase

LOOK_S = 0.2
"""Conditions are looked at this often at most: the machine is read no faster."""
WRITTEN_WITHIN_S = 1.0
"""What a slow journal has not taken by then is shown all the same."""
HOST_S = 5.0
"""Disk, clock and calendar change slowly; a tower at rest looks at them when it looks again
anyway."""
TOWER_ITSELF = "tower"
"""Who acknowledges what nobody has to know of."""
FLOOD = AlarmKey(OwnAlarm.ALARM_FLOOD.value)
JOURNAL = AlarmKey(OwnAlarm.JOURNAL_FAULT.value)
NO_PROOF = {
    None,
    CaptureHint.CAMERA_UNAVAILABLE,
    CaptureHint.SHOW_CODE_OR_FACE,
    CaptureHint.TYPE_CODE,
}
"""Hints that do not tell that the camera sees something: the last one is given unseen."""

log = logging.getLogger("vendtower.alarms")


class AlarmWatch:
    """The alarms of one tower; what it remembers beside the journal is only the recent past."""

    def __init__(self, tower: Tower, host: Host, limits: FilterLimits | None = None) -> None:
        """Takes up the alarms that the journal has standing."""
        self._tower = tower
        self._host = host
        fatal = {e.code for e in alarm_catalogue() if e.severity is Severity.FATAL}
        self._filter = AlarmFilter(
            _delays, limits or FilterLimits(), ungrouped=frozenset({*fatal, FLOOD.code})
        )
        self._host_due_s = float("-inf")
        self._parts_of = -1
        """The book's number of changes by which the parts were last looked at."""
        self._passing = False
        """What came and went counted as holding at the last look, and is over at the next."""
        self._senses = Senses(OrderWatch(tower.site), None, frozenset(), {})
        self._since_s: dict[AlarmKey, float] = {}
        self._inherited: set[AlarmKey] = set()
        """Standing since an earlier run, whose clock may have been another."""
        self._plc_notes = PlcNotes()
        self._dead_letters = tower.book.outbox.dead
        self._seen: tuple[dict[AlarmKey, Standing], Findings, float] | None = None
        """What the newest look has found."""
        self._writing: asyncio.Future[Change | None] | None = None
        """Of this or an earlier look; a slow disk may not be through with it."""
        self._turned: dict[AlarmKey, Alarm] = {}
        """What is being written, as it will be."""
        self._missed: dict[AlarmKey, tuple[Alarm, datetime]] = {}
        """What was raised and not written, and when it was seen to hold last."""
        self._ending: dict[AlarmKey, tuple[Alarm, datetime]] = {}
        """Of these, what is being written as over: if it comes again, it is told again."""
        now_s = tower.clock.monotonic_s()
        for alarm in tower.book.alarms.values():
            if alarm.active and alarm.key != FLOOD:
                self._filter.take_up(alarm.key, alarm.text, now_s)
                self._inherited.add(alarm.key)

    async def watch(self) -> None:
        """For ever: look whenever something has changed, and when a delay or a time is over."""
        tower = self._tower
        while True:
            heard = tower.bell.rings
            await self.look()
            await asyncio.sleep(LOOK_S)
            await tower.changed(heard, self._next_s())

    def _next_s(self) -> float | None:
        """The earliest time at which a look would find something else by itself."""
        tower, now_s = self._tower, self._tower.clock.monotonic_s()
        due_s = [now_s] if self._passing else []
        if (turns_s := self._filter.next_s()) is not None:
            due_s.append(turns_s)
        due_s += [
            tower.monotonic_at(alarm.shelved_until_utc)
            for alarm in tower.book.alarms.values()
            if alarm.state is AlarmState.SHELVED and alarm.shelved_until_utc is not None
        ]
        due_s += [
            now_s + left_s
            for left_s in (pause_left_s(tower, place) for place in tower.book.guesses)
            if left_s > 0
        ]
        due_s += [
            now_s + seen.left_s
            for seen in seen_leases(tower)
            if seen.left_s is not None and seen.left_s > 0
        ]
        return min(due_s, default=None)

    async def look(self) -> None:
        """One look at everything; whatever turned is journaled in one transaction."""
        tower = self._tower
        now_s = tower.clock.monotonic_s()
        self._sense(now_s)
        findings = conditions(tower, self._senses)
        happened = self._happened()
        self._passing = bool(happened)
        standing = self._filter.look(now_s, {**happened, **findings.holding}, findings.unjudged)
        if self._filter.flood:
            text = "many alarms came within seconds; those that came last are grouped"
            standing[FLOOD] = Standing(text, now_s, chattering=False, grouped=False)
        self._seen = standing, findings, now_s
        try:
            written = await self._is_written()
        except JournalFault as fault:
            written, why = False, str(fault)
        else:
            why = "the journal takes long"
        if not written:
            self._show_unwritten(why)
            # What came and went is told again, or it would be over before it was written.
            tower.alarm_facts.happened[:0] = happened.items()
            return
        self._turned = tower.alarm_facts.unwritten = {}
        self._missed.clear()
        self._inherited &= standing.keys()
        self._since_s = {
            key: self._since_s.get(key, each.since_s)
            for key, each in standing.items()
            if key not in self._inherited
        }

    async def _is_written(self) -> bool:
        """Whether the journal has taken all that turned; False while it is still at it.

        Raises:
            JournalFault: it cannot take it.
        """
        late = self._writing is not None
        writing = self._writing or asyncio.ensure_future(self._tower.book.record(self._decide))
        self._writing = writing
        try:
            await asyncio.wait({writing}, timeout=WRITTEN_WITHIN_S)
        except asyncio.CancelledError:
            writing.cancel()
            raise
        if not writing.done():
            return False
        self._writing, ending, self._ending = None, self._ending, {}
        if writing.exception() is not None:
            # What has come again meanwhile is one with it, from its first beginning.
            self._missed |= {k: (v[0], self._missed.get(k, v)[1]) for k, v in ending.items()}
        writing.result()
        self._turned = {}
        # An earlier look's: what this one has found may have come after it was decided.
        return await self._is_written() if late else True

    def _decide(self) -> Change | None:
        if self._seen is None:
            return None
        self._turned = {}
        change = self._turns(*self._seen)
        self._turned = {alarm.key: alarm for alarm in change.alarms}
        over = {key for key, alarm in self._turned.items() if not alarm.active}
        self._ending = {key: self._missed.pop(key) for key in over & self._missed.keys()}
        return change if change.alarms else self._tried_again()

    def _tried_again(self) -> Change | None:
        """Only a change tells whether the journal can be written again, and nobody else may make
        one: nothing moves, nobody is served.
        """
        book = self._tower.book
        known = book.alarms.get(JOURNAL)
        return Change(alarms=(known,)) if book.fault and known is not None else None

    def _show_unwritten(self, why: str) -> None:
        """Show what turned although the journal has not taken it."""
        if self._seen is None:
            return
        facts = self._tower.alarm_facts
        before = facts.unwritten
        # The log has heard of these.
        facts.unwritten = before | self._turned
        if self._writing is None:
            self._turned = {}
        turns = {alarm.key: alarm for alarm in self._turns(*self._seen).alarms}
        facts.unwritten = self._turned | turns
        utc = self._tower.clock.utc()
        self._missed |= {key: (each, utc) for key, each in facts.unwritten.items() if each.active}
        if facts.unwritten.keys() != before.keys():
            log.warning("alarms are shown and not remembered: %s", why)
            self._tower.bell.ring()

    # --- what is seen

    def _sense(self, now_s: float) -> None:
        tower, senses = self._tower, self._senses
        lost = {k.number for k in tower.kiosks.values() if self._camera_lost(k)}
        open_jobs = [job.job_id for job in tower.book.open_jobs()]
        self._senses = replace(
            senses,
            cameras_lost=frozenset(lost),
            job_seen_s={job: senses.job_seen_s.get(job, now_s) for job in open_jobs},
        )
        if now_s >= self._host_due_s:
            self._host_due_s = now_s + HOST_S
            self._senses = replace(self._senses, free_disk_bytes=self._host.free_disk_bytes())
            self._parts_of = -1
        if self._parts_of != tower.book.changes:
            self._parts_of = tower.book.changes
            self._senses = replace(self._senses, parts=part_states(tower))

    def _camera_lost(self, kiosk: Kiosk) -> bool:
        """Known from check-ins alone: lost when one says so, well when the next one sees."""
        found = kiosk.number in self._tower.alarm_facts.cameras_seen
        self._tower.alarm_facts.cameras_seen.discard(kiosk.number)
        if kiosk.hint is CaptureHint.CAMERA_UNAVAILABLE:
            return True
        sees = found or kiosk.hint not in NO_PROOF or kiosk.phase is KioskPhase.VERIFYING
        return kiosk.number in self._senses.cameras_lost and not sees

    def _happened(self) -> dict[AlarmKey, str]:
        """What came and went since the last look: it counts as holding for one look."""
        facts, outbox = self._tower.alarm_facts, self._tower.book.outbox
        found = dict(facts.happened)
        facts.happened.clear()
        if outbox.dead > self._dead_letters:
            text = f"the cloud has rejected {outbox.dead} events in all"
            found[AlarmKey(OwnAlarm.DEAD_LETTERS.value)] = text
        self._dead_letters = outbox.dead
        return found | self._plc_notes.of(self._tower.machine())

    # --- what follows

    def _turns(
        self, standing: dict[AlarmKey, Standing], findings: Findings, now_s: float
    ) -> Change:
        tower = self._tower
        changes = []
        alarms = tower.book.alarms | self._turned
        for key in sorted(standing.keys() | alarms.keys() | self._missed.keys()):
            known = alarms.get(key) or self._new(key, findings)
            change = AlarmChange(tower, known)
            self._turn(change, standing.get(key), now_s)
            if change.events:
                changes.append(change)
        return Change(
            alarms=tuple(change.alarm for change in changes),
            events=tuple(event for change in changes for event in change.events),
        )

    def _new(self, key: AlarmKey, findings: Findings) -> Alarm:
        catalogue = alarm_catalogue()
        severity = catalogue.entry(key.code).severity
        if key.code not in catalogue:
            severity = findings.plc_severities.get(key, severity)
        return Alarm(key.code, key.source, severity)

    def _turn(self, change: AlarmChange, standing: Standing | None, now_s: float) -> None:
        """Bring one alarm in line with what stands."""
        utc = self._tower.clock.utc()
        until = change.alarm.shelved_until_utc
        if change.alarm.state is AlarmState.SHELVED and until is not None and until <= utc:
            change.apply(AlarmShelvingEnded())
            change.raise_again()
        missed = self._missed.get(change.alarm.key)
        if standing is None:
            if not change.alarm.active and missed is not None:
                self._raise(change, missed[0].text, missed[0].grouped)
            if change.alarm.active:
                self._returns(change, now_s)
            return
        if not change.alarm.active:
            self._raise(change, standing.text, standing.grouped)
        if standing.chattering and not change.alarm.chattering:
            change.apply(AlarmChattered())

    def _raise(self, change: AlarmChange, text: str, grouped: bool) -> None:
        """From now on, or from when it was first shown without being written."""
        alarm, utc, episode = change.alarm, self._tower.clock.utc(), self._tower.chance.new_id()
        missed = self._missed.get(alarm.key)
        began = utc if missed is None else missed[0].activated_utc or utc
        change.apply(AlarmRaised(began, text, episode, grouped))
        if alarm.key not in self._tower.alarm_facts.unwritten:
            log.warning("alarm %s raised: %s", alarm.key, text)
        if alarm.severity is Severity.INFO and change.alarm.wants_person:
            change.apply(AlarmAcknowledged(TOWER_ITSELF, utc))

    def _returns(self, change: AlarmChange, now_s: float) -> None:
        alarm, utc = change.alarm, self._tower.clock.utc()
        since_s, missed = self._since_s.get(alarm.key), self._missed.get(alarm.key)
        if since_s is not None:
            active_s = now_s - since_s
        else:
            # Raised while nothing could be written, or by an earlier run, of whose clock nothing is
            # known.
            utc = utc if missed is None else missed[1]
            began = alarm.activated_utc or utc
            active_s = max(0.0, (utc - began).total_seconds())
        latches = alarm_catalogue().entry(alarm.code).latched and alarm.state not in MASKED
        if latches:
            change.apply(AlarmLatched(utc, active_s))
        else:
            change.apply(AlarmReturned(utc, active_s))
        if alarm.key not in self._tower.alarm_facts.unwritten:
            log.info("alarm %s is gone after %.1f s", alarm.key, active_s)


def _delays(code: str) -> Delays:
    entry = alarm_catalogue().entry(code)
    return Delays(entry.on_delay_s, entry.off_delay_s)
