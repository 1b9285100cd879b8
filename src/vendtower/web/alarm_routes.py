"""The JSON interface's part for alarms.

Reading::

    GET  /api/alarms                       those that are not normal, the most urgent first
    GET  /api/alarms/history?limit=100     episodes, newest first; limit 1 to 1000
    GET  /api/alarms/{code}                what the catalogue says of a code

Doing (JSON bodies; unknown fields are refused; ``source`` is ``tower``, ``lift 1``, ...)::

    POST /api/alarms/{code}/ack              {"source", "by"?, "note"?}
    POST /api/alarms/{code}/shelve           {"source", "by"?, "minutes", "reason"}
    POST /api/alarms/{code}/unshelve         {"source", "by"?}
    POST /api/alarms/{code}/out-of-service   {"source", "by"?, "reason"}
    POST /api/alarms/{code}/return           {"source", "by"?}

Answers, names and guards are those of `api`.
"""

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vendtower.domain.alarm import AlarmKey
from vendtower.domain.alarm_catalogue import CatalogueError
from vendtower.flows.alarm_catalogue import alarm_catalogue
from vendtower.flows.controls import (
    AcknowledgeAlarm,
    AlarmRequest,
    ReturnAlarmToService,
    ShelveAlarm,
    TakeAlarmOutOfService,
    UnshelveAlarm,
)
from vendtower.ports.journal import JournalFault
from vendtower.web import alarm_views, api, guards

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
_Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class AlarmQuestion(BaseModel):
    """Body of a request about one alarm."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: _Word = "tower"
    by: _Word | None = None

    @abstractmethod
    def request(self, key: AlarmKey) -> AlarmRequest:
        """The same as the flows know it."""


class AcknowledgeQuestion(AlarmQuestion):
    """Body of an acknowledgement."""

    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""

    def request(self, key: AlarmKey) -> AlarmRequest:
        """The same as the flows know it."""
        return AcknowledgeAlarm(key, self.note)


class ShelveQuestion(AlarmQuestion):
    """Body of a shelving."""

    minutes: Annotated[int, Field(ge=1)]
    reason: _Reason

    def request(self, key: AlarmKey) -> AlarmRequest:
        """The same as the flows know it."""
        return ShelveAlarm(key, self.minutes, self.reason)


class UnshelveQuestion(AlarmQuestion):
    """Body of an end of shelving."""

    def request(self, key: AlarmKey) -> AlarmRequest:
        """The same as the flows know it."""
        return UnshelveAlarm(key)


class OutOfServiceQuestion(AlarmQuestion):
    """Body of switching an alarm off."""

    reason: _Reason

    def request(self, key: AlarmKey) -> AlarmRequest:
        """The same as the flows know it."""
        return TakeAlarmOutOfService(key, self.reason)


class ReturnQuestion(AlarmQuestion):
    """Body of switching an alarm on again."""

    def request(self, key: AlarmKey) -> AlarmRequest:
        """The same as the flows know it."""
        return ReturnAlarmToService(key)


_QUESTIONS: dict[str, type[AlarmQuestion]] = {
    "ack": AcknowledgeQuestion,
    "shelve": ShelveQuestion,
    "unshelve": UnshelveQuestion,
    "out-of-service": OutOfServiceQuestion,
    "return": ReturnQuestion,
}


def add_routes(app: web.Application) -> None:
    """Put the alarms into the application."""
    app.router.add_get("/api/alarms", api.reader(alarm_views.alarms_view))
    app.router.add_get("/api/alarms/history", _history)
    code = "/api/alarms/{code:[A-Z][0-9]{2,3}}"
    app.router.add_get(code, _entry)
    for name, question in _QUESTIONS.items():
        app.router.add_post(f"{code}/{name}", _doer(question))


async def _entry(request: web.Request) -> web.Response:
    try:
        entry = alarm_catalogue().entry(request.match_info["code"])
    except CatalogueError as error:
        raise web.HTTPNotFound(text=str(error)) from None
    return web.json_response(alarm_views.entry_view(entry))


async def _history(request: web.Request) -> web.Response:
    limit = api.limit_of(request)
    try:
        episodes = await request.app[api.CONTROLS].alarm_history(limit)
    except JournalFault as fault:
        raise web.HTTPServiceUnavailable(text=str(fault)) from None
    return web.json_response(alarm_views.history_view(episodes))


def _doer(model: type[AlarmQuestion]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def do(request: web.Request) -> web.Response:
        guards.check_local(request)
        question = await api.body_of(request, model)
        key = AlarmKey(request.match_info["code"], question.source)
        by = api.name_of(request, question.by)
        controls = request.app[api.CONTROLS]
        return api.answer(await controls.ask_of_alarm(question.request(key), by))

    return do
