"""Whose fault an error is: ours, the peer's, or the line's in between."""


class VendtowerError(Exception):
    """The base of every error that vendtower raises on purpose."""


class LocalFault(VendtowerError):
    """Something on this machine is wrong: a file, a disk, a setting, a broken rule of our own."""


class PeerFault(VendtowerError):
    """A peer (PLC, board, cloud, camera) answered, and the answer is not acceptable."""


class LinkDown(VendtowerError):
    """A peer did not answer; nothing is known of what it did with the question."""


class InvariantBroken(LocalFault):
    """What must always be true is not; new motion has to stop."""


class IllegalEvent(LocalFault):
    """An event that the table does not allow in this state; nothing was changed by it."""

    def __init__(self, machine: str, state: str, event: str) -> None:
        super().__init__(f"{machine}: event {event} is not allowed in state {state}")
        self.machine = machine
        self.state = state
        self.event = event


def invariant(condition: bool, why: str) -> None:
    """Guard what must be true; it stays on in production.

    Raises:
        InvariantBroken: when the condition does not hold.

    """
    if not condition:
        raise InvariantBroken(why)
