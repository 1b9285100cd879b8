"""Every connection between the processes of one virtual world, and how lines fail.

A line is what leads to one port, or to the path of a Unix socket. It has a weather, and it can be
cut: bytes that are under way then arrive when it is whole again, late and in order, as TCP's
repetitions bring them.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from hardware_sim.virtual.process import Death, Process, owner
from hardware_sim.virtual.server import HOST, Address, VirtualServer, Where, address
from hardware_sim.virtual.transport import Item, Mark, VirtualTransport
from hardware_sim.virtual.weather import FAIR, Weather, pieces

if TYPE_CHECKING:
    from hardware_sim.virtual.loop import VirtualLoop

FIRST_SERVER_PORT = 20_000
FIRST_CLIENT_PORT = 40_000
CONNECT_S_MAX = 127.0
"""How long Linux repeats an unanswered SYN (tcp_syn_retries 6)."""
LOOK_AGAIN_S = 1.0
"""How often an unanswered SYN is repeated in here."""
REPEATED_AFTER_S = 0.2
"""What a cut line held back comes this long after it is whole again, at the latest."""


class Line:
    """What leads to one port or path."""

    def __init__(self, loop: VirtualLoop, chance: random.Random, world: Context) -> None:
        self.loop = loop
        self.world = world
        """What happens on the wire belongs to nobody, so that nobody's death ends it."""
        self.weather: Weather = FAIR
        self.is_cut = False
        self.answers_are_cut = False
        """Half-open: what comes from the server's side does not arrive, all else does."""
        self.ends: list[VirtualTransport] = []
        """Both ends of every open connection, in the order of their making."""
        self._chance = chance
        self._awaiting_reset: list[VirtualTransport] = []

    def latency_s(self) -> float:
        """The way of one empty packet."""
        return self._chance.uniform(*self.weather.latency_s)

    def carry(self, sender: VirtualTransport, item: Item) -> None:
        """Take something from one end to the other."""
        if sender.vanished:
            return
        if isinstance(item, bytes) and self.weather is not FAIR:
            for piece, late_s in pieces(item, self.weather, self._chance):
                self._bring(sender, piece, late_s)
        else:
            self._bring(sender, item, self.latency_s())

    def _bring(self, sender: VirtualTransport, item: Item, late_s: float) -> None:
        at_s = sender.sends_at(self.loop.time() + late_s)
        self.loop.call_at(at_s, sender.peer.arrive, item, context=self.world)

    def cut(self) -> None:
        """Nothing arrives any more, and nobody is told."""
        self.is_cut = True

    def cut_answers(self) -> None:
        """What is sent to the server arrives, and nothing of what it sends; nobody is told."""
        self.answers_are_cut = True

    def holds_back(self, end: VirtualTransport) -> bool:
        """Whether nothing comes to this end."""
        return self.is_cut or (self.answers_are_cut and end.is_client)

    def mend(self) -> None:
        """Let through what was held back, connection by connection, and everything new."""
        self.is_cut = self.answers_are_cut = False
        for end in self.ends:
            late_s = self._chance.uniform(0.0, REPEATED_AFTER_S)
            self.loop.call_later(late_s, end.release, context=self.world)

    def reset(self) -> None:
        """Break every connection off; both ends hear of it."""
        for end in list(self.ends):
            end.reset()

    def forget(self, end: VirtualTransport) -> None:
        """This end is lost."""
        if end in self.ends:
            self.ends.remove(end)

    def answer_with_reset(self, end: VirtualTransport) -> None:
        """Something came to an end that is not there any more."""
        if end.vanished and end.process is not None and not self.loop.network.runs(end.process):
            if end.peer not in self._awaiting_reset:
                self._awaiting_reset.append(end.peer)
            return
        self._send_reset(end.peer)

    def _send_reset(self, to: VirtualTransport) -> None:
        if not to.vanished:
            at_s = self.loop.time() + self.latency_s()
            self.loop.call_at(at_s, to.arrive, Mark.RESET, context=self.world)

    def machine_runs_again(self, name: str) -> None:
        """Repetitions for connections that it does not know any more are answered now."""
        waiting, self._awaiting_reset = self._awaiting_reset, []
        for end in waiting:
            process = end.peer.process
            if process is not None and process.name == name:
                self._send_reset(end)
            else:
                self._awaiting_reset.append(end)


class Network:
    """The lines, and who listens at them."""

    def __init__(self, loop: VirtualLoop, seed: int | str) -> None:
        self._loop = loop
        self._chance = random.Random(f"network {seed}")
        self._world = copy_context()
        self._lines: dict[Where, Line] = {}
        self._listeners: dict[Where, VirtualServer] = {}
        self._dark: set[str] = set()
        self._dark_ports: dict[Where, str] = {}
        """Ports of machines without power: nobody there even refuses."""
        self._next_server_port = FIRST_SERVER_PORT
        self._next_client_port = FIRST_CLIENT_PORT

    def line(self, port: Where) -> Line:
        """The line to a port or path, which exists whether anybody listens or not."""
        if port not in self._lines:
            self._lines[port] = Line(self._loop, self._chance, self._world)
        return self._lines[port]

    def runs(self, process: Process) -> bool:
        """Whether the machine of this process has power, whatever became of the process."""
        return process.name not in self._dark

    # --- listening

    def listen(
        self,
        factory: Callable[[], asyncio.BaseProtocol],
        port: Where,
        bound: socket.socket | None = None,
    ) -> VirtualServer:
        """Serve a port or path; raises OSError when somebody else does.

        A ``bound`` socket of the machine is closed with the server.
        """
        if port == 0:
            port, self._next_server_port = self._next_server_port, self._next_server_port + 1
        if port in self._listeners:
            raise OSError(98, f"Address already in use: {_named(port)}")
        self._dark_ports.pop(port, None)
        server = VirtualServer(self, factory, port, copy_context(), bound)
        self._listeners[port] = server
        return server

    def stop_listening(self, server: VirtualServer) -> None:
        """Refuse connections from now on; open ones live on."""
        if self._listeners.get(server.where) is server:
            del self._listeners[server.where]

    # --- connecting

    async def connect(
        self, factory: Callable[[], asyncio.BaseProtocol], port: Where
    ) -> tuple[VirtualTransport, asyncio.BaseProtocol]:
        """Connect; raises ConnectionRefusedError or TimeoutError as a socket does.

        A path at which nobody listens is refused, also where there is no file of that name.
        """
        line = self.line(port)
        client = await self._call(line, port)
        try:
            await asyncio.sleep(line.latency_s())
        except BaseException:
            line.answer_with_reset(client)  # whoever called has gone; the server learns it
            line.forget(client)
            raise
        protocol = factory()
        if client.is_closing():
            raise ConnectionResetError(104, f"Connection reset by peer: {_named(port)}")
        client.attach(protocol)
        return client, protocol

    async def _call(self, line: Line, port: Where) -> VirtualTransport:
        """The way there, again and again while nobody answers."""
        began_s = self._loop.time()
        while True:
            await asyncio.sleep(line.latency_s())
            listener = self._listeners.get(port)
            silent = line.is_cut or line.answers_are_cut
            if not silent and listener is not None:
                return self._pair(line, listener)
            if not silent and port not in self._dark_ports:
                await asyncio.sleep(line.latency_s())
                raise ConnectionRefusedError(111, f"Connect call failed {address(port)!r}")
            if self._loop.time() - began_s > CONNECT_S_MAX:
                raise TimeoutError(110, f"Connection timed out: {_named(port)}")
            await asyncio.sleep(LOOK_AGAIN_S)

    def _pair(self, line: Line, listener: VirtualServer) -> VirtualTransport:
        """Both ends of a new connection; the client's is returned."""
        here, there = self._caller(listener), listener.address
        client = VirtualTransport(line, copy_context(), here, there)
        server = VirtualTransport(line, listener.context.copy(), there, here)
        client.peer, server.peer = server, client
        client.is_client = True
        line.ends += [client, server]
        listener.accept(server)
        return client

    def _caller(self, listener: VirtualServer) -> Address:
        """The client's own address; one of a Unix socket has no name."""
        if isinstance(listener.where, str):
            return ""
        port, self._next_client_port = self._next_client_port, self._next_client_port + 1
        return HOST, port

    # --- death

    def bury(self, process: Process, how: Death) -> list[Any]:
        """Take a killed process's connections away; returns what must never be thrown away."""
        remains: list[Any] = []
        if how is Death.POWER:
            self._dark.add(process.name)
        for port, server in list(self._listeners.items()):
            if owner(server.context) is process:
                remains.append(self._listeners.pop(port))
                if how is Death.POWER:
                    self._dark_ports[port] = process.name
        for line in self._lines.values():
            for end in [end for end in line.ends if end.process is process]:
                if how is Death.CRASH:
                    line.carry(end, Mark.RESET)
                end.vanish()
                line.forget(end)
                remains.append(end)
        return remains

    def end(self) -> None:
        """The world ends: no connection is owed anything any more."""
        for line in self._lines.values():
            for end in line.ends:
                end.vanish()

    def power_on(self, name: str) -> None:
        """The machine of this name runs again and knows nothing of its old connections."""
        self._dark.discard(name)
        self._dark_ports = {p: other for p, other in self._dark_ports.items() if other != name}
        for line in self._lines.values():
            line.machine_runs_again(name)


def _named(where: Where) -> str:
    return where if isinstance(where, str) else f"{HOST}:{where}"
