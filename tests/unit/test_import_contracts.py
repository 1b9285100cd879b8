"""The import contracts of pyproject.toml hold, and each of them can fail."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]
NAMES = {contract["id"]: contract["name"] for contract in CONTRACTS}
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

LAYERED = [
    ("domain", "vendtower.ports.clock"),
    ("domain", "vendtower.flows.controls"),
    ("ports", "vendtower.flows.controls"),
    ("flows", "vendtower.adapters"),
    ("flows", "vendtower.web"),
    ("flows", "vendtower.cli"),
    ("web", "vendtower.adapters"),
    ("cli", "vendtower.web"),
    ("adapters", "vendtower.cli"),
    ("adapters", "vendtower.daemon"),
    ("web", "vendtower.daemon"),
]
"""Every step upward or sideways that somebody might take, by layer."""


def _forbidden(contract_id: str) -> list[tuple[str, str]]:
    contract = next(c for c in CONTRACTS if c["id"] == contract_id)
    return [
        (source, module)
        for source in contract["source_modules"]
        for module in contract["forbidden_modules"]
    ]


PLANTS = [("layers", f"vendtower.{layer}", module) for layer, module in LAYERED] + [
    (contract["id"], source, module)
    for contract in CONTRACTS
    if contract["type"] == "forbidden"
    for source, module in _forbidden(contract["id"])
]
"""(contract, package that does wrong, what it imports): every forbidden pair there is."""


def _planted_name(contract_id: str, module: str) -> str:
    return f"planted_{contract_id}_{module}".replace("-", "_").replace(".", "_")


def _copy_packages(to: Path) -> None:
    skip = shutil.ignore_patterns("__pycache__", "*.pyc", "static", "assets")
    shutil.copytree(ROOT / "src" / "vendtower", to / "vendtower", ignore=skip)
    for package in ("firmware_bridge", "hardware_sim"):
        shutil.copytree(ROOT / package, to / package, ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", to)


def _lint(tree: Path) -> str:
    """The report of import-linter over the packages in this directory."""
    done = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--no-logo"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree), "COLUMNS": "300", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def _sections(report: str) -> dict[str, str]:
    """What the report says about each broken contract, by the contract's id."""
    told = report.partition("Broken contracts")[2]
    starts = {m.start(): i for i, n in NAMES.items() if (m := re.search(re.escape(n), told))}
    ends = [*sorted(starts), len(told)]
    return {starts[a]: told[a:b] for a, b in pairwise(ends)}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The report before anything wrong is planted, and the one after all of it is."""
    tree = tmp_path_factory.mktemp("packages")
    _copy_packages(tree)
    before = _lint(tree)
    for contract_id, package, module in PLANTS:
        file = tree / package.replace(".", "/") / f"{_planted_name(contract_id, module)}.py"
        file.write_text(f"import {module}\n", encoding="utf-8")
    return before, _lint(tree)


def test_all_contracts_are_kept(reports: tuple[str, str]) -> None:
    assert f"Contracts: {len(NAMES)} kept, 0 broken." in reports[0]


def test_every_contract_has_a_planted_wrong_import() -> None:
    assert {contract_id for contract_id, _, _ in PLANTS} == set(NAMES)


@pytest.mark.parametrize(("contract_id", "package", "module"), PLANTS)
def test_contract_finds_the_planted_import(
    reports: tuple[str, str], contract_id: str, package: str, module: str
) -> None:
    wrong = f"{package}.{_planted_name(contract_id, module)} -> {module}"
    assert wrong in _sections(reports[1])[contract_id]
