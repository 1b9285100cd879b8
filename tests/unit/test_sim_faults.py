"""Every fault of the machine breaks what it says, and mending leaves the tower as it was."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_bridge import register_map as rm
from firmware_bridge.control_block import ControlBlock
from firmware_bridge.job_mailbox import NOWHERE, JobRequest
from firmware_bridge.meanings import AlarmCode, JobState, SafetyB, Verb
from firmware_bridge.words import decode_block, integer
from firmware_bridge.write_guard import job_words
from hardware_sim.faults.catalogue import (
    FAULTS,
    TOWER_FAULTS,
    UnknownFault,
    begin,
    target_of,
)
from hardware_sim.faults.document import FAMILIES, document
from hardware_sim.faults.fault import UnknownTarget
from hardware_sim.plant.axis import AxisName
from hardware_sim.plant.car import Car
from hardware_sim.plant.door import DoorPosition
from hardware_sim.plc.interlocks import lift_inhibit
from hardware_sim.tower import TowerCore
from tests.fast_site import fast_site

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def core() -> TowerCore:
    return TowerCore(
        fast_site(1.0),
        cars={7: Car("VIN-A")},
        utc_s=lambda: 0.0,
        chance=random.Random(1),
    )


def sensor(name: str) -> Callable[[TowerCore], object]:
    return lambda tower: tower.plant.sensors.shown(name)


def system(field: str) -> Callable[[TowerCore], object]:
    def read(tower: TowerCore) -> object:
        words = tower.read(rm.SYSTEM.address, rm.SYSTEM.size)
        return integer(decode_block(rm.SYSTEM, words), field)

    return read


def inhibited(tower: TowerCore) -> int:
    assert tower.plc is not None
    return lift_inhibit(tower.plc.machine, tower.plc.machine.lifts[1])


def scan_stands(tower: TowerCore) -> object:
    before = system("hb_plc")(tower)
    tower.advance(tower.plant.now_s + 1.0)
    return before == system("hb_plc")(tower)


SEEN: dict[str, tuple[str | None, Callable[[TowerCore], object]]] = {
    "sensor-stuck": ("slot:7", sensor("slot7.occupied")),
    "sensor-flickering": ("bay2.weight_kg", sensor("bay2.weight_kg")),
    "hoist-jam": (None, lambda tower: tower.plant.lifts[1].hoist.jammed),
    "turntable-jam": (None, lambda tower: tower.plant.lifts[1].turntable.jammed),
    "shuttle-jam": (None, lambda tower: tower.plant.lifts[1].shuttle.jammed),
    "inner-door-stuck": ("bay:2", lambda tower: tower.plant.bays[2].inner.jammed),
    "outer-door-stuck": ("bay:2", lambda tower: tower.plant.bays[2].outer.jammed),
    "inner-lock-broken": (None, sensor("bay1.inner_locked")),
    "outer-lock-broken": (None, sensor("bay1.outer_locked")),
    "wrong-weight": (None, sensor("lift1.load_kg")),
    "overload": (None, sensor("tower.overload_ok")),
    "drive-hot": (None, lambda tower: tower.plant.lifts[1].drive_warmth_c.copy()),
    "person-inside": (None, sensor("bay1.person_inside")),
    "curtain-broken": ("bay:2", sensor("bay2.curtain_clear")),
    "estop": ("bay:2", sensor("bay2.estop_ok")),
    "fire": (None, system("safety_b")),
    "slack-rope": (None, system("safety_a")),
    "overspeed": (None, system("safety_a")),
    "hatch-open": (None, system("safety_b")),
    "curtain-test": (None, system("safety_a")),
    "lock-chain": (None, system("safety_a")),
    "end-stop": (None, system("safety_a")),
    "torque-off": (None, system("safety_a")),
    "pit-open": (None, system("safety_b")),
    "brake-test": (None, system("safety_b")),
    "safety-comms": (None, system("safety_b")),
    "on-battery": (None, system("ups")),
    "battery-low": (None, inhibited),
    "plc-frozen": (None, scan_stands),
    "ack-late": (None, lambda tower: tower.plc and tower.plc.machine.mailboxes[1].answer_delay_s),
    "ack-lost": (None, lambda tower: tower.plc and tower.plc.machine.mailboxes[0].answer_delay_s),
    "start-late": (None, lambda tower: tower.plc and tower.plc.machine.lifts[1].begins_after_s),
    "start-overdue": (None, lambda tower: tower.plc and tower.plc.machine.lifts[1].begins_after_s),
    "lift-creeps": (None, lambda tower: tower.plant.lifts[1].speed_share),
    "ack-doubled": (None, lambda tower: tower.jobs_repeated_after_s),
}


@pytest.mark.parametrize("name", TOWER_FAULTS)
def test_it_breaks_and_is_mended(name: str) -> None:
    at, seen = SEEN[name]
    tower = core()
    tower.plant.lifts[1].car = Car("VIN-B")
    before = seen(tower)
    mend = begin(tower, name, at)
    broken = seen(tower)
    assert broken != before
    mend()
    tower.advance(tower.plant.now_s + 10.0)
    assert seen(tower) == before


@pytest.mark.parametrize("name", TOWER_FAULTS)
def test_two_at_one_place_leave_nothing_behind(name: str) -> None:
    at, seen = SEEN[name]
    tower = core()
    tower.plant.lifts[1].car = Car("VIN-B")
    before = seen(tower)
    for mend in [begin(tower, name, at), begin(tower, name, at)]:
        mend()
    tower.advance(tower.plant.now_s + 10.0)
    assert seen(tower) == before


def test_a_flickering_sensor_goes_on_by_the_plants_own_clock() -> None:
    tower = core()
    mend = begin(tower, "sensor-flickering", "slot:7")
    shown = []
    for _ in range(6):
        shown.append(tower.plant.sensors.on("slot7.occupied"))
        tower.advance(tower.plant.now_s + 0.15)
    assert shown == [False, True, False, True, False, True]
    mend()
    assert tower.next_s() is None or not tower.plant.sensors.overridden
    tower.advance(tower.plant.now_s + 1.0)
    assert tower.plant.sensors.on("slot7.occupied")


@pytest.mark.parametrize("name", ["slack-rope", "fire", "hatch-open", "overload"])
def test_a_tripped_safety_function_bars_the_lift_and_raises_its_own_alarm(name: str) -> None:
    tower = core()
    tower.plant.lifts[1].car = Car("VIN-B")
    begin(tower, name)
    tower.advance(tower.plant.now_s + 1.0)
    assert tower.plc is not None
    assert inhibited(tower) & 1
    assert tower.plc.machine.alarms.active
    # A gate pauses; everything else stops for good.
    assert tower.plc.state().name == ("HELD" if name == "hatch-open" else "ABORTED")


def test_a_due_brake_test_stops_nothing_and_bars_the_next_job() -> None:
    tower = core()
    tower.plant.trip("brake_test")
    tower.advance(tower.plant.now_s + 1.0)
    assert tower.plc is not None
    assert tower.plc.state().name == "IDLE"
    assert inhibited(tower) & 1
    assert not tower.plc.machine.safety_b() & SafetyB.BRAKE_TEST


def ordered(tower: TowerCore) -> None:
    """A controller that beats, and has lift 1 sent home."""
    control = ControlBlock(7, lambda: 1e9)
    control.permit = 0x1F
    for _ in range(2):
        tower.write(rm.CONTROL.address, control.beat(up=True))
        tower.advance(tower.plant.now_s + 0.2)
    assert tower.plc is not None
    tower.plc.machine.link.hold()
    home = JobRequest(
        seq=1,
        job_id=1,
        session=7,
        verb=Verb.HOME,
        source=NOWHERE,
        destination=NOWHERE,
        expected_weight_kg=0,
        expected_height_mm=0,
        valid_ms=2000,
    )
    tower.write(*job_words(1, home))
    tower.advance(tower.plant.now_s + 0.1)


def test_a_job_that_begins_late_is_accepted_and_not_counted_until_it_begins() -> None:
    tower = core()
    begin(tower, "start-late")
    ordered(tower)
    assert tower.plc is not None
    lift = tower.plc.machine.lifts[1]
    assert (lift.job_state, lift.retained.exec_count) == (JobState.ACCEPTED, 0)
    tower.advance(tower.plant.now_s + 7.8)
    assert lift.job_state is JobState.ACCEPTED
    tower.advance(tower.plant.now_s + 0.2)
    assert (lift.job_state, lift.retained.exec_count) == (JobState.DONE, 1)  # it was home already


def test_a_plc_that_forgets_counts_anew_and_says_so() -> None:
    tower = core()
    ordered(tower)
    tower.advance(tower.plant.now_s + 60.0)
    assert tower.retained.lifts[1].exec_count == 1
    tower.power_off_plc()
    tower.forget_plc_memory()
    tower.power_on_plc()
    assert tower.plc is not None
    assert tower.plc.machine.lifts[1].retained.exec_count == 0
    assert [e.key.code for e in tower.plc.machine.alarms.entries] == [AlarmCode.RETAINED_LOST]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("on-battery", AlarmCode.MAINS_LOST),
        ("battery-low", AlarmCode.BATTERY_LOW),
        ("drive-hot", AlarmCode.DRIVE_HOT),
        ("end-stop", AlarmCode.END_STOP),
        ("lock-chain", AlarmCode.SAFETY_DOOR_LOCK),
    ],
)
def test_what_is_wrong_is_told_by_an_alarm_until_it_is_mended(name: str, code: AlarmCode) -> None:
    tower = core()
    mend = begin(tower, name)
    tower.advance(tower.plant.now_s + 1.0)
    assert tower.plc is not None
    assert code in {key.code for key in tower.plc.machine.alarms.active}
    mend()
    tower.advance(tower.plant.now_s + 1.0)
    assert code not in {key.code for key in tower.plc.machine.alarms.active}


@pytest.mark.parametrize(
    ("name", "at", "said"),
    [
        ("hoist-jam", "lift:9", "expected one of"),
        ("hoist-jam", "bay:1", "expected lift:N"),
        ("estop", "tower", ""),
        ("sensor-stuck", "bay1.smell", "sensor 'bay1.smell'"),
        ("sensor-stuck", "slot:99", "slot99.occupied"),
        ("outer-door-stuck", "somewhere", "expected bay:N"),
    ],
)
def test_places_that_are_not_there_are_refused_with_what_is(name: str, at: str, said: str) -> None:
    fault, plant = FAULTS[name], core().plant
    if not said:
        assert str(target_of(fault, at, plant)) == at
        return
    with pytest.raises(UnknownTarget, match=said):
        target_of(fault, at, plant)


def test_an_unknown_name_is_refused_with_all_that_there_are() -> None:
    with pytest.raises(UnknownFault, match="hoist-jam"):
        begin(core(), "gremlins")


def test_every_fault_is_in_a_family_and_on_the_page() -> None:
    assert {each.name for family in FAMILIES.values() for each in family} == set(FAULTS)
    assert set(SEEN) == set(TOWER_FAULTS)
    assert PAGE.read_text(encoding="utf-8") == document(), (
        "run python -m hardware_sim.faults.document > docs/faults.md"
    )


def burn(tower: TowerCore, seconds: float) -> None:
    begin(tower, "fire")
    tower.advance(tower.plant.now_s + seconds)


def test_a_door_that_does_not_open_on_fire_is_sent_once_and_stuck() -> None:
    tower = core()
    begin(tower, "outer-door-stuck", "bay:2")
    burn(tower, 10.0)
    assert len(tower.plant.log.told("outer door opening", "bay 2")) == 1
    assert tower.plc is not None
    assert tower.plc.machine.bays[2].stuck == {"outer"}
    assert tower.plant.bays[1].outer.position(tower.plant.now_s) is DoorPosition.OPEN


def test_a_lift_that_does_not_move_on_fire_is_sent_again_once_a_second() -> None:
    tower = core()
    hoist = tower.plant.lifts[1].hoist
    tower.plant.move_axis(1, AxisName.HOIST, 3000.0)
    tower.advance(60.0)
    mend = begin(tower, "hoist-jam")
    moved = len(tower.plant.log.told("moving"))
    burn(tower, 10.0)
    assert 9 <= len(tower.plant.log.told("moving")) - moved <= 11
    mend()
    tower.advance(tower.plant.now_s + 60.0)
    level_mm = tower.plant.site.lifts[1].fire_height_mm
    assert hoist.position(tower.plant.now_s) == pytest.approx(level_mm, abs=1.0)
