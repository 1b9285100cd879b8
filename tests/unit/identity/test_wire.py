"""Messages between daemon and identity process."""

import asyncio
import io
import subprocess
import sys
from dataclasses import replace

import pytest

from vendtower.adapters.identity.wire import (
    MESSAGE_BYTES_MAX,
    WireFault,
    arrival_from_json,
    enrolment_from_json,
    pack,
    read_message,
    receive_message,
    result_to_json,
    verification_from_json,
)
from vendtower.domain.identity import (
    Arrival,
    CodePresented,
    Enrolled,
    Enrolment,
    EnrolmentFailed,
    FaceMatched,
    FaceRecognised,
    FaceRefused,
    IdentityRefusal,
    MatchRecord,
    NobodyIdentified,
    Verification,
)
from vendtower.domain.liveness import (
    ChallengeKind,
    ChallengeOutcome,
    ChallengeRecord,
    LivenessRecord,
)

RECORD = MatchRecord("dlib", "m", 0.31, 0.5, 3, 0.08)
LIVELY = replace(
    RECORD,
    liveness=LivenessRecord(
        (
            ChallengeRecord(
                ChallengeKind.TURN_RIGHT,
                ChallengeOutcome.FOLLOWED,
                angle_deg=-21.5,
                closer=0.93,
                reaction_s=0.7,
                took_s=1.2,
                planarity_residual=0.03,
                relief=-0.09,
                points=120,
            ),
            ChallengeRecord(
                ChallengeKind.COME_CLOSER,
                ChallengeOutcome.TOO_LATE,
                angle_deg=0.0,
                closer=1.0,
                reaction_s=None,
                took_s=2.3,
                planarity_residual=None,
                relief=None,
                points=0,
            ),
        ),
        wanted=3,
        duration_s=6.2,
    ),
)


async def test_messages_come_out_as_they_went_in() -> None:
    messages = [{"id": 1, "text": "é"}, {"id": 2, "sealed": "A" * 100_000}]
    data = b"".join(pack(message) for message in messages)
    stream = asyncio.StreamReader()
    stream.feed_data(data + b"\0\0")
    stream.feed_eof()
    file = io.BytesIO(data)
    for message in messages:
        assert await receive_message(stream) == message
        assert read_message(file) == message
    assert await receive_message(stream) is None
    assert read_message(file) is None


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\0\0\0\2[]", "message is list, expected object"),
        (b"\0\0\0\2{]", "message is not JSON"),
        (b"\xff\xff\xff\xff", f"expected at most {MESSAGE_BYTES_MAX}"),
    ],
)
async def test_what_is_not_a_message_is_named(data: bytes, what: str) -> None:
    stream = asyncio.StreamReader()
    stream.feed_data(data)
    with pytest.raises(WireFault, match=what):
        await receive_message(stream)
    with pytest.raises(WireFault, match=what):
        read_message(io.BytesIO(data))


@pytest.mark.parametrize(
    "result",
    [
        CodePresented("VT-1"),
        FaceRecognised("R-1", RECORD),
        FaceRecognised("R-1", LIVELY),
        *(NobodyIdentified(reason) for reason in IdentityRefusal),
    ],
)
def test_arrivals(result: Arrival) -> None:
    assert arrival_from_json(result_to_json(result)) == result


@pytest.mark.parametrize(
    "result",
    [
        FaceMatched(RECORD),
        FaceMatched(LIVELY),
        FaceRefused(IdentityRefusal.PRESENTATION_ATTACK_SUSPECTED, LIVELY),
        FaceRefused(IdentityRefusal.DIFFERENT_PERSON, RECORD),
        *(FaceRefused(reason) for reason in IdentityRefusal),
    ],
)
def test_verifications(result: Verification) -> None:
    assert verification_from_json(result_to_json(result)) == result


@pytest.mark.parametrize("result", [Enrolled("dlib", "m"), EnrolmentFailed("no face")])
def test_enrolments(result: Enrolment) -> None:
    assert enrolment_from_json(result_to_json(result)) == result


def test_an_answer_of_the_wrong_kind_is_named() -> None:
    for read in (arrival_from_json, verification_from_json, enrolment_from_json):
        with pytest.raises(WireFault, match=r"answer 'Else', expected an? "):
            read({"is": "Else"})


def test_the_client_loads_no_face_code() -> None:
    """The daemon has to start quickly, and must not hold Python's lock for a descriptor."""
    code = (
        "import sys, vendtower.adapters.identity.client; "
        "print(sorted({'cv2', 'dlib', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20
    )
    assert done.stdout.strip() == "[]"
