"""Pictures and kept templates become templates in memory; in the identity process alone."""

from __future__ import annotations

import base64
import binascii
import logging
from pathlib import Path

from vendtower.adapters.identity.engine import StillFaceEngine, Template
from vendtower.adapters.identity.engines import make_engine
from vendtower.adapters.identity.limits import FaceLimits
from vendtower.adapters.identity.sealed_box import SealBroken, SealedBoxOpener
from vendtower.adapters.identity.templates import (
    EnrolmentImpossibleError,
    Templates,
    make_template,
)
from vendtower.adapters.identity.vault import TemplateRefused, Vault
from vendtower.adapters.identity.wire import Message, result_to_json
from vendtower.domain.identity import Enrolled, Enrolment, EnrolmentFailed

_LOG = logging.getLogger("vendtower.identity")


class EnrolmentDesk:
    """Private key, vault and engine; used by one thread."""

    def __init__(self, templates: Templates, limits: FaceLimits) -> None:
        self._templates = templates
        self._limits = limits
        self._opener: SealedBoxOpener | None = None
        self._vault: Vault | None = None
        self.engine: StillFaceEngine | None = None
        self.why_not: str | None = None
        """What keeps everybody from being enrolled."""

    def open(self, configuration: Message) -> None:
        """Load keys and engine.

        Raises:
            KeyFileUnusable: one of the key files.
            ModelsMissing: the engine's files.

        """
        self._opener = SealedBoxOpener.from_file(Path(configuration["key_file"]))
        if configuration["vault_key_file"] is not None:
            self._vault = Vault.from_file(Path(configuration["vault_key_file"]))
        self.engine = make_engine(configuration["engine"], Path(configuration["models_directory"]))

    def answer(self, message: Message) -> Message:
        """Do what ``enrol``, ``restore`` or ``forget`` asks for; the answer's content."""
        if message["do"] == "forget":
            return {"forgotten": self._templates.forget(message["reservation_id"])}
        try:
            result = self._enrolled(message)
        except Exception:
            _LOG.exception("identity process: enrolment failed unexpectedly")
            result = EnrolmentFailed("the identity process failed on the enrolment picture")
        return result_to_json(result)

    def _enrolled(self, message: Message) -> Enrolment:
        reservation_id = message["reservation_id"]
        if self.engine is None or self._opener is None:
            return EnrolmentFailed(self.why_not or "no face engine")
        try:
            sealed = base64.b64decode(message["sealed"])
            if message["do"] == "restore":
                template, kept = self._restored(self.engine, sealed, reservation_id)
            else:
                picture = self._opener.open(sealed, reservation_id)
                template = make_template(self.engine, picture, self._limits)
                kept = None if self._vault is None else self._vault.seal(template, reservation_id)
        except (SealBroken, TemplateRefused, EnrolmentImpossibleError, binascii.Error) as error:
            return EnrolmentFailed(str(error))
        self._templates.put(reservation_id, template)
        return Enrolled(template.engine, template.model, kept)

    def _restored(
        self, engine: StillFaceEngine, sealed: bytes, reservation_id: str
    ) -> tuple[Template, bytes | None]:
        """The template, and how it is to be kept from now on when its key is not the newest."""
        if self._vault is None:
            raise TemplateRefused("sealed template: there is no vault key file to open it with")
        template = self._vault.open(sealed, reservation_id)
        if (template.engine, template.model) != (engine.engine, engine.model):
            raise TemplateRefused(
                f"sealed template: made by {template.engine} {template.model}, expected "
                f"{engine.engine} {engine.model}"
            )
        if not self._vault.is_stale(sealed):
            return template, None
        return template, self._vault.seal(template, reservation_id)
