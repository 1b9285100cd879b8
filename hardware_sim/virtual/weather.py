"""What a line does to the bytes on it, drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Weather:
    """How a line behaves. Rates are per piece that is sent, 0 to 1."""

    latency_s: tuple[float, float] = (0.0002, 0.0008)
    """Least and longest way of a piece."""
    split_rate: float = 0.0
    """A piece arrives in two."""
    garble_rate: float = 0.0
    """One bit of it arrives turned over: a defective gateway, since TCP itself would notice."""
    loss_rate: float = 0.0
    """A transmission gets lost and is sent again; the bytes arrive late and in order."""
    again_s: float = 0.2
    """The first repetition comes after this, each further one after twice the time before."""


FAIR = Weather()


def pieces(data: bytes, weather: Weather, chance: random.Random) -> Iterator[tuple[bytes, float]]:
    """What arrives of some bytes, each piece with the seconds that it takes."""
    if weather.garble_rate and chance.random() < weather.garble_rate:
        data = _garbled(data, chance)
    for part in _parts(data, weather, chance):
        yield part, chance.uniform(*weather.latency_s) + _lateness_s(weather, chance)


def _parts(data: bytes, weather: Weather, chance: random.Random) -> list[bytes]:
    if len(data) > 1 and weather.split_rate and chance.random() < weather.split_rate:
        at = chance.randrange(1, len(data))
        return [data[:at], data[at:]]
    return [data]


def _lateness_s(weather: Weather, chance: random.Random) -> float:
    late_s, again_s = 0.0, weather.again_s
    while weather.loss_rate and chance.random() < weather.loss_rate:
        late_s += again_s
        again_s *= 2.0
    return late_s


def _garbled(data: bytes, chance: random.Random) -> bytes:
    wrong = bytearray(data)
    wrong[chance.randrange(len(wrong))] ^= 1 << chance.randrange(8)
    return bytes(wrong)
