"""The JSON interface's part for the audit of the ledger.

Reading::

    GET  /api/audit            the ledger against the sensors, place by place, now

Doing (JSON bodies; unknown fields are refused)::

    POST /api/audit            {"by"?}    the same, journaled under a name

Both answer with ``sound`` (nothing differs and nothing is in question), ``unread`` (why nothing
could be compared, else empty), ``unsettled`` (VINs whose place nobody knows) and ``places``, each
with ``place``, ``vin`` (of the ledger), ``seen`` (true, false, null: in doubt), ``finding`` and
``words``.
"""

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, StringConstraints

from vendtower.domain.audit import Audit
from vendtower.flows.controls import NotDone
from vendtower.web import api, guards
from vendtower.web.job_routes import LEDGER

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class AuditQuestion(BaseModel):
    """Body of an audit that goes on record."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    by: _Word | None = None


def add_routes(app: web.Application) -> None:
    """Put the audit into the application."""
    app.router.add_get("/api/audit", _read)
    app.router.add_post("/api/audit", _record)


async def _read(request: web.Request) -> web.Response:
    return web.json_response(audit_view(request.app[LEDGER].audit()))


async def _record(request: web.Request) -> web.Response:
    guards.check_local(request)
    question = await api.body_of(request, AuditQuestion)
    made = await request.app[LEDGER].record_audit(api.name_of(request, question.by))
    return api.answer(made) if isinstance(made, NotDone) else web.json_response(audit_view(made))


def audit_view(audit: Audit) -> dict[str, object]:
    """The audit as JSON."""
    return {
        "schema": 1,
        "utc": audit.utc.isoformat(),
        "sound": audit.sound,
        "unread": audit.unread,
        "unsettled": list(audit.unsettled),
        "places": [
            {
                "place": str(each.place),
                "vin": each.vin,
                "seen": each.seen,
                "finding": each.finding.value,
                "words": each.words,
            }
            for each in audit.places
        ],
    }
