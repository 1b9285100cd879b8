"""Where the people, the staff and the faults of a run wait, said for a run that does not end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Protocol, cast

HERE = Path(__file__).parent


class _Suspended(Protocol):
    """A coroutine that waits; `inspect` names the same fields."""

    cr_frame: FrameType | None
    cr_code: CodeType
    cr_await: object


def who_waits() -> list[str]:
    """Each task of the run itself, with the lines of this package that it has come to."""
    told = {" > ".join(_lines(task)) for task in asyncio.all_tasks()}
    return sorted(lines for lines in told if lines)


def _lines(task: asyncio.Task[object]) -> Iterator[str]:
    waits: object = task.get_coro()
    while hasattr(waits, "cr_frame"):
        coroutine = cast("_Suspended", waits)
        file = Path(coroutine.cr_code.co_filename)
        if coroutine.cr_frame is not None and file.is_relative_to(HERE):
            yield f"{file.stem}:{coroutine.cr_frame.f_lineno} {coroutine.cr_code.co_name}"
        waits = coroutine.cr_await
