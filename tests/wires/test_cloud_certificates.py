"""The cloud's certificate, seen by the real daemon: wrong, right, expired, renewed while it runs.

Without a certificate that holds, nothing is said to whoever answers; customers are served all the
same, and what the cloud is owed waits.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from hardware_sim.demo_site import write_site
from hardware_sim.fleet import stock_list
from hardware_sim.world import TOKEN, open_world
from tests.bench.tower_bench import STAFF
from tests.fast_site import EXAMPLE
from tests.own_authority import OwnAuthority
from tests.wires.served_tower import PACE, SPEED, ServedTower, daemon_of


async def told(tower: ServedTower, words: str) -> None:
    """Wait until status page, log and alarms say what is wrong with the certificate."""

    async def on_the_page() -> bool:
        page = await tower.screens.read("/api/status")
        return page is not None and words in page["cloud"]["note"]

    await tower.until(on_the_page, f"the status does not say {words!r}")
    assert f"its certificate is not accepted: {words}" in tower.log


@pytest.mark.timeout(500)
async def test_a_tower_and_the_certificate_of_its_cloud(tmp_path: Path) -> None:
    authority = OwnAuthority(tmp_path / "ca.pem")
    certificate = authority.server(host="10.1.2.3")
    async with (
        open_world(
            EXAMPLE, tmp_path, speed=SPEED, cars=6, pace=PACE, cloud_tls=certificate
        ) as world,
        daemon_of(world) as tower,
    ):
        world.tables["cloud"]["ca_file"] = str(authority.file)
        write_site(world.directory, world.tables, TOKEN)
        stock = world.directory / "stock.csv"
        stock.write_text(stock_list(world.cars), encoding="utf-8")
        await tower.daemon.start()

        await told(tower, "IP address mismatch")
        assert world.cloud.requests("boot") == 0
        await tower.until(lambda: tower.shows(machine_fresh=True), "the PLC is not read")
        await tower.daemon.command("cars", "load", str(stock), "--by", STAFF)

        authority.renew(certificate)
        await tower.until(lambda: tower.shows(in_service=True), "the right one is not believed")
        visitor = tower.booked(0, kiosk=1)
        await tower.expected(visitor)

        authority.renew(certificate, ends=timedelta(hours=-1))
        # A connection that is open was checked when it was made.
        await world.cloud.line_down()
        await world.cloud.line_up()
        await told(tower, "certificate has expired")
        arrived = len(world.cloud.events_received)
        async with tower.staff():
            await tower.drives_off(visitor)
        assert len(world.cloud.events_received) == arrived
        assert (await tower.status())["outbox"]["waiting"] > 0

        authority.renew(certificate)
        await tower.nothing_owed()
        assert (await tower.status())["cloud"]["reachable"]
        assert len(world.cloud.events_received) > arrived
        assert tower.daemon.starts == 1
        assert TOKEN not in tower.log
