"""Whose signature the cloud's certificate must have: the system's authorities, or its own."""

import ssl
from pathlib import Path

from vendtower.domain.errors import LocalFault


class AuthorityUnusable(LocalFault):
    """The authority's file cannot be used; the message names the file and what to do."""


class Authority:
    """The TLS settings by which the cloud is believed; a changed file counts from the next call."""

    def __init__(self, ca_file: Path | None) -> None:
        """None trusts the system's authorities."""
        self._file = ca_file
        self._seen: tuple[int, int, int] | None = None
        self._context: ssl.SSLContext | bool = True

    def __str__(self) -> str:
        """For messages: whose certificates are accepted."""
        return (
            "the system's authorities" if self._file is None else f"the authority in {self._file}"
        )

    def context(self) -> ssl.SSLContext | bool:
        """What aiohttp takes for ``ssl``.

        Raises:
            AuthorityUnusable: when the file is absent, unreadable, or holds no certificate.
        """
        if self._file is None:
            return True
        try:
            status = self._file.stat()
            state = (status.st_ino, status.st_size, status.st_mtime_ns)
            if state != self._seen:
                self._context = ssl.create_default_context(cafile=self._file)
                self._seen = state
        except ssl.SSLError as error:
            raise AuthorityUnusable(
                f"cloud authority file {self._file}: found no certificate ({error.reason}),"
                " expected certificates in PEM form"
            ) from error
        except OSError as error:
            raise AuthorityUnusable(
                f"cloud authority file {self._file}: {error.strerror}"
            ) from error
        return self._context
