"""Keys: who gets one and how often a compartment is released, and where each key is in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from math import isinf

from benchmarks.swarm.key_rack import KeyRack
from benchmarks.swarm.record import ToldEvent
from benchmarks.swarm.world import World
from firmware_bridge.kiosk_board import messages as m
from hardware_sim.plant.agenda import TruthEvent
from hardware_sim.plant.car import PlaceKind
from vendtower.domain.key_errand import KeyErrand, KeyPurpose, KeyState
from vendtower.domain.pickup import VisitState
from vendtower.ports.journal import Change

TOLD = "com.vendtower.key."
OUT, IN = "out", "in"
Occasion = tuple[str, datetime | None]
"""An errand, and when the customer of it was verified: for this it is released once by itself."""
SLACK_S = 60.0
"""For the camera's answer to reach the journal, and for the board."""


class KeyWatch:
    """Watches every release at the boards themselves, and every key in the truth of the rack."""

    def __init__(self, world: World, rack: KeyRack) -> None:
        self._world = world
        self._rack = rack
        self._transactions: set[tuple[int, int]] = set()
        self._released: Counter[Occasion] = Counter()
        """How often the compartment was released."""
        self._asked_before: dict[Occasion, int] = {}
        """How often anybody had asked again at that kiosk when it was released first."""
        for cabinet in rack.cabinets.values():
            cabinet.board.board.on_release = partial(self._on_release, cabinet.kiosk)
        world.controller.changed.append(self._on_change)
        world.tower.log.listeners.append(self._on_truth)

    def _on_change(self, change: Change) -> None:
        for key in change.keys:
            what = f"{key.purpose.value} {key.vin}: key {key.state.value} {key.reason}"
            self._world.story.tell(f"key {key.compartment}", what.rstrip())

    # --- in the moment of a release

    def _on_release(self, kiosk: int, wish: m.KeyCabinetRelease) -> None:
        number = self._rack.cabinets[kiosk].numbers[wish.compartment]
        self._world.story.tell(f"kiosk {kiosk}", f"compartment is released: {number}")
        self._world.story.count("compartment released")
        if (kiosk, wish.transaction_id) in self._transactions:
            self._violated("a compartment is released twice for one question", f"{number}")
        self._transactions.add((kiosk, wish.transaction_id))
        key = self._errand(number, wish.transaction_id)
        if key is None:
            self._violated(
                "a compartment is released that the journal does not ask for", f"{number}"
            )
            return
        self._look_at_times(kiosk, key)
        self._look_at_car(key)
        if key.purpose is KeyPurpose.TAKE:
            self._look_at_customer(key)

    def _errand(self, number: int, transaction_id: int) -> KeyErrand | None:
        """The errand that the journal has asked this of the board for."""
        book = self._world.controller.book
        for key in [] if book is None else book.keys.values():
            asks = key.compartment == number and key.state is KeyState.ASKED
            if asks and key.transaction_id == transaction_id:
                return key
        return None

    def _look_at_times(self, kiosk: int, key: KeyErrand) -> None:
        """Once by itself, and once more for each time that somebody has asked for it."""
        asked = self._rack.asked_again[kiosk]
        occasion = self._occasion(key)
        before = self._asked_before.setdefault(occasion, asked)
        self._released[occasion] += 1
        if self._released[occasion] > 1 + asked - before:
            self._violated("a compartment is released again unasked", f"{key.compartment}")

    def _occasion(self, key: KeyErrand) -> Occasion:
        """Whoever was verified anew, after the verification before has lapsed, is asked anew."""
        book = self._world.controller.book
        visit = None if book is None else book.visits.get(key.errand_id)
        return key.errand_id, None if visit is None else visit.verified_utc

    def _look_at_car(self, key: KeyErrand) -> None:
        """It stands behind the person, and the street door between them is shut."""
        bay = self._world.kiosks[key.kiosk]
        mechanics = self._world.bay(bay)
        if mechanics.car is None or mechanics.car.vin != key.vin:
            self._violated("a key is released and its car is not there", f"{key.vin}, bay {bay}")
        if not mechanics.outer.closed(self._world.tower.plant.now_s):
            self._violated("a key is released beside an open street door", f"{key.vin}, bay {bay}")

    def _look_at_customer(self, key: KeyErrand) -> None:
        book = self._world.controller.book
        visit = None if book is None else book.visits.get(key.errand_id)
        if visit is None or visit.state is not VisitState.PRESENTED or visit.vin != key.vin:
            self._violated("a key is released to nobody whose car it is", key.vin)
            return
        ago_s = self._world.pavement.proven_ago_s(visit.reservation_id)
        if isinf(ago_s):
            self._violated("a key is released to somebody unproven", key.vin)
        elif ago_s > self._world.machine.loaded.site.policies.verification_valid_s + SLACK_S:
            how = f"{key.vin}, {ago_s:.0f} s"
            self._violated("a key is released to somebody proven too long ago", how)

    # --- when the street door opens

    def _on_truth(self, event: TruthEvent) -> None:
        book = self._world.controller.book
        if event.what != "outer door opening" or book is None:
            return
        bay = int(event.subject.removeprefix("bay "))
        for visit in book.visits.values():
            hands_over = visit.bay == bay and visit.state is VisitState.HANDING_OVER
            if hands_over and self._lies_unseen(visit.vin):
                self._violated("a car is handed over and its key lies in the cabinet", visit.vin)

    def _lies_unseen(self, vin: str) -> bool:
        """The key lies in its compartment, whose sensor has always told the truth."""
        home = self._rack.home.get(vin)
        return home is not None and self._rack.is_home(vin) and home not in self._rack.deceived

    # --- in the end

    def once(self, events: Sequence[ToldEvent]) -> None:
        """Each key is where the history has it, and in its compartment while its car is inside."""
        said = _said(events)
        for vin, home in sorted(self._rack.home.items()):
            if home in self._rack.deceived:
                continue
            truly = IN if self._rack.is_home(vin) else OUT
            if truly != said.get(vin, IN):
                where = self._rack.where[vin]
                self._violated("a key is not where the history has it", f"{vin}: truly at {where}")
            place = self._world.tower.where_is(vin)
            if truly == OUT and place is not None and place.kind is PlaceKind.SLOT:
                where = self._rack.where[vin]
                self._violated("a key is missing and nobody was asked", f"{vin}: {where} has it")

    def _violated(self, rule: str, detail: str) -> None:
        self._world.story.violated(rule, detail)


def _said(events: Sequence[ToldEvent]) -> dict[str, str]:
    """VIN to what was last told of its key."""
    said: dict[str, str] = {}
    for event in events:
        if not event.event_type.startswith(TOLD):
            continue
        what = event.event_type.removeprefix(TOLD).removesuffix(".v1")
        given = event.data.get("purpose") == KeyPurpose.TAKE.value
        match what:
            case "taken":
                said[str(event.data["vin"])] = OUT
            case "returned":
                said[str(event.data["vin"])] = IN
            case "staff_moved_key":
                said[str(event.data["vin"])] = OUT if given else IN
    return said
