"""The cloud's sealing and the tower's opening, written apart, agree; nothing else opens."""

import base64
import re
import stat
from pathlib import Path

import pytest

from hardware_sim.sealing import seal
from vendtower.adapters.identity.sealed_box import (
    KeyFileUnusable,
    SealBroken,
    SealedBoxOpener,
    create_key_file,
    public_key_of,
)

PICTURE = bytes(range(256)) * 40
DOCUMENT = Path(__file__).parents[3] / "docs" / "cloud_sealing.md"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "tower-key"
    create_key_file(path)
    return path


def sealed_for(key_file: Path, reservation_id: str = "R-1") -> bytes:
    return seal(PICTURE, tower_public_key=public_key_of(key_file), reservation_id=reservation_id)


def test_both_sides_agree(key_file: Path) -> None:
    sealed = sealed_for(key_file, "R-é-1")
    assert SealedBoxOpener.from_file(key_file).open(sealed, "R-é-1") == PICTURE
    assert len(sealed) == 32 + 12 + len(PICTURE) + 16
    assert sealed_for(key_file) != sealed_for(key_file)


def test_the_documents_test_vector_is_true(tmp_path: Path) -> None:
    text = DOCUMENT.read_text("utf-8")
    names = "tower private key|tower public key|ephemeral private key|nonce|reservation id"
    vector = dict(re.findall(rf"^({names}) +(\S+)$", text, re.MULTILINE))
    sealed_hex = re.search(r"^sealed +(\w+)\n +(\w+)$", text, re.MULTILINE)
    assert sealed_hex is not None
    fixed = {
        32: bytes.fromhex(vector["ephemeral private key"]),
        12: bytes.fromhex(vector["nonce"]),
    }
    public = base64.b64encode(bytes.fromhex(vector["tower public key"])).decode()
    sealed = seal(
        b"picture",
        tower_public_key=public,
        reservation_id=vector["reservation id"],
        random_bytes=fixed.__getitem__,
    )
    assert sealed.hex() == sealed_hex[1] + sealed_hex[2]
    path = tmp_path / "key"
    path.write_bytes(base64.b64encode(bytes.fromhex(vector["tower private key"])))
    path.chmod(0o600)
    assert public_key_of(path) == public
    assert SealedBoxOpener.from_file(path).open(sealed, vector["reservation id"]) == b"picture"


@pytest.mark.parametrize("position", [0, 31, 32, 43, 44, 5000, -1])
def test_a_changed_byte_does_not_open(position: int, key_file: Path) -> None:
    sealed = bytearray(sealed_for(key_file))
    sealed[position] ^= 1
    with pytest.raises(SealBroken, match="does not open"):
        SealedBoxOpener.from_file(key_file).open(bytes(sealed), "R-1")


def test_another_reservation_or_tower_does_not_open(key_file: Path, tmp_path: Path) -> None:
    sealed = sealed_for(key_file, "R-1")
    with pytest.raises(SealBroken, match="another reservation"):
        SealedBoxOpener.from_file(key_file).open(sealed, "R-2")
    create_key_file(tmp_path / "other")
    with pytest.raises(SealBroken, match="another tower's key"):
        SealedBoxOpener.from_file(tmp_path / "other").open(sealed, "R-1")


def test_too_short_and_a_point_of_small_order(key_file: Path) -> None:
    opener = SealedBoxOpener.from_file(key_file)
    with pytest.raises(SealBroken, match="59 bytes found, expected at least 60"):
        opener.open(b"x" * 59, "R-1")
    with pytest.raises(SealBroken):
        opener.open(bytes(80), "R-1")


def test_a_new_key_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    public = create_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert public == public_key_of(path)
    with pytest.raises(KeyFileUnusable, match="already there, and not overwritten"):
        create_key_file(path)
    with pytest.raises(KeyFileUnusable, match="cannot be written: No such file"):
        create_key_file(tmp_path / "missing" / "key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o601])
def test_a_key_that_others_can_reach_is_refused(mode: int, key_file: Path) -> None:
    key_file.chmod(mode)
    with pytest.raises(KeyFileUnusable, match=rf"mode 0{mode:o} lets group or others at it"):
        SealedBoxOpener.from_file(key_file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "0 bytes found, expected 32"),
        (base64.b64encode(bytes(31)), "31 bytes found, expected 32"),
        (b"not base64 at all!", "not base64"),
    ],
)
def test_what_is_not_a_key_is_refused(content: bytes, message: str, key_file: Path) -> None:
    key_file.write_bytes(content)
    with pytest.raises(KeyFileUnusable, match=message):
        SealedBoxOpener.from_file(key_file)
    key_file.unlink()
    with pytest.raises(KeyFileUnusable, match="cannot be read: No such file"):
        SealedBoxOpener.from_file(key_file)


def test_a_credential_of_the_service_may_show_its_access_lists_mask(
    key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_file.chmod(0o440)
    with pytest.raises(KeyFileUnusable, match="mode 0440"):
        public_key_of(key_file)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(key_file.parent))
    assert public_key_of(key_file)
    key_file.chmod(0o444)
    with pytest.raises(KeyFileUnusable, match="mode 0444"):
        public_key_of(key_file)
