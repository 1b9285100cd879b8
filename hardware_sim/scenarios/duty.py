"""Staff on duty: they look at the tower and answer it over its control socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from hardware_sim.cloud.bookings import BookedCar
from hardware_sim.plant.car import Place, PlaceKind
from hardware_sim.scenarios.waiting import PATIENCE_S, until

NAME = "technician on duty"
Json = Mapping[str, Any]
PLACE_ANSWERS = {
    PlaceKind.SLOT: "car_in_slot",
    PlaceKind.BAY: "car_in_bay",
    PlaceKind.OUTSIDE: "car_outside",
}


def _true_answer(case: Json, place: Place | None) -> dict[str, Any]:
    """What somebody who sees the car would answer, in the words the case takes."""
    for goes_on in ("continue", "car_on_lift"):
        if goes_on in case["choices"]:
            return {"settlement": goes_on}
    if place is None:
        return {"settlement": "continue"}
    answer: dict[str, Any] = {"settlement": PLACE_ANSWERS.get(place.kind, "continue")}
    return answer | ({"slot": place.number} if place.kind is PlaceKind.SLOT else {})


class Duty:
    """One person at the maintenance interface, the socket that ``vendtower`` commands use."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    @classmethod
    @asynccontextmanager
    async def at(cls, socket: Path) -> AsyncIterator[Duty]:
        """Somebody at this daemon's socket."""
        connector = aiohttp.UnixConnector(str(socket))
        timeout = aiohttp.ClientTimeout(total=5.0)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
            yield cls(http)

    async def ask(self, path: str, body: Json) -> Json:
        """Ask something of the tower; ``done``, and the ``reason`` where it is refused."""
        try:
            async with self._http.post(f"http://tower{path}", json=dict(body)) as answer:
                said: Json = await answer.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            return {"done": False, "reason": f"no answer: {error!r}"}
        return {"done": False, **said}

    async def read(self, path: str) -> Json | None:
        """A page of the maintenance interface; None while nobody answers."""
        try:
            async with self._http.get(f"http://tower{path}") as answer:
                found: Json | None = await answer.json() if answer.status == 200 else None
                return found
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def load_stock(self, cars: Mapping[int, BookedCar]) -> None:
        """Tell the tower which cars stand in it."""
        fields = ("vin", "plate", "model", "length_mm", "width_mm", "height_mm", "weight_kg")
        lines = [
            {**{name: getattr(car, name) for name in fields}, "slot": slot}
            for slot, car in cars.items()
        ]
        await self.done("/api/cars", {"by": NAME, "lines": lines})

    async def done(self, path: str, body: Json, timeout_s: float = PATIENCE_S) -> None:
        """Ask for something until the tower does it; after a pause of the line for instance."""
        said: list[Json] = [{}]

        async def taken() -> bool:
            said[0] = await self.ask(path, body)
            return bool(said[0]["done"])

        await until(taken, lambda: f"{path} is not done: {said[0]}", timeout_s)

    async def open_cases(self) -> list[Json]:
        """The questions that wait for somebody."""
        page = await self.read("/api/cases")
        return [case for case in page["cases"] if case["open"]] if page else []

    async def case(self, kind: str) -> Json:
        """Wait for an open case of this kind."""
        cases: list[Json] = []

        async def there() -> bool:
            cases[:] = await self.open_cases()
            return any(case["kind"] == kind for case in cases)

        await until(
            there, lambda: f"a case of kind {kind} expected, found {[c['kind'] for c in cases]}"
        )
        return next(case for case in cases if case["kind"] == kind)

    async def settle(self, case: Json, settlement: str, **more: object) -> Json:
        """Answer a case once."""
        body = {"settlement": settlement, "by": NAME, "note": "looked", **more}
        return await self.ask(f"/api/cases/{case['case_id']}/settle", body)

    async def settled(self, kind: str, settlement: str, **more: object) -> Json:
        """Wait for a case, and answer it as soon as the tower takes the answer; the case."""
        case = await self.case(kind)
        said: list[Json] = [{}]

        async def taken() -> bool:
            said[0] = await self.settle(case, settlement, **more)
            return bool(said[0]["done"])

        await until(taken, lambda: f"{settlement} is not taken: {said[0]}")
        return case

    async def let_go_on(
        self, over: Callable[[], bool], where_is: Callable[[str], Place | None]
    ) -> None:
        """Look at every failed movement and answer what is true, until something is reached.

        Alarms that are over are acknowledged on the way, and stops that are over confirmed.
        """
        said: list[object] = []

        async def look() -> bool:
            await self.acknowledge_alarms()
            await self.confirm_stops()
            for case in await self.open_cases():
                if case["kind"] == "movement":
                    answer = _true_answer(case, where_is(str(case["vin"])))
                    said.append((case["question"], await self.settle(case, **answer)))
            return over()

        await until(look, lambda: f"not reached although staff let it go on: {said[-3:]}")

    async def acknowledge_alarms(self) -> None:
        """Acknowledge every alarm whose cause is gone and which waits for that."""
        page = await self.read("/api/alarms")
        for alarm in page["alarms"] if page else []:
            if alarm["wants_person"] and not alarm["active"]:
                body = {"source": alarm["source"], "by": NAME, "note": "looked"}
                await self.ask(f"/api/alarms/{alarm['code']}/ack", body)

    async def confirm_stops(self) -> None:
        """Confirm every e-stop, door and fire that is over: somebody has looked."""
        page = await self.read("/api/stops")
        for stop in page["stops"] if page else []:
            if not stop["active"]:
                body = {"by": NAME, "note": "looked"}
                await self.ask(f"/api/stops/{stop['number']}/confirm", body)

    async def reset_faults(self) -> None:
        """Let lifts and doors with latched faults take jobs again, as soon as the tower does it."""
        said: list[Json] = [{}]

        async def asked() -> bool:
            said[0] = await self.ask("/api/machine/reset", {"by": NAME})
            return bool(said[0]["done"])

        await until(asked, lambda: f"the machine's faults are not reset: {said[0]}")

    async def lead_on(self) -> None:
        """Let a machine that was stopped take jobs again, as soon as it takes that."""
        said: list[Json] = [{}]

        async def led() -> bool:
            said[0] = await self.ask("/api/machine/reset", {"by": NAME})
            status = await self.read("/api/status")
            return bool(status and status["in_service"])

        await until(led, lambda: f"the machine is not led on: {said[0]}")
