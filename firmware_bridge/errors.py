"""What can be wrong with words, frames and links. Every message names what was found."""


class BridgeError(Exception):
    """Root of all errors of the wire contract."""


class MapError(BridgeError):
    """The register map contradicts itself, or was asked for something it does not hold."""


class CodecError(BridgeError):
    """A value does not fit its field, or words do not make a value."""


class MailboxError(BridgeError):
    """Twenty-four words that are no valid job: checksum, commit word, verb or place."""
