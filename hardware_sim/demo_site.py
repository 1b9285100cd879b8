"""A site file for a simulated tower on this machine, made from a real tower's site file."""

from __future__ import annotations

import base64
import copy
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tomli_w


def quickened(tables: Mapping[str, Any], speed: float) -> dict[str, Any]:
    """The same tower with mechanics that run at a multiple, so that a demo fits into minutes.

    Speeds grow with the factor and accelerations with its square, so that every motion takes
    exactly 1/factor of its time; doors and transfers take 1/factor of theirs. Controller and
    simulator read the same numbers.
    """
    quick: dict[str, Any] = copy.deepcopy(dict(tables))
    for lift in quick["lifts"]:
        for axis in ("hoist", "turntable", "shuttle"):
            for key in lift[axis]:
                if "acceleration" in key:
                    lift[axis][key] *= speed * speed
                elif "speed" in key:
                    lift[axis][key] *= speed
        lift["car_transfer_extra_s"] /= speed
    for bay in quick["bays"]:
        bay["inner_door_travel_s"] /= speed
        bay["outer_door_travel_s"] /= speed
    return quick


def addressed(
    tables: Mapping[str, Any],
    directory: Path,
    *,
    plc: Mapping[str, Any],
    camera_url: Callable[[int], str],
    board_device: Callable[[int], Path],
    cloud_url: str,
    list_keys: Mapping[str, str],
    web_port: int,
) -> dict[str, Any]:
    """The same tower with every device and peer on this machine, and its files in a directory.

    ``plc`` says how the PLC is reached, as the site file does.
    """
    local: dict[str, Any] = copy.deepcopy(dict(tables))
    local["plc"] = {"device_id": local["plc"].get("device_id", 1), **plc}
    for kiosk in local["kiosks"]:
        kiosk["camera"] = camera_url(kiosk["number"])
        kiosk["board"] = str(board_device(kiosk["number"]))
    token_file, key_file = directory / "cloud-token", directory / "tower-key"
    local["cloud"] |= {
        "url": cloud_url,
        "token_file": str(token_file),
        "poll_interval_s": 1.0,
        "list_keys": [{"id": kid, "ed25519": key} for kid, key in list_keys.items()],
    }
    local["identity"] |= {
        "key_file": str(key_file),
        "vault_key_file": str(directory / "vault-key"),
    }
    local["web"] |= {"host": "127.0.0.1", "port": web_port}
    local["storage"] = {"directory": str(directory)}
    return local


def write_site(directory: Path, tables: Mapping[str, Any], token: str) -> Path:
    """Write the site file with the key and the token that it names; returns its path."""
    _write_secret(directory / "cloud-token", token + "\n")
    for name in ("tower-key", "vault-key"):
        if not (directory / name).exists():
            _write_secret(directory / name, base64.b64encode(os.urandom(32)).decode() + "\n")
    path = directory / "site.toml"
    path.write_text(tomli_w.dumps(dict(tables)), encoding="utf-8")
    return path


def _write_secret(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
