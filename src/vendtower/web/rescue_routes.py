"""The JSON interface's part for cars that are brought out of a dead machine by hand.

Reading::

    GET  /api/rescues

Doing (JSON bodies; unknown fields are refused)::

    POST /api/rescues                  {"car": VIN or plate, "lift", "reason", "by"?}
    POST /api/rescues/{id}/confirm     {"step", "by"?, "slot"?, "bay"?, "outside"?, "witness"?,
                                        "note"?}
    POST /api/rescues/{id}/cancel      {"reason", "by"?}

``step`` names the step that was done, so that one word never confirms two. Answers, names and
guards are those of `api`.
"""

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vendtower.domain.places import Bay, Outside, Place, Slot
from vendtower.domain.rescue import CHECKS, Rescue, RescueState
from vendtower.flows.rescue import StepWord
from vendtower.web import api, guards
from vendtower.web.job_routes import LEDGER

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
_Number = Annotated[int, Field(ge=1)]


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BeginQuestion(_Question):
    """Body of a rescue's beginning."""

    car: _Word
    lift: _Number
    reason: _Text
    by: _Word | None = None


class ConfirmQuestion(_Question):
    """Body of a step's confirmation."""

    step: RescueState
    by: _Word | None = None
    slot: _Number | None = None
    bay: _Number | None = None
    outside: bool = False
    witness: _Text = ""
    note: _Text = ""

    def where(self) -> Place | Outside | None:
        """The one place that is given.

        Raises:
            web.HTTPBadRequest: when there are several.
        """
        given: list[Place | Outside] = []
        given += [Slot(self.slot)] if self.slot is not None else []
        given += [Bay(self.bay)] if self.bay is not None else []
        given += [Outside()] if self.outside else []
        if len(given) > 1:
            raise web.HTTPBadRequest(text="found several places, expected slot, bay or outside")
        return given[0] if given else None


class CancelQuestion(_Question):
    """Body of a rescue's cancellation."""

    reason: _Text
    by: _Word | None = None


def add_routes(app: web.Application) -> None:
    """Put the rescues into the application."""
    rescue = "/api/rescues/{number:[0-9]{1,9}}"
    app.router.add_get("/api/rescues", _read)
    app.router.add_post("/api/rescues", _begin)
    app.router.add_post(f"{rescue}/confirm", _confirm)
    app.router.add_post(f"{rescue}/cancel", _cancel)


async def _read(request: web.Request) -> web.Response:
    found = request.app[LEDGER].rescues()
    return web.json_response({"schema": 1, "rescues": [rescue_view(each) for each in found]})


async def _begin(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, BeginQuestion)
    by = api.name_of(request, asked.by)
    desk = request.app[LEDGER]
    return api.answer(await desk.begin_rescue(asked.car, asked.lift, asked.reason, by))


async def _confirm(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, ConfirmQuestion)
    by = api.name_of(request, asked.by)
    word = StepWord(asked.step, by, asked.where(), asked.witness, asked.note)
    number = int(request.match_info["number"])
    return api.answer(await request.app[LEDGER].confirm_rescue(number, word))


async def _cancel(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, CancelQuestion)
    by = api.name_of(request, asked.by)
    number = int(request.match_info["number"])
    return api.answer(await request.app[LEDGER].cancel_rescue(number, asked.reason, by))


def rescue_view(rescue: Rescue) -> dict[str, object]:
    """One rescue as JSON; ``next`` is the step to be done, ``checks`` what it asks to look at."""
    return {
        "rescue": rescue.case_id,
        "vin": rescue.vin,
        "lift": rescue.lift,
        "reason": rescue.reason,
        "opened_by": rescue.opened_by,
        "opened_utc": rescue.opened_utc.isoformat(),
        "open": not rescue.ended,
        "next": rescue.state.value,
        "checks": list(CHECKS[rescue.state]),
        "where": None if rescue.where is None else str(rescue.where),
        "confirmations": [
            {
                "step": each.step.value,
                "by": each.by,
                "utc": each.utc.isoformat(),
                "witness": each.witness or None,
                "note": each.note,
            }
            for each in rescue.confirmations
        ],
    }
