"""What every planted bug is: code replaced for the length of one run, which tells when it ran."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

Break = AbstractContextManager[object]


class Reached:
    """Counts how often the broken code ran in a way in which it differs from the whole one.

    A planted bug whose code never ran proves nothing about the judge.
    """

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        """It ran, and did something else than the whole code would have done."""
        self.times += 1


Mutation = Callable[[Reached], Break]


@contextmanager
def replaced(new: Callable[..., Any], *names: str) -> Iterator[None]:
    """The same replacement under several names, as flows import what they use by name.

    Raises:
        AttributeError: when one of the names is not there any more.
    """
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(patch(name, new))
        yield
