"""One key on its way between a compartment and a customer, as one table."""

from dataclasses import dataclass, replace
from enum import Enum

from vendtower.domain.table import TransitionTable


class KeyPurpose(Enum):
    """Which way the key goes."""

    TAKE = "take"
    """Out of the compartment, at a hand-over."""
    GIVE_BACK = "give_back"
    """Into the compartment, at a return."""


class KeyState(Enum):
    """How far it has come."""

    WANTED = "wanted"
    ASKED = "asked"
    """Journaled before the board is asked to release the compartment."""
    OPENED = "opened"
    """The board says that the compartment's door has opened."""
    SHUT = "shut"
    """The door has not opened, or nobody knows; it is released again only when somebody asks."""
    MOVED = "moved"
    """The compartment's sensor says that the key was taken, or came back."""
    WITH_STAFF = "with_staff"
    """A case asks a person to do it."""
    DONE_BY_STAFF = "done_by_staff"
    DROPPED = "dropped"
    """The visit or the return ended without it."""


HOLDS_A_KEY = "its compartment holds a key already"
"""Why a key could not be laid back: no sensor tells that key from the one that is to come."""
KEY_ENDED = frozenset({KeyState.MOVED, KeyState.DONE_BY_STAFF, KeyState.DROPPED})


@dataclass(frozen=True)
class ReleaseAsked:
    """Journaled before the board is asked; the board acts on each transaction once."""

    transaction_id: int
    boot_id: int
    """Of the board: only the one that was asked remembers the transaction."""


@dataclass(frozen=True)
class CompartmentOpened:
    """The board answered that the compartment's door has opened."""


@dataclass(frozen=True)
class CompartmentShut:
    """The door stayed shut, the board would not, or its answer was lost."""

    why: str


@dataclass(frozen=True)
class KeyMoved:
    """The compartment's sensor changed as it should."""


@dataclass(frozen=True)
class KeyOverdue:
    """Cabinet and customer did not get it done: a person has to."""

    why: str
    case_id: int


@dataclass(frozen=True)
class KeyRecalled:
    """Nobody is to have the key any more, and it may be out of its compartment: staff look."""

    case_id: int


@dataclass(frozen=True)
class StaffMovedKey:
    """A named person handed the key over, or laid it back."""

    by: str


@dataclass(frozen=True)
class KeyDropped:
    """The visit or the return ended without it."""


KeyEvent = (
    ReleaseAsked
    | CompartmentOpened
    | CompartmentShut
    | KeyMoved
    | KeyOverdue
    | KeyRecalled
    | StaffMovedKey
    | KeyDropped
)

_S = KeyState
KEY_TABLE = TransitionTable(
    "key",
    KeyState,
    _S.WANTED,
    [
        (_S.WANTED, ReleaseAsked, _S.ASKED),
        (_S.WANTED, KeyOverdue, _S.WITH_STAFF),
        (_S.WANTED, KeyDropped, _S.DROPPED),
        (_S.ASKED, CompartmentOpened, _S.OPENED),
        (_S.ASKED, CompartmentShut, _S.SHUT),
        (_S.ASKED, KeyMoved, _S.MOVED),
        (_S.ASKED, KeyRecalled, _S.WITH_STAFF),
        (_S.OPENED, KeyMoved, _S.MOVED),
        (_S.OPENED, ReleaseAsked, _S.ASKED),
        (_S.OPENED, KeyOverdue, _S.WITH_STAFF),
        (_S.OPENED, KeyRecalled, _S.WITH_STAFF),
        (_S.SHUT, KeyMoved, _S.MOVED),
        (_S.SHUT, ReleaseAsked, _S.ASKED),
        (_S.SHUT, KeyOverdue, _S.WITH_STAFF),
        (_S.SHUT, KeyRecalled, _S.WITH_STAFF),
        (_S.MOVED, KeyRecalled, _S.WITH_STAFF),
        (_S.WITH_STAFF, StaffMovedKey, _S.DONE_BY_STAFF),
        (_S.WITH_STAFF, KeyMoved, _S.MOVED),
        (_S.WITH_STAFF, KeyRecalled, _S.WITH_STAFF),
        (_S.WITH_STAFF, KeyDropped, _S.DROPPED),
        (_S.DONE_BY_STAFF, KeyRecalled, _S.WITH_STAFF),
    ],
)


@dataclass(frozen=True)
class KeyErrand:
    """One key that one visit or one return moves."""

    errand_id: str
    """The visit's or the drop-off's id."""
    purpose: KeyPurpose
    vin: str
    kiosk: int
    """Where the customer stands."""
    compartment: int
    """The number that is painted on it; unique in the tower."""
    state: KeyState = KeyState.WANTED
    transaction_id: int | None = None
    boot_id: int | None = None
    case_id: int | None = None
    reason: str = ""

    def apply(self, event: KeyEvent) -> "KeyErrand":
        """The errand after the event.

        Raises:
            IllegalEvent: when the table does not allow the event now; nothing has changed.

        """
        moved = replace(self, state=KEY_TABLE.after(self.state, type(event)), reason="")
        match event:
            case ReleaseAsked(transaction_id=transaction_id, boot_id=boot_id):
                return replace(moved, transaction_id=transaction_id, boot_id=boot_id)
            case CompartmentShut(why=why):
                return replace(moved, reason=why)
            case KeyOverdue(why=why, case_id=case_id):
                return replace(moved, reason=why, case_id=case_id)
            case KeyRecalled(case_id=case_id):
                return replace(moved, purpose=KeyPurpose.GIVE_BACK, case_id=case_id)
            case StaffMovedKey(by=by):
                return replace(moved, reason=f"done by {by}")
            case _:
                return moved
