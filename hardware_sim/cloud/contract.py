"""The contract's four operations over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from hardware_sim.cloud import answers
from hardware_sim.cloud.answers import BATCH_TYPE, BODY_BYTES_MAX, EVIDENCE_BYTES_MAX
from hardware_sim.cloud.failing import fail
from hardware_sim.cloud.faults import Operation
from hardware_sim.cloud.problems import Problem, problem_answer
from hardware_sim.cloud.state import CloudState, TowerRecord

Work = Callable[[web.Request, TowerRecord], Awaitable[object]]


def contract_app(state: CloudState, stopping: asyncio.Event) -> web.Application:
    """The tower side; `stopping` lets go of requests that hang on purpose."""
    contract = _Contract(state, stopping)
    app = web.Application(client_max_size=BODY_BYTES_MAX)
    base = "/v1/towers/{tower}"
    app.router.add_post(f"{base}/boot", contract.serve(Operation.BOOT, contract.boot))
    app.router.add_get(
        f"{base}/reservations", contract.serve(Operation.RESERVATIONS, contract.reservations)
    )
    app.router.add_post(f"{base}/events", contract.serve(Operation.EVENTS, contract.events))
    app.router.add_put(
        f"{base}/evidence/{{sha256}}", contract.serve(Operation.EVIDENCE, contract.evidence)
    )
    return app


class _Contract:
    def __init__(self, state: CloudState, stopping: asyncio.Event) -> None:
        self._state = state
        self._stopping = stopping

    def serve(
        self, operation: Operation, work: Work
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The operation behind the token, and behind the fault that waits for it."""

        async def answer(request: web.Request) -> web.Response:
            try:
                return web.json_response(await work(request, self._authorised(request)))
            except Problem as problem:
                return problem_answer(problem)
            except web.HTTPRequestEntityTooLarge:
                title = f"Expected at most {BODY_BYTES_MAX} bytes"
                return problem_answer(Problem(413, "too-large", title))

        async def serve(request: web.Request) -> web.StreamResponse:
            self._state.requests[operation.value] += 1
            fault = self._state.faults.take(operation)
            if fault is None:
                return await answer(request)
            return await fail(fault, request, answer, self._stopping)

        return serve

    def _authorised(self, request: web.Request) -> TowerRecord:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        return answers.authorised(self._state, request.match_info["tower"], scheme, given)

    async def boot(self, request: web.Request, record: TowerRecord) -> object:
        """Keep the report."""
        return answers.boot(self._state, record, await _json_body(request, "application/json"))

    async def reservations(self, request: web.Request, record: TowerRecord) -> object:
        """A page of the tower's change log."""
        return answers.reservations(self._state, record, request.query)

    async def events(self, request: web.Request, record: TowerRecord) -> object:
        """Apply the batch."""
        del record
        batch = await _json_body(request, BATCH_TYPE)
        return answers.events(self._state, request.match_info["tower"], batch)

    async def evidence(self, request: web.Request, record: TowerRecord) -> object:
        """Keep one file."""
        answers.check_evidence_type(request.content_type)
        content = await _limited(request, EVIDENCE_BYTES_MAX)
        sha256 = request.match_info["sha256"]
        return answers.evidence(record, sha256, request.content_type, content)


async def _limited(request: web.Request, bytes_max: int) -> bytes:
    """A body that may be larger than other operations'."""
    content = bytearray()
    async for part in request.content.iter_chunked(64 * 1024):
        content += part
        if len(content) > bytes_max:
            raise Problem(413, "too-large", f"Expected at most {bytes_max} bytes")
    return bytes(content)


async def _json_body(request: web.Request, content_type: str) -> object:
    body = b"" if request.content_type != content_type else await request.read()
    return answers.json_body(request.content_type, body, content_type)
