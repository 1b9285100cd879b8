"""A code typed on a keypad, key by key; what is typed is secret."""

from dataclasses import dataclass, field, replace

KEYS = "0123456789*#"
"""Of the board's pad and of the one on the screen: ``*`` takes the last digit back, ``#`` ends."""
DIGITS_MAX = 12


@dataclass(frozen=True)
class Typed:
    """What was typed so far."""

    digits: str = field(default="", repr=False)
    complete: bool = False
    """The person has ended it: this is the code."""

    def after(self, key: str) -> "Typed":
        """With one more key; a key that makes no sense now changes nothing.

        Raises:
            ValueError: no key of the pad; the message does not name it.

        """
        if len(key) != 1 or key not in KEYS:
            raise ValueError(f"found no key of the pad, expected one of {KEYS}")
        if self.complete:
            return self
        match key:
            case "*":
                return replace(self, digits=self.digits[:-1])
            case "#":
                return replace(self, complete=bool(self.digits))
            case _:
                return (
                    self
                    if len(self.digits) >= DIGITS_MAX
                    else replace(self, digits=self.digits + key)
                )
