"""What the board does and knows, without its line: outputs, inputs, locks and the key cabinet.

Times are seconds of one monotonic clock, given by the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from firmware_bridge.kiosk_board import messages as m
from firmware_bridge.kiosk_board.board_end import BoardEnd, RequestCame
from firmware_bridge.kiosk_board.catalogue import MessageId
from firmware_bridge.kiosk_board.fields import Body

CABINET_WAIT_S = 5.0
"""How long a released compartment's door has to open."""
NO_INPUTS = m.Inputs(0)
SAFE_RING = m.LedRing(m.RingMotion.OUT_OF_SERVICE, 0, 0, 0, 1000)


@dataclass(slots=True)
class _Release:
    request: RequestCame
    transaction_id: int
    compartment: int
    until_s: float


class Board:
    """The state of one board since its last start."""

    def __init__(self, inputs: m.Inputs = NO_INPUTS, started_s: float = 0.0) -> None:
        self.inputs = inputs
        self.drawers_open = 0
        self.keys_present = 0
        """Where keys lie in truth, a bit for each compartment."""
        self.key_shown: dict[int, bool] = {}
        """Compartments whose key sensor shows one value, whatever lies there."""
        self.temperature_decidegc = 234
        self.supply_mv = 23_950
        self.self_test_faults = m.SelfTest(0)
        self.config = m.Config(watchdog_ms=1000, debounce_ms=20)
        self.lamps = m.Lamps(0)
        self.ring = SAFE_RING
        self.traffic = m.TrafficAspect.RED
        self.buzzer_until_s = started_s
        self.lock_until_s = [started_s] * m.LOCK_CHANNELS
        self.pulses = [0] * m.LOCK_CHANNELS
        """Lock pulses executed, by channel."""
        self.released: list[int] = []
        """Compartments released, in order."""
        self.on_release: Callable[[m.KeyCabinetRelease], None] = lambda wish: None
        """Told each release in the moment in which its latch opens."""
        self._started_s = started_s
        self._release: _Release | None = None
        self._last_transaction: tuple[int, m.Status] | None = None

    def make_safe(self, now_s: float) -> None:
        """Solenoids unpowered, light red, ring out of service, buzzer off."""
        self.lock_until_s = [now_s] * m.LOCK_CHANNELS
        self.buzzer_until_s = now_s
        self.traffic = m.TrafficAspect.RED
        self.ring = SAFE_RING
        self.lamps = m.Lamps(0)
        if self._release is not None:
            # Its latch has no current any more; a repeat of the transaction must not release.
            self._last_transaction = (self._release.transaction_id, m.Status.NOT_OPENED)
            self._release = None

    def lock_powered(self, channel: int, now_s: float) -> bool:
        """Whether the solenoid has current now."""
        return now_s < self.lock_until_s[channel]

    def buzzing(self, now_s: float) -> bool:
        """Whether the buzzer sounds now."""
        return now_s < self.buzzer_until_s

    def execute(self, request: RequestCame, end: BoardEnd, now_s: float) -> None:
        """Do what is asked, and answer as soon as the outcome is known."""
        match request.body:
            case m.LockPulse() as pulse:
                end.answer(request, self._pulse(pulse, now_s))
            case m.KeyCabinetRelease() as wish:
                self._start_release(request, wish, end, now_s)
            case m.Config() as config:
                self.config = config
                end.watchdog_s = config.watchdog_ms / 1000
                end.answer(request, m.Status.OK, config)
            case m.Empty():
                end.answer(request, m.Status.OK, self._report(request.message_id, end, now_s))
            case m.Echo() as echo:
                end.answer(request, m.Status.OK, echo)
            case body:
                self._set_output(body, now_s)
                end.answer(request, m.Status.OK)

    def _set_output(self, body: Body, now_s: float) -> None:
        match body:
            case m.SetLamps(mask=mask, value=value):
                self.lamps = self.lamps & ~mask | value & mask
            case m.LedRing() as ring:
                self.ring = ring
            case m.Traffic(aspect=aspect):
                self.traffic = aspect
            case m.Buzzer(duration_ms=duration_ms):
                self.buzzer_until_s = now_s + duration_ms / 1000

    def _report(self, message_id: MessageId, end: BoardEnd, now_s: float) -> Body:
        match message_id:
            case MessageId.GET_INPUTS:
                return m.InputsAnswer(self.inputs, self.drawers_open)
            case MessageId.GET_CABINET:
                return self.cabinet
            case MessageId.GET_ANALOG:
                return m.AnalogAnswer(self.temperature_decidegc, self.supply_mv)
            case MessageId.COUNTERS:
                return self._counters(end)
            case MessageId.SELFTEST:
                return m.SelfTestAnswer(self.self_test_faults)
            case _:
                return m.HeartbeatAnswer(int(now_s - self._started_s))

    def _counters(self, end: BoardEnd) -> m.CountersAnswer:
        counts = end.counts
        return m.CountersAnswer(
            frames_good=end.reader.good,
            frames_bad=end.reader.bad,
            requests_executed=counts.requests_executed,
            requests_repeated=counts.requests_repeated,
            events_sent=counts.events_sent,
            events_repeated=counts.events_repeated,
            events_dropped=counts.events_dropped,
            watchdog_trips=counts.watchdog_trips,
            lock_pulses=sum(self.pulses),
        )

    def _pulse(self, pulse: m.LockPulse, now_s: float) -> m.Status:
        # Pulses on a powered coil would add up to one without end.
        if self.lock_powered(pulse.channel, now_s):
            return m.Status.BUSY
        self.lock_until_s[pulse.channel] = now_s + pulse.duration_ms / 1000
        self.pulses[pulse.channel] += 1
        return m.Status.OK

    def _start_release(
        self, request: RequestCame, wish: m.KeyCabinetRelease, end: BoardEnd, now_s: float
    ) -> None:
        if self._last_transaction and self._last_transaction[0] == wish.transaction_id:
            end.answer(request, self._last_transaction[1])
        elif self._release is not None and self._release.transaction_id == wish.transaction_id:
            # Asked anew after a lost session: the release goes on, the new request is answered.
            self._release = replace(self._release, request=request)
        elif self._release is not None:
            end.answer(request, m.Status.BUSY)
        else:
            self.released.append(wish.compartment)
            self.on_release(wish)
            self._release = _Release(
                request, wish.transaction_id, wish.compartment, now_s + CABINET_WAIT_S
            )

    @property
    def cabinet(self) -> m.Cabinet:
        """What the key cabinet's sensors show."""
        shown = self.keys_present
        for place, present in self.key_shown.items():
            shown = shown | 1 << place if present else shown & ~(1 << place)
        return m.Cabinet(self.drawers_open, shown)

    def releasing(self, compartment: int) -> bool:
        """Whether this compartment's latch is released now."""
        return self._release is not None and self._release.compartment == compartment

    def drawer_opened(self, compartment: int, end: BoardEnd) -> None:
        """The door sensor of a compartment opened."""
        self.drawers_open |= 1 << compartment
        if self._release is not None and self._release.compartment == compartment:
            self._end_release(end, m.Status.OK)

    def deadline_s(self) -> float | None:
        """When :meth:`tick` wants to be called."""
        return self._release.until_s if self._release is not None else None

    def tick(self, end: BoardEnd, now_s: float) -> None:
        """Give up a release whose door stayed closed."""
        if self._release is not None and now_s >= self._release.until_s:
            self._end_release(end, m.Status.NOT_OPENED)

    def _end_release(self, end: BoardEnd, status: m.Status) -> None:
        if self._release is not None:
            self._last_transaction = (self._release.transaction_id, status)
            end.answer(self._release.request, status)
            self._release = None
