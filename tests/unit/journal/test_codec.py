"""Every record comes back from its JSON text as it was."""

import json
from dataclasses import fields

import pytest
from hypothesis import given

from tests.unit.journal.records import case, job, records, reservation
from vendtower.adapters.journal_sqlite.codec import CodecError, from_json, to_json
from vendtower.domain.case import Case
from vendtower.domain.job import Job
from vendtower.domain.reservation import Reservation


@given(records)
def test_a_record_comes_back_as_it_was(record: object) -> None:
    again = from_json(type(record), to_json(record))
    assert again == record
    for field in fields(record):  # type: ignore[arg-type]  # every record is a dataclass
        assert type(getattr(again, field.name)) is type(getattr(record, field.name))


def test_places_are_written_as_people_say_them() -> None:
    content = json.loads(to_json(job(1)))
    assert (content["source"], content["destination"]) == ("slot 9", "bay 1")


def test_a_key_that_an_older_version_did_not_write_takes_its_default() -> None:
    content = json.loads(to_json(job(1)))
    del content["state"], content["reason"]
    assert from_json(Job, json.dumps(content)) == job(1)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("source", "cellar 3", "Job.source: found 'cellar 3', expected Slot or Bay or OnLift"),
        ("destination", "outside", "Job.destination: found 'outside', expected Slot or Bay"),
        ("state", "dreaming", "Job.state: found 'dreaming', expected JobState"),
        ("seq", "7", "Job.seq: found '7', expected int"),
        ("seq", True, "Job.seq: found True, expected int"),
        ("valid_s", None, "Job.valid_s: found None, expected float"),
        ("before", 3, "Job.before: found 3, expected PlcMark"),
        ("colour", "red", "Job: found unknown keys colour"),
    ],
)
def test_a_wrong_value_is_named(key: str, value: object, message: str) -> None:
    content = json.loads(to_json(job(1))) | {key: value}
    with pytest.raises(CodecError, match=message):
        from_json(Job, json.dumps(content))


def test_other_wrong_texts_are_named() -> None:
    with pytest.raises(CodecError, match="Job: not JSON"):
        from_json(Job, "{")
    with pytest.raises(CodecError, match=r"Job: found \[\], expected Job"):
        from_json(Job, "[]")
    with pytest.raises(CodecError, match="missing 13 required"):
        from_json(Job, "{}")
    choices = json.loads(to_json(case(1))) | {"choices": "continue"}
    with pytest.raises(CodecError, match=r"Case\.choices: found 'continue', expected a list"):
        from_json(Case, json.dumps(choices))
    portrait = json.loads(to_json(reservation("r"))) | {"sealed_portrait": "?"}
    with pytest.raises(CodecError, match=r"sealed_portrait: found '\?', expected bytes"):
        from_json(Reservation, json.dumps(portrait))


@pytest.mark.parametrize("value", [{"a": object()}, {"a": float("nan")}, {1: 2}, {"a": {1}}])
def test_what_has_no_json_form_is_refused(value: object) -> None:
    with pytest.raises(CodecError, match="not writable as JSON"):
        to_json(value)
