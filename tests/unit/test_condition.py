"""A signature as a file, and what the kiosk's form may hold."""

import xml.etree.ElementTree as ET

import pytest
from pydantic import ValidationError

from vendtower.domain.condition import POINTS_MAX, signature_svg
from vendtower.web.bay_routes import ConditionQuestion


def test_a_signature_is_an_svg_of_its_strokes() -> None:
    svg = signature_svg((((0, 1), (2, 3)), ((4, 5),)))
    paths = [each.attrib["d"] for each in ET.fromstring(svg)]  # our own text
    assert paths == ["M0 1L2 3", "M4 5"]
    assert signature_svg((((0, 1), (2, 3)), ((4, 5),))) == svg


@pytest.mark.parametrize(
    "body",
    [
        {"odometer_km": -1},
        {"energy_percent": 101},
        {"strokes": [[]]},
        {"strokes": [[[1001, 0]]]},
        {"strokes": [[[1, 1]]] * 65},
        {"strokes": [[[1, 1]] * (POINTS_MAX // 2)] * 3},
        {"name": "somebody"},
    ],
)
def test_what_the_form_refuses(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ConditionQuestion.model_validate(body)
