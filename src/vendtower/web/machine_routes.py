"""The JSON interface's part for the machine itself: modes, maintenance, single movements.

Reading::

    GET  /api/mode                     the mode, and what it accepts

Doing (JSON bodies; unknown fields are refused)::

    POST /api/mode                     {"mode", "by"?}
    POST /api/machine/command          {"command", "by"?}   start stop hold unhold clear abort reset
    POST /api/maintenance/begin        {"reason", "minutes", "by"?}
    POST /api/maintenance/end          {"note"?, "by"?}
    POST /api/movements                {"vin", "slot" or "bay", "by"?}
    POST /api/lifts/{lift}/home        {"by"?}
    POST /api/bays/{bay}/street-door   {"wanted": "open" or "closed", "by"?}

Answers, names and guards are those of `api`.
"""

from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vendtower.domain.job import Verb
from vendtower.domain.machine import MachineCommand
from vendtower.domain.maintenance import SESSION_MINUTES_MAX
from vendtower.domain.modes import OperatingMode
from vendtower.domain.places import Bay, Slot
from vendtower.flows.machine_desk import MachineControls
from vendtower.web import api, guards, machine_views

MACHINE: web.AppKey[MachineControls] = web.AppKey("machine")

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]


class NamedQuestion(BaseModel):
    """What all bodies share."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    by: _Word | None = None


class ModeQuestion(NamedQuestion):
    """Body of a change of mode."""

    mode: OperatingMode


class CommandQuestion(NamedQuestion):
    """Body of a PackML command."""

    command: MachineCommand


class BeginQuestion(NamedQuestion):
    """Body of the beginning of a maintenance session."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
    minutes: Annotated[int, Field(ge=1, le=SESSION_MINUTES_MAX)]


class EndQuestion(NamedQuestion):
    """Body of its end."""

    note: _Text = ""


class MoveQuestion(NamedQuestion):
    """Body of one car's movement: exactly one of slot and bay."""

    vin: _Word
    slot: Annotated[int, Field(ge=1)] | None = None
    bay: Annotated[int, Field(ge=1)] | None = None


class DoorQuestion(NamedQuestion):
    """Body of a door's order."""

    wanted: Literal["open", "closed"]


def add_routes(app: web.Application, machine: MachineControls) -> None:
    """Put them into the application."""
    app[MACHINE] = machine
    app.router.add_get("/api/mode", api.reader(machine_views.modes_view))
    app.router.add_post("/api/mode", _mode)
    app.router.add_post("/api/machine/command", _command)
    app.router.add_post("/api/maintenance/begin", _begin)
    app.router.add_post("/api/maintenance/end", _end)
    app.router.add_post("/api/movements", _move)
    app.router.add_post("/api/lifts/{lift:[0-9]{1,3}}/home", _home)
    app.router.add_post("/api/bays/{bay:[0-9]{1,3}}/street-door", _door)


async def _mode(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, ModeQuestion)
    by = api.name_of(request, asked.by)
    return api.answer(await request.app[MACHINE].change_mode(asked.mode, by))


async def _command(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, CommandQuestion)
    by = api.name_of(request, asked.by)
    return api.answer(await request.app[MACHINE].command(asked.command, by))


async def _begin(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, BeginQuestion)
    by = api.name_of(request, asked.by)
    desk = request.app[MACHINE]
    return api.answer(await desk.begin_maintenance(by, asked.reason, asked.minutes))


async def _end(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, EndQuestion)
    by = api.name_of(request, asked.by)
    return api.answer(await request.app[MACHINE].end_maintenance(by, asked.note))


async def _move(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, MoveQuestion)
    if (asked.slot is None) == (asked.bay is None):
        raise web.HTTPBadRequest(text="slot, bay: expected exactly one of them")
    destination = Bay(asked.bay) if asked.bay is not None else Slot(asked.slot or 0)
    by = api.name_of(request, asked.by)
    return api.answer(await request.app[MACHINE].move_car(asked.vin, destination, by))


async def _home(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, NamedQuestion)
    by = api.name_of(request, asked.by)
    lift = int(request.match_info["lift"])
    return api.answer(await request.app[MACHINE].home_lift(lift, by))


async def _door(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, DoorQuestion)
    by = api.name_of(request, asked.by)
    verb = Verb.OPEN_OUTER_DOOR if asked.wanted == "open" else Verb.CLOSE_OUTER_DOOR
    bay = int(request.match_info["bay"])
    return api.answer(await request.app[MACHINE].drive_door(bay, verb, by))
