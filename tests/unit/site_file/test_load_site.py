"""The example is read as it stands; whatever is wrong is named with its line."""

import hashlib
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.unit.site_file.wrong_relations import WRONG_RELATIONS
from tests.unit.site_file.wrong_site import WrongSite
from tests.unit.site_file.wrong_values import WRONG_VALUES
from vendtower.daemon.site_file import SiteFileError, SiteFileUnreadable, load_site
from vendtower.domain.site import NotInSite, PlcRtu, PlcTcp, Site
from vendtower.domain.vehicle import Vehicle

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "guangzhou.toml"


def test_the_example_is_right() -> None:
    loaded = load_site(EXAMPLE)
    site = loaded.site
    assert loaded.sha256 == hashlib.sha256(EXAMPLE.read_bytes()).hexdigest()
    assert len(site.slots) == 42
    slot = site.slots[9]
    assert (slot.level, slot.height_mm, slot.angle_deg, slot.socket) == (2, 2400, 80.0, 3)
    assert slot.limits.height_mm_max == 1650
    assert site.lift(1).shuttle.stroke_mm == 5600
    assert site.bay(2).angle_deg == 40
    assert site.kiosk(1).bay == 1
    assert site.kiosk_at_bay(2).camera == "rtsp://10.20.0.12/stream1"
    assert isinstance(site.plc, PlcTcp)
    assert site.policies.job_time_factor == 1.5


@pytest.mark.parametrize("wrong", WRONG_VALUES + WRONG_RELATIONS, ids=lambda wrong: wrong.name)
def test_a_wrong_file_is_explained(wrong: WrongSite, tmp_path: Path) -> None:
    text = EXAMPLE.read_text()
    assert wrong.old in text
    path = tmp_path / "site.toml"
    path.write_text(text.replace(wrong.old, wrong.new, 1))
    with pytest.raises(SiteFileError) as caught:
        load_site(path)
    assert tuple(str(finding) for finding in caught.value.findings) == wrong.findings
    assert str(caught.value) == "\n".join(f"{path}:{finding}" for finding in wrong.findings)


def test_all_findings_come_at_once(tmp_path: Path) -> None:
    text = EXAMPLE.read_text()
    text = text.replace("site_id = 4401", "site_id = 0").replace("port = 8080", "port = 99999")
    path = tmp_path / "site.toml"
    path.write_text(text.replace("late_s = 900", "late_s = -1"))
    with pytest.raises(SiteFileError) as caught:
        load_site(path)
    assert [finding.key for finding in caught.value.findings] == [
        "tower.site_id",
        "web.port",
        "policies.late_s",
    ]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SiteFileUnreadable, match=r"none\.toml: No such file or directory"):
        load_site(tmp_path / "none.toml")


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(b'schema = 1\nname = "Gen\xe8ve"\n')
    with pytest.raises(SiteFileError) as caught:
        load_site(path)
    (finding,) = caught.value.findings
    assert str(finding) == "2: column 12: found byte 0xe8, expected text in UTF-8"


def test_an_empty_file_lacks_every_section(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text("")
    with pytest.raises(SiteFileError) as caught:
        load_site(path)
    keys = {finding.key for finding in caught.value.findings}
    assert {"schema", "tower", "levels", "lifts", "bays", "kiosks", "plc", "cloud"} <= keys
    assert not {"web", "policies"} & keys


def test_a_plc_on_a_serial_line(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    tcp = 'host = "10.20.0.2"\nport = 502\n'
    text = EXAMPLE.read_text()
    assert tcp in text
    path.write_text(text.replace(tcp, 'transport = "rtu"\nserial_device = "/dev/ttyS1"\n'))
    plc = load_site(path).site.plc
    assert isinstance(plc, PlcRtu)
    assert (plc.serial_device, plc.baud, plc.parity) == ("/dev/ttyS1", 115_200, "even")


def test_optional_keys_may_be_left_out(tmp_path: Path) -> None:
    text = EXAMPLE.read_text()
    lines = [line for line in text.splitlines() if not line.startswith("board")]
    path = tmp_path / "site.toml"
    keys = lines[lines.index("[[cloud.list_keys]]") :]
    path.write_text("\n".join([*lines[: lines.index("[policies]")], *keys]))
    site = load_site(path).site
    assert site.kiosk(1).board is None
    assert site.policies == load_site(EXAMPLE).site.policies


def test_unknown_numbers_are_named() -> None:
    site = load_site(EXAMPLE).site
    for ask, words in (
        (site.slot, "slot 99"),
        (site.level, "level 99"),
        (site.lift, "lift 99"),
        (site.bay, "bay 99"),
        (site.kiosk, "kiosk 99"),
        (site.kiosk_at_bay, "kiosk at bay 99"),
    ):
        with pytest.raises(NotInSite, match=f"^{words}: not in the site file"):
            ask(99)


def test_limits_admit_cars_up_to_the_last_millimetre() -> None:
    limits = load_site(EXAMPLE).site.slots[9].limits
    fitting = Vehicle("V", "P", "M", 5000, 2100, 1650, 2200)
    assert limits.admits(fitting)
    for length, width, height, weight in (
        (5001, 2100, 1650, 2200),
        (5000, 2101, 1650, 2200),
        (5000, 2100, 1651, 2200),
        (5000, 2100, 1650, 2201),
    ):
        assert not limits.admits(Vehicle("V", "P", "M", length, width, height, weight))


def test_a_site_built_without_a_file_says_the_same() -> None:
    tables = tomllib.loads(EXAMPLE.read_text())
    tables["lifts"][0]["park_level"] = 9
    with pytest.raises(ValidationError, match=r"lifts\.0\.park_level: found 9, expected a level"):
        Site.model_validate(tables)
