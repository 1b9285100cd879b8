"""The port ``KioskBoard`` over one serial device, with everything a broken line asks for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from zlib import crc32

from firmware_bridge.kiosk_board import messages as m
from firmware_bridge.kiosk_board.catalogue import MessageId
from firmware_bridge.kiosk_board.controller_end import (
    Answered,
    ControllerEnd,
    EventCame,
    Happening,
    Lost,
    LostCause,
    Opened,
)
from firmware_bridge.kiosk_board.fields import Body
from vendtower.adapters.kiosk_board_serial.errands import Errand, Errands
from vendtower.adapters.kiosk_board_serial.line import Line, OpenLine, SerialLine
from vendtower.adapters.kiosk_board_serial.presentation import Presentation
from vendtower.domain.errors import LinkDown, PeerFault
from vendtower.ports.clock import Chance, Clock
from vendtower.ports.kiosk_board import (
    BoardEvent,
    BoardLink,
    CardRead,
    EstopSensed,
    KeyPressed,
    KioskSignals,
    SomebodyNear,
    Tampered,
)

BACK_OFF_S_MIN = 0.1
BACK_OFF_S_MAX = 2.0
CABINET_SINCE_MINOR = 1
"""Boards of contract 1.0 have no sensors for keys."""
KEYS_UNREAD_MAX = 64
"""Keys that nobody reads for so long are nobody's input any more."""
SETTINGS = m.Config(watchdog_ms=1000, debounce_ms=20)

logger = logging.getLogger(__name__)


class VersionRefused(PeerFault):
    """The board speaks another version of the contract; only new firmware changes that."""


class SerialKioskBoard:
    """One board on one device. ``run`` keeps the line; the rest may be called at any time."""

    def __init__(
        self,
        kiosk: int,
        device: str,
        *,
        clock: Clock,
        chance: Chance,
        open_line: OpenLine = SerialLine.open,
    ) -> None:
        self.kiosk = kiosk
        self.cabinet: m.Cabinet | None = None
        """The key cabinet's sensors; None while nobody can say."""
        self.boot_id: int | None = None
        """The number of the board's present start; None while it is lost."""
        self.changed: Callable[[], None] = lambda: None
        """Called when the cabinet or its line has changed."""
        self._device = device
        self._clock = clock
        self._chance = chance
        self._open_line = open_line
        self._end = ControllerEnd(first_seq=self._new_nonce())
        self._presentation = Presentation()
        self._events: asyncio.Queue[BoardEvent] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._errands = Errands(kiosk)
        self._link_up: bool | None = None
        self._version_refused = False
        self._near = False
        self._near_reported = False
        self._estop_sensed = False
        self._back_off_s = BACK_OFF_S_MIN

    async def show(self, signals: KioskSignals) -> None:
        """Remember this end state and bring the board to it, now or when it is back."""
        self._presentation.wanted = signals
        self._wake.set()

    async def next_event(self) -> BoardEvent:
        """The next thing the board reports, in order."""
        return await self._events.get()

    async def pulse_lock(self, channel: int, duration_ms: int) -> None:
        """Power one lock's solenoid once; returns when the board has begun.

        Raises:
            LocalFault: for a channel or a duration that the contract does not know.
            PeerFault: when the board refused; the lock was not pulsed.
            LinkDown: when the line broke; the lock was pulsed once or not at all.

        """
        await self._ask(MessageId.LOCK_PULSE, m.LockPulse(channel, duration_ms))

    @property
    def reached(self) -> bool:
        """Whether requests are taken now."""
        return bool(self._link_up)

    async def release_compartment(self, compartment: int, transaction_id: int) -> None:
        """Release one compartment of the key cabinet; returns when its door has opened.

        Raises:
            LocalFault: for a compartment or an id that the contract does not know.
            RequestRefused: when the board refused, or the door stayed shut.
            LinkDown: when the line broke; it was released once or not at all.

        """
        wish = m.KeyCabinetRelease(compartment, transaction_id)
        await self._ask(MessageId.KEY_CABINET_RELEASE, wish)

    async def counters(self) -> m.CountersAnswer:
        """What the board counted since its start.

        Raises:
            PeerFault: when the board refused.
            LinkDown: when the line broke.

        """
        body = await self._ask(MessageId.COUNTERS, m.Empty())
        if not isinstance(body, m.CountersAnswer):
            raise PeerFault(f"kiosk {self.kiosk}: board answered COUNTERS with {body!r}")
        return body

    async def _ask(self, message_id: MessageId, body: Body) -> Body | None:
        self._errands.check(body)
        if not self._link_up:
            raise LinkDown(f"kiosk {self.kiosk}: {message_id.name} not sent, the board is lost")
        done = self._errands.put(message_id, body)
        self._wake.set()
        return await done

    async def run(self) -> None:
        """Keep the line for ever: open, converse, and open again after a loss."""
        try:
            while True:
                try:
                    await self._connect()
                except (LinkDown, PeerFault) as error:
                    self._lose(error)
                await self._pause()
        finally:
            self._errands.drop("the controller stops")

    async def _connect(self) -> None:
        line = await self._open_line(self._device, self._wake.set)
        try:
            await self._converse(line)
        finally:
            await line.close()

    async def _pause(self) -> None:
        pause_s = self._back_off_s * self._chance.uniform(0.5, 1.0)
        self._back_off_s = min(2 * self._back_off_s, BACK_OFF_S_MAX)
        await asyncio.sleep(pause_s)

    async def _converse(self, line: Line) -> None:
        """One open device: everything until it fails."""
        self._end.open(self._new_nonce(), self._clock.monotonic_s())
        while True:
            line.write(self._end.data_to_send())
            await self._sleep_until(self._deadline_s())
            now_s = self._clock.monotonic_s()
            for happening in self._end.receive(line.take(), now_s) + self._end.tick(now_s):
                self._handle(happening, now_s)
            if self._end.is_idle:
                self._ask_next(now_s)

    def _deadline_s(self) -> float:
        at_s = self._end.deadline_s()
        until_s = at_s if at_s is not None else float("inf")
        return min(until_s, self._presentation.due_s()) if self._end.is_idle else until_s

    async def _sleep_until(self, at_s: float) -> None:
        loop = asyncio.get_running_loop()
        timer = loop.call_later(max(0.0, at_s - self._clock.monotonic_s()), self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()
        self._wake.clear()

    def _ask_next(self, now_s: float) -> None:
        errand = self._next_errand(now_s)
        if errand is not None:
            self._errands.begin(errand)
            self._end.ask(errand.message_id, errand.body, now_s)

    def _next_errand(self, now_s: float) -> Errand | None:
        if (own := self._errands.next_own()) is not None:
            return own
        shown = self._presentation.next_request(now_s)
        if shown is not None:
            return Errand(*shown)
        if not self._link_up:
            self._report_up()
        return self._errands.next_awaited()

    def _handle(self, happening: Happening, now_s: float) -> None:
        match happening:
            case Opened(hello=hello):
                self._resynchronise(hello)
            case Answered():
                self._finish(happening, now_s)
            case EventCame(event=event):
                self._report(event)
            case Lost(cause=LostCause.NO_SESSION, reason=reason):
                # The line is good and the board is there: no need to open the device again.
                self._lose(LinkDown(reason))
                self._end.open(self._new_nonce(), now_s)
            case Lost(cause=LostCause.SILENT, reason=reason):
                raise LinkDown(reason)
            case Lost(cause=LostCause.WRONG_VERSION, reason=reason):
                raise VersionRefused(reason)
            case Lost(reason=reason):
                raise PeerFault(reason)

    def _resynchronise(self, hello: m.HelloAnswer) -> None:
        logger.info(
            "kiosk %d: board on %s has boot id %08X and firmware %d.%d.%d",
            self.kiosk,
            self._device,
            hello.boot_id,
            hello.firmware_major,
            hello.firmware_minor,
            hello.firmware_patch,
        )
        self._presentation.forget()
        own: list[tuple[MessageId, Body]] = [
            (MessageId.CONFIG, SETTINGS),
            (MessageId.GET_INPUTS, m.Empty()),
        ]
        if hello.minor >= CABINET_SINCE_MINOR:
            own.append((MessageId.GET_CABINET, m.Empty()))
        self._errands.put_own(own)
        self.boot_id = hello.boot_id

    def _finish(self, answer: Answered, now_s: float) -> None:
        own = self._errands.finish(answer)
        if own is None:
            return
        if isinstance(answer.body, m.InputsAnswer):
            self._note_inputs(answer.body.inputs)
        elif isinstance(answer.body, m.Cabinet):
            self._note_cabinet(answer.body)
        elif own.message_id is not MessageId.CONFIG:
            self._presentation.confirm(own.message_id, own.body, now_s)

    def _report(self, event: Body) -> None:
        match event:
            case m.InputChange(inputs=inputs):
                self._note_inputs(inputs)
            case m.Cabinet() as cabinet:
                self._note_cabinet(cabinet)
            case m.Key(code=code) if self._events.qsize() < KEYS_UNREAD_MAX:
                self._events.put_nowait(KeyPressed(self.kiosk, chr(code)))
            case m.Nfc(uid=uid) if self._events.qsize() < KEYS_UNREAD_MAX:
                self._events.put_nowait(CardRead(self.kiosk, uid.hex()))
            case m.Tamper():
                self._events.put_nowait(Tampered(self.kiosk))
            case _:
                # Keys and cards beyond what anybody reads.
                pass

    def _note_inputs(self, inputs: m.Inputs) -> None:
        self._near = m.Inputs.SOMEBODY_NEAR in inputs
        pressed = m.Inputs.ESTOP_SENSED in inputs
        if pressed != self._estop_sensed:
            self._estop_sensed = pressed
            self._events.put_nowait(EstopSensed(self.kiosk, pressed))
        if self._link_up:
            self._report_near()

    def _note_cabinet(self, cabinet: m.Cabinet | None) -> None:
        self.cabinet = cabinet
        self.changed()

    def _report_near(self) -> None:
        if self._near != self._near_reported:
            self._near_reported = self._near
            self._events.put_nowait(SomebodyNear(self.kiosk, self._near))

    def _report_up(self) -> None:
        self._link_up = True
        self.changed()
        self._version_refused = False
        self._back_off_s = BACK_OFF_S_MIN
        self._events.put_nowait(BoardLink(self.kiosk, up=True))
        self._report_near()

    def _lose(self, error: Exception) -> None:
        """Tell of the loss once; a refused version is told beside it, as a person has to act."""
        self._errands.drop(str(error))
        refused = isinstance(error, VersionRefused)
        if self._link_up is not False or (refused and not self._version_refused):
            self._events.put_nowait(BoardLink(self.kiosk, up=False, reason=str(error)))
        self._link_up = False
        self.boot_id = None
        self._note_cabinet(None)
        self._version_refused = self._version_refused or refused

    def _new_nonce(self) -> int:
        return crc32(self._chance.new_id().encode())
