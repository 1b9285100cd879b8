"""What can be wrong with words, frames and links. Every message names what was found."""


class BridgeError(Exception):
    """Root of all errors of the wire contract."""


class MapError(BridgeError):
    """The register map contradicts itself, or was asked for something it does not hold."""


class CodecError(BridgeError):
    """A value does not fit its field, or words do not make a value."""


class MailboxError(BridgeError):
    """Twenty-four words that are no valid job: checksum, commit word, verb or place."""


class LinkError(BridgeError):
    """A request to the PLC did not bring a usable answer."""


class NoAnswer(LinkError):
    """Nothing came in time, or the connection broke; nothing is known of what the PLC did."""


class WrongAnswer(LinkError):
    """The PLC answered, with something that is not the answer to what was asked."""


class IdentityMismatch(LinkError):
    """The device at the other end does not speak our map, or is not this site's PLC."""


class PlcSilent(LinkError):
    """The connection works, but the PLC's program does not run: its scan counter stands still."""
