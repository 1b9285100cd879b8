"""The cloud adapter against a cloud that does everything wrong that a cloud can do."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.cloud import Fault, FaultKind, Operation
from tests.cloud_bench import (
    NOW,
    TOKEN,
    TOWER,
    Bench,
    boot_report,
    cloud_bench,
    outbox_event,
    until,
    write_token,
)
from vendtower.adapters.cloud_http import HttpReservationCloud
from vendtower.domain.errors import LinkDown, LocalFault, PeerFault
from vendtower.ports.reservation_cloud import CloudRefused, CloudUnreachable

OpenBench = Callable[..., AbstractAsyncContextManager[Bench]]


@pytest.fixture(params=["HTTP", "the swarm's direct line"])
def opened(request: pytest.FixtureRequest) -> OpenBench:
    """The same adapter and the same cloud, over each of the two wires."""
    return partial(cloud_bench, direct=request.param != "HTTP")


async def test_cloud_absent_then_there(tmp_path: Path, opened: OpenBench) -> None:
    async with opened(tmp_path) as bench:
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
    tmp_path: Path, opened: OpenBench, operation: Operation
) -> None:
    async with opened(tmp_path, request_timeout_s=0.3) as bench:
        picture = b"a picture of a bay"
        digest = hashlib.sha256(picture).hexdigest()
        calls: Mapping[Operation, Callable[[], Any]] = {
            Operation.BOOT: lambda: bench.tower.boot(boot_report()),
            Operation.RESERVATIONS: lambda: bench.tower.changes_since(None),
            Operation.EVENTS: lambda: bench.tower.deliver([outbox_event(1)]),
            Operation.EVIDENCE: lambda: bench.tower.put_evidence(digest, "image/jpeg", picture),
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


async def test_messages_say_what_the_cloud_said(tmp_path: Path, opened: OpenBench) -> None:
    async with opened(tmp_path) as bench:
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
        with pytest.raises(CloudRefused, match="larger than 8388608 bytes"):
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


async def test_the_token_is_read_at_each_use(tmp_path: Path, opened: OpenBench) -> None:
    async with opened(tmp_path) as bench:
        await bench.tower.boot(boot_report())
        bench.cloud.rotate_token("token-2nd.~+/=", TOWER)
        with pytest.raises(CloudRefused, match="found status 401"):
            await bench.tower.boot(boot_report())
        write_token(bench.token_file, "  token-2nd.~+/=\n")
        assert (await bench.tower.boot(boot_report())).accepted


async def test_an_unusable_token_file_is_named_and_nothing_is_sent(
    tmp_path: Path, opened: OpenBench
) -> None:
    async with opened(tmp_path) as bench:

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


async def test_a_boot_that_is_not_accepted_is_an_answer(tmp_path: Path, opened: OpenBench) -> None:
    async with opened(tmp_path) as bench:
        bench.cloud.refuse_boots("under construction")
        answer = await bench.tower.boot(boot_report())
    assert (answer.accepted, answer.reason) == (False, "under construction")


async def test_events_that_are_no_json_are_rejected_here_and_the_others_go(
    tmp_path: Path, opened: OpenBench
) -> None:
    bad: list[object] = [float("nan"), object(), "\ud800"]
    events = [outbox_event(number, data={"x": value}) for number, value in enumerate(bad, 2)]
    naive = outbox_event(9, utc=datetime(2026, 3, 1))  # noqa: DTZ001 - the mistake under test
    async with opened(tmp_path) as bench:
        receipt = await bench.tower.deliver([outbox_event(1), *events, naive])
        assert receipt.accepted == {"event-001"}
        assert receipt.rejected.keys() == {"event-002", "event-003", "event-004", "event-009"}
        assert "event-002: cannot be written as JSON" in receipt.rejected["event-002"]
        assert (await bench.tower.deliver([naive])).accepted == frozenset()
        assert (await bench.tower.deliver([])).rejected == {}
        assert bench.cloud.requests("events") == 1


async def test_a_batch_above_the_contracts_size_is_refused_unsent(
    tmp_path: Path, opened: OpenBench
) -> None:
    async with opened(tmp_path) as bench:
        with pytest.raises(CloudRefused, match="expected at most 1048576") as caught:
            await bench.tower.deliver([outbox_event(1, data={"x": "y" * 1024 * 1024})])
        assert caught.value.status == 413
        assert bench.cloud.requests("events") == 0


async def test_the_cloud_rejects_single_events(tmp_path: Path, opened: OpenBench) -> None:
    odd = outbox_event(2, event_type="com.vendtower.odd.v9")
    async with opened(tmp_path) as bench:
        bench.cloud.store.reject_types["com.vendtower.odd.v9"] = "no such type"
        receipt = await bench.tower.deliver([outbox_event(1), odd, outbox_event(3)])
    assert receipt.accepted == {"event-001", "event-003"}
    assert receipt.rejected == {"event-002": "no such type"}


async def test_a_cancelled_call_leaves_a_usable_adapter(tmp_path: Path, opened: OpenBench) -> None:
    async with opened(tmp_path) as bench:
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
    bench_parts: dict[str, Any] = {
        "tower_id": TOWER,
        "token_file": tmp_path,
        "clock": None,
        "signed_list": None,
    }
    with pytest.raises(LocalFault, match=why) as caught:
        HttpReservationCloud(url=url, **bench_parts)
    assert "secret" not in str(caught.value)
    HttpReservationCloud(url="https://cloud.example/vendtower", **bench_parts)
    with pytest.raises(LocalFault, match="tower id"):
        HttpReservationCloud(url="https://cloud.example", **{**bench_parts, "tower_id": "../x"})
