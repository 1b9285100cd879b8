"""The page of features names every promise once, and every proof that it names is there."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "features.md"

PROMISES = {"C": 12, "T": 13, "S": 11, "N": 9, "M": 10, "O": 9, "X": 7, "P": 5, "K": 4, "R": 11}
"""How many promises each group has."""
STATES = {"done", "part", "not yet"}
COMMANDS = {"vendtower-sim demo"}
"""Proofs that are run and not read; `hardware_sim/demo` is what they run."""


@dataclass(frozen=True)
class Row:
    """One promise."""

    id: str
    promise: str
    state: str
    there_is: str
    proofs: tuple[str, ...]


def rows() -> list[Row]:
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.fullmatch(r"[A-Z]\d{1,2}", cells[0]):
            promise_id, promise, state, there_is, proof = cells
            proofs = tuple(re.findall(r"`([^`]+)`", proof))
            assert re.sub(r"`[^`]+`|[,\s]", "", proof) == "", f"{promise_id}: a proof is not code"
            found.append(Row(promise_id, promise, state, there_is, proofs))
    return found


def test_every_promise_stands_there_once() -> None:
    wanted = [f"{group}{n}" for group, count in PROMISES.items() for n in range(1, count + 1)]
    assert [row.id for row in rows()] == wanted


def test_states_are_known_and_done_is_proved() -> None:
    for row in rows():
        assert row.state in STATES, row.id
        assert row.promise, row.id
        if row.state == "done":
            assert row.proofs, f"{row.id} is done, and nothing proves it"
        if row.state == "part":
            assert row.there_is, f"{row.id}: what is there of it?"
            assert row.proofs, f"{row.id}: where?"


def test_every_proof_is_there() -> None:
    for row in rows():
        for proof in row.proofs:
            if proof in COMMANDS:
                continue
            path, _, test = proof.partition("::")
            assert (ROOT / path).is_file(), f"{row.id}: {path}"
            if test:
                text = (ROOT / path).read_text(encoding="utf-8")
                assert f"def {test}(" in text, f"{row.id}: {proof}"
