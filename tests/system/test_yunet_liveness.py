"""A person and a print before the check, by the landmarks that the OpenCV engine has."""

import pytest

from benchmarks.yunet_liveness import YuNetHeads, limits
from hardware_sim.people.attempts import RenderedAttempts
from hardware_sim.people.portraits import GRACE_HOPPER
from tests.model_folder import YUNET_MISSING, yunet_path
from vendtower.adapters.identity.attack_bench.trial import MATCHED, Conditions, Rig, Trial

REAL_YUNET = yunet_path()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(REAL_YUNET is None, reason=YUNET_MISSING),
]


def test_a_head_passes_and_a_print_does_not() -> None:
    assert REAL_YUNET is not None
    rig = Rig(YuNetHeads(REAL_YUNET.parent), limits(), RenderedAttempts())
    head = rig.run(Trial("genuine", GRACE_HOPPER, Conditions(), 3))
    assert head.answer == MATCHED
    assert [each["outcome"] for each in head.challenges] == ["followed", "followed"]
    sheet = rig.run(Trial("flat_print", GRACE_HOPPER, Conditions(), 3))
    assert sheet.answer in {"challenge_not_followed", "presentation_attack_suspected"}
    assert sheet.distance is not None
    assert sheet.distance <= limits().face.distance_max, "the face on the print is the customer's"
