"""Who can stand before the bench's camera: renderers that are installed beside vendtower.

A challenge is a dialogue, so a renderer gives attempts that are told what the screen says and
answer in their own time, not recordings. Packages name theirs as an entry point of `GROUP`; the
simulator's is ``rendered``.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Protocol, cast

from vendtower.adapters.identity.engine import Picture
from vendtower.domain.errors import LocalFault

GROUP = "vendtower.attack_rigs"
GENUINE = "genuine"
"""The kind of a living customer; every other kind is an attack."""


class Attempt(Protocol):
    """Somebody, or something held up, before the camera; ``at_s`` only grows."""

    def ask(self, hint: str, at_s: float) -> None:
        """The screen says this from now on: a value of `CaptureHint`."""
        ...

    def picture(self, at_s: float, number: int) -> Picture:
        """What the camera gives at this moment; ``number`` counts pictures."""
        ...


class AttemptRenderer(Protocol):
    """A source of attempts; the same arguments and prompts give the same pictures."""

    @property
    def kinds(self) -> Sequence[str]:
        """What can be presented, `GENUINE` first."""
        ...

    @property
    def people(self) -> Sequence[str]:
        """Whose faces there are."""
        ...

    def enrolment_picture(self, person: str) -> bytes:
        """JPEG of the person, as a customer sends it."""
        ...

    def attempt(
        self,
        kind: str,
        person: str,
        *,
        distance_m: float,
        light: float,
        blur_px: float,
        noise: float,
        seed: int,
    ) -> Attempt:
        """Something of this kind with this person's face; ``light`` 1 is a well-lit kiosk."""
        ...


class RendererMissing(LocalFault):
    """There is nobody to stand before the camera."""


def load_renderer(name: str | None = None) -> AttemptRenderer:
    """The installed renderer of that name; without a name the first by alphabet.

    Raises:
        RendererMissing: none is installed, none is so called, or it cannot be loaded.

    """
    found = {point.name: point for point in entry_points(group=GROUP)}
    if not found:
        raise RendererMissing(
            f"attack bench: no renderer of people is installed (entry point group {GROUP}); "
            "the simulator brings one: install the distribution vendtower with its hardware_sim"
        )
    chosen = min(found) if name is None else name
    if chosen not in found:
        raise RendererMissing(
            f"attack bench: renderer {chosen!r} is not installed, found {', '.join(sorted(found))}"
        )
    try:
        return cast("AttemptRenderer", found[chosen].load()())
    except ImportError as error:
        raise RendererMissing(
            f"attack bench: renderer {chosen!r} cannot be loaded: {error}; "
            "the simulator's needs the extra: pip install 'vendtower[sim]'"
        ) from error
