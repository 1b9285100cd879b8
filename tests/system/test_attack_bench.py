"""``vendtower identity attack-bench`` with few trials; its full run is in `docs/identity.md`."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from hardware_sim.people.attempts import RenderedAttempts
from vendtower.adapters.identity.attack_bench.plan import plan
from vendtower.adapters.identity.attack_bench.report import report_of, text_lines
from vendtower.adapters.identity.attack_bench.results import ResultsFile, ResultsUnusable
from vendtower.adapters.identity.attack_bench.trial import MATCHED, Conditions, Outcome, Trial

HELD = ("genuine", "flat_print", "bent_print", "still_screen")
PEOPLE = RenderedAttempts.people
SIMULATOR = "hardware_sim.people.attempts:RenderedAttempts"


def installed(folder: Path, target: str | None) -> dict[str, str]:
    """An environment in which a package with this entry point is installed, or none is."""
    root = Path(__file__).parents[2]
    package = folder / "renderer-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: renderer\nVersion: 1\n")
    if target is not None:
        (package / "entry_points.txt").write_text(f"[vendtower.attack_rigs]\ntried = {target}\n")
    return {**os.environ, "PYTHONPATH": f"{folder}:{root / 'src'}:{root}", "COLUMNS": "200"}


def bench(env: dict[str, str], *words: str, isolated: bool = False) -> tuple[int, str, str]:
    """Run the command as installed; ``isolated`` hides renderers of the machine's own."""
    hide = (
        "import importlib.metadata as m; d = m.distributions; "
        "m.distributions = lambda **k: [x for x in d(**k) if x.name != 'vendtower']; "
    )
    program = "import sys; from vendtower.daemon.entry import main; main()"
    command = [sys.executable, "-c", (hide if isolated else "") + program]
    done = subprocess.run(
        [*command, "identity", "attack-bench", *words],
        env=env,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_few_of_each_and_gone_on_with(tmp_path: Path) -> None:
    env = installed(tmp_path, SIMULATOR)
    results, report = tmp_path / "results.jsonl", tmp_path / "report.json"
    words = ["--renderer", "tried", "--seed", "20", "--results", str(results)]
    kinds = [word for kind in HELD for word in ("--kind", kind)]
    code, out, err = bench(env, *words, *kinds, "--trials", "1")
    assert code == 0, out + err
    first = results.read_text().splitlines()
    assert len(first) == 1 + len(HELD)
    code, out, err = bench(
        env, *words, *kinds, "--trials", "2", "--processes", "2", "--json", str(report)
    )
    assert code == 0, out + err
    assert results.read_text().splitlines()[: len(first)] == first, "made anew"
    assert "SIMULATION" in out
    told = json.loads(report.read_text())
    assert [kind["kind"] for kind in told["kinds"]] == list(HELD)
    for kind in told["kinds"]:
        assert kind["overall"]["trials"] == 2
        assert kind["overall"]["errors"] == 0, kind["errors"]
        assert kind["overall"]["high"] > 0.8, "two trials show nothing"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "said"),
    [(None, "no renderer of people is installed"), ("not_there.at_all:Renderer", "not_there")],
)
def test_without_a_renderer(tmp_path: Path, target: str | None, said: str) -> None:
    code, _out, err = bench(installed(tmp_path, target), "--trials", "1", isolated=True)
    assert code == 2
    assert said in err
    assert "install" in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_an_unknown_kind_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    env = installed(tmp_path, SIMULATOR)
    code, _out, err = bench(env, "--renderer", "tried", "--kind", "mask")
    assert code == 2
    assert "'mask' is none of genuine, flat_print" in err
    code, _out, err = bench(env, "--renderer", "mine")
    assert code == 2
    assert "'mine' is not installed, found" in err


def outcomes(kind: str, answers: Sequence[str]) -> list[Outcome]:
    return [
        Outcome(Trial(kind, "somebody", Conditions(), seed), answer, 7.0 + seed, (), 0.3)
        for seed, answer in enumerate(answers)
    ]


def test_errors_are_counted_by_the_side_they_are_on() -> None:
    passed = report_of(outcomes("flat_print", [MATCHED, *["challenge_not_followed"] * 199]))
    assert passed["rate"] == "APCER"
    assert passed["overall"] == {
        "errors": 1, "trials": 200, "rate": 0.005, "low": 0.0001, "high": 0.0275,
    }  # fmt: skip
    assert passed["met"]
    refused = report_of(outcomes("genuine", [MATCHED, "too_dark"]))
    assert refused["rate"] == "BPCER"
    assert not refused["met"], "half of the people were sent away"
    assert report_of(outcomes("genuine", [MATCHED] * 2))["met"]
    slow = report_of(outcomes("genuine", [MATCHED] * 4))
    assert not slow["met"], "8.5 s in the median is too slow"
    film = report_of(outcomes("prepared_turn", [MATCHED]))
    assert film["met"], "no target"
    text = "\n".join(text_lines([passed, refused, film]))
    for line in ("target 2 % met, too few", "TARGET MISSED (5 %)", "no target", "1 too_dark"):
        assert line in text


def test_a_run_that_was_cut_off_is_gone_on_with(tmp_path: Path) -> None:
    file = ResultsFile(tmp_path / "results.jsonl", "engine A")
    assert file.begin() == []
    made = outcomes("genuine", [MATCHED, "no_face"])
    for outcome in made:
        file.add(outcome)
    with file.path.open("a") as opened:
        opened.write('{"trial": {"kind": "gen')
    assert file.begin() == made
    assert file.begin() == made
    with pytest.raises(ResultsUnusable, match="made with engine A, expected engine B"):
        ResultsFile(file.path, "engine B").begin()
    file.path.write_text("file_x,file_y,same\n")
    with pytest.raises(ResultsUnusable, match="found no outcomes"):
        file.begin()


def test_the_plan_is_the_seeds() -> None:
    one, same, other = (plan(HELD, PEOPLE, 4, seed) for seed in (1, 1, 2))
    assert one == same != other
    assert len(one) == 16
    assert plan(HELD, PEOPLE, 6, 1)[: len(one)] == one, "more trials begin with the same"
    assert [trial for trial in one if trial.kind == "genuine"] == plan(["genuine"], PEOPLE, 4, 1)
    conditions = {trial.conditions.distance_m for trial in one}
    assert len(conditions) == 3
    assert {trial.person for trial in plan(HELD, PEOPLE, 6, 1)} == set(PEOPLE)
