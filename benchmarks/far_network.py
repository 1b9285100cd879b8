"""A network of its own with one cable to this machine, for a peer that vanishes without a word.

Wants root: a network namespace and a pair of virtual Ethernet ports (ip-netns(8), veth(4)).
"""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count

CLONE_NEWNET = 0x40000000
MASK = 30
_numbers = count(1)


class NoFarNetwork(RuntimeError):
    """This user or this kernel may not make one; says why."""


class FarNetwork:
    """Made by `far_network`."""

    def __init__(self, name: str, near: str, address: str) -> None:
        self._name = name
        self.near = near
        """This machine's own end of the cable."""
        self.address = address
        """Where `listen` listens."""

    def listen(self) -> socket.socket:
        """A TCP socket that listens there, on any port."""
        with ThreadPoolExecutor(1) as thread:
            # The namespace is the thread's alone, and its sockets keep it.
            return thread.submit(self._listen).result()

    def _listen(self) -> socket.socket:
        libc = ctypes.CDLL(None, use_errno=True)
        namespace = os.open(f"/run/netns/{self._name}", os.O_RDONLY)
        try:
            if libc.setns(namespace, CLONE_NEWNET) != 0:
                raise NoFarNetwork(f"setns: {os.strerror(ctypes.get_errno())}")
        finally:
            os.close(namespace)
        return socket.create_server((self.address, 0))

    def vanish(self) -> None:
        """From now on nothing comes back from there: no answer, no refusal, no end."""
        _ip("-n", self._name, "route", "add", "blackhole", f"{self.near}/32")

    def appear(self) -> None:
        """It is there again."""
        _ip("-n", self._name, "route", "del", "blackhole", f"{self.near}/32")


@contextmanager
def far_network() -> Iterator[FarNetwork]:
    """Make it, and remove it at the end.

    Raises:
        NoFarNetwork: when that may not be done here.
    """
    # The kernel takes its time to remove a namespace, so that each has a name of its own.
    name = f"vt{os.getpid()}n{next(_numbers)}"
    near, far = f"{name}a", f"{name}b"
    network = FarNetwork(name, *_addresses())
    _ip("netns", "add", name)
    try:
        _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
        try:
            _ip("addr", "add", f"{network.near}/{MASK}", "dev", near)
            _ip("-n", name, "addr", "add", f"{network.address}/{MASK}", "dev", far)
            _ip("link", "set", near, "up")
            _ip("-n", name, "link", "set", far, "up")
            yield network
        finally:
            _ip("link", "del", near)
    finally:
        _ip("netns", "del", name)


def _addresses() -> tuple[str, str]:
    """Two of those that RFC 2544 sets aside for benchmarks, by the number of this process."""
    third, fourth = os.getpid() % 256, 4 * (os.getpid() // 256 % 64)
    return f"198.18.{third}.{fourth + 1}", f"198.18.{third}.{fourth + 2}"


def _ip(*words: str) -> None:
    try:
        subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise NoFarNetwork("the command ip is not installed") from None
    except subprocess.CalledProcessError as error:
        raise NoFarNetwork(f"ip {' '.join(words)}: {error.stderr.strip()}") from error
