"""What a kiosk shows, ready to be painted: texts, buttons, fields and lamps of one moment."""

from dataclasses import dataclass

from vendtower.ports.kiosk_board import KioskSignals


@dataclass(frozen=True)
class KioskWords:
    """The texts that are the same in every view of a language."""

    staff_call: str
    staff_called: str
    not_sent: str
    eta_label: str
    eta_soon: str
    eta_unknown: str
    keypad_clear: str
    keypad_enter: str


@dataclass(frozen=True)
class ConditionForm:
    """Labels of the form for a car's condition."""

    odometer: str
    """Empty where it is not asked for."""
    energy: str
    sign: str
    clear: str
    done: str
    accept: str


@dataclass(frozen=True, kw_only=True)
class KioskView:
    """Everything a kiosk shows, ready to be painted."""

    phase: str
    """Value of ``KioskPhase``, ``out_of_service`` or ``evacuation``."""
    language: str
    direction: str
    """``ltr`` or ``rtl``."""
    title: str
    body: str
    hint: str = ""
    """What the person could do better now; empty when there is nothing."""
    gesture: str = ""
    """What the hint asks the person to do, for its picture: ``turn_left``, ``turn_right``,
    ``come_closer`` or ``look_straight``; else empty. Left is the person's and the screen's."""
    greeting: str = ""
    notice: str = ""
    """Something unusual that goes before everything else; empty when there is nothing."""
    case_text: str = ""
    route: str = ""
    """The equal way without a face, where a choice is still open; else empty."""
    other_way: str = ""
    """Label of the button that ends the look through the camera in favour of the equal way."""
    confirm: str = ""
    """Label of the button that says that everybody is out; empty when nobody is asked."""
    reopen: str = ""
    """Label of the button that opens the street door once more; empty when it would do nothing."""
    key: str = ""
    """Label of the button that releases the key's compartment once more; else empty."""
    keypad: str = ""
    """Heading of the keypad on the screen; empty when no code can be typed."""
    typed: int = 0
    """How many digits were typed; the page shows as many dots."""
    plate: str = ""
    """Label of the field for the plate of a car that is brought back; else empty."""
    plate_done: str = ""
    """Label of its button."""
    form: ConditionForm | None = None
    """What is asked of the car's condition; None when nothing is."""
    name_label: str = ""
    """What the field for a name is called where the answer has to be a named person's; else
    empty."""
    question: int = 0
    """Number of the question that the first button answers; the answer has to name it."""
    sound: bool = False
    """Whether the page sounds now."""
    touch: str = ""
    """Label of the start button; empty when a touch would do nothing."""
    shows_eta: bool = False
    eta_s: float | None = None
    """Seconds until the car stands in the bay; None while nobody can say."""
    words: KioskWords
    signals: KioskSignals
