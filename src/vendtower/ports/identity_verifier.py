"""Recognising the customer; the faces live in a process of their own."""

from collections.abc import Callable, Sequence
from typing import Protocol

from vendtower.domain.identity import Arrival, CaptureHint, Enrolment, Verification

HintListener = Callable[[CaptureHint], None]


class IdentityVerifier(Protocol):
    """Calls never raise for a missing camera or process: the result says so."""

    @property
    def available(self) -> bool:
        """Whether faces can be verified now; False means: please use the code and staff."""
        ...

    @property
    def why_unavailable(self) -> str | None:
        """For staff: what keeps faces from being verified; None when they can be."""
        ...

    async def await_arrival(
        self, kiosk: int, due: Sequence[str], timeout_s: float, on_hint: HintListener
    ) -> Arrival:
        """Watch the kiosk's camera for a code or for one of the due customers' faces.

        ``due`` holds reservation ids with a template; empty means that only codes count.
        Cancelling the call releases the camera.
        """
        ...

    async def verify(
        self, kiosk: int, reservation_id: str, timeout_s: float, on_hint: HintListener
    ) -> Verification:
        """Compare the person before the kiosk's camera with this one reserved customer."""
        ...

    async def enrol(self, reservation_id: str, sealed_portrait: bytes) -> Enrolment:
        """Open the picture in the identity process, make a template, drop the picture."""
        ...

    async def restore(self, reservation_id: str, sealed_template: bytes) -> Enrolment:
        """Take up a template that ``enrol`` sealed, with no picture.

        The answer has a ``sealed_template`` when that has to replace the one given: the key was
        changed since.
        """
        ...

    async def forget(self, reservation_id: str) -> bool | None:
        """Erase the template; True when there was one, None when the process could not be asked."""
        ...
