"""What stands around the bays of a bench beyond doors: key cabinets, cameras."""

import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import tomli_w

from tests.bench.tower_bench import TowerBench, bare_bench

FIRST, COUNT = 11, 4
"""Compartments 11 to 14 are at kiosk 1, 15 to 18 at kiosk 2."""

Equip = Callable[[dict[str, Any], TowerBench], None]


def with_cabinets(tables: dict[str, Any], bench: TowerBench) -> None:
    """A key cabinet at each kiosk, with a key in every compartment."""
    for at, kiosk in enumerate(tables["kiosks"]):
        kiosk["key_cabinet"] = {"first": FIRST + at * COUNT, "count": COUNT}
        for place in range(COUNT):
            bench.world.boards[kiosk["number"]].put_key(place)


def with_cameras(tables: dict[str, Any], bench: TowerBench) -> None:
    """Two cameras in each bay."""
    for bay in tables["bays"]:
        number = bay["number"]
        bay["cameras"] = [bench.world.bay_camera_url(number, camera) for camera in (1, 2)]


def with_questions(tables: dict[str, Any], bench: TowerBench) -> None:
    """The kiosks ask for the car's condition."""
    del bench
    tables["condition"] = {"ask": True, "ask_s": 30.0}


@asynccontextmanager
async def equipped_bench(
    directory: Path, *equipment: Equip, **policies: float
) -> AsyncIterator[TowerBench]:
    """A tower in service with more at its bays than doors."""
    async with bare_bench(directory) as bench:
        tables = tomllib.loads(bench.world.site_file.read_text(encoding="utf-8"))
        for equip in equipment:
            equip(tables, bench)
        bench.world.site_file.write_text(tomli_w.dumps(tables), encoding="utf-8")
        bench.policies |= policies
        await bench.start()
        await bench.opened()
        yield bench
