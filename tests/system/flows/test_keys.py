"""Keys out of the cabinet at a hand-over, and back into it at a return."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hardware_sim.keys import lay_key_back, pull_open, take_key_out
from tests.bench.bay_equipment import FIRST, equipped_bench, with_cabinets
from tests.bench.returns import Returns
from tests.bench.tower_bench import STAFF, Customer, TowerBench
from vendtower.domain.case import Settlement
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.key_errand import KeyErrand, KeyPurpose, KeyState
from vendtower.domain.pickup import VisitState
from vendtower.ports.journal import Change

pytestmark = pytest.mark.slow
PLACE = 1
COMPARTMENT = FIRST + PLACE


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[TowerBench]:
    """A tower with key cabinets, in service."""
    async with equipped_bench(tmp_path, with_cabinets) as bench:
        yield bench


def key_of(bench: TowerBench, customer: Customer) -> KeyErrand | None:
    visit = bench.tower.book.visit_of(customer.reservation_id)
    return None if visit is None else bench.tower.book.keys.get(visit.visit_id)


async def key_is(bench: TowerBench, customer: Customer, *wanted: KeyState) -> KeyErrand:
    await bench.until(
        lambda: (key := key_of(bench, customer)) is not None and key.state in wanted,
        lambda: f"{key_of(bench, customer)}, wanted {wanted}",
    )
    found = key_of(bench, customer)
    assert found is not None
    return found


async def key_taken(bench: TowerBench, customer: Customer) -> None:
    await bench.identify(customer)
    await bench.phase(1, "key_take", str(COMPARTMENT))
    await take_key_out(bench.world.boards[1], PLACE)


@pytest.mark.both_wires
async def test_the_key_comes_before_the_door(bench: TowerBench) -> None:
    customer = await bench.book(0, key_compartment=COMPARTMENT)
    board = bench.world.boards[1]
    await bench.identify(customer)
    await bench.phase(1, "key_take", str(COMPARTMENT))
    assert bench.visit_state(customer) is VisitState.PRESENTED
    assert bench.doors_opened(1) == 0, "the street door opened before the key was out"
    await take_key_out(board, PLACE)
    await bench.depart(customer)
    assert board.board.released == [PLACE]
    taken = await bench.event("key.taken")
    assert (taken["vin"], taken["compartment"]) == (customer.vin, COMPARTMENT)
    assert (await bench.event("key.release_asked"))["transaction_id"]


async def test_a_reservation_without_a_key_opens_nothing(bench: TowerBench) -> None:
    await bench.collect(await bench.book(0))
    assert bench.world.boards[1].board.released == []


async def test_somebody_in_the_bay_keeps_it_shut(tmp_path: Path) -> None:
    async with equipped_bench(tmp_path, with_cabinets) as bench:
        customer = await bench.book(0, key_compartment=COMPARTMENT)
        tower, journal = bench.world.tower, bench.tower.book.journal
        commit = journal.commit

        async def tapped(change: Change) -> None:
            await commit(change)
            if any(v.state is VisitState.PRESENTED for v in change.visits):
                tower.act(lambda: tower.sensors.override("bay1.person_inside", value=True))
                await bench.until(
                    lambda: (m := bench.tower.machine()) is not None and m.bays[1].person_inside
                )

        journal.commit = tapped  # type: ignore[method-assign]  # the wire to the disk is tapped
        await bench.identify(customer)
        await key_is(bench, customer, KeyState.WANTED)
        assert bench.world.boards[1].board.released == []
        tower.act(tower.sensors.heal)
        await take_key_out(bench.world.boards[1], PLACE)
        await bench.depart(customer)


async def test_nobody_pulls_the_door_and_the_customer_asks_again(
    bench: TowerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hardware_sim.kiosk_board.board.CABINET_WAIT_S", 0.2)
    customer = await bench.book(0, key_compartment=COMPARTMENT)
    await bench.identify(customer)
    await key_is(bench, customer, KeyState.SHUT)
    board = bench.world.boards[1].board
    assert board.released == [PLACE], "released again unasked"
    monkeypatch.setattr("hardware_sim.kiosk_board.board.CABINET_WAIT_S", 5.0)
    assert (await Returns(bench).press("compartment"))["done"]
    await take_key_out(bench.world.boards[1], PLACE)
    await bench.depart(customer)
    assert board.released == [PLACE, PLACE]
    asked = [e["transaction_id"] for e in bench.events("key.release_asked")]
    assert len(set(asked)) == 2, "a second release under the id of the first"


async def test_who_asks_before_pulling_the_door_gets_it_once(bench: TowerBench) -> None:
    """Seed 282463782: it was released again with the key out already."""
    customer = await bench.book(0, key_compartment=COMPARTMENT)
    await bench.identify(customer)
    board = bench.world.boards[1]
    await bench.until(lambda: board.board.released == [PLACE])
    assert (await Returns(bench).press("compartment"))["done"]
    await pull_open(board, PLACE)
    await key_is(bench, customer, KeyState.OPENED)
    board.take_key(PLACE)
    board.close_drawer(PLACE)
    await bench.depart(customer)
    assert board.board.released == [PLACE], "released again for an asking that it has answered"


async def test_a_key_that_is_out_is_not_released_again(bench: TowerBench) -> None:
    """The button was pressed in the moment in which the key was taken."""
    customer = await bench.book(0, key_compartment=COMPARTMENT)
    await bench.identify(customer)
    board, kiosk = bench.world.boards[1], bench.tower.kiosks[1]
    await pull_open(board, PLACE)
    await key_is(bench, customer, KeyState.OPENED)
    # Both are seen by the next look alone: the asking rings no bell.
    kiosk.key_asked = True
    board.take_key(PLACE)
    board.close_drawer(PLACE)
    await bench.depart(customer)
    assert board.board.released == [PLACE]


async def test_the_key_is_left_and_staff_hand_it_over(tmp_path: Path) -> None:
    async with equipped_bench(tmp_path, with_cabinets, key_timeout_s=1.0) as bench:
        customer = await bench.book(0, key_compartment=COMPARTMENT)
        await bench.identify(customer)
        await pull_open(bench.world.boards[1], PLACE)
        case = await bench.case("key")
        assert "nobody took it" in case["question"]
        shown = await bench.phase(1, "key_with_staff")
        assert shown["case_id"] == case["case_id"]
        assert (await bench.event("key.not_taken"))["why"] == "nobody took it"
        assert bench.doors_opened(1) == 0
        assert (await bench.settle(case, "key_moved"))["done"]
        await bench.depart(customer)
        key = await key_is(bench, customer, KeyState.DONE_BY_STAFF)
        assert STAFF in key.reason


async def test_staff_end_the_visit_and_the_car_goes_back(tmp_path: Path) -> None:
    async with equipped_bench(tmp_path, with_cabinets, key_timeout_s=1.0) as bench:
        customer = await bench.book(0, key_compartment=COMPARTMENT)
        await bench.identify(customer)
        await bench.settled("key", "close_visit")
        await bench.state(customer, VisitState.CLOSED_BY_STAFF)
        await bench.home(customer)
        assert bench.doors_opened(1) == 0
        assert bench.tower.book.keys[next(iter(bench.tower.book.keys))].state is KeyState.DROPPED


async def test_a_compartment_of_another_kiosk_is_a_matter_for_staff(bench: TowerBench) -> None:
    customer = await bench.book(0, key_compartment=FIRST + 5)
    await bench.identify(customer)
    case = await bench.case("key")
    assert "kiosk 1 has no such compartment" in case["question"]
    await bench.settle(case, "key_moved")
    await bench.depart(customer)
    assert bench.world.boards[2].board.released == []


async def test_a_key_that_staff_may_have_fetched_where_no_sensor_sees_it(
    bench: TowerBench,
) -> None:
    """It lies at another kiosk; while staff are on their way with it the reservation goes."""
    customer = await bench.book(0, key_compartment=FIRST + 5)
    await bench.identify(customer)
    asked = await bench.case("key")
    bench.world.cloud.withdraw(customer.reservation_id)
    await bench.state(customer, VisitState.CANCELLED)
    assert bench.tower.book.cases[asked["case_id"]].settlement is Settlement.NO_LONGER_NEEDED
    (back,) = bench.tower.book.open_cases()
    assert f"is it back in compartment {FIRST + 5}" in back.question
    assert (await bench.settle({"case_id": back.case_id}, "key_moved"))["done"]
    await bench.home(customer)


async def test_an_empty_compartment_is_not_a_key_that_was_taken(bench: TowerBench) -> None:
    bench.world.boards[1].take_key(PLACE)
    customer = await bench.book(0, key_compartment=COMPARTMENT)
    await bench.until(
        lambda: (state := bench.tower.cabinets[1].state) and PLACE not in state.keys_present
    )
    await bench.identify(customer)
    case = await bench.case("key")
    assert "its compartment is empty" in case["question"]
    assert bench.doors_opened(1) == 0
    await bench.settle(case, "key_moved")
    await bench.depart(customer)


async def test_without_a_board_staff_hand_over(tmp_path: Path) -> None:
    async with equipped_bench(tmp_path, key_timeout_s=1.0) as bench:
        customer = await bench.book(0, key_compartment=COMPARTMENT)
        await bench.identify(customer)
        await bench.settled("key", "key_moved")
        await bench.depart(customer)


@pytest.mark.both_wires
async def test_a_board_that_is_lost_is_waited_for(bench: TowerBench) -> None:
    board = bench.world.boards[1]
    board.unplug()
    await bench.until(lambda: bench.tower.cabinets[1].state is None)
    customer = await bench.book(0, key_compartment=COMPARTMENT)
    await bench.identify(customer)
    await key_is(bench, customer, KeyState.WANTED)
    await bench.phase(1, "key_take")
    assert (await Returns(bench).press("compartment"))["done"], "who waits may ask for it"
    board.plug()
    await take_key_out(board, PLACE)
    await bench.depart(customer)
    assert board.board.released == [PLACE], "released again for an asking from before"


# --- restarts


async def frozen_when(bench: TowerBench, state: KeyState) -> Customer:
    """A controller that ends in the moment in which the key's state has reached the disk."""
    customer = await bench.book(0, key_compartment=COMPARTMENT)
    bench.freeze_at(lambda change: any(key.state is state for key in change.keys))
    bench.spawn(bench.identify(customer))
    return customer


async def test_power_is_cut_before_the_board_was_asked(bench: TowerBench) -> None:
    """The board knows nothing of that transaction, so it is asked now, once."""
    customer = await frozen_when(bench, KeyState.ASKED)
    await bench.until(bench.frozen.is_set)
    await bench.restart()
    await take_key_out(bench.world.boards[1], PLACE)
    await bench.depart(customer)
    assert bench.world.boards[1].board.released == [PLACE]


async def test_power_is_cut_after_the_door_opened(bench: TowerBench) -> None:
    """The key still lies there: nothing is released a second time unasked."""
    customer = await frozen_when(bench, KeyState.OPENED)
    await pull_open(bench.world.boards[1], PLACE)
    await bench.until(bench.frozen.is_set)
    bench.world.boards[1].close_drawer(PLACE)
    await bench.restart()
    await bench.phase(1, "key_take")
    assert bench.world.boards[1].board.released == [PLACE]
    await Returns(bench).press("compartment")
    await take_key_out(bench.world.boards[1], PLACE)
    await bench.depart(customer)


async def test_the_key_is_taken_while_the_power_is_off(bench: TowerBench) -> None:
    customer = await frozen_when(bench, KeyState.OPENED)
    board = bench.world.boards[1]
    await pull_open(board, PLACE)
    await bench.until(bench.frozen.is_set)
    await bench.crash()
    board.take_key(PLACE)
    board.close_drawer(PLACE)
    await bench.start()
    await bench.depart(customer)
    assert board.board.released == [PLACE]


async def test_a_board_that_was_started_anew_is_not_asked_again(bench: TowerBench) -> None:
    """It may have forgotten the transaction and would release once more."""
    customer = await frozen_when(bench, KeyState.ASKED)
    await bench.until(bench.frozen.is_set)
    await bench.crash()
    bench.world.boards[1].reboot()
    await bench.start()
    key = await key_is(bench, customer, KeyState.SHUT)
    assert "started anew" in key.reason
    assert bench.world.boards[1].board.released == []


# --- the way back


async def out_with_key(bench: TowerBench) -> Customer:
    customer = await bench.book(0, key_compartment=COMPARTMENT)
    await key_taken(bench, customer)
    await bench.depart(customer)
    await bench.phase(1, "free")
    return customer


async def test_the_key_comes_back_before_the_question(bench: TowerBench) -> None:
    customer = await out_with_key(bench)
    returns = Returns(bench)
    await returns.announce(customer)
    await returns.park(customer.vin)
    await bench.phase(1, "key_back", str(COMPARTMENT))
    assert bench.executed() == 1
    await lay_key_back(bench.world.boards[1], PLACE)
    await returns.confirm()
    await returns.state(customer.vin, DropoffState.STORED)
    back = await bench.event("key.returned")
    assert (back["vin"], back["compartment"]) == (customer.vin, COMPARTMENT)


async def test_power_is_cut_while_the_key_is_asked_for(bench: TowerBench) -> None:
    """Right after a start nothing is known of the bay: that is no reason to forget the key."""
    customer = await out_with_key(bench)
    board, returns = bench.world.boards[1], Returns(bench)
    await returns.announce(customer)
    bench.freeze_at(
        lambda change: any(
            key.purpose is KeyPurpose.GIVE_BACK and key.state is KeyState.OPENED
            for key in change.keys
        )
    )
    await returns.park(customer.vin)
    await pull_open(board, PLACE)
    board.close_drawer(PLACE)
    await bench.until(bench.frozen.is_set)
    await bench.restart()
    await bench.phase(1, "key_back", str(COMPARTMENT))
    await returns.press("compartment")
    await lay_key_back(board, PLACE)
    await returns.confirm()
    await returns.state(customer.vin, DropoffState.STORED)
    assert (await bench.event("key.returned"))["vin"] == customer.vin


async def test_somebody_in_the_bay_ends_the_question_for_the_key_and_not_the_key(
    bench: TowerBench,
) -> None:
    customer = await out_with_key(bench)
    tower, returns = bench.world.tower, Returns(bench)
    await returns.announce(customer)
    await returns.park(customer.vin)
    await bench.phase(1, "key_back")
    tower.act(lambda: tower.sensors.override("bay1.person_inside", value=True))
    await returns.state(customer.vin, DropoffState.ADMITTED)
    tower.act(tower.sensors.heal)
    await returns.state(customer.vin, DropoffState.MEASURED)
    await bench.phase(1, "key_back", str(COMPARTMENT))
    await returns.press("compartment")
    await lay_key_back(bench.world.boards[1], PLACE)
    await returns.confirm()
    await returns.state(customer.vin, DropoffState.STORED)
    assert (await bench.event("key.returned"))["vin"] == customer.vin


async def test_a_key_that_stays_out_holds_up_nobody(tmp_path: Path) -> None:
    async with equipped_bench(tmp_path, with_cabinets, key_timeout_s=1.5) as bench:
        customer = await out_with_key(bench)
        returns = Returns(bench)
        await returns.announce(customer)
        await returns.park(customer.vin)
        await returns.confirm()
        await returns.state(customer.vin, DropoffState.STORED)
        case = await bench.case("key")
        assert "Get it back" in case["question"]
        assert (await bench.event("key.not_returned"))["compartment"] == COMPARTMENT
        board = bench.world.boards[1]
        board.put_key(PLACE)
        await bench.event("key.returned")
        await bench.until(lambda: not bench.tower.book.open_cases(), "the case stays open")


async def test_another_key_in_the_compartment_is_not_the_one_that_comes_back(
    bench: TowerBench,
) -> None:
    """The driver still has the key of the car; somebody has laid a second one in."""
    customer = await out_with_key(bench)
    returns = Returns(bench)
    bench.world.boards[1].put_key(PLACE)
    await bench.until(
        lambda: (state := bench.tower.cabinets[1].state) and PLACE in state.keys_present
    )
    await returns.announce(customer)
    await returns.park(customer.vin)
    await returns.confirm()
    await returns.state(customer.vin, DropoffState.STORED)
    (asked,) = bench.tower.book.open_cases()
    assert f"Compartment {COMPARTMENT} holds a key: is it" in asked.question
    assert not bench.events("key.returned")
    assert (await bench.settle({"case_id": asked.case_id}, "key_moved"))["done"]


async def test_a_key_that_staff_laid_back_before_the_car_is_not_called_missing(
    tmp_path: Path,
) -> None:
    """They have the cabinet's own key, and were at the bay before the car was put away."""
    async with equipped_bench(tmp_path, with_cabinets, bay_clear_timeout_s=0.5) as bench:
        customer = await bench.book(0, key_compartment=COMPARTMENT)
        await key_taken(bench, customer)
        case = await bench.case("hand_over")
        bench.world.boards[1].put_key(PLACE)
        await bench.until(
            lambda: (state := bench.tower.cabinets[1].state) and PLACE in state.keys_present
        )
        await bench.settle(case, "re_store")
        await Returns(bench).confirm()
        await bench.home(customer)
        (asked,) = bench.tower.book.open_cases()
        assert f"Compartment {COMPARTMENT} holds a key: is it" in asked.question
        assert (await bench.event("key.in_doubt"))["vin"] == customer.vin
        assert not bench.events("key.not_returned")
        assert (await bench.settle({"case_id": asked.case_id}, "key_moved"))["done"]


async def test_a_visit_that_ends_with_the_key_out(bench: TowerBench) -> None:
    """The cloud withdraws in the moment in which the key is out and the door still shut.

    There is no loan yet by which the car's way back would ask for it: staff get it back.
    """
    customer = await bench.book(0, key_compartment=COMPARTMENT)
    bench.freeze_at(lambda change: any(key.state is KeyState.MOVED for key in change.keys))
    bench.spawn(key_taken(bench, customer))
    await bench.until(bench.frozen.is_set)
    await bench.crash()
    tower = bench.world.tower
    tower.act(lambda: tower.sensors.override("bay1.person_inside", value=True))
    bench.world.cloud.withdraw(customer.reservation_id)
    await bench.start()
    await bench.state(customer, VisitState.CANCELLED)
    tower.act(tower.sensors.heal)
    case = await bench.case("key")
    assert f"is it back in compartment {COMPARTMENT}" in case["question"]
    assert (await bench.settle(case, "key_moved"))["done"]
    returns = Returns(bench)
    await bench.phase(1, "confirm_clear")
    await returns.confirm()
    await bench.home(customer)


async def test_a_visit_that_ends_while_staff_are_asked_for_a_key_that_somebody_has(
    tmp_path: Path,
) -> None:
    """The board was lost with the compartment open: nobody could see that the key was taken."""
    async with equipped_bench(tmp_path, with_cabinets, key_timeout_s=1.0) as bench:
        board = bench.world.boards[1]
        customer = await bench.book(0, key_compartment=COMPARTMENT)
        await bench.identify(customer)
        await pull_open(board, PLACE)
        await key_is(bench, customer, KeyState.OPENED)
        board.unplug()
        board.take_key(PLACE)
        board.close_drawer(PLACE)
        asked = await bench.case("key")
        assert "hand the key over" in asked["question"]
        visit_id = asked["correlation_id"]
        bench.world.cloud.withdraw(customer.reservation_id)
        await bench.until(
            lambda: bench.tower.book.keys[visit_id].purpose is KeyPurpose.GIVE_BACK,
            lambda: f"{bench.tower.book.keys[visit_id]}",
        )
        (back,) = bench.tower.book.open_cases()
        assert f"is it back in compartment {COMPARTMENT}" in back.question
        first = bench.tower.book.cases[asked["case_id"]]
        assert first.settlement is Settlement.NO_LONGER_NEEDED
        board.plug()
        await bench.home(customer)
        assert bench.tower.book.open_cases() == [back], "it is not back"
        board.put_key(PLACE)
        await bench.event("key.returned")
        await bench.until(lambda: not bench.tower.book.open_cases(), "the case stays open")
