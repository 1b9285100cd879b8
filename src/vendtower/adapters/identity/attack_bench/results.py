"""Outcomes in a file of JSON lines, so that a long run can be ended and gone on with."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from vendtower.adapters.identity.attack_bench.trial import Conditions, Outcome, Trial
from vendtower.domain.errors import LocalFault


class ResultsUnusable(LocalFault):
    """The file with outcomes cannot be read, written or gone on with."""


@dataclass(frozen=True)
class ResultsFile:
    """One line for what was tried with (``setup``), then one for each outcome."""

    path: Path
    setup: str
    """Engine, model, renderer and limits; outcomes of different ones are never put together."""

    def begin(self) -> list[Outcome]:
        """What is in the file already; makes it where there is none.

        A last line that was cut off is dropped: that trial is made again.

        Raises:
            ResultsUnusable: it cannot be read or written, is of another setup, or is no such file.

        """
        try:
            if not self.path.exists():
                self.path.write_text(json.dumps({"setup": self.setup}) + "\n", encoding="utf-8")
                return []
            text = self.path.read_text(encoding="utf-8")
            whole, cut, _rest = text.rpartition("\n")
            if whole + cut != text:
                self.path.write_text(whole + cut, encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ResultsUnusable(f"results {self.path}: cannot be used: {error}") from error
        return self._outcomes(whole.splitlines())

    def _outcomes(self, lines: list[str]) -> list[Outcome]:
        try:
            setup = json.loads(lines[0])["setup"]
            outcomes = [_outcome(json.loads(line)) for line in lines[1:]]
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise ResultsUnusable(
                f"results {self.path}: found no outcomes of the attack bench: {error}"
            ) from error
        if setup != self.setup:
            raise ResultsUnusable(
                f"results {self.path}: made with {setup}, expected {self.setup}; "
                "give another file, or remove this one"
            )
        return outcomes

    def add(self, outcome: Outcome) -> None:
        """Append one outcome.

        Raises:
            ResultsUnusable: it cannot be written.

        """
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(outcome)) + "\n")
        except OSError as error:
            raise ResultsUnusable(f"results {self.path}: cannot be written: {error}") from error


def _outcome(row: dict[str, object]) -> Outcome:
    trial = row.pop("trial")
    assert isinstance(trial, dict)
    conditions = Conditions(**trial.pop("conditions"))
    challenges = row.pop("challenges")
    assert isinstance(challenges, list)
    return Outcome(Trial(conditions=conditions, **trial), challenges=tuple(challenges), **row)  # type: ignore[arg-type]  # as `asdict` wrote it
