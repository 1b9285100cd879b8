"""Reservations on their way from the reference cloud to the tower, good ones and broken ones."""

import base64
import copy
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from tests.cloud_bench import CAR, NOW, TOWER, Bench, book, boot_report, cloud_bench
from vendtower.domain.card import KnownCard, any_is_of
from vendtower.domain.reservation import (
    Reservation,
    ReservationSet,
    ReservationUnreadable,
    ReservationWithdrawn,
)
from vendtower.ports.reservation_cloud import ChangePage

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
        "cards": [{"salt": "c", "sha256": "CD" * 32}],
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
    """What a tower that asks for no signature reads of these items."""
    async with cloud_bench(directory, signature_required=False) as bench:
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
    assert found.cards == (KnownCard("c", "cd" * 32),)
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
            cards=["04a1b2c3"],
        )
        page = await first_page(bench)
    (change,) = page.changes
    assert isinstance(change, ReservationSet)
    assert change.reservation.accepts_code(booked.code)
    assert not change.reservation.accepts_code(booked.code + "0")
    assert any_is_of(change.reservation.cards, "04a1b2c3")
    assert not any_is_of(change.reservation.cards, "04a1b2c4")
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


async def test_pages_with_large_portraits_end_before_they_are_too_large(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        portrait = bytes(500 * 1024)
        ids = [book(bench.cloud, face_consent=True, portrait=portrait) for _ in range(14)]
        first = await first_page(bench)
        second = await bench.tower.changes_since(first.cursor)
    assert (len(first.changes), first.more) == (12, True)
    assert (len(second.changes), second.more) == (2, False)
    found = [
        x.reservation for x in (*first.changes, *second.changes) if isinstance(x, ReservationSet)
    ]
    assert [each.reservation_id for each in found] == ids


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
    "plate surrogate": (example("reservation.vehicle.plate", "\ud800"), "plate: found text of 1"),
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
        example("reservation.face.sealed_portrait", "A" * 699_056),
        "expected base64 of at most 524288 bytes",
    ),
    "cards null": (example("reservation.cards", None), "reservation.cards: found null"),
    "card number in clear": (
        example("reservation.cards", ["04a1b2c3"]),
        "reservation.cards.0: found text of 8 characters",
    ),
    "card hash": (
        example("reservation.cards", [{"salt": "c", "sha256": "cd"}]),
        "reservation.cards.0.sha256: found text of 2 characters",
    ),
    "cards many": (
        example("reservation.cards", [{"salt": "c", "sha256": "cd" * 32}] * 9),
        "reservation.cards: found a list",
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
