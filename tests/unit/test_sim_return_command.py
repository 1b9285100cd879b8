"""``vendtower-sim visitor --returns`` says to the running world what was typed."""

import asyncio
from types import SimpleNamespace

import pytest
from aiohttp.test_utils import TestServer
from click.testing import CliRunner

from hardware_sim.cli import main
from hardware_sim.control import control_app
from hardware_sim.demo.returner import Manners


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], Manners()),
        (["--card"], Manners(holds_card=True)),
        (["--boot-open", "--never-confirms"], Manners(part_open=True, confirms=False)),
    ],
)
async def test_how_the_driver_comes_back(words: list[str], expected: Manners) -> None:
    asked: list[tuple[str, int, Manners]] = []

    def send_back(person: str, kiosk: int, manners: Manners) -> SimpleNamespace:
        asked.append((person, kiosk, manners))
        return SimpleNamespace(name="Grace", code="1", vin="V")

    world = SimpleNamespace(send_back=send_back)
    app = control_app(world)  # type: ignore[arg-type]  # only what these commands ask of a world
    async with TestServer(app) as server:
        command = ["visitor", "grace_hopper", "--returns", "--control-port", str(server.port)]
        said = await asyncio.to_thread(CliRunner().invoke, main, [*command, *words])
    assert said.exit_code == 0, said.output
    assert asked == [("grace_hopper", 1, expected)]
