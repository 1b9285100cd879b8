"""No picture and no template in clear is ever on disk, in a log or with the cloud; and sealed ones
are gone when they are not needed: searched for, byte by byte, after each way in which a visit ends.
"""

import base64
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER, PORTRAITS
from tests.bench.tower_bench import STAFF, Customer, TowerBench, bare_bench
from vendtower.adapters.identity.engines import make_engine
from vendtower.adapters.identity.limits import FaceLimits
from vendtower.adapters.identity.templates import make_template
from vendtower.domain.pickup import VisitState
from vendtower.ports.journal import Change

pytestmark = pytest.mark.slow

JPEG = PORTRAITS[GRACE_HOPPER].jpeg()
WINDOW = 24
"""So many bytes in a row come by chance nowhere."""


@dataclass(frozen=True)
class Needles:
    """Pieces to look for, by what they are of."""

    pieces: dict[str, list[bytes]]

    @classmethod
    def of(cls, **wholes: bytes) -> "Needles":
        return cls({name: list(_windows(whole)) for name, whole in wholes.items()})

    def found(self, haystack: bytes) -> set[str]:
        return {
            name for name, pieces in self.pieces.items() if any(each in haystack for each in pieces)
        }


def _windows(whole: bytes) -> Iterator[bytes]:
    """Pieces of it as bytes and as base64, whichever byte of three it begins at."""
    for at in range(0, len(whole) - WINDOW, max(WINDOW, len(whole) // 40)):
        yield whole[at : at + WINDOW]
    for shift in range(3):
        text = base64.b64encode(whole[shift:])
        for at in range(0, len(text) - WINDOW - 4, max(WINDOW, len(text) // 40)):
            yield text[at : at + WINDOW]


@pytest.fixture(scope="module")
def clear() -> Needles:
    """The picture and the template that the tower makes of it."""
    template = make_template(make_engine("dlib", Path()), JPEG, FaceLimits())
    numbers = [f"{number:.9f}"[:10].encode() for number in template.descriptor[:40]]
    needles = Needles.of(picture=JPEG, template=template.descriptor.tobytes())
    return Needles(needles.pieces | {"template as text": numbers})


def everything(bench: TowerBench, captured: str) -> bytes:
    """All files of the tower, a backup made now, what the cloud got, and every log."""
    folder = bench.world.directory
    backup = folder / "backup.sqlite"
    backup.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(f"file:{folder}/journal.sqlite?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(backup)) as target,
    ):
        source.backup(target)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert folder / "journal.sqlite" in files
    events = str(bench.world.cloud.events_received).encode()
    return b"\n".join([*(path.read_bytes() for path in files), events, captured.encode()])


class Search:
    """Looks again and again, and never finds what must not be there."""

    def __init__(
        self, bench: TowerBench, clear: Needles, capfd: pytest.CaptureFixture[str]
    ) -> None:
        self.bench = bench
        self._clear = clear
        self._capfd = capfd
        self._said = ""

    def look(self, *gone: bytes) -> None:
        out, err = self._capfd.readouterr()
        self._said += out + err
        hay = everything(self.bench, self._said)
        assert self._clear.found(hay) == set()
        sealed = Needles.of(**{f"sealed {number}": each for number, each in enumerate(gone)})
        assert sealed.found(hay) == set()

    def sealed(self, customer: Customer) -> bytes:
        """The template as it is on disk now; that it is found proves that the search can find."""
        kept = self.bench.tower.book.templates[customer.reservation_id].sealed
        assert Needles.of(kept=kept).found(everything(self.bench, ""))
        return kept


async def booked(bench: TowerBench, number: int, **more: object) -> Customer:
    customer = await bench.book(number, portrait=JPEG, **more)  # type: ignore[arg-type]  # as given
    await bench.until(
        lambda: customer.reservation_id in bench.tower.book.templates, "not enrolled", 60.0
    )
    return customer


async def started(bench: TowerBench) -> None:
    bench.real_identity = True
    await bench.start()
    await bench.opened()


async def receipt(bench: TowerBench, customer: Customer, why: str) -> None:
    def came() -> bool:
        return any(
            (each["reservation_id"], each["why"]) == (customer.reservation_id, why)
            for each in bench.events("identity.template_erased")
        )

    await bench.until(came, f"no receipt: {bench.events('identity.template_erased')}", 30.0)


async def test_hand_over_cancellation_consent_and_request(
    tmp_path: Path, clear: Needles, capfd: pytest.CaptureFixture[str]
) -> None:
    async with bare_bench(tmp_path) as bench:
        await started(bench)
        search = Search(bench, clear, capfd)
        cloud = bench.world.cloud

        handed = await booked(bench, 0)
        kept = search.sealed(handed)
        await bench.phase(1, "free")
        await bench.touch(1)
        await bench.phase(1, "checking_in")
        assert await bench.other_way(1) == 200
        bench.world.cameras.scene(1).phone(handed.code)
        await bench.settled("identity", "customer_verified")
        bench.world.cameras.scene(1).nobody()
        await bench.depart(handed)
        await receipt(bench, handed, "handed_over")
        search.look(kept)

        cancelled = await booked(bench, 1)
        kept = search.sealed(cancelled)
        cloud.withdraw(cancelled.reservation_id)
        await receipt(bench, cancelled, "cancelled")
        search.look(kept)

        declined = await booked(bench, 2)
        kept = search.sealed(declined)
        cloud.change(declined.reservation_id, face_consent=False, portrait=None)
        await receipt(bench, declined, "consent_withdrawn")
        search.look(kept)

        asked = await booked(bench, 3)
        kept = search.sealed(asked)
        body = {"reservation_id": asked.reservation_id, "by": STAFF}
        assert (await bench.control("/api/identity/erase", body))["done"]
        await receipt(bench, asked, "requested")
        search.look(kept)


async def test_expiry_refusal_and_a_crash_in_between(
    tmp_path: Path, clear: Needles, capfd: pytest.CaptureFixture[str]
) -> None:
    async with bare_bench(tmp_path) as bench:
        bench.policies["late_s"] = 0.1
        await started(bench)
        search = Search(bench, clear, capfd)
        now = datetime.now(UTC)

        # A picture without a face is kept sealed for another try, and goes when the window closes.
        blank = await bench.book(
            0, portrait=b"\xff\xd8 no picture", ends_at=now + timedelta(seconds=12)
        )
        await bench.event("identity.enrolment_failed")
        refused = bench.tower.book.reservations[blank.reservation_id].sealed_portrait
        assert refused is not None

        # The power goes when the template is on disk, and the process has not been told anything.
        bench.freeze_at(lambda change: bool(change.templates))
        crashed = await bench.book(1, portrait=JPEG)
        await bench.until(bench.frozen.is_set, "no template is made", 60.0)
        await bench.restart()
        await bench.in_service()
        await bench.until(
            lambda: crashed.reservation_id in bench.tower.enrolled, "not restored", 60.0
        )
        search.look()
        kept = search.sealed(crashed)

        # The power goes when the erasure is on disk, and the receipt is not.
        def erased(change: Change) -> bool:
            # The other customer's window may close in this very moment.
            return any(e.reservation_id == crashed.reservation_id for e in change.erasures)

        bench.freeze_at(erased)
        bench.world.cloud.withdraw(crashed.reservation_id)
        await bench.until(bench.frozen.is_set, "nothing is erased", 60.0)
        await bench.crash()
        search.look(kept)
        await bench.start()
        await receipt(bench, crashed, "cancelled")
        await bench.until(
            lambda: bench.visit_state(blank) is VisitState.EXPIRED, "it does not expire", 60.0
        )
        await receipt(bench, blank, "expired")
        search.look(kept, refused)


JFIF = b"\xff\xd8\xff\xe0\x00\x10JFIF"
"""How every JPEG begins that OpenCV or a camera writes."""


async def test_refused_at_the_face(
    tmp_path: Path, clear: Needles, capfd: pytest.CaptureFixture[str]
) -> None:
    """Of whoever stood there with somebody else's code nothing is kept, and of the customer only
    what is sealed: the customer may still come.
    """
    stranger = PORTRAITS[EILEEN_COLLINS].jpeg()
    template = make_template(make_engine("dlib", Path()), stranger, FaceLimits())
    nothing = clear.pieces | Needles.of(
        stranger=stranger, stranger_template=template.descriptor.tobytes()
    ).pieces | {"camera picture": [JFIF, b"\x89PNG\r\n"]}  # fmt: skip
    async with bare_bench(tmp_path) as bench:
        await started(bench)
        search = Search(bench, Needles(nothing), capfd)
        customer = await booked(bench, 0)
        await bench.phase(1, "free")
        await bench.touch(1)
        await bench.phase(1, "checking_in")
        scene = bench.world.cameras.scene(1)
        scene.phone(customer.code)
        await bench.phase(1, "verifying")
        scene.person(EILEEN_COLLINS)
        refused = await bench.event("visit.identity_refused")
        assert refused["reason"] == "different_person"
        scene.nobody()
        record = refused["record"]
        assert record["distance"] > record["distance_max"] == 0.53
        assert record["frames"] >= 3
        assert {"engine", "model", "decision_s"} <= set(record)
        assert not any(isinstance(value, list) and len(value) > 20 for value in record.values())
        search.look()
        kept = search.sealed(customer)
        assert customer.reservation_id in bench.tower.book.templates, "the customer may still come"

        # The power goes while the refusal is fresh: nothing comes to light at the start either.
        await bench.restart()
        search.look()
        bench.world.cloud.withdraw(customer.reservation_id)
        await receipt(bench, customer, "cancelled")
        search.look(kept)
