"""Evidence that never came into the journal does not stay on the disk for ever."""

import os
from datetime import timedelta
from pathlib import Path

from tests.unit.alarms.watched_tower import NOON, watched
from vendtower.adapters.evidence_files import DIRECTORY, EvidenceFiles
from vendtower.domain.condition import EvidenceFile, Piece, PieceKind
from vendtower.flows.evidence_upload import remove_unnamed
from vendtower.ports.journal import Change


async def test_a_file_that_nothing_names_goes_after_a_day(tmp_path: Path) -> None:
    store = EvidenceFiles(tmp_path)
    async with watched(tmp_path / "journal.sqlite") as at:
        await remove_unnamed(at.tower, store)
        named, left, fresh = [await store.keep(each) for each in (b"named", b"left", b"fresh")]
        (tmp_path / DIRECTORY / "half.part").write_bytes(b"ha")
        piece = Piece(named, 5, "image/jpeg", PieceKind.BAY_PICTURE, "bay 1 camera 1")
        known = EvidenceFile(piece, "v-1", NOON)
        await at.tower.book.record(lambda: Change(evidence=(known,)))
        for name in (named, left, fresh, "half.part"):
            age = timedelta(hours=1 if name == fresh else 25)
            written_s = (NOON - age).timestamp()
            os.utime(tmp_path / DIRECTORY / name, (written_s, written_s))
        await remove_unnamed(at.tower, store)
        assert {path.name for path in (tmp_path / DIRECTORY).iterdir()} == {named, fresh}
