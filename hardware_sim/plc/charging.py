"""Charging sockets: a car in a slot with a socket is plugged; the PLC switches the current.

Model: three phases at 230 V; a charging car draws what its socket's limit allows, up to 16 A,
and all together no more than the controller's charge limit, shared out in equal parts.
"""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.meanings import Permit, Result, SocketState
from firmware_bridge.register_map import SOCKETS_PER_PAGE
from firmware_bridge.words import bitmap_of
from hardware_sim.plc.field import Field
from hardware_sim.plc.mailbox import JobWords

VOLT_PHASES = 3 * 230.0
CURRENT_A_MAX = 16.0


@dataclass(slots=True)
class Socket:
    """One socket: its limit as ordered, and the energy given so far."""

    limit_tenth_a: int = 0
    energy_wh: float = 0.0


class Charging:
    """All sockets of the tower."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self.sockets = {number: Socket() for number in field.site.sockets}
        self.permitted = False
        self.limit_w: float | None = None
        """All sockets together; None before the controller has said anything."""
        self.changes = 0
        """Counts what has been ordered anew."""
        self._metered_s = field.now_s

    def plugged(self, number: int) -> bool:
        """A car stands in the socket's slot."""
        return self._field.on(f"slot{self._field.site.sockets[number]}.occupied")

    def decide(self, job: JobWords, *, permit: Permit) -> Result:
        """The answer to the verb charge."""
        if not 0 <= job.arg_a <= 10 * CURRENT_A_MAX:
            return Result.RANGE
        if job.arg_a and not permit & Permit.CHARGING:
            return Result.MODE_OR_PERMIT
        if job.arg_a and not self.plugged(job.dst_no):
            return Result.PLACE_STATE
        return Result.ACCEPTED

    def set_limit(self, number: int, limit_tenth_a: int) -> None:
        """Carry out the verb charge; 0 switches off."""
        self.meter()
        self.sockets[number].limit_tenth_a = limit_tenth_a
        self.changes += 1

    def rule(self, *, permitted: bool, limit_w: float | None) -> None:
        """Take over the controller's lease and limit."""
        if (permitted, limit_w) != (self.permitted, self.limit_w):
            self.meter()
            self.permitted, self.limit_w = permitted, limit_w
            self.changes += 1

    def energised(self) -> list[int]:
        """Sockets that carry current now."""
        if not self.permitted:
            return []
        return [n for n, socket in self.sockets.items() if socket.limit_tenth_a and self.plugged(n)]

    def power_w(self, number: int) -> float:
        """What a socket gives now."""
        energised = self.energised()
        if number not in energised:
            return 0.0
        own_w = self.sockets[number].limit_tenth_a / 10.0 * VOLT_PHASES
        if self.limit_w is None:
            return own_w
        return min(own_w, self.limit_w / len(energised))

    def meter(self) -> None:
        """Count the energy since the last look, with the power that has held since."""
        elapsed_h = (self._field.now_s - self._metered_s) / 3600.0
        self._metered_s = self._field.now_s
        for number in self.energised():
            self.sockets[number].energy_wh += self.power_w(number) * elapsed_h

    def bitmap_words(self) -> dict[str, int]:
        """The fields of the charging bitmaps."""
        return {
            "plugged": bitmap_of(n for n in self.sockets if self.plugged(n)),
            "energised": bitmap_of(self.energised()),
            "socket_fault": 0,
        }

    def page_words(self, page: int) -> dict[str, int]:
        """The fields of one page of sockets; entry i is socket 16 * page + i."""
        self.meter()
        words = {"page": page}
        for index in range(SOCKETS_PER_PAGE):
            number = page * SOCKETS_PER_PAGE + index
            if number in self.sockets:
                named = self._socket_words(number)
                words |= {f"s{index}_{name}": value for name, value in named.items()}
        return words

    def _socket_words(self, number: int) -> dict[str, int]:
        socket, power_w = self.sockets[number], self.power_w(number)
        state = SocketState.A_FREE
        if self.plugged(number):
            state = SocketState.C_CHARGING if power_w else SocketState.B_CONNECTED
        return {
            "state": int(state),
            "power": round(power_w / 10.0),
            "limit": socket.limit_tenth_a,
            "energy": int(socket.energy_wh),
            "temp": round(10.0 * self._field.hall_temperature_c),
        }
