"""A tower's cloud adapter and a reference cloud, joined by real sockets."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator.readers import read_from_filename

from benchmarks.swarm.cloud_port import DirectExchange
from hardware_sim.cloud import BookedCar, ReferenceCloud
from hardware_sim.cloud.direct import DirectCloudLine
from hardware_sim.list_signing import ListSigner
from vendtower.adapters.cloud_http import HttpReservationCloud, SignedList, trusted_keys
from vendtower.adapters.journal_sqlite import SqliteJournal
from vendtower.ports.clock import ClockQuality
from vendtower.ports.journal import Change, NewEvent
from vendtower.ports.reservation_cloud import BootReport, OutboxEvent

TOWER = "guangzhou-01"
TOKEN = "token-1"
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
CONTRACT_FILE = Path(__file__).parents[1] / "docs" / "cloud_openapi.yaml"
CAR = BookedCar(vin="LVGBM53E0CG000001", plate="粤A12345", model="Sedan")


class FixedClock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.now_utc = NOW

    def monotonic_s(self) -> float:
        return self.now_s

    def utc(self) -> datetime:
        return self.now_utc

    def quality(self) -> ClockQuality:
        return ClockQuality.SYNCHRONIZED


class HighestChance:
    """Jitter without luck: always the highest number, so that the ceilings show."""

    def new_id(self) -> str:
        return "the-same"

    def uniform(self, low: float, high: float) -> float:
        assert low <= high
        return high


@dataclass
class Pauses:
    """Waits that take no time, and are remembered."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


@dataclass
class Bench:
    """Both ends."""

    cloud: ReferenceCloud
    tower: HttpReservationCloud
    clock: FixedClock
    token_file: Path


def fake_seal(picture: bytes, *, tower_public_key: str, reservation_id: str) -> bytes:
    return b"|".join([tower_public_key.encode(), reservation_id.encode(), picture[::-1]])


def write_token(path: Path, token: str = TOKEN) -> None:
    path.touch(mode=0o600)
    path.write_text(token + "\n")


@asynccontextmanager
async def cloud_bench(
    directory: Path,
    *,
    request_timeout_s: float = 5.0,
    control_port: int | None = None,
    direct: bool = False,
    signature_required: bool = True,
) -> AsyncIterator[Bench]:
    token_file = directory / "cloud-token"
    write_token(token_file)
    clock = FixedClock()
    cloud = await ReferenceCloud.start(
        tokens={TOWER: TOKEN, "other-02": "token-2"},
        seal=fake_seal,
        chance=random.Random(7),
        utc=clock.utc,
        signer=ListSigner(b"s" * 32),
        control_port=control_port,
    )
    exchange = DirectExchange(
        DirectCloudLine(cloud, random.Random(8)),
        tower_id=TOWER,
        token_file=token_file,
        request_timeout_s=request_timeout_s,
        clock=clock,
    )
    tower = HttpReservationCloud(
        url=cloud.url,
        tower_id=TOWER,
        token_file=token_file,
        clock=clock,
        signed_list=signed_list(cloud, required=signature_required),
        request_timeout_s=request_timeout_s,
        exchange=exchange if direct else None,
    )
    try:
        yield Bench(cloud, tower, clock, token_file)
    finally:
        await tower.close()
        await cloud.stop()


def signed_list(cloud: ReferenceCloud, *, required: bool = True) -> SignedList:
    """Reads what this cloud signs for the tower."""
    return SignedList(TOWER, trusted_keys(cloud.list_keys(TOWER)), required=required)


def boot_report() -> BootReport:
    return BootReport(
        software_version="0.1.0",
        site_sha256="ab" * 32,
        levels=5,
        slots=42,
        lifts=1,
        bays=2,
        capabilities=("face",),
        public_key="A" * 43 + "=",
        utc=NOW,
    )


def book(cloud: ReferenceCloud, **more: Any) -> str:
    """A reservation for an hour; its id."""
    window = {"starts_at": NOW, "ends_at": NOW + timedelta(hours=1)}
    return cloud.add_reservation(CAR, **{"tower": TOWER, **window, **more}).reservation_id


@asynccontextmanager
async def open_journal(directory: Path) -> AsyncIterator[SqliteJournal]:
    with ThreadPoolExecutor(1) as executor:
        journal = await SqliteJournal.open(
            directory / "journal.sqlite", executor=executor, utc=lambda: NOW
        )
        try:
            yield journal
        finally:
            await journal.close()


def new_event(number: int, **data: object) -> NewEvent:
    return NewEvent(
        event_id=f"event-{number:03d}",
        event_type="com.vendtower.visit.car_departed.v1",
        subject=f"visit/{number}",
        utc=NOW + timedelta(seconds=number),
        monotonic_s=float(number),
        correlation_id=f"visit-{number}",
        data={"number": number, **data},
    )


def outbox_event(number: int, **more: object) -> OutboxEvent:
    event = new_event(number)
    fields = {
        "event_id": event.event_id,
        "sequence": number,
        "event_type": event.event_type,
        "subject": event.subject,
        "utc": event.utc,
        "correlation_id": event.correlation_id,
        "data": event.data,
    }
    return OutboxEvent(**{**fields, **more})  # type: ignore[arg-type]  # fields of the dataclass by name


async def owe(journal: SqliteJournal, *events: NewEvent) -> None:
    await journal.commit(Change(events=events))


async def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + timeout_s
    while not condition():
        assert loop.time() < deadline_s, "the condition did not come true in time"
        await asyncio.sleep(0.002)


class Contract:
    """docs/cloud_openapi.yaml, to hold messages against."""

    def __init__(self) -> None:
        spec, _ = read_from_filename(str(CONTRACT_FILE))
        self.spec: dict[str, Any] = dict(spec)

    def wrong(self, schema: str, value: object) -> list[str]:
        """What is wrong with the value; empty when it is of this schema."""
        root = {"$ref": f"#/components/schemas/{schema}", "components": self.spec["components"]}
        validator = OAS31Validator(root, format_checker=oas31_format_checker)
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
