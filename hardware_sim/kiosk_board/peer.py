"""The board behind its plug, driven by the event loop."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

from firmware_bridge.kiosk_board import messages as m
from firmware_bridge.kiosk_board.board_end import (
    BoardEnd,
    BoardHappening,
    BoardIdentity,
    EventAcknowledged,
    RequestCame,
    SessionOpened,
    Silence,
)
from firmware_bridge.kiosk_board.catalogue import MAJOR, MessageId
from hardware_sim.kiosk_board.board import Board
from hardware_sim.kiosk_board.noise import LineNoise
from hardware_sim.serial_plug import Plug, PtyPlug

FIRMWARE = (1, 1, 0)


class SimKioskBoard:
    """One board; ``device`` is the stable name under which its serial device appears.

    Like a USB adapter it comes and goes: the name is missing while the board is unplugged.
    ``plug`` is what it hangs on, a pseudo-terminal if None. Use from the loop's thread only.
    """

    def __init__(
        self,
        device: Path,
        *,
        seed: int = 0,
        noise: LineNoise | None = None,
        major: int = MAJOR,
        plug: Plug | None = None,
    ) -> None:
        self.device = device
        self._plug: Plug = plug or PtyPlug(device)
        self._plugged = False
        self.noise = noise
        self.board = Board()
        self._random = Random(seed)
        self._major = major
        self._end = self._new_end()
        self._timer: asyncio.TimerHandle | None = None
        self._changed = asyncio.Event()

    def _new_end(self) -> BoardEnd:
        boot_id = self._random.randrange(1, 1 << 32)
        return BoardEnd(BoardIdentity(boot_id=boot_id, firmware=FIRMWARE, major=self._major))

    @property
    def boot_id(self) -> int:
        """The number of this start."""
        return self._end.identity.boot_id

    @property
    def in_session(self) -> bool:
        """Whether a controller keeps a session."""
        return self._end.in_session

    @property
    def line(self) -> BoardEnd:
        """The board's end of the line, for its counters."""
        return self._end

    @property
    def now_s(self) -> float:
        """The board's clock."""
        return asyncio.get_running_loop().time()

    def plug(self) -> None:
        """Power the board and connect it: a fresh start, and the device appears."""
        if self._plugged:
            return
        self._restart()
        self._plugged = True
        self._plug.connect(self._receive)

    def unplug(self) -> None:
        """Pull the plug: the device disappears, and whoever has it open gets an error."""
        if not self._plugged:
            return
        self._plug.disconnect()
        self._plugged = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._restart()
        self._tell()

    def reboot(self) -> None:
        """Restart the board, as after a brown-out; the device stays."""
        self._restart()
        self._tell()

    def _restart(self) -> None:
        before = self.board
        self.board = Board(before.inputs & ~m.Inputs.TAMPER_LATCHED, self.now_s)
        # Keys and doors are where they were, whatever becomes of the board.
        self.board.drawers_open, self.board.keys_present = before.drawers_open, before.keys_present
        self.board.key_shown, self.board.on_release = before.key_shown, before.on_release
        self._end = self._new_end()

    def somebody_near(self, near: bool) -> None:
        """A person steps before the kiosk, or away from it."""
        self._set_input(m.Inputs.SOMEBODY_NEAR, near)

    def set_estop_sensed(self, pressed: bool) -> None:
        """The sense line of the e-stop, which is for the display only."""
        self._set_input(m.Inputs.ESTOP_SENSED, pressed)

    def _set_input(self, which: m.Inputs, on: bool) -> None:
        before = self.board.inputs
        self.board.inputs = before | which if on else before & ~which
        changed = before ^ self.board.inputs
        if changed:
            event = m.InputChange(self.board.inputs, changed)
            self._end.post(MessageId.INPUT_CHANGE, event, self.now_s)
            self._flush()

    def press_key(self, key: str) -> None:
        """Press one key of the pad."""
        if len(key) != 1 or key not in m.KEYS:
            raise ValueError(f"kiosk board: no such key on the pad, expected one of {m.KEYS}")
        self._end.post(MessageId.KEY, m.Key(ord(key)), self.now_s)
        self._flush()

    def nfc(self, uid: bytes) -> None:
        """Hold a card to the reader."""
        self._end.post(MessageId.NFC, m.Nfc(uid), self.now_s)
        self._flush()

    def tamper(self) -> None:
        """Work on the housing; the board remembers it until it is acknowledged."""
        self.board.inputs |= m.Inputs.TAMPER_LATCHED
        self._post_tamper()
        self._flush()

    def _post_tamper(self) -> None:
        self._end.post(MessageId.TAMPER, m.Tamper(self.board.inputs), self.now_s)

    def open_drawer(self, compartment: int) -> None:
        """Open the door of a key cabinet's compartment."""
        self.board.drawer_opened(compartment, self._end)
        self._set_input(m.Inputs.CABINET_OPEN, True)
        self._tell_cabinet()

    def close_drawer(self, compartment: int) -> None:
        """Close the door of a compartment."""
        self.board.drawers_open &= ~(1 << compartment)
        if not self.board.drawers_open:
            self._set_input(m.Inputs.CABINET_OPEN, False)
        self._tell_cabinet()

    def put_key(self, compartment: int) -> None:
        """Lay a key into a compartment, however its door was opened."""
        self.board.keys_present |= 1 << compartment
        self._tell_cabinet()

    def take_key(self, compartment: int) -> None:
        """Take the key out of a compartment."""
        self.board.keys_present &= ~(1 << compartment)
        self._tell_cabinet()

    def key_sensor_shows(self, compartment: int, present: bool | None) -> None:
        """Let a compartment's key sensor show this whatever lies there; None heals it."""
        if present is None:
            self.board.key_shown.pop(compartment, None)
        else:
            self.board.key_shown[compartment] = present
        self._tell_cabinet()

    def _tell_cabinet(self) -> None:
        self._end.post(MessageId.CABINET_CHANGE, self.board.cabinet, self.now_s)
        self._flush()

    async def changed(self) -> None:
        """Return when a request was executed, or the session or the plug changed."""
        await self._changed.wait()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _receive(self, chunk: bytes) -> None:
        if self.noise is not None:
            chunk = self.noise.carry(chunk)
        self._handle(self._end.receive(chunk, self.now_s))

    def _timed_out(self) -> None:
        self._timer = None
        self.board.tick(self._end, self.now_s)
        self._handle(self._end.tick(self.now_s))

    def _handle(self, happenings: list[BoardHappening]) -> None:
        for happening in happenings:
            match happening:
                case RequestCame():
                    self.board.execute(happening, self._end, self.now_s)
                case SessionOpened():
                    self._end.watchdog_s = self.board.config.watchdog_ms / 1000
                    if self.board.inputs & m.Inputs.TAMPER_LATCHED:
                        self._post_tamper()
                case EventAcknowledged(message_id=MessageId.TAMPER):
                    self.board.inputs &= ~m.Inputs.TAMPER_LATCHED
                case EventAcknowledged():
                    pass
                case Silence():
                    self.board.make_safe(self.now_s)
        self._flush()
        if happenings:
            self._tell()

    def _flush(self) -> None:
        chunk = self._end.data_to_send()
        if self.noise is not None:
            chunk = self.noise.carry(chunk)
        if chunk and self._plugged:
            self._plug.write(chunk)
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        times_s = [t for t in (self._end.deadline_s(), self.board.deadline_s()) if t is not None]
        if times_s and self._plugged:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(min(times_s), self._timed_out)
