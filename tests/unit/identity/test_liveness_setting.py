"""The site's choice reaches the identity process, and whoever looks at the tower sees it."""

from dataclasses import replace

import pytest

from tests.unit.web.tower_sample import picture
from vendtower.daemon.wiring import _limits
from vendtower.domain.site_sections import IdentitySection
from vendtower.web.health import components
from vendtower.web.json_views import status_view


@pytest.mark.parametrize(
    ("chosen", "challenges"),
    [
        ({}, 2),
        ({"liveness_challenges": 3}, 3),
        ({"liveness": False}, 0),
        ({"liveness": False, "liveness_challenges": 1}, 0),
    ],
)
def test_the_number_of_challenges(chosen: dict[str, bool | int], challenges: int) -> None:
    section = IdentitySection.model_validate({"distance_max": 0.5, "key_file": "/key", **chosen})
    assert _limits(section).liveness.challenges == challenges


@pytest.mark.parametrize("on", [True, False])
def test_status_and_health_say_so(on: bool) -> None:
    shown = replace(picture(), liveness=on)
    assert status_view(shown)["liveness"] is on
    detail = next(part.detail for part in components(shown) if part.name == "identity")
    assert ("without a check of liveness" in detail) is not on
