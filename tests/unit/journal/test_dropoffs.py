"""Cars on their way in, cars that are out, and what of them is erased."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.journal.opened import opened
from tests.unit.journal.records import NOON, dropoff, loan, vehicle
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.places import Bay, Outside
from vendtower.ports.journal import Change, JournalFault


def stands_in_a_file(mark: str, directory: Path) -> bool:
    return any(mark.encode() in file.read_bytes() for file in directory.iterdir())


async def test_a_way_in_comes_back_until_it_is_long_over(tmp_path: Path) -> None:
    parked = replace(dropoff("d-1"), state=DropoffState.PARKED, parked_utc=NOON)
    async with opened(tmp_path / "journal.sqlite") as journal:
        await journal.commit(Change(dropoffs=(dropoff("d-1"),)))
        await journal.commit(Change(dropoffs=(parked, dropoff("d-2", bay=2))))
        assert set((await journal.load()).dropoffs) == {parked, dropoff("d-2", bay=2)}


async def test_the_database_refuses_two_cars_on_their_way_into_one_bay(tmp_path: Path) -> None:
    async with opened(tmp_path / "journal.sqlite") as journal:
        await journal.commit(Change(dropoffs=(dropoff("d-1"),)))
        with pytest.raises(JournalFault, match="UNIQUE"):
            await journal.commit(Change(dropoffs=(dropoff("d-2"),)))
        over = replace(dropoff("d-1"), state=DropoffState.TURNED_AWAY)
        await journal.commit(Change(dropoffs=(over,)))
        await journal.commit(Change(dropoffs=(dropoff("d-2"),)))


async def test_a_loan_is_erased_from_every_file(tmp_path: Path) -> None:
    mark = "salt-that-nobody-else-has"
    async with opened(tmp_path / "journal.sqlite") as journal:
        await journal.commit(Change(loans=(replace(loan("VIN1"), code_salt=mark),)))
        assert [each.code_salt for each in (await journal.load()).loans] == [mark]
        assert stands_in_a_file(mark, tmp_path)
        await journal.commit(Change(loans_gone=("VIN1",)))
        assert (await journal.load()).loans == ()
        assert not stands_in_a_file(mark, tmp_path)


async def test_a_car_that_never_became_ours_leaves_the_ledger(tmp_path: Path) -> None:
    ours = LedgerLine(vehicle("VIN2"), Outside())
    async with opened(tmp_path / "journal.sqlite") as journal:
        await journal.commit(Change(ledger=(LedgerLine(vehicle("VIN1"), Bay(1)), ours)))
        await journal.commit(Change(ledger_gone=("VIN1",)))
        assert (await journal.load()).ledger == (ours,)
