"""The commands against the real application over its Unix socket."""

import asyncio
import getpass
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.unit.web.tower_sample import (
    RecordingControls,
    RunningWeb,
    open_case,
    picture,
    running_web,
)
from vendtower.cli.main import cli
from vendtower.domain.case import CaseKind, Settlement
from vendtower.domain.reservation_list import ListAge
from vendtower.domain.vehicle import Vehicle
from vendtower.ports.screens import ListStatus, TowerPicture

CSV_HEAD = "vin,plate,model,length_mm,width_mm,height_mm,weight_kg,slot\n"


@dataclass
class Tower:
    """A daemon's web side in a thread, and a shell to call the commands from."""

    running: RunningWeb
    loop: asyncio.AbstractEventLoop

    @property
    def controls(self) -> RecordingControls:
        return self.running.controls

    def show(self, newest: TowerPicture) -> None:
        async def there() -> None:
            self.running.board.show(newest)

        asyncio.run_coroutine_threadsafe(there(), self.loop).result(5)

    def call(self, *words: str, typed: str | None = None) -> Result:
        arguments = ["--socket", str(self.running.control_socket), *words]
        return CliRunner().invoke(cli, arguments, input=typed)


@pytest.fixture
def tower(tmp_path: Path) -> Iterator[Tower]:
    started: list[Tower] = []
    ready = threading.Event()
    stops: list[asyncio.Event] = []

    async def serve() -> None:
        stops.append(asyncio.Event())
        async with running_web(tmp_path) as running:
            started.append(Tower(running, asyncio.get_running_loop()))
            ready.set()
            await stops[0].wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    started[0].show(picture())
    yield started[0]
    started[0].loop.call_soon_threadsafe(stops[0].set)
    thread.join(10)


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("status", ["in service", "6 cars, 2 open visits, 1 open jobs, 1 open cases", "cloud"]),
        ("visits", ["R-1001", "verified", "slot 12"]),
        ("cars", ["粤A·00003", "bay 2", "4810 x 1880 x 1545"]),
        ("jobs", ["fetch", "slot 12", "bay 1", "started"]),
        ("cases", ["Case 7", "Where does the car stand?", "car_in_slot", "may move at once"]),
        ("events", ["visit.car_departed.v1", "delivered"]),
    ],
)
def test_looking(tower: Tower, command: str, shown: list[str]) -> None:
    result = tower.call(command)
    assert result.exit_code == 0, result.output
    flat = " ".join(result.output.split())
    for text in shown:
        assert text in flat


@pytest.mark.parametrize("command", ["status", "visits", "cars", "jobs", "cases", "events"])
def test_looking_as_json(tower: Tower, command: str) -> None:
    result = tower.call(command, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["schema"] == 1


@pytest.mark.parametrize("command", [["status"], ["watch", "--pictures", "1"]])
def test_an_old_or_unsigned_list_is_told(tower: Tower, command: list[str]) -> None:
    age = ListAge(80 * 3600.0, 72 * 3600.0)
    found = ListStatus(age, signature_required=False)
    tower.show(replace(picture(), reservation_list=found))
    flat = " ".join(tower.call(*command).output.split())
    assert "too old: staff decide about every customer; confirmed 80.0 h ago" in flat
    assert "NOT SIGNED" in flat


def test_status_as_json_has_the_health(tower: Tower) -> None:
    assert json.loads(tower.call("status", "--json").stdout)["health"]["ready"] is True


def test_events_pass_their_options_on(tower: Tower) -> None:
    result = tower.call("events", "--dead", "--limit", "7")
    assert "dead: unknown visit" in result.output
    assert tower.controls.asked == [("history", 7, True)]


def test_watch_paints_the_tower(tower: Tower) -> None:
    result = tower.call("watch", "--pictures", "1")
    assert result.exit_code == 0, result.output
    for text in ("L5", "L1", " 12■", " 33?", " 27x", "[bay 2 ■]", "CASE 7", "lift 1: moves"):
        assert text in result.output


def test_watch_says_that_data_is_old(tower: Tower) -> None:
    tower.show(replace(picture(), machine_fresh=False, in_service=False))
    result = tower.call("watch", "--pictures", "1")
    assert "too old to count" in result.output
    assert "OUT OF SERVICE" in result.output


def test_watch_as_json_is_a_line_per_picture(tower: Tower) -> None:
    result = tower.call("watch", "--json", "--pictures", "1")
    [line] = result.stdout.splitlines()
    assert json.loads(line)["status"]["in_service"] is True


# Who is not there, and who says no


def test_no_daemon(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    for words in (["status"], ["watch"], ["case", "settle", "7", "continue"]):
        result = CliRunner().invoke(cli, words, env={"VENDTOWER_SOCKET": str(path)})
        assert result.exit_code == 3
        assert f"no daemon at {path}" in result.stderr
        assert "is the daemon running?" in result.stderr


def test_no_daemon_as_json(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    result = CliRunner().invoke(cli, ["status", "--json", "--socket", str(path)])
    assert result.exit_code == 3
    assert "no daemon" in json.loads(result.stdout)["reason"]


def test_a_daemon_that_does_not_know_yet(tmp_path: Path, tower: Tower) -> None:
    tower.running.board._picture = None
    result = tower.call("cars")
    assert result.exit_code == 1
    assert "not known yet" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["events", "--limit", "0"],
        ["nothing"],
        ["case", "settle", "x", "continue"],
        ["case", "settle", "7", "guess"],
        ["case", "settle", "7"],
    ],
)
def test_wrong_usage(tower: Tower, words: list[str]) -> None:
    assert tower.call(*words).exit_code == 2
    assert tower.controls.asked == []


def test_help_names_the_exit_codes() -> None:
    output = CliRunner().invoke(cli, ["--help"]).output
    assert "3 no daemon answers" in " ".join(output.split())


# Settling cases


def test_settling_says_what_moves_and_wants_the_number_typed(tower: Tower) -> None:
    result = tower.call("case", "settle", "7", "continue", "--note", "seen", typed="7\n")
    assert result.exit_code == 0, result.output
    assert "Lift 1 is released and may move at once." in result.stderr
    assert "The lift goes on with car LVTDB000000000005." in result.stderr
    assert result.stdout.strip().endswith("done as asked")
    assert tower.controls.asked == [
        ("settle", 7, Settlement.CONTINUE, getpass.getuser(), "seen", None)
    ]


@pytest.mark.parametrize("typed", ["8\n", "y\n", "\n", "yes\n"])
def test_anything_else_typed_changes_nothing(tower: Tower, typed: str) -> None:
    result = tower.call("case", "settle", "7", "continue", typed=typed)
    assert result.exit_code == 1
    assert "nothing was changed" in result.stderr
    assert tower.controls.asked == []


def test_nobody_at_the_keyboard_changes_nothing(tower: Tower) -> None:
    assert tower.call("case", "settle", "7", "continue", typed="").exit_code == 1
    assert tower.controls.asked == []


def test_yes_is_not_enough_where_something_moves(tower: Tower) -> None:
    result = tower.call("case", "settle", "7", "continue", "--yes")
    assert result.exit_code == 2
    assert "--confirm 7" in result.stderr
    assert tower.controls.asked == []


def test_scripts_give_the_number_again(tower: Tower) -> None:
    words = ["case", "settle", "7", "car_in_slot", "--slot", "31", "--by", "technician on duty"]
    assert tower.call(*words, "--confirm", "8").exit_code == 2
    assert tower.controls.asked == []
    result = tower.call(*words, "--confirm", "7", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"done": True, "message": "done as asked"}
    assert tower.controls.asked == [
        ("settle", 7, Settlement.CAR_IN_SLOT, "technician on duty", "", 31)
    ]


@pytest.mark.parametrize(
    "words", [["car_in_slot"], ["continue", "--slot", "3"], ["car_in_bay", "--slot", "3"]]
)
def test_the_slot_belongs_to_car_in_slot(tower: Tower, words: list[str]) -> None:
    result = tower.call("case", "settle", "7", *words, "--confirm", "7")
    assert result.exit_code == 2
    assert "--slot" in result.stderr
    assert tower.controls.asked == []


def harmless() -> TowerPicture:
    """A customer to be let try again: nothing stands still for it, nothing moves."""
    question = replace(
        open_case(),
        case_id=8,
        kind=CaseKind.IDENTITY,
        question="Three refusals.",
        choices=(Settlement.TRY_AGAIN,),
        lift=None,
    )
    return replace(picture(), cases=(question,))


@pytest.mark.parametrize(("words", "typed"), [(["--yes"], None), ([], "y\n")])
def test_what_moves_nothing_may_go_with_yes(
    tower: Tower, words: list[str], typed: str | None
) -> None:
    tower.show(harmless())
    result = tower.call("case", "settle", "8", "try_again", *words, typed=typed)
    assert result.exit_code == 0, result.output
    assert len(tower.controls.asked) == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["99", "continue"], "no such case"),
        (["7", "close_visit"], "it takes continue, car_in_slot, car_in_bay"),
    ],
)
def test_cases_that_do_not_take_it(tower: Tower, words: list[str], why: str) -> None:
    result = tower.call("case", "settle", *words, "--confirm", words[0])
    assert result.exit_code == 1
    assert why in result.stderr


def test_a_settled_case_stays_settled(tower: Tower) -> None:
    settled = replace(open_case(), settlement=Settlement.CONTINUE, settled_by="operator")
    tower.show(replace(picture(), cases=(settled,)))
    result = tower.call("case", "settle", "7", "continue", "--confirm", "7")
    assert result.exit_code == 1
    assert "settled already as continue by operator" in result.stderr
    assert "operator" in tower.call("cases").output


def test_the_towers_refusal_is_told(tower: Tower) -> None:
    tower.controls.refusal = "slot 31 is occupied by car X"
    words = ["case", "settle", "7", "car_in_slot", "--slot", "31", "--confirm", "7"]
    result = tower.call(*words)
    assert result.exit_code == 1
    assert "slot 31 is occupied by car X" in result.stderr
    assert "slot 31 is occupied by car X" in tower.call(*words, "--json").stdout


# Loading cars


def test_a_reset_wants_the_word_typed(tower: Tower) -> None:
    assert tower.call("machine", "reset", "--by", "technician", typed="no\n").exit_code == 1
    assert tower.call("machine", "reset", "--by", "technician", typed="reset\n").exit_code == 0
    assert tower.controls.asked == [("reset", "technician")]


def test_loading_cars(tower: Tower, tmp_path: Path) -> None:
    file = tmp_path / "stock.csv"
    file.write_text(
        CSV_HEAD + "V1,粤A·1,Aion S,4810,1880,1545,1750,5\nV2,,,4000,1800,1500,1400,6\n",
        encoding="utf-8-sig",
    )
    result = tower.call("cars", "load", str(file), "--by", "operator")
    assert result.exit_code == 0, result.output
    [(what, lines, by)] = tower.controls.asked
    assert (what, by) == ("load", "operator")
    assert isinstance(lines, tuple)
    assert [(line.vehicle.vin, line.slot) for line in lines] == [("V1", 5), ("V2", 6)]


def test_a_wrong_file_is_not_sent(tower: Tower, tmp_path: Path) -> None:
    file = tmp_path / "stock.csv"
    file.write_text(CSV_HEAD + "V1,p,m,4810,1880,abc,1750,5\n", encoding="utf-8")
    result = tower.call("cars", "load", str(file))
    assert result.exit_code == 2
    assert "line 2, column height_mm: found 'abc'" in result.stderr
    assert tower.controls.asked == []


def test_cars_on_their_way_in_are_listed(tower: Tower) -> None:
    tower.show(picture())
    shown = tower.call("dropoffs")
    assert shown.exit_code == 0
    assert "measured" in shown.output
    assert json.loads(tower.call("dropoffs", "--json").output)["dropoffs"][0]["bay"] == 2


FIGURES = [
    *("--plate", "A 1", "--model", "Aion S", "--length-mm", "4810", "--width-mm", "1880"),
    *("--height-mm", "1545", "--weight-kg", "1750"),
]


def test_a_known_car_is_admitted_by_its_plate(tower: Tower) -> None:
    done = tower.call("cars", "admit", "A 59", "--bay", "2", "--by", "Li")
    assert done.exit_code == 0, done.output
    assert tower.controls.asked == [("admit", "A 59", 2, None, "Li")]


def test_a_new_car_is_admitted_with_all_its_figures(tower: Tower) -> None:
    vin = "LVTDB000000000060"
    done = tower.call("cars", "admit", vin, "--bay", "1", *FIGURES)
    assert done.exit_code == 0, done.output
    vehicle = Vehicle(vin, "A 1", "Aion S", 4810, 1880, 1545, 1750)
    assert tower.controls.asked == [("admit", vin, 1, vehicle, getpass.getuser())]


def test_half_the_figures_are_not_enough(tower: Tower) -> None:
    done = tower.call("cars", "admit", "LVTDB000000000060", "--bay", "1", *FIGURES[:4])
    assert done.exit_code == 2
    assert "--length-mm" in done.output
    assert tower.controls.asked == []
