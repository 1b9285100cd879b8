"""The cloud is away, ill or slow, for as long as it likes."""

from __future__ import annotations

from datetime import timedelta

from hardware_sim.scenarios.customers import (
    Customer,
    book,
    drive_out,
    identify,
    show_code,
    state,
)
from hardware_sim.scenarios.scenario import Family
from hardware_sim.scenarios.stage import Stage
from hardware_sim.scenarios.waiting import expect, until

FAMILY = Family("Cloud")


async def _all_delivered(stage: Stage) -> None:
    seen: list[object] = [None]

    async def so() -> bool:
        status = await stage.status()
        outbox = status["outbox"] if status else {}
        arrived = len(stage.world.cloud.events_received)
        seen[0] = (outbox, arrived)
        return bool(outbox) and not outbox["waiting"] and outbox["owed"] == arrived

    await until(so, lambda: f"every event delivered once expected, found {seen[0]}")


@FAMILY.scenario(
    "cloud-gone-at-the-start",
    story="The cloud has been away since before the controller was started.",
    happened="A licence server that was down for days kept whole towers shut.",
    ending="The reservations of yesterday are served from the journal, at both kiosks; with the "
    "cloud back it hears everything once and in order.",
)
async def _at_the_start(stage: Stage) -> None:
    first, second = await book(stage, 0), await book(stage, 5)
    await _all_delivered(stage)
    heard = len(stage.world.cloud.events_received)
    await stage.daemon.stop()
    await stage.faults.begin("cloud-line")
    await stage.restart()
    await stage.in_service()
    await stage.sees_people()
    await _collect_unheard(stage, first, 1)
    await _collect_unheard(stage, second, 2)
    expect(len(stage.world.cloud.events_received) == heard, "the cloud heard something while away")
    await stage.faults.mend("cloud-line")
    await _all_delivered(stage)
    expect(len(stage.events("visit.car_departed")) == 2, "two departures expected at the cloud")


async def _collect_unheard(stage: Stage, customer: Customer, kiosk: int) -> None:
    """As `collect`, without waiting for the cloud to hear of it."""
    await identify(stage, customer, kiosk)
    await drive_out(stage, customer, stage.world.bay_of(kiosk))
    await state(stage, customer, "departed")


@FAMILY.scenario(
    "reservation-runs-out-without-the-cloud",
    story="The cloud stays away, and meanwhile the window of a known reservation ends.",
    happened="A tower that was offline for days handed out a car that had been sold on.",
    ending="The tower's own clock ends the reservation: the code opens nothing any more, and the "
    "cloud hears of it once it is back.",
    settings={"policies": {"late_s": 0.0}},
)
async def _runs_out(stage: Stage) -> None:
    ends_at = stage.world.utc() + timedelta(seconds=8)
    customer = await book(stage, 0, ends_at=ends_at)
    await stage.faults.begin("cloud-line")
    await state(stage, customer, "expired")
    said = await show_code(stage, customer.code)
    expect(said not in {"staff_route", "bringing_car"}, f"an old code was taken: {said}")
    expect(stage.executed() == 0, "a lift moved for a reservation that is over")
    await stage.faults.mend("cloud-line")
    await _all_delivered(stage)


@FAMILY.scenario(
    "cloud-answers-errors",
    story="The cloud answers every request with status 500 while a customer collects a car.",
    happened="A deployment that went wrong.",
    ending="The customer is served, the events wait on the tower's disk, and each arrives once "
    "when the cloud is well again.",
)
async def _errors(stage: Stage) -> None:
    customer = await book(stage, 0)
    await _all_delivered(stage)
    await stage.faults.begin("cloud-error")
    await _collect_unheard(stage, customer, 1)
    expect(not stage.events("visit.car_departed"), "an ill cloud has taken an event")
    await stage.faults.mend("cloud-error")
    await _all_delivered(stage)
    expect(len(stage.events("visit.car_departed")) == 1, "one departure expected at the cloud")


@FAMILY.scenario(
    "cloud-slow",
    story="The cloud answers every request four seconds late.",
    happened="A mobile connection in a basement.",
    ending="Nobody waits for it: the customer is served meanwhile, and every event arrives once.",
)
async def _slow(stage: Stage) -> None:
    customer = await book(stage, 0)
    await stage.faults.begin("cloud-slow")
    await _collect_unheard(stage, customer, 1)
    await _all_delivered(stage)
    await stage.faults.mend("cloud-slow")
    expect(len(stage.events("visit.car_departed")) == 1, "one departure expected at the cloud")
