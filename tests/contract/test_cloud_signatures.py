"""The signed list over HTTP, and the example that integrators are given."""

import base64
import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hardware_sim.list_signing import ListSigner
from tests.bench.list_proofs import entry_of
from tests.cloud_bench import (
    CONTRACT_FILE,
    NOW,
    TOKEN,
    TOWER,
    Bench,
    Contract,
    book,
    boot_report,
    cloud_bench,
)
from tests.contract.test_cloud_reservations import EXAMPLE
from vendtower.adapters.cloud_http import SignedList, trusted_keys
from vendtower.domain.reservation import ReservationSet, ReservationWithdrawn
from vendtower.ports.reservation_cloud import CloudUnproven

PAGE = CONTRACT_FILE.with_name("list_signing.md").read_text()


async def raw_page(bench: Bench, cursor: str | None = None) -> dict[str, Any]:
    """A page as anybody on the line could keep it."""
    url = f"{bench.cloud.url}/v1/towers/{TOWER}/reservations"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    query = {} if cursor is None else {"cursor": cursor}
    async with aiohttp.request("GET", url, headers=headers, params=query) as response:
        found: dict[str, Any] = await response.json()
        return found


async def test_reservations_and_withdrawals_arrive_signed(
    contract: Contract, tmp_path: Path
) -> None:
    async with cloud_bench(tmp_path) as bench:
        name = book(bench.cloud, face_consent=True, portrait=b"face")
        await bench.tower.boot(boot_report())
        first = await bench.tower.changes_since(None)
        bench.cloud.withdraw(name)
        second = await bench.tower.changes_since(first.cursor)
    (change,) = first.changes
    assert isinstance(change, ReservationSet)
    assert second.changes == (ReservationWithdrawn(name),)
    assert (first.issued_utc, second.issued_utc) == (NOW, NOW)
    entry = entry_of(change.reservation.proof)
    assert contract.wrong("Entry", entry) == []
    assert contract.wrong("Entry", {"tower": TOWER, "op": "withdrawn", "id": name}) == []
    held = change.reservation.sealed_portrait
    assert held is not None
    assert entry["reservation"]["face"]["portrait_sha256"] == hashlib.sha256(held).hexdigest()


async def test_what_a_page_says_of_itself_is_of_the_contract(
    contract: Contract, tmp_path: Path
) -> None:
    async with cloud_bench(tmp_path) as bench:
        book(bench.cloud)
        await bench.tower.boot(boot_report())
        page = await raw_page(bench)
    assert contract.wrong("ChangePage", page) == []
    assert contract.wrong("PageWord", entry_of(page["signed"])) == []


async def test_a_page_that_was_kept_is_no_answer_to_another_question(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        book(bench.cloud)
        await bench.tower.boot(boot_report())
        kept = await raw_page(bench)
        found = SignedList(TOWER, trusted_keys(bench.cloud.list_keys(TOWER)), required=True)
        cursor = found.page(kept, None).cursor
        with pytest.raises(CloudUnproven, match="asked"):
            found.page(kept, cursor)


async def test_another_towers_page_is_none(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        book(bench.cloud)
        await bench.tower.boot(boot_report())
        kept = await raw_page(bench)
        other = SignedList("other-02", trusted_keys(bench.cloud.list_keys(TOWER)), required=True)
    with pytest.raises(CloudUnproven, match=r"tower: found 'guangzhou-01', expected 'other-02'"):
        other.page(kept, None)


async def test_a_cloud_with_another_key_or_with_none_is_refused(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        name = book(bench.cloud)
        await bench.tower.boot(boot_report())
        right = bench.cloud.state.tower_of(TOWER).teller.signer
        for signer, why in (
            (ListSigner(kid="list-1"), "has not made of this"),
            (ListSigner(kid="list-9"), "found key 'list-9'"),
            (None, "signature: found none"),
        ):
            bench.cloud.sign_with(signer, TOWER)
            with pytest.raises(CloudUnproven, match=why):
                await bench.tower.changes_since(None)
        bench.cloud.sign_with(right, TOWER)
        (change,) = (await bench.tower.changes_since(None)).changes
    assert isinstance(change, ReservationSet)
    assert change.reservation.reservation_id == name


async def test_an_unchanged_page_is_signed_once_for_some_minutes(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        book(bench.cloud)
        await bench.tower.boot(boot_report())
        cursor = (await bench.tower.changes_since(None)).cursor
        first = await bench.tower.changes_since(cursor)
        bench.clock.now_utc = bench.clock.now_utc.replace(minute=4)
        assert (await bench.tower.changes_since(cursor)).issued_utc == first.issued_utc
        bench.clock.now_utc = bench.clock.now_utc.replace(minute=6)
        later = await bench.tower.changes_since(cursor)
        assert later.issued_utc == bench.clock.now_utc
        # What is new is told at once, with the time of now.
        book(bench.cloud, reservation_id="R-new")
        bench.clock.now_utc = bench.clock.now_utc.replace(minute=7)
        assert (await bench.tower.changes_since(cursor)).issued_utc == bench.clock.now_utc


def test_the_integrators_example_is_read_by_the_tower() -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    key = Ed25519PrivateKey.generate()
    names: dict[str, Any] = {
        "key": key,
        "base64": base64,
        "hashlib": hashlib,
        "json": json,
        "datetime": datetime,
        "UTC": UTC,
    }
    exec(compile(code, "list_signing.md", "exec"), names)
    reservation = {**EXAMPLE["reservation"], "face": {"consent": False}}
    entries = [{"op": "set", "reservation": reservation}, {"op": "withdrawn", "id": "R-2"}]
    page = names["signed_page"](TOWER, None, entries, "c1", False)
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    found = SignedList(TOWER, trusted_keys({"2026-01": public}), required=True)
    first, second = found.page(page, None).changes
    assert isinstance(first, ReservationSet)
    assert second == ReservationWithdrawn("R-2")
