"""The cloud adapter against a cloud that does everything wrong that a cloud can do."""

import asyncio
import base64
import copy
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.cloud import Fault, FaultKind, Operation
from tests.cloud_bench import (
    CAR,
    NOW,
    TOKEN,
    TOWER,
    Bench,
    book,
    boot_report,
    cloud_bench,
    until,
    write_token,
)
from tests.contract.test_cloud_openapi import outbox_event
from vendtower.adapters.cloud_http import HttpReservationCloud
from vendtower.domain.errors import LinkDown, LocalFault, PeerFault
from vendtower.domain.reservation import (
    Reservation,
    ReservationSet,
    ReservationUnreadable,
    ReservationWithdrawn,
)
from vendtower.ports.reservation_cloud import ChangePage, CloudRefused, CloudUnreachable

EXAMPLE: dict[str, Any] = {
    "op": "set",
    "reservation": {
        "id": "R-1",
        "revision": 3,
        "vehicle": {
            "vin": CAR.vin,
            "plate": CAR.plate,
            "model": CAR.model,
            "length_mm": 4600,
            "width_mm": 1850,
            "height_mm": 1500,
            "weight_kg": 1600,
        },
        "window": {
            "starts_at": "2026-03-01T17:00:00+08:00",
            "ends_at": "2026-03-01T10:00:00Z",
        },
        "language": "zh-Hans",
        "check_in_code": {"salt": "s", "sha256": "AB" * 32},
        "face": {"consent": True, "sealed_portrait": base64.b64encode(b"sealed").decode()},
        "slot": 12,
        "greeting": "L.",
    },
}


def example(path: str, value: object) -> dict[str, Any]:
    """The example with one member replaced, or removed where the value is ``...``."""
    changed = copy.deepcopy(EXAMPLE)
    *parents, last = path.split(".")
    holder = changed
    for parent in parents:
        holder = holder[parent]
    if value is ...:
        del holder[last]
    else:
        holder[last] = value
    return changed


async def first_page(bench: Bench) -> ChangePage:
    await bench.tower.boot(boot_report())
    return await bench.tower.changes_since(None)


async def page_of(directory: Path, *items: object) -> ChangePage:
    async with cloud_bench(directory) as bench:
        for item in items:
            bench.cloud.add_raw_change(item, TOWER)
        return await first_page(bench)


async def test_a_reservation_arrives_whole(tmp_path: Path) -> None:
    page = await page_of(tmp_path, EXAMPLE)
    (change,) = page.changes
    assert isinstance(change, ReservationSet)
    found = change.reservation
    assert isinstance(found, Reservation)
    assert (found.reservation_id, found.revision, found.slot) == ("R-1", 3, 12)
    assert found.vehicle.vin == CAR.vin
    assert found.vehicle.length_mm == 4600
    assert found.starts_at == datetime(2026, 3, 1, 17, tzinfo=timezone(timedelta(hours=8)))
    assert found.ends_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert (found.language, found.greeting) == ("zh-Hans", "L.")
    assert (found.code_salt, found.code_sha256) == ("s", "ab" * 32)
    assert found.face_consent
    assert found.sealed_portrait == b"sealed"
    assert not page.more


async def test_booked_code_opens_and_portrait_is_sealed_to_the_towers_key(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        booked = bench.cloud.add_reservation(
            CAR,
            tower=TOWER,
            starts_at=NOW,
            ends_at=NOW + timedelta(hours=1),
            face_consent=True,
            portrait=b"face",
        )
        page = await first_page(bench)
    (change,) = page.changes
    assert isinstance(change, ReservationSet)
    assert change.reservation.accepts_code(booked.code)
    assert not change.reservation.accepts_code(booked.code + "0")
    sealed = b"|".join([boot_report().public_key.encode(), booked.reservation_id.encode(), b"ecaf"])
    assert change.reservation.sealed_portrait == sealed


async def test_changes_come_in_order_over_pages_and_again_from_a_cursor(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        ids = [book(bench.cloud) for _ in range(30)]
        bench.cloud.change(ids[0], greeting="M.")
        bench.cloud.withdraw(ids[1])
        first = await first_page(bench)
        second = await bench.tower.changes_since(first.cursor)
        again = await bench.tower.changes_since(first.cursor)
        last = await bench.tower.changes_since(second.cursor)
    assert (first.more, second.more, len(first.changes)) == (True, False, 25)
    names = [
        (found.reservation.reservation_id, found.reservation.revision)
        for found in (*first.changes, *second.changes)
        if isinstance(found, ReservationSet)
    ]
    assert names == [(found, 1) for found in ids] + [(ids[0], 2)]
    assert second.changes[-1] == ReservationWithdrawn(ids[1])
    assert again == second
    assert last.changes == ()
    assert last.cursor == second.cursor


async def test_a_picture_of_a_changed_reservation_is_not_handed_out(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        name = book(bench.cloud, face_consent=True, portrait=b"face")
        bench.cloud.change(name, face_consent=False, portrait=None)
        page = await first_page(bench)
    found = [x.reservation for x in page.changes if isinstance(x, ReservationSet)]
    assert [(each.revision, each.sealed_portrait) for each in found] == [(1, None), (2, None)]


BROKEN: dict[str, tuple[object, str]] = {
    "id missing": (example("reservation.id", ...), "reservation.id: found nothing"),
    "id spaces": (example("reservation.id", "R 1"), "reservation.id: found text of 3"),
    "revision zero": (example("reservation.revision", 0), "reservation.revision: found 0"),
    "revision text": (example("reservation.revision", "3"), "reservation.revision: found '3'"),
    "revision float": (example("reservation.revision", 3.5), "reservation.revision: found 3.5"),
    "vehicle missing": (example("reservation.vehicle", ...), "reservation.vehicle: found nothing"),
    "vin short": (example("reservation.vehicle.vin", "LVG"), "vin: found text of 3"),
    "vin with O": (example("reservation.vehicle.vin", "O" * 17), "vin: found text"),
    "vin newline": (example("reservation.vehicle.vin", CAR.vin + "\n"), "vin: found text of 18"),
    "vin surrogate": (example("reservation.vehicle.plate", "\ud800"), "plate: found text of 1"),
    "length text": (example("reservation.vehicle.length_mm", "4600"), "length_mm: found text of 4"),
    "length zero": (example("reservation.vehicle.length_mm", 0), "length_mm: found a number"),
    "weight true": (
        example("reservation.vehicle.weight_kg", True),
        "weight_kg: found a truth value",
    ),
    "window missing": (example("reservation.window", ...), "reservation.window: found nothing"),
    "start naive": (
        example("reservation.window.starts_at", "2026-03-01T09:00:00"),
        "reservation.window.starts_at: found '2026-03-01T09:00:00', expected an RFC 3339 time",
    ),
    "start number": (example("reservation.window.starts_at", 1772355600), "starts_at: found 1772"),
    "start date": (example("reservation.window.starts_at", "2026-03-01"), "expected an RFC 3339"),
    "31 February": (
        example("reservation.window.starts_at", "2026-02-31T09:00:00Z"),
        "expected a time that exists",
    ),
    "year 1": (
        example("reservation.window.starts_at", "0001-01-01T00:00:00Z"),
        "expected a year from 2000",
    ),
    "window reversed": (
        example("reservation.window.ends_at", "2026-03-01T08:59:59Z"),
        "reservation.window.ends_at: found 2026-03-01T08:59:59+00:00, expected a time after",
    ),
    "window empty": (example("reservation.window.ends_at", "2026-03-01T09:00:00Z"), "after"),
    "language": (example("reservation.language", "zh_CN"), "language: found 'zh_CN'"),
    "code hash": (
        example("reservation.check_in_code.sha256", "ab" * 31),
        "sha256: found text of 62 characters",
    ),
    "consent text": (example("reservation.face.consent", "yes"), "consent: found 'yes'"),
    "portrait": (
        example("reservation.face.sealed_portrait", "no base64!"),
        "sealed_portrait: found text of 10 characters, expected base64",
    ),
    "portrait large": (
        example("reservation.face.sealed_portrait", "A" * 349_532),
        "expected base64 of at most 262144 bytes",
    ),
    "slot zero": (example("reservation.slot", 0), "slot: found 0"),
    "greeting null": (example("reservation.greeting", None), "greeting: found null"),
    "greeting bell": (example("reservation.greeting", "\x07"), "greeting: found text of 1"),
    "reservation list": (example("reservation", []), "reservation: found a list"),
    "op unknown": (example("op", "put"), "op: found 'put'"),
    "not an object": ("set", "value: found text of 3 characters"),
    "null": (None, "value: found null"),
    "withdrawn nameless": ({"op": "withdrawn"}, "id: found nothing"),
    "withdrawn number": ({"op": "withdrawn", "id": 7}, "id: found a number"),
}


async def test_a_broken_reservation_spoils_itself_alone(tmp_path: Path) -> None:
    items = [item for item, _ in BROKEN.values()]
    found: list[object] = []
    # In pages of eight, with a good one after each.
    for start in range(0, len(items), 8):
        part = [found for item in items[start : start + 8] for found in (item, EXAMPLE)]
        page = await page_of(tmp_path, *part)
        assert all(isinstance(good, ReservationSet) for good in page.changes[1::2])
        found.extend(page.changes[::2])
    assert len(found) == len(BROKEN)
    for change, (name, (_, why)) in zip(found, BROKEN.items(), strict=True):
        assert isinstance(change, ReservationUnreadable), name
        assert why in change.why, name


async def test_the_complaint_names_the_reservation_but_no_secret(tmp_path: Path) -> None:
    bad = example("reservation.check_in_code.sha256", "deadbeef")
    (change,) = (await page_of(tmp_path, bad)).changes
    assert isinstance(change, ReservationUnreadable)
    assert change.reservation_id == "R-1"
    assert "deadbeef" not in change.why
    nameless = example("reservation.id", "../../etc")
    (change,) = (await page_of(tmp_path, nameless)).changes
    assert isinstance(change, ReservationUnreadable)
    assert change.reservation_id is None


async def test_unknown_members_are_ignored_and_optional_ones_may_be_absent(tmp_path: Path) -> None:
    more = example("reservation.loan_days", 3)
    more["reservation"]["vehicle"]["colour"] = "red"
    bare = example("reservation.slot", ...)
    del bare["reservation"]["greeting"], bare["reservation"]["face"]["sealed_portrait"]
    page = await page_of(tmp_path, more, bare)
    first, second = page.changes
    assert isinstance(first, ReservationSet)
    assert isinstance(second, ReservationSet)
    assert (second.reservation.slot, second.reservation.greeting) == (None, "")
    assert second.reservation.sealed_portrait is None


async def test_without_consent_a_portrait_is_discarded(tmp_path: Path) -> None:
    (change,) = (await page_of(tmp_path, example("reservation.face.consent", False))).changes
    assert isinstance(change, ReservationSet)
    assert change.reservation.sealed_portrait is None


async def test_cloud_absent_then_there(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        await bench.cloud.line_down()
        for _ in range(2):
            with pytest.raises(CloudUnreachable, match=r"cloud http://127.*: boot: .*onnect"):
                await bench.tower.boot(boot_report())
        await bench.cloud.line_up()
        answer = await bench.tower.boot(boot_report())
        assert answer.accepted
        assert answer.server_utc == NOW


FAULTS_OF_EVERY_CALL: list[tuple[Fault, type[LinkDown | PeerFault], float | None]] = [
    (Fault(FaultKind.STATUS, status=400), CloudRefused, 400),
    (Fault(FaultKind.STATUS, status=401), CloudRefused, 401),
    (Fault(FaultKind.STATUS, status=403), CloudRefused, 403),
    (Fault(FaultKind.STATUS, status=404), CloudRefused, 404),
    (Fault(FaultKind.STATUS, status=409), CloudRefused, 409),
    (Fault(FaultKind.STATUS, status=422), CloudRefused, 422),
    (Fault(FaultKind.STATUS, status=408), CloudUnreachable, None),
    (Fault(FaultKind.STATUS, status=429), CloudUnreachable, None),
    (Fault(FaultKind.STATUS, status=500), CloudUnreachable, None),
    (Fault(FaultKind.STATUS, status=503, retry_after="7"), CloudUnreachable, 7.0),
    (Fault(FaultKind.STATUS_AFTER, status=500), CloudUnreachable, None),
    (Fault(FaultKind.HANG), CloudUnreachable, None),
    (Fault(FaultKind.HANG_AFTER), CloudUnreachable, None),
    (Fault(FaultKind.DROP), CloudUnreachable, None),
    (Fault(FaultKind.DROP_AFTER), CloudUnreachable, None),
    (Fault(FaultKind.TRUNCATED_AFTER), CloudUnreachable, None),
    (Fault(FaultKind.MALFORMED_AFTER), CloudRefused, 200),
    (Fault(FaultKind.WRONG_TYPE_AFTER), CloudRefused, 200),
    (Fault(FaultKind.WRONG_SHAPE_AFTER), CloudRefused, 200),
    (Fault(FaultKind.HUGE_AFTER), CloudRefused, 200),
    (Fault(FaultKind.REDIRECT), CloudRefused, 307),
]


async def failed(call: Awaitable[object]) -> CloudRefused | CloudUnreachable:
    """The error of a call that must fail."""
    try:
        await call
    except (CloudRefused, CloudUnreachable) as error:
        return error
    raise AssertionError("the call did not fail")


@pytest.mark.parametrize("operation", list(Operation))
async def test_every_fault_of_every_call_is_one_of_two_errors(
    tmp_path: Path, operation: Operation
) -> None:
    async with cloud_bench(tmp_path, request_timeout_s=0.3) as bench:
        calls: Mapping[Operation, Callable[[], Any]] = {
            Operation.BOOT: lambda: bench.tower.boot(boot_report()),
            Operation.RESERVATIONS: lambda: bench.tower.changes_since(None),
            Operation.EVENTS: lambda: bench.tower.deliver([outbox_event(1)]),
        }
        await bench.tower.boot(boot_report())
        for fault, kind, detail in FAULTS_OF_EVERY_CALL:
            # Twice: the HTTP client repeats a GET whose kept connection broke.
            bench.cloud.add_fault(fault, times=2)
            error = await failed(calls[operation]())
            bench.cloud.faults.clear()
            assert isinstance(error, kind), (fault, error)
            assert operation.value in str(error) or "page" in str(error) or "receipt" in str(error)
            found = error.status if isinstance(error, CloudRefused) else error.retry_after_s
            assert found == detail, (fault, error)
            assert TOKEN not in str(error)
        await calls[operation]()
        assert len(bench.cloud.events_received) == (operation is Operation.EVENTS)


async def test_messages_say_what_the_cloud_said(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        expected = (
            r"reservations: found status 409 \(A boot report has to come first\), expected 200"
        )
        with pytest.raises(CloudRefused, match=expected):
            await bench.tower.changes_since(None)
        bench.cloud.add_fault(Fault(FaultKind.WRONG_TYPE_AFTER))
        with pytest.raises(CloudRefused, match="content type text/html, expected application/json"):
            await bench.tower.boot(boot_report())
        bench.cloud.add_fault(Fault(FaultKind.MALFORMED_AFTER))
        with pytest.raises(CloudRefused, match="boot: the answer is not JSON: Expecting value"):
            await bench.tower.boot(boot_report())
        bench.cloud.add_fault(Fault(FaultKind.HUGE_AFTER))
        with pytest.raises(CloudRefused, match="larger than 16777216 bytes"):
            await bench.tower.changes_since(None)


async def test_retry_after_as_a_date_counts_from_the_clouds_own_clock(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        # The cloud's Date header tells the true time of the test's run, far from the tower's NOW.
        later = datetime.now(UTC) + timedelta(seconds=90)
        header = later.strftime("%a, %d %b %Y %H:%M:%S GMT")
        bench.cloud.add_fault(Fault(FaultKind.STATUS, status=429, retry_after=header))
        with pytest.raises(CloudUnreachable) as caught:
            await bench.tower.boot(boot_report())
    assert caught.value.retry_after_s == pytest.approx(90, abs=3)


async def test_the_token_is_read_at_each_use(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        await bench.tower.boot(boot_report())
        bench.cloud.rotate_token("token-2nd.~+/=", TOWER)
        with pytest.raises(CloudRefused, match="found status 401"):
            await bench.tower.boot(boot_report())
        write_token(bench.token_file, "  token-2nd.~+/=\n")
        assert (await bench.tower.boot(boot_report())).accepted


async def test_an_unusable_token_file_is_named_and_nothing_is_sent(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:

        async def why() -> str:
            with pytest.raises(CloudRefused) as caught:
                await bench.tower.boot(boot_report())
            assert caught.value.status is None
            assert str(bench.token_file) in str(caught.value)
            return str(caught.value)

        bench.token_file.chmod(0o644)
        assert "found mode 0644, expected no permissions for others" in await why()
        bench.token_file.chmod(0o640)
        assert (await bench.tower.boot(boot_report())).accepted
        for content in ("", "two words", "a\r\nX-Header: b", "\u00e9"):
            bench.token_file.write_text(content, newline="")
            message = await why()
            assert "not a bearer token" in message
            assert "X-Header" not in message
        bench.token_file.write_text("a" * 5000)
        assert "more than 4096 bytes" in await why()
        bench.token_file.unlink()
        assert "No such file" in await why()
        bench.token_file.mkdir(mode=0o700)
        assert "not a regular file" in await why()
        assert bench.cloud.requests("boot") == 1


async def test_a_boot_that_is_not_accepted_is_an_answer(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        bench.cloud.refuse_boots("under construction")
        answer = await bench.tower.boot(boot_report())
    assert (answer.accepted, answer.reason) == (False, "under construction")


async def test_events_that_are_no_json_are_rejected_here_and_the_others_go(tmp_path: Path) -> None:
    bad: list[object] = [float("nan"), object(), "\ud800"]
    events = [outbox_event(number, data={"x": value}) for number, value in enumerate(bad, 2)]
    naive = outbox_event(9, utc=datetime(2026, 3, 1))  # noqa: DTZ001 - the mistake under test
    async with cloud_bench(tmp_path) as bench:
        receipt = await bench.tower.deliver([outbox_event(1), *events, naive])
        assert receipt.accepted == {"event-001"}
        assert receipt.rejected.keys() == {"event-002", "event-003", "event-004", "event-009"}
        assert "event-002: cannot be written as JSON" in receipt.rejected["event-002"]
        assert (await bench.tower.deliver([naive])).accepted == frozenset()
        assert (await bench.tower.deliver([])).rejected == {}
        assert bench.cloud.requests("events") == 1


async def test_a_batch_above_the_contracts_size_is_refused_unsent(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        with pytest.raises(CloudRefused, match="expected at most 1048576") as caught:
            await bench.tower.deliver([outbox_event(1, data={"x": "y" * 1024 * 1024})])
        assert caught.value.status == 413
        assert bench.cloud.requests("events") == 0


async def test_the_cloud_rejects_single_events(tmp_path: Path) -> None:
    odd = outbox_event(2, event_type="com.vendtower.odd.v9")
    async with cloud_bench(tmp_path) as bench:
        bench.cloud.store.reject_types["com.vendtower.odd.v9"] = "no such type"
        receipt = await bench.tower.deliver([outbox_event(1), odd, outbox_event(3)])
    assert receipt.accepted == {"event-001", "event-003"}
    assert receipt.rejected == {"event-002": "no such type"}


async def test_a_cancelled_call_leaves_a_usable_adapter(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        bench.cloud.add_fault(Fault(FaultKind.HANG))
        task = asyncio.create_task(bench.tower.boot(boot_report()))
        await until(lambda: bench.cloud.requests("boot") == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await bench.tower.boot(boot_report())).accepted
        await bench.tower.close()
        assert (await bench.tower.boot(boot_report())).accepted


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://cloud.example", "expected https"),
        ("ftp://cloud.example", "expected https://host"),
        ("cloud.example", "expected https://host"),
        ("https://user:secret@cloud.example", "found a user name"),
        ("https://cloud.example/?tower=1", "neither query nor fragment"),
        ("https://[::1", "cloud url"),
    ],
)
def test_an_unusable_address_is_refused_at_once(tmp_path: Path, url: str, why: str) -> None:
    bench_parts: dict[str, Any] = {"tower_id": TOWER, "token_file": tmp_path, "clock": None}
    with pytest.raises(LocalFault, match=why) as caught:
        HttpReservationCloud(url=url, **bench_parts)
    assert "secret" not in str(caught.value)
    HttpReservationCloud(url="https://cloud.example/vendtower", **bench_parts)
    with pytest.raises(LocalFault, match="tower id"):
        HttpReservationCloud(url="https://cloud.example", **{**bench_parts, "tower_id": "../x"})
