"""What systemd is told: ready, alive, stopping (sd_notify(3), a datagram to a socket it names).

Written here because the protocol is one datagram and the packages for it are unmaintained or
want a compiler.
"""

import os
import socket


class ServiceNotifier:
    """Sends states to systemd; without a ``NOTIFY_SOCKET`` it does nothing."""

    def __init__(self, address: str | None, watchdog_us: str | None = None) -> None:
        self._address = "\0" + address[1:] if address and address.startswith("@") else address
        self.watchdog_s = int(watchdog_us) / 1e6 if watchdog_us else None
        """Within this many seconds systemd wants to hear that the daemon is alive."""

    @classmethod
    def from_environment(cls) -> "ServiceNotifier":
        """The notifier for the unit that started this process."""
        return cls(os.environ.get("NOTIFY_SOCKET"), os.environ.get("WATCHDOG_USEC"))

    def send(self, *states: str) -> None:
        """Send states such as ``READY=1``; a systemd that is not listening is no fault of ours."""
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
            try:
                line.sendto("\n".join(states).encode(), self._address)
            except OSError:
                return
