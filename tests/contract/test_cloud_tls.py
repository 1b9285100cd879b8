"""TLS between tower and cloud: a certificate counts only when its authority is trusted."""

from datetime import timedelta
from pathlib import Path

import pytest

from hardware_sim.cloud import ReferenceCloud
from tests.cloud_bench import TOKEN, TOWER, FixedClock, boot_report, signed_list, write_token
from tests.own_authority import OwnAuthority
from vendtower.adapters.cloud_http import HttpReservationCloud
from vendtower.ports.reservation_cloud import CloudRefused, CloudUnreachable, CloudUntrusted


def tower(cloud: ReferenceCloud, folder: Path, ca_file: Path | None) -> HttpReservationCloud:
    return HttpReservationCloud(
        url=cloud.url,
        tower_id=TOWER,
        token_file=folder / "token",
        clock=FixedClock(),
        signed_list=signed_list(cloud),
        ca_file=ca_file,
    )


async def test_only_a_trusted_certificate_gets_the_token(tmp_path: Path) -> None:
    authority = OwnAuthority(tmp_path / "ca.pem")
    write_token(tmp_path / "token")
    tls = authority.server()
    cloud = await ReferenceCloud.start(tokens={TOWER: TOKEN}, tls=tls)
    assert cloud.url.startswith("https://")
    stranger, trusting = tower(cloud, tmp_path, None), tower(cloud, tmp_path, authority.file)
    try:
        with pytest.raises(CloudUntrusted, match=r"certificate .* signed by the system's auth"):
            await stranger.boot(boot_report())
        assert cloud.requests("boot") == 0
        assert (await trusting.boot(boot_report())).accepted
    finally:
        await stranger.close()
        await trusting.close()
        await cloud.stop()


@pytest.mark.parametrize(
    ("issued", "said"),
    [
        ({"host": "10.1.2.3"}, "IP address mismatch.*expected a valid one for 127.0.0.1"),
        ({"ends": timedelta(hours=-1)}, "certificate has expired"),
        ({"begins": timedelta(hours=1)}, "certificate is not yet valid"),
    ],
)
async def test_what_is_wrong_with_a_certificate_is_said(
    tmp_path: Path, issued: dict[str, object], said: str
) -> None:
    authority = OwnAuthority(tmp_path / "ca.pem")
    write_token(tmp_path / "token")
    tls = authority.server(**issued)  # type: ignore[arg-type]  # keywords by name
    cloud = await ReferenceCloud.start(tokens={TOWER: TOKEN}, tls=tls)
    asking = tower(cloud, tmp_path, authority.file)
    try:
        with pytest.raises(CloudUntrusted, match=said):
            await asking.boot(boot_report())
        assert cloud.requests("boot") == 0
    finally:
        await asking.close()
        await cloud.stop()


async def test_the_authority_is_read_anew_when_its_file_changes(tmp_path: Path) -> None:
    theirs, other = OwnAuthority(tmp_path / "theirs.pem"), OwnAuthority(tmp_path / "other.pem")
    write_token(tmp_path / "token")
    cloud = await ReferenceCloud.start(tokens={TOWER: TOKEN}, tls=theirs.server())
    ca_file = tmp_path / "ca.pem"
    asking = tower(cloud, tmp_path, ca_file)
    try:
        with pytest.raises(CloudRefused, match=r"ca\.pem: No such file"):
            await asking.boot(boot_report())
        ca_file.write_text("no certificate")
        with pytest.raises(CloudRefused, match=r"ca\.pem: found no certificate .*expected .*PEM"):
            await asking.boot(boot_report())
        ca_file.write_bytes(other.file.read_bytes())
        with pytest.raises(CloudUnreachable, match=r"signed by the authority in .*ca\.pem"):
            await asking.boot(boot_report())
        ca_file.write_bytes(theirs.file.read_bytes())
        assert (await asking.boot(boot_report())).accepted
    finally:
        await asking.close()
        await cloud.stop()
