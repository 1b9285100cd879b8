"""Templates at rest: who can open them, and what becomes of them when the key changes."""

import base64
import os
import stat
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from vendtower.adapters.identity.engine import Template
from vendtower.adapters.identity.enrolment_desk import EnrolmentDesk
from vendtower.adapters.identity.key_file import KeyFileUnusable
from vendtower.adapters.identity.limits import FaceLimits
from vendtower.adapters.identity.sealed_box import create_key_file
from vendtower.adapters.identity.templates import Templates
from vendtower.adapters.identity.vault import (
    TemplateRefused,
    Vault,
    create_vault_key,
    prune_vault_key,
    rotate_vault_key,
)
from vendtower.adapters.identity.wire import Message, enrolment_from_json
from vendtower.daemon.vault_commands import vault_key
from vendtower.domain.identity import Enrolled, EnrolmentFailed

TEMPLATE = Template("dlib", "some model", np.linspace(-0.2, 0.3, 128))


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "vault-key"
    create_vault_key(path)
    return path


@pytest.fixture
def vault(key_file: Path) -> Vault:
    return Vault.from_file(key_file)


def test_what_is_sealed_opens_again(vault: Vault) -> None:
    sealed = vault.seal(TEMPLATE, "R-1")
    opened = vault.open(sealed, "R-1")
    assert (opened.engine, opened.model) == ("dlib", "some model")
    assert np.array_equal(opened.descriptor, TEMPLATE.descriptor)
    assert not vault.is_stale(sealed)
    assert vault.seal(TEMPLATE, "R-1") != sealed, "a nonce is used once"


def test_nothing_of_the_template_shows(vault: Vault) -> None:
    sealed = vault.seal(TEMPLATE, "R-1")
    plain = TEMPLATE.descriptor.tobytes()
    assert not any(plain[at : at + 8] in sealed for at in range(0, len(plain), 8))
    assert b"dlib" not in sealed


@pytest.mark.parametrize("position", [0, 5, 14, 30, -1])
def test_a_damaged_one_is_refused(position: int, vault: Vault) -> None:
    sealed = bytearray(vault.seal(TEMPLATE, "R-1"))
    sealed[position] ^= 1
    with pytest.raises(TemplateRefused):
        vault.open(bytes(sealed), "R-1")


@pytest.mark.parametrize("length", [0, 3, 4, 12, 39])
def test_what_is_too_short_is_refused(length: int, vault: Vault) -> None:
    with pytest.raises(TemplateRefused, match=f"{length} bytes"):
        vault.open(vault.seal(TEMPLATE, "R-1")[:length], "R-1")


def test_another_customers_is_refused(vault: Vault) -> None:
    with pytest.raises(TemplateRefused, match="another reservation"):
        vault.open(vault.seal(TEMPLATE, "R-1"), "R-2")


def test_a_key_that_is_not_here(vault: Vault, tmp_path: Path) -> None:
    create_vault_key(tmp_path / "other")
    sealed = Vault.from_file(tmp_path / "other").seal(TEMPLATE, "R-1")
    with pytest.raises(TemplateRefused, match=r"found key [0-9a-f]{16}, expected one of"):
        vault.open(sealed, "R-1")


def test_rotation_opens_the_old_and_seals_with_the_new(key_file: Path, vault: Vault) -> None:
    old = vault.seal(TEMPLATE, "R-1")
    newest, former = rotate_vault_key(key_file)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    rotated = Vault.from_file(key_file)
    assert rotated.is_stale(old)
    assert rotated.open(old, "R-1").engine == "dlib"
    new = rotated.seal(TEMPLATE, "R-1")
    assert new[4:12].hex() == newest
    assert prune_vault_key(key_file) == [former]
    pruned = Vault.from_file(key_file)
    assert pruned.open(new, "R-1").engine == "dlib"
    with pytest.raises(TemplateRefused):
        pruned.open(old, "R-1")


def test_a_key_of_another_user_is_refused(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = key_file.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 7)
    if owner == 0:
        # Files of root are taken; this machine's tests cannot make another user's without root.
        os.chown(key_file, 12345, -1)
    with pytest.raises(KeyFileUnusable, match="belongs to user"):
        Vault.from_file(key_file)


def test_the_commands(tmp_path: Path) -> None:
    file, run = tmp_path / "vault-key", CliRunner()
    made = run.invoke(vault_key, ["create", str(file)])
    assert made.exit_code == 0
    first = made.output.strip()
    again = run.invoke(vault_key, ["create", str(file)])
    assert (again.exit_code, "already there" in again.output) == (2, True)
    rotated = run.invoke(vault_key, ["rotate", str(file)])
    assert first in rotated.output
    asked = run.invoke(vault_key, ["prune", str(file)], input="n\n")
    assert asked.exit_code == 1
    assert len(file.read_text().split()) == 2
    pruned = run.invoke(vault_key, ["prune", str(file), "--yes"])
    assert pruned.output == f"gone: {first}\n"
    assert len(file.read_text().split()) == 1


def desk_with(folder: Path, vault_key: Path | None) -> tuple[EnrolmentDesk, Templates]:
    if not (folder / "key").exists():
        create_key_file(folder / "key")
    templates = Templates()
    desk = EnrolmentDesk(templates, FaceLimits())
    desk.open(
        {
            "key_file": str(folder / "key"),
            "vault_key_file": None if vault_key is None else str(vault_key),
            "engine": "dlib",
            "models_directory": str(folder),
        }
    )
    return desk, templates


def restoring(sealed: bytes) -> Message:
    text = base64.b64encode(sealed).decode()
    return {"do": "restore", "reservation_id": "R-1", "sealed": text}


def test_restoring_needs_no_picture_and_seals_anew(tmp_path: Path, key_file: Path) -> None:
    desk, _ = desk_with(tmp_path, key_file)
    assert desk.engine is not None
    ours = Template("dlib", desk.engine.model, TEMPLATE.descriptor)
    sealed = Vault.from_file(key_file).seal(ours, "R-1")
    assert enrolment_from_json(desk.answer(restoring(sealed))) == Enrolled("dlib", ours.model)
    rotate_vault_key(key_file)
    desk, templates = desk_with(tmp_path, key_file)
    anew = enrolment_from_json(desk.answer(restoring(sealed)))
    assert isinstance(anew, Enrolled)
    assert anew.sealed_template is not None
    prune_vault_key(key_file)
    assert Vault.from_file(key_file).open(anew.sealed_template, "R-1").model == ours.model
    assert "sealed_template" not in repr(anew)
    held = templates.get("R-1")
    assert held is not None
    assert np.array_equal(held.descriptor, TEMPLATE.descriptor)
    assert desk.answer({"do": "forget", "reservation_id": "R-1"}) == {"forgotten": True}
    assert templates.get("R-1") is None


def test_what_cannot_be_restored_says_why(tmp_path: Path, key_file: Path) -> None:
    sealed = Vault.from_file(key_file).seal(TEMPLATE, "R-1")
    desk, templates = desk_with(tmp_path, key_file)
    other_model = enrolment_from_json(desk.answer(restoring(sealed)))
    assert isinstance(other_model, EnrolmentFailed)
    assert "made by dlib some model, expected dlib" in other_model.why
    without, _ = desk_with(tmp_path, None)
    no_vault = enrolment_from_json(without.answer(restoring(sealed)))
    assert isinstance(no_vault, EnrolmentFailed)
    assert "no vault key file" in no_vault.why
    assert templates.get("R-1") is None
