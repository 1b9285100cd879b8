"""What every section of the site file is made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

FilePath = Annotated[str, Field(pattern=r"^/.", json_schema_extra={"expects": "an absolute path"})]


class SiteSection(BaseModel):
    """What all sections share: unknown keys are errors, and a string is never a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
