"""docs/cloud_contract.md says what docs/cloud_openapi.yaml and the code say."""

import json
import re

import pytest

from hardware_sim.cloud import ReferenceCloud
from hardware_sim.cloud.control import control_app
from hardware_sim.cloud.reference import DEMO_TOKENS
from tests.cloud_bench import CONTRACT_FILE, Contract
from vendtower.adapters.cloud_http.client import BATCH_BYTES_MAX, PAGE_BYTES_MAX, PAGE_LIMIT
from vendtower.adapters.cloud_http.reading import PORTRAIT_BYTES_MAX, PORTRAIT_TEXT_MAX
from vendtower.flows.event_delivery import BATCH_MAX, CANNOT_HEAL

PAGE = CONTRACT_FILE.with_name("cloud_contract.md").read_text()
EXAMPLES = re.findall(r"^```json (\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("schema", "text"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_examples_are_of_the_contract(contract: Contract, schema: str, text: str) -> None:
    assert contract.wrong(schema, json.loads(text)) == []


def test_there_is_an_example_of_every_message() -> None:
    assert [name for name, _ in EXAMPLES] == [
        "BootReport",
        "BootAnswer",
        "ChangePage",
        "EventBatch",
        "EventReceipt",
        "EvidenceAnswer",
    ]


def test_the_table_of_answers_is_complete(contract: Contract) -> None:
    named = {
        status
        for path in contract.spec["paths"].values()
        for verb in ("get", "post")
        for status in path.get(verb, {}).get("responses", {})
    }
    assert set(re.findall(r"^\| (\d{3}) \|", PAGE, re.MULTILINE)) == named


def test_limits_are_the_same_in_page_schema_and_code(contract: Contract) -> None:
    schemas = contract.spec["components"]["schemas"]
    face = schemas["Reservation"]["properties"]["face"]["properties"]
    assert face["sealed_portrait"]["maxLength"] == PORTRAIT_TEXT_MAX
    assert schemas["ChangePage"]["properties"]["changes"]["maxItems"] == PAGE_LIMIT
    assert schemas["EventBatch"]["maxItems"] == BATCH_MAX
    assert f"at most {PORTRAIT_BYTES_MAX // 1024} KiB, sealed" in PAGE
    assert f"at most {PAGE_LIMIT} changes and {PAGE_BYTES_MAX // 2**20} MiB a page" in PAGE
    assert f"1 to {BATCH_MAX} CloudEvents 1.0, at most {BATCH_BYTES_MAX // 2**20} MiB" in PAGE
    assert "**400, 413 and 422 for events**" in PAGE
    assert {400, 413, 422} == CANNOT_HEAL


async def test_the_control_api_is_listed_whole() -> None:
    cloud = await ReferenceCloud.start(tokens=DEMO_TOKENS)
    try:
        routes = {
            f"{route.method} {route.resource.canonical}"
            for route in control_app(cloud).router.routes()
            if route.resource is not None and route.method != "HEAD"
        }
    finally:
        await cloud.stop()
    assert set(re.findall(r"^\| `((?:GET|POST|PATCH|DELETE) /sim[^`]*)`", PAGE, re.MULTILINE)) == (
        routes
    )
