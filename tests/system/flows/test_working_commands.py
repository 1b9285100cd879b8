"""The commands of whoever works at the machine, typed against the whole controller."""

import asyncio
import json

import pytest
from click.testing import CliRunner, Result

from tests.bench.tower_bench import STAFF, TowerBench
from vendtower.cli.main import cli
from vendtower.cli.options import Exit

pytestmark = [pytest.mark.slow, pytest.mark.real_wires]

BY = ("--by", STAFF)


async def typed(bench: TowerBench, *words: str, answer: str | None = None) -> Result:
    """A command in a shell of its own, while the controller goes on."""
    arguments = ["--socket", str(bench.world.control_socket), *words]
    return await asyncio.to_thread(lambda: CliRunner().invoke(cli, arguments, input=answer))


async def test_modes_and_a_movement(bench: TowerBench) -> None:
    vin = bench.car(5).vin
    shown = await typed(bench, "mode")
    assert "mode automatic, PLC mode production" in shown.output
    refused = await typed(bench, "move", vin, "--to", "bay:1", *BY, "--yes")
    assert refused.exit_code == Exit.REFUSED
    assert "wants semi-automatic" in refused.output
    assert (await typed(bench, "mode", "semi-automatic", *BY)).exit_code == Exit.OK
    assert (await typed(bench, "move", vin, "--to", "roof:1", *BY)).exit_code == Exit.USAGE
    unconfirmed = await typed(bench, "move", vin, "--to", "bay:1", *BY, answer="n\n")
    assert unconfirmed.exit_code == Exit.REFUSED
    assert bench.executed() == 0
    begun = await typed(bench, "move", vin, "--to", "bay:1", *BY, "--yes", "--json")
    assert json.loads(begun.stdout)["done"], begun.output
    await bench.until(lambda: str(bench.tower.book.ledger.where(vin)) == "bay 1")
    back = await typed(bench, "mode", "automatic", *BY, answer="y\n")
    assert "lifts may move at once" in back.output
    assert back.exit_code == Exit.OK


async def test_maintenance_pause_and_stops(bench: TowerBench) -> None:
    assert "nothing interrupts" in (await typed(bench, "stops")).output
    assert "no override stands" in (await typed(bench, "override", "list")).output
    begun = await typed(bench, "maintenance", "begin", "--reason", "rope", "--minutes", "5", *BY)
    assert begun.exit_code == Exit.OK, begun.output
    await bench.until(lambda: bench.tower.mode_wanted is None)
    session = await typed(bench, "maintenance", "status", "--json")
    assert json.loads(session.stdout)["maintenance"]["holder"] == STAFF
    over = await typed(bench, "maintenance", "end", *BY, "--yes")
    assert over.exit_code == Exit.OK, over.output
    await bench.in_service()
    assert (await typed(bench, "machine", "hold", *BY)).exit_code == Exit.OK
    assert (await typed(bench, "machine", "unhold", *BY, "--yes")).exit_code == Exit.OK
    await bench.in_service()
    nothing = await typed(bench, "stops", "confirm", "99", *BY, "--yes")
    assert (nothing.exit_code, "does not exist" in nothing.output) == (Exit.REFUSED, True)
    asked = await typed(bench, "override", "ask", "nothing", "--reason", "x", "--minutes", "5", *BY)
    assert "no hindrance 'nothing' stands" in asked.output
