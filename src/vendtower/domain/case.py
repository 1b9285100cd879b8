"""A question that only a named person may settle."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from vendtower.domain.places import Place


class CaseKind(Enum):
    """What is in doubt."""

    MOVEMENT = "movement"
    """A car's movement failed or its outcome is unknown."""
    HAND_OVER = "hand_over"
    """The bay was not cleared, or a door did not do what it was asked."""
    DROP_OFF = "drop_off"
    """A car that came in cannot be put away: sensors disagree, or nobody confirmed."""
    LEDGER = "ledger"
    """Ledger and sensors tell different stories about places that nothing moves at."""
    RESCUE = "rescue"
    """A car is brought out of a dead machine by hand; its steps are confirmed one by one."""
    IDENTITY = "identity"
    """A customer could not be verified by the machine."""
    KEY = "key"
    """A key is not where it should be."""


class Settlement(Enum):
    """What a person can answer; each case lists the ones it takes."""

    CONTINUE = "continue"
    """I looked: the car stands where the case says; carry on."""
    CAR_ON_LIFT = "car_on_lift"
    """I looked into it: the car stands whole on the lift, and nobody is inside. Where an error
    allows no resumption: what follows is a new job, of which the PLC compares everything anew."""
    CAR_IN_SLOT = "car_in_slot"
    CAR_IN_BAY = "car_in_bay"
    CAR_OUTSIDE = "car_outside"
    SENSOR_WRONG = "sensor_wrong"
    """I looked: the ledger is right and the sensor is not. The place stays out of use."""
    PLACES_AGREE = "places_agree"
    """I looked: ledger and sensors say the same now, and it is true."""
    CAR_IDENTIFIED = "car_identified"
    """I looked: the car that stands there is this one."""
    COMPARE_AGAIN = "compare_again"
    """I looked: compare these places once more, one by one."""
    CUSTOMER_VERIFIED = "customer_verified"
    """I saw the code and a document: this is the reserved customer."""
    TRY_AGAIN = "try_again"
    """The customer may try the kiosk again."""
    WEIGHT_IS_RIGHT = "weight_is_right"
    """I looked into car and bay: nobody is inside, and the car weighs what the scale shows."""
    CLOSE_VISIT = "close_visit"
    CAR_BROKEN = "car_broken"
    """As re-store: the car cannot be driven out."""
    KEY_MOVED = "key_moved"
    """I handed the key over, or laid it back, as the case says."""
    RE_STORE = "re_store"
    """The car stays: the tower takes it back, under the eyes of a named person at the bay."""
    RESCUED = "rescued"
    """The tower's own answer once a rescue has said where the car is."""
    NO_LONGER_NEEDED = "no_longer_needed"
    """The tower's own answer when the question has gone away: the customer left, for instance."""


@dataclass(frozen=True)
class Case:
    """One open or settled question, numbered for people to quote."""

    case_id: int
    kind: CaseKind
    question: str
    choices: tuple[Settlement, ...]
    opened_utc: datetime
    correlation_id: str
    vin: str | None = None
    visit_id: str | None = None
    lift: int | None = None
    """The lift that stays still until this is settled."""
    bay: int | None = None
    """The bay that stays untouched until this is settled."""
    job_id: int | None = None
    place: Place | None = None
    """Where the sensors see the car; None when they do not agree with each other."""
    error: str = ""
    """Of a movement: under which name its end stands in the catalogue (`job_errors`)."""
    places: tuple[Place, ...] = ()
    """Places that stay untouched until this is settled, beside those of its job."""
    settlement: Settlement | None = None
    settled_by: str = ""
    note: str = ""
    settled_utc: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Nobody has settled it yet."""
        return self.settlement is None
