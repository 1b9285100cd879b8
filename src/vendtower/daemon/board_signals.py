"""Between screens and kiosk boards: lamps follow the screen, touches come from the board too."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import assert_never

from vendtower.domain.alarm import AlarmKey
from vendtower.domain.alarm_catalogue import OwnAlarm
from vendtower.flows.controls import Controls
from vendtower.flows.kiosk_choices import hold_card
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change
from vendtower.ports.kiosk_board import (
    BoardLink,
    CardRead,
    EstopSensed,
    KeyPressed,
    KioskBoard,
    SomebodyNear,
    Tampered,
)
from vendtower.ports.screens import KioskPhase, TowerPicture
from vendtower.web.board import PictureBoard
from vendtower.web.kiosk_view import kiosk_view

LOOK_AGAIN_S = 2.0
"""Without a new picture for this long, the lights are looked at all the same."""

log = logging.getLogger("vendtower.boards")


class ScreensAndBoards:
    """Fulfils ``Screens``: the web shows the picture, and each board shows its kiosk's signals."""

    def __init__(
        self, pages: PictureBoard, boards: Mapping[int, KioskBoard], language: str
    ) -> None:
        self._pages = pages
        self._boards = boards
        self._language = language

    def show(self, picture: TowerPicture) -> None:
        """Pass the picture on to the pages; ``signal`` passes it to the boards."""
        self._pages.show(picture)

    async def wanted(self) -> None:
        """Return while a board or somebody at a page looks."""
        if not self._boards:
            await self._pages.wanted()

    async def signal(self) -> None:
        """For ever: bring every board to what its kiosk's screen says.

        A picture that is no longer drawn counts as none: the lights go to "out of service".
        """
        seen = 0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_S):
                    seen = await self._pages.newer_than(seen)
            picture = self._pages.picture
            statuses = {status.number: status for status in picture.kiosks} if picture else {}
            for number, board in self._boards.items():
                view = kiosk_view(statuses.get(number), picture, self._language)
                await board.show(view.signals)


async def hear_board(tower: Tower, controls: Controls, board: KioskBoard) -> None:
    """For ever: what a board reports becomes what it means to the tower."""
    while True:
        event = await board.next_event()
        match event:
            case SomebodyNear(kiosk=kiosk, near=near):
                if near and tower.kiosks[kiosk].phase is KioskPhase.FREE:
                    await controls.touch(kiosk)
            case KeyPressed(kiosk=kiosk, key=key):
                await controls.press_key(kiosk, key)
            case CardRead(kiosk=kiosk, number=number):
                hold_card(tower, kiosk, number)
            case Tampered(kiosk=kiosk):
                await _report_tampering(tower, kiosk)
            case EstopSensed(kiosk=kiosk, pressed=pressed):
                sensed = tower.alarm_facts.estops_sensed
                (sensed.add if pressed else sensed.discard)(kiosk)
                tower.bell.ring()
            case BoardLink(kiosk=kiosk, up=up, reason=reason):
                _note_line(tower, kiosk, None if up else reason)
                log.log(
                    logging.INFO if up else logging.WARNING,
                    "kiosk board %d: %s",
                    kiosk,
                    "line is up" if up else f"line is lost: {reason}",
                )
            case _:
                assert_never(event)


def _note_line(tower: Tower, kiosk: int, lost: str | None) -> None:
    if lost is None:
        tower.alarm_facts.boards_lost.pop(kiosk, None)
    else:
        tower.alarm_facts.boards_lost[kiosk] = lost
    tower.bell.ring()


async def _report_tampering(tower: Tower, kiosk: int) -> None:
    event = tell(
        tower,
        "kiosk",
        "Tampered",
        subject=f"kiosk/{kiosk}",
        correlation_id=tower.chance.new_id(),
        data={"kiosk": kiosk},
    )
    key = AlarmKey(OwnAlarm.KIOSK_TAMPERED.value, f"kiosk {kiosk}")
    tower.alarm_facts.happened.append((key, f"kiosk {kiosk}: its housing was opened"))
    await tower.book.record(lambda: Change(events=(event,)))
