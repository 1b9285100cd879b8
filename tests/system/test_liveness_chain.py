"""A person, a print and a screen before real chains: camera, HTTP, FFmpeg, process, client."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from hardware_sim.people.acting import Conditions, Follower, Manner, Presented, present
from hardware_sim.people.portraits import GRACE_HOPPER
from hardware_sim.people.relief import Person
from tests.system.identity_bench import HOPPER, QUICK, IdentityBench, identity_bench
from vendtower.adapters.identity.limits import LivenessLimits
from vendtower.domain.identity import (
    CaptureHint,
    FaceMatched,
    FaceRefused,
    IdentityRefusal,
    Verification,
)
from vendtower.domain.liveness import ChallengeKind, ChallengeOutcome

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]
STEADY = Manner(turn_deg=(20.0, 28.0), turn_s=(0.7, 1.0), wrong_way=0.0)
ASKED = {CaptureHint.TURN_LEFT, CaptureHint.TURN_RIGHT, CaptureHint.COME_CLOSER}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[IdentityBench]:
    limits = replace(QUICK, liveness=LivenessLimits())
    async with identity_bench(tmp_path_factory.mktemp("identity"), limits=limits) as running:
        await running.enrol_both()
        yield running


async def look(bench: IdentityBench, kiosk: int, what: Presented, seed: int) -> Verification:
    """Let somebody or something come who reads the screen."""
    scene = await bench.scene(kiosk)
    actor = present(what, GRACE_HOPPER, Conditions(), random.Random(seed))
    if what is Presented.GENUINE:
        actor = Follower(
            lambda pose: Person(GRACE_HOPPER, pose), Conditions(), random.Random(seed), STEADY
        )
    scene.perform(actor)

    def read(hint: CaptureHint) -> None:
        bench.hints.append(hint)
        scene.ask(hint.value)

    return await bench.verifier.verify(kiosk, HOPPER, 40.0, read)


async def test_a_person_follows_and_the_record_comes_through(bench: IdentityBench) -> None:
    result = await look(bench, 1, Presented.GENUINE, 1)
    if not isinstance(result, FaceMatched):
        # A machine with much else to do loses pictures; a person would try again, too.
        result = await look(bench, 1, Presented.GENUINE, 2)
    assert isinstance(result, FaceMatched)
    record = result.record.liveness
    assert record is not None
    followed = [each for each in record.challenges if each.outcome is ChallengeOutcome.FOLLOWED]
    # One movement that the camera missed is forgiven.
    assert len(followed) >= max(2, record.wanted - 1)
    assert any(each.kind is not ChallengeKind.COME_CLOSER for each in followed)
    assert CaptureHint.LOOK_STRAIGHT in bench.hints
    assert set(bench.hints) & ASKED


async def test_a_print_and_a_screen_do_not_pass(bench: IdentityBench) -> None:
    results = await asyncio.gather(
        look(bench, 2, Presented.FLAT_PRINT, 3), look(bench, 3, Presented.STILL_SCREEN, 4)
    )
    for result in results:
        assert isinstance(result, FaceRefused)
        assert result.reason in (
            IdentityRefusal.PRESENTATION_ATTACK_SUSPECTED,
            IdentityRefusal.CHALLENGE_NOT_FOLLOWED,
        )
        assert result.record is not None
        assert result.record.distance <= result.record.distance_max, "the face itself matches"
