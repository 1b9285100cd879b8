"""The JSON interface's part for jobs.

Reading::

    GET  /api/jobs
    GET  /api/jobs/{id}           one job, with ``limits``: seconds it may stay in each state

Doing (JSON bodies; unknown fields are refused)::

    POST /api/jobs/{id}/stop      {"by"?}    stop it at once; the PLC decides
    POST /api/jobs/{id}/cancel    {"by"?}    finish this move, let nothing follow

Answers, names and guards are those of `api`.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, StringConstraints

from vendtower.flows.controls import ControlAnswer
from vendtower.flows.ledger_controls import LedgerControls
from vendtower.web import api, guards, job_views

LEDGER: web.AppKey[LedgerControls] = web.AppKey("ledger_controls", LedgerControls)
_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class JobQuestion(BaseModel):
    """Body of an order about a job."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    by: _Word | None = None


def add_routes(app: web.Application) -> None:
    """Put the jobs into the application."""
    job = "/api/jobs/{job_id:[0-9]{1,10}}"
    app.router.add_get("/api/jobs", api.reader(job_views.jobs_view))
    app.router.add_get(job, _job)
    app.router.add_post(f"{job}/stop", _order(lambda desk: desk.stop_job))
    app.router.add_post(f"{job}/cancel", _order(lambda desk: desk.finish_job))


async def _job(request: web.Request) -> web.Response:
    picture = request.app[api.BOARD].picture
    number = int(request.match_info["job_id"])
    found = [] if picture is None else [job for job in picture.jobs if job.job_id == number]
    if not found:
        raise web.HTTPNotFound(text=f"job {number}: none of the open ones, nor of the last ended")
    limits = job_views.limits_view(found[0], request.app[api.SITE].policies)
    return web.json_response({"schema": 1, **job_views.job_view(found[0]), "limits": limits})


def _order(
    asked: Callable[[LedgerControls], Callable[[int, str], Awaitable[ControlAnswer]]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def do(request: web.Request) -> web.Response:
        guards.check_local(request)
        question = await api.body_of(request, JobQuestion)
        by = api.name_of(request, question.by)
        number = int(request.match_info["job_id"])
        return api.answer(await asked(request.app[LEDGER])(number, by))

    return do
