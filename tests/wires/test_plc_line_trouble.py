"""The PLC link with a tower's own settings, on a line that fails and comes back.

`python -m benchmarks.plc_line_trouble` gives the figures; here they are only bounded, generously,
because other work may keep this machine busy. `tests/contract/test_modbus_link.py` has every kind
of wrong answer, with shorter times.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest

from benchmarks import plc_line_trouble as trouble
from benchmarks.far_network import FarNetwork, NoFarNetwork, far_network

SOON_S = 5.0
"""pymodbus with its defaults takes 12 s and more for each of these."""
AWAY_S = 1.5


@pytest.fixture
def network() -> Iterator[FarNetwork]:
    try:
        with far_network() as made:
            yield made
    except NoFarNetwork as why:
        pytest.skip(f"a network of its own wants root: {why}")


@pytest.mark.parametrize("case", [trouble.reset, trouble.stalled, trouble.gone])
async def test_it_is_noticed_and_the_plc_found_again(
    case: Callable[[float], Awaitable[trouble.Seen]],
) -> None:
    noticed_s, found_s = await case(AWAY_S)
    assert noticed_s < SOON_S
    assert found_s < SOON_S


async def test_a_peer_that_vanishes_without_a_word(network: FarNetwork) -> None:
    noticed_s, found_s = await trouble.vanished(network, AWAY_S)
    assert noticed_s < SOON_S
    assert found_s < SOON_S


async def test_the_far_network_really_says_nothing(network: FarNetwork) -> None:
    """Neither a refusal nor a reset comes back, also for a port that nobody listens on."""
    with network.listen() as listening:
        port = listening.getsockname()[1]
        _, writer = await asyncio.open_connection(network.address, port)
        network.vanish()
        writer.write(b"anybody?")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.open_connection(network.address, port), 0.5)
        network.appear()
        began_s = time.monotonic()
        _, other = await asyncio.open_connection(network.address, port)
        assert time.monotonic() - began_s < SOON_S
        for each in (writer, other):
            each.close()
            await each.wait_closed()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(network.address, port)


async def test_a_write_that_is_confirmed_too_late_is_not_repeated() -> None:
    assert await trouble.late_write() == 1
