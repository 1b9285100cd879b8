"""The contract itself, and whether what both sides send is what it says."""

import io
import json
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest
from openapi_spec_validator import validate

from hardware_sim.cloud import Fault, FaultKind
from tests.cloud_bench import (
    NOW,
    TOKEN,
    TOWER,
    Bench,
    Contract,
    book,
    boot_report,
    cloud_bench,
    outbox_event,
)


async def ask(
    bench: Bench, operation: str, body: bytes | None = None, **more: object
) -> tuple[int, str, object]:
    """One request as an integrator's own tooling would make it: status, type, body."""
    headers = {"Authorization": f"Bearer {more.get('token', TOKEN)}"}
    if body is not None:
        headers["Content-Type"] = str(more.get("content_type", "application/json"))
    url = f"{bench.cloud.url}/v1/towers/{more.get('tower', TOWER)}/{operation}"
    method = "GET" if body is None else "POST"
    data = None if body is None else io.BytesIO(body)
    async with aiohttp.request(method, url, data=data, headers=headers) as response:
        return response.status, response.content_type, await response.json(content_type=None)


def test_the_document_is_openapi_3_1(contract: Contract) -> None:
    validate(contract.spec)
    assert contract.spec["openapi"].startswith("3.1")


def test_every_operation_names_its_errors(contract: Contract) -> None:
    for path in contract.spec["paths"].values():
        operation = path.get("post") or path.get("get") or path["put"]
        assert {"200", "400", "401", "403", "404", "429", "500", "503"} <= operation[
            "responses"
        ].keys()


async def test_what_the_tower_sends_is_of_the_contract(contract: Contract, tmp_path: Path) -> None:
    bare = outbox_event(2, subject="", correlation_id="", data={})
    async with cloud_bench(tmp_path) as bench:
        await bench.tower.boot(boot_report())
        await bench.tower.deliver([outbox_event(1), bare])
        assert contract.wrong("BootReport", bench.cloud.boots(TOWER)[0]) == []
        batch = [event.raw for event in bench.cloud.events_received]
        assert contract.wrong("EventBatch", batch) == []
        first, second = batch
        assert first["source"] == "/towers/guangzhou-01"
        assert first["sequence"] == "00000000000000000001"
        assert first["time"] == "2026-03-01T09:00:01.000000Z"
        assert "subject" not in second
        assert "correlationid" not in second


async def test_what_the_reference_cloud_answers_is_of_the_contract(
    contract: Contract, tmp_path: Path
) -> None:
    async with cloud_bench(tmp_path) as bench:
        book(bench.cloud)
        withdrawn = book(bench.cloud, face_consent=True, portrait=b"face", slot=7, greeting="L.")
        bench.cloud.withdraw(withdrawn)
        await bench.tower.boot(boot_report())
        status, kind, boot = await ask(bench, "boot", boot_bytes(bench))
        assert (status, kind) == (200, "application/json")
        assert contract.wrong("BootAnswer", boot) == []
        _, _, page = await ask(bench, "reservations?limit=2")
        assert contract.wrong("ChangePage", page) == []
        assert isinstance(page, dict)
        assert page["more"] is True
        _, _, page = await ask(bench, f"reservations?cursor={page['cursor']}")
        assert contract.wrong("ChangePage", page) == []
        receipt = await deliver_raw(bench, event())
        assert contract.wrong("EventReceipt", receipt[1]) == []


def boot_bytes(bench: Bench) -> bytes:
    return json.dumps(bench.cloud.boots(TOWER)[-1]).encode()


def event(**changes: object) -> dict[str, object]:
    told: dict[str, object] = {
        "specversion": "1.0",
        "id": "e-1",
        "source": f"/towers/{TOWER}",
        "type": "com.vendtower.visit.car_departed.v1",
        "subject": "visit/1",
        "time": NOW.isoformat(),
        "datacontenttype": "application/json",
        "sequence": f"{1:020d}",
        "clockquality": "unknown",
        "correlationid": "c-1",
        "data": {},
    }
    told.update(changes)
    return {name: value for name, value in told.items() if value is not None}


async def deliver_raw(bench: Bench, *events: Mapping[str, object]) -> tuple[int, object]:
    batch_type = "application/cloudevents-batch+json"
    status, _, answer = await ask(
        bench, "events", json.dumps(events).encode(), content_type=batch_type
    )
    return status, answer


WRONG_EVENTS = {
    "specversion": event(specversion="0.3"),
    "no id": event(id=None),
    "empty id": event(id=""),
    "source": event(source="/towers/other-02"),
    "type": event(type="com.example.something"),
    "naive time": event(time="2026-03-01T09:00:00"),
    "no time": event(time=None),
    "no zeros": event(sequence="1"),
    "sequence is a number": event(sequence=1),
    "content type": event(datacontenttype="text/plain"),
    "clock": event(clockquality="fine"),
    "empty subject": event(subject=""),
    "no data": event(data=None),
    "data is a list": event(data=[1]),
}


@pytest.mark.parametrize("wrong", WRONG_EVENTS.values(), ids=WRONG_EVENTS.keys())
async def test_the_cloud_and_the_schema_refuse_the_same_events(
    contract: Contract, tmp_path: Path, wrong: dict[str, object]
) -> None:
    async with cloud_bench(tmp_path) as bench:
        status, problem = await deliver_raw(bench, event(id="good"), wrong)
        assert status == 422
        assert contract.wrong("Problem", problem) == []
        assert bench.cloud.events_received == ()
    # The schema knows no tower, so another tower's source passes it.
    if wrong["source"] == f"/towers/{TOWER}":
        assert contract.wrong("Event", wrong) != []


@pytest.mark.parametrize(
    "wrong",
    [
        event(camelCase="x"),
        event(extra={"an": "object"}),
        event(data_base64="AAAA"),
        event(n=2**31),
    ],
)
async def test_the_cloud_refuses_what_cloudevents_forbids(
    tmp_path: Path, wrong: dict[str, object]
) -> None:
    async with cloud_bench(tmp_path) as bench:
        assert (await deliver_raw(bench, wrong))[0] == 422


async def test_the_cloud_takes_unknown_extensions(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        assert (await deliver_raw(bench, event(traceparent="00-ab", lane=3)))[0] == 200
        assert bench.cloud.events_received[0].raw["lane"] == 3


async def test_refusals_are_problem_documents(contract: Contract, tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        answers = {
            401: await ask(bench, "reservations", token="nobody's"),
            403: await ask(bench, "reservations", token="token-2"),
            404: await ask(bench, "reservations", tower="nowhere-03"),
            409: await ask(bench, "reservations"),
            400: await ask(bench, "boot", b"{"),
            422: await ask(bench, "boot", b"{}"),
            415: await ask(bench, "events", b"[]"),
            413: await ask(
                bench,
                "events",
                b"[" + b" " * (1024 * 1024) + b"]",
                content_type="application/cloudevents-batch+json",
            ),
        }
        await bench.tower.boot(boot_report())
        answers[410] = await ask(bench, "reservations?cursor=bm9uZTow")
        bench.cloud.add_fault(Fault(FaultKind.STATUS, status=503, retry_after="5"))
        answers[503] = await ask(bench, "reservations")
    for status, (found, kind, body) in answers.items():
        assert (found, kind) == (status, "application/problem+json")
        assert contract.wrong("Problem", body) == []
        assert isinstance(body, dict)
        assert body["status"] == status


async def test_an_event_has_its_effect_once_and_a_changed_one_is_noticed(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench:
        for data in ({"n": 1}, {"n": 1}, {"n": 2}):
            status, receipt = await deliver_raw(bench, event(data=data))
            assert (status, receipt) == (200, {"accepted": ["e-1"], "rejected": []})
        assert [received.data for received in bench.cloud.events_received] == [{"n": 1}]
        assert [found.differing for found in bench.cloud.duplicates] == [(), ("data",)]


async def test_the_cloud_sees_holes_and_disorder_in_the_numbers(tmp_path: Path) -> None:
    numbers = [3, 4, 9, 7]
    async with cloud_bench(tmp_path) as bench:
        for number in numbers:
            await deliver_raw(bench, event(id=f"e-{number}", sequence=f"{number:020d}"))
        assert bench.cloud.store.gaps(TOWER) == [(5, 6), (8, 8)]
        assert [found.event_id for found in bench.cloud.store.out_of_order] == ["e-7"]
