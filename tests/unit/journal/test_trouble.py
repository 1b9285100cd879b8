"""Full, read-only, locked, damaged, too new: each a clear fault, and nothing is lost."""

import asyncio
import os
import resource
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.unit.journal.opened import opened
from tests.unit.journal.records import event, job
from vendtower.adapters.journal_sqlite import DatabaseSettings
from vendtower.domain.delivery import Carriage
from vendtower.ports.journal import Change, JournalFault

NOBODY = 65_534
LARGE = "x" * 400_000


async def filled(path: Path) -> Path:
    """A journal with some content, closed in order."""
    async with opened(path) as journal:
        for number in range(1, 40):
            await journal.commit(
                Change(
                    carriages=(Carriage(f"VIN{number}"),),
                    jobs=(job(number),),
                    events=(event(f"e{number}", text="y" * 500),),
                )
            )
    return path


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Rights count for the process; they do not for root."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that any user can reach."""
    directory = Path(tempfile.mkdtemp(prefix="journal"))
    directory.chmod(0o777)
    yield directory
    directory.chmod(0o777)
    shutil.rmtree(directory)


async def test_a_full_disk(tmp_path: Path) -> None:
    path = await filled(tmp_path / "journal.sqlite")
    pages = path.stat().st_size // 4096 + 8
    async with opened(path, DatabaseSettings(page_count_max=pages)) as journal:
        before = await journal.load(), await journal.history(99)
        with pytest.raises(JournalFault, match=r"disk is full; free space .* nothing was changed"):
            await journal.commit(
                Change(carriages=(Carriage("NEW"),), events=(event("big", x=LARGE),))
            )
        assert (await journal.load(), await journal.history(99)) == before
        await journal.commit(Change(carriages=(Carriage("SMALL"),)))
        assert len((await journal.load()).carriages) == 40


async def test_a_disk_that_fails_while_writing(tmp_path: Path) -> None:
    path = await filled(tmp_path / "journal.sqlite")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with opened(path) as journal:
        before = await journal.load()
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(JournalFault, match=r"journal\.sqlite: writing a change failed"):
                await journal.commit(
                    Change(carriages=(Carriage("NEW"),), events=(event("big", x=LARGE),))
                )
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        # What the disk holds is only known after reading it anew; until then nothing is written.
        with pytest.raises(JournalFault, match="restart the daemon"):
            await journal.commit(Change(carriages=(Carriage("LATER"),)))
        # This run has written nothing at all: opening the file once more would not help.
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(journal.wait_lost(), 0.01)
    async with opened(path) as journal:
        assert await journal.load() == before
        await journal.commit(Change(carriages=(Carriage("LATER"),)))


async def test_a_disk_that_fails_in_mid_run_wants_a_new_start(tmp_path: Path) -> None:
    path = await filled(tmp_path / "journal.sqlite")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with opened(path) as journal:
        await journal.commit(Change(carriages=(Carriage("BEFORE"),)))
        leaving = asyncio.create_task(journal.wait_lost())
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(JournalFault, match=r"journal\.sqlite: writing a change failed"):
                await journal.commit(Change(events=(event("big", x=LARGE),)))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        await asyncio.wait_for(leaving, 5.0)


async def test_a_directory_that_cannot_be_written(open_directory: Path) -> None:
    os.chmod(open_directory, 0o555)
    with ordinary_user(), pytest.raises(JournalFault, match="Permission denied; expected a dir"):
        async with opened(open_directory / "journal.sqlite"):
            pass
    assert not listed(open_directory)


async def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(JournalFault, match="No such file or directory"):
        async with opened(tmp_path / "none" / "journal.sqlite"):
            pass


async def test_a_file_that_cannot_be_written(open_directory: Path) -> None:
    path = await filled(open_directory / "journal.sqlite")
    (open_directory / "journal.sqlite.lock").chmod(0o666)
    path.chmod(0o444)
    content = path.read_bytes()
    with ordinary_user(), pytest.raises(JournalFault, match=r"read-only; check the mount"):
        async with opened(path):
            pass
    assert path.read_bytes() == content


async def test_another_program_holds_the_database(tmp_path: Path) -> None:
    path = await filled(tmp_path / "journal.sqlite")
    async with opened(path, DatabaseSettings(busy_timeout_s=0.02)) as journal:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(JournalFault, match="another program holds it locked"):
                await journal.commit(Change(carriages=(Carriage("NEW"),)))
            other.execute("ROLLBACK")
        await journal.commit(Change(carriages=(Carriage("NEW"),)))
        assert len((await journal.load()).carriages) == 40


async def test_only_one_daemon_uses_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with opened(path) as journal:
        with pytest.raises(JournalFault, match=f"in use by process {os.getpid()};"):
            async with opened(path):
                pass
        await journal.commit(Change(carriages=(Carriage("VIN1"),)))
    async with opened(path) as journal:
        assert len((await journal.load()).carriages) == 1


def listed(directory: Path, pattern: str = "*") -> list[Path]:
    return sorted(directory.glob(pattern))


def garbage_in_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 : 4096 * 6] = b"\xa5" * (4096 * 5)
    path.write_bytes(content)


def no_database_at_all(path: Path) -> None:
    path.write_bytes(b"what was this file again?" * 400)


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def emptied(path: Path) -> None:
    os.truncate(path, 0)


@pytest.mark.parametrize(
    "damage", [garbage_in_the_middle, no_database_at_all, cut_in_half, emptied]
)
async def test_a_damaged_file_is_kept_and_never_replaced(
    damage: Callable[[Path], None], tmp_path: Path
) -> None:
    path = await filled(tmp_path / "journal.sqlite")
    damage(path)
    content = path.read_bytes()
    for _ in range(2):  # a service manager starts the daemon again and again
        with pytest.raises(JournalFault, match=r"damaged: .*does not start with an empty journal"):
            async with opened(path):
                pass
    assert path.read_bytes() == content
    (copy,) = listed(tmp_path, "journal.damaged-*")
    assert copy.name == "journal.damaged-20240527T120000Z.sqlite"
    assert copy.read_bytes() == content


async def test_a_lost_file_whose_log_remains_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with opened(path) as journal:
        await journal.commit(Change(carriages=(Carriage("VIN1"),)))
        await journal.commit(Change(carriages=(Carriage("VIN2"),)))
        log = (tmp_path / "journal.sqlite-wal").read_bytes()
        assert log
    path.unlink()
    (tmp_path / "journal.sqlite-wal").write_bytes(log)
    with pytest.raises(JournalFault, match=r"the file is gone, and its log .* is there"):
        async with opened(path):
            pass
    assert not path.exists()
    assert [copy.read_bytes() for copy in listed(tmp_path, "journal.damaged-*")] == [log]


async def test_a_start_that_was_cut_off_begins_again(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite.new").write_bytes(b"half a database")
    (tmp_path / "journal.sqlite.new-wal").write_bytes(b"half a log")
    async with opened(tmp_path / "journal.sqlite") as journal:
        assert (await journal.load()).carriages == ()
    assert not listed(tmp_path, "*.new*")


async def test_a_record_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = await filled(tmp_path / "journal.sqlite")
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE job SET body = replace(body, 'fetch', 'fly') WHERE job_id = 5")
    async with opened(path) as journal:
        with pytest.raises(JournalFault, match=r"Job\.verb: found 'fly', expected Verb"):
            await journal.load()
