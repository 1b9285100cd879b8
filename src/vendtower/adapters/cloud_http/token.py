"""The bearer token, read from its file at each use so that it can rotate."""

import os
import re
import stat
from pathlib import Path

from vendtower.domain.errors import LocalFault

TOKEN_BYTES_MAX = 4096
# RFC 6750, section 2.1: what a bearer token may consist of; nothing of it can split a header.
TOKEN_SHAPE = re.compile(rb"[A-Za-z0-9._~+/-]+=*")


class TokenUnusable(LocalFault):
    """The token file cannot be used; the message names the file and what to do."""


def read_token(path: Path) -> str:
    """The token in this file, without surrounding white space.

    Raises:
        TokenUnusable: when the file is absent, unreadable, open to everybody, or holds no token.

    """
    content = _read_private(path).strip()
    if not TOKEN_SHAPE.fullmatch(content):
        # The content itself is secret, whatever it is.
        raise TokenUnusable(
            f"cloud token file {path}: found {len(content)} bytes that are not a bearer token,"
            " expected letters, digits and ._~+/- alone"
        )
    return content.decode("ascii")


def _read_private(path: Path) -> bytes:
    try:
        # Not blocking, so that a pipe in the file's place cannot stop the daemon.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise TokenUnusable(f"cloud token file {path}: {error.strerror}") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise TokenUnusable(f"cloud token file {path}: not a regular file")
        if status.st_mode & stat.S_IRWXO:
            raise TokenUnusable(
                f"cloud token file {path}: found mode {stat.S_IMODE(status.st_mode):04o},"
                " expected no permissions for others (chmod o= the file)"
            )
        content = os.read(descriptor, TOKEN_BYTES_MAX + 1)
    except OSError as error:
        raise TokenUnusable(f"cloud token file {path}: {error.strerror}") from error
    finally:
        os.close(descriptor)
    if len(content) > TOKEN_BYTES_MAX:
        raise TokenUnusable(
            f"cloud token file {path}: found more than {TOKEN_BYTES_MAX} bytes, expected a token"
        )
    return content
