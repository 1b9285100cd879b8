"""Translations at the PLC port that need no line: settings, answers, fates."""

from typing import Any

import pytest

from firmware_bridge import serial_timing
from firmware_bridge.errors import MailboxError
from firmware_bridge.handshake import Fate as WireFate
from firmware_bridge.handshake import Handshake, Phase, Verdict
from firmware_bridge.job_mailbox import JobRequest, bay, pack_job, slot, unpack_job
from firmware_bridge.link_types import NotSent
from firmware_bridge.meanings import JobState
from firmware_bridge.meanings import Verb as WireVerb
from firmware_bridge.modbus_wire import SerialEndpoint, TcpEndpoint
from firmware_bridge.plc_identity import ExpectedPlc
from firmware_bridge.words import crc16_of_words
from tests.fast_site import fast_tables
from vendtower.adapters.plc_modbus import link_config
from vendtower.adapters.plc_modbus.jobs import answer_of, fate_of
from vendtower.domain.job import (
    Fate,
    Job,
    JobAccepted,
    JobAnswer,
    JobFate,
    JobRefused,
    JobResult,
    JobUnanswered,
    PlcMark,
    Verb,
)
from vendtower.domain.places import Bay, Slot
from vendtower.domain.site import Site

JOB = Job(
    job_id=5,
    mailbox=1,
    seq=2,
    verb=Verb.FETCH,
    source=Slot(3),
    destination=Bay(1),
    vin=None,
    expected_weight_kg=0,
    expected_height_mm=0,
    valid_s=1.0,
    deadline_s=30.0,
    correlation_id="c",
    before=PlcMark(1, 1, 0),
)


def site(**plc: Any) -> Site:
    tables = fast_tables(1.0)
    if plc:
        tables["plc"] = plc
    return Site.model_validate(tables)


def test_link_of_the_example_site() -> None:
    config = link_config(site())
    assert config.endpoint == TcpEndpoint("10.20.0.2", 502)
    assert (config.device_id, config.request_timeout_s) == (1, 0.3)
    assert config.expected == ExpectedPlc(site_id=4401, lifts=1, bays=2, slots=42)


@pytest.mark.parametrize(("parity", "letter", "stop_bits"), [("even", "E", 1), ("none", "N", 2)])
def test_link_over_a_serial_line(parity: str, letter: str, stop_bits: int) -> None:
    config = link_config(
        site(transport="rtu", serial_device="/dev/ttyS1", baud=230_400, parity=parity)
    )
    assert config.endpoint == SerialEndpoint("/dev/ttyS1", 230_400, letter, stop_bits)


def test_times_of_a_serial_line_follow_from_its_baud_rate() -> None:
    config = link_config(site(transport="rtu", serial_device="/dev/ttyS1"))
    assert isinstance(config.endpoint, SerialEndpoint)
    assert config.request_timeout_s == serial_timing.request_timeout_s(115_200)
    assert config.endpoint.pause_s == serial_timing.quiet_s(115_200)
    given = link_config(
        site(transport="rtu", serial_device="/dev/ttyS1", request_timeout_s=0.2, quiet_s=0.1)
    )
    assert isinstance(given.endpoint, SerialEndpoint)
    assert (given.request_timeout_s, given.endpoint.pause_s) == (0.2, 0.1)


def test_polls_fit_into_the_age_of_a_snapshot() -> None:
    """The oldest block, read an idle period ago, survives one answer that does not come."""
    config = link_config(site())
    allowed_s = site().policies.snapshot_age_s_max
    assert config.idle_poll_s + config.heartbeat_s + config.request_timeout_s < allowed_s
    assert config.slots_poll_s <= config.idle_poll_s


def handshake(phase: Phase, result: int = 0, reason: str = "") -> Handshake:
    return Handshake(seq=2, job_id=5, boot_id=1, phase=phase, result=result, reason=reason)


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (NotSent("the line is down"), JobUnanswered("not sent: the line is down")),
        (handshake(Phase.RUNNING), JobAccepted()),
        (handshake(Phase.FINISHED), JobAccepted()),
        (handshake(Phase.REFUSED, 14), JobRefused(JobResult(14), "source_or_destination")),
        (
            handshake(Phase.REFUSED, 77),
            JobRefused(JobResult.NONE, "result 77, which the contract does not have"),
        ),
        (handshake(Phase.WRITTEN), JobUnanswered("no acknowledgement in time")),
        (handshake(Phase.UNKNOWN, reason="restarted"), JobUnanswered("restarted")),
        (handshake(Phase.ADOPTED_STALE, 9, "adopted"), JobUnanswered("adopted")),
    ],
)
def test_answers(reply: Handshake | NotSent, answer: JobAnswer) -> None:
    assert answer_of(reply, JOB, None) == answer


@pytest.mark.parametrize(
    ("verdict", "fate"),
    [
        (Verdict(WireFate.NEVER_SEEN, reason="r"), JobFate(Fate.NEVER_TAKEN, "r")),
        (Verdict(WireFate.PENDING, reason="r"), JobFate(Fate.PENDING, "r")),
        (Verdict(WireFate.REFUSED, 10), JobFate(Fate.REFUSED, "session")),
        (Verdict(WireFate.RUNNING, 1, state=JobState.ACCEPTED), JobFate(Fate.ACCEPTED)),
        (Verdict(WireFate.RUNNING, 1, state=JobState.ACTIVE), JobFate(Fate.RUNNING)),
        (Verdict(WireFate.RUNNING, 1, state=JobState.HELD), JobFate(Fate.HELD)),
        (Verdict(WireFate.FINISHED, 1), JobFate(Fate.FINISHED)),
        (Verdict(WireFate.FINISHED, 3), JobFate(Fate.FAILED, "pc_silent")),
        (Verdict(WireFate.FINISHED, 2), JobFate(Fate.ABORTED, "abort_requested")),
        (Verdict(WireFate.ADOPTED_STALE, 9, "r"), JobFate(Fate.RESTARTED, "r")),
        (Verdict(WireFate.UNKNOWN, reason="r"), JobFate(Fate.UNKNOWN, "r")),
    ],
)
def test_fates(verdict: Verdict, fate: JobFate) -> None:
    assert fate_of(verdict) == fate


def test_every_fate_of_the_wire_has_one_in_the_domain() -> None:
    assert {fate_of(Verdict(fate, 1)).fate for fate in WireFate} <= set(Fate)


def test_a_verb_that_the_map_does_not_have_is_named() -> None:
    request = JobRequest(
        seq=1, job_id=5, session=1, verb=WireVerb.FETCH, source=slot(1), destination=bay(1)
    )
    words = pack_job(request)
    words[5] = 77
    words[22] = crc16_of_words(words[:22])
    with pytest.raises(MailboxError, match="job 5: 77 is not a valid Verb"):
        unpack_job(words)
