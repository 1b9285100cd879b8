"""The register map against itself, its pinned checksum, and the design's table."""

import csv
from dataclasses import astuple, replace
from pathlib import Path

import pytest

from firmware_bridge.errors import MapError
from firmware_bridge.meanings import DoneResult, JobError, JobState, MachineState, meaning_of
from firmware_bridge.register_map import (
    BAYS,
    BLOCKS,
    CONTROL,
    FIELDS,
    IDENTITY,
    LIFTS,
    MAILBOX_WORDS,
    MAILBOXES,
    MAP_CRC32,
    MAP_WORDS,
    READ_WORDS_MAX,
    Block,
    Field,
    canonical_text,
    check_map,
    type_words,
)

TABLE = Path(__file__).parents[3] / "shared" / "design" / "register_map.csv"


def test_every_field_is_that_of_the_design_table() -> None:
    if not TABLE.exists():
        pytest.skip("the design's register_map.csv is not beside the repository")
    with TABLE.open(newline="", encoding="utf-8") as file:
        wanted = [tuple(row) for row in csv.reader(file)][1:]
    assert [tuple(str(value) for value in astuple(field)) for field in FIELDS] == wanted


def test_count_and_checksum_are_pinned() -> None:
    """Whoever changes the map changes the version and this number, knowingly."""
    assert len(FIELDS) == 625
    assert MAP_CRC32 == 0x0D344A37
    assert canonical_text().startswith("vendtower map 1.0\n0,H,0,magic0,u16,,R\n")


def test_blocks_lie_where_requests_reach_them() -> None:
    assert max(f.address + f.words for f in FIELDS) == MAP_WORDS
    assert LIFTS[0].size + LIFTS[1].size == READ_WORDS_MAX
    assert LIFTS[1].address == LIFTS[0].address + LIFTS[0].size
    assert [block.size for block in MAILBOXES] == [MAILBOX_WORDS] * 5
    assert [block.address for block in MAILBOXES] == [904, 928, 952, 976, 1000]
    assert {block.name for block in BLOCKS.values() if block.access == "RW"} == {
        "C",
        *(f"M{n}" for n in range(5)),
    }


def test_status_blocks_are_framed_alike_and_of_different_identity() -> None:
    framed = [block for block in BLOCKS.values() if block.block_id is not None]
    assert len({block.block_id for block in framed}) == len(framed) == 10
    for block in framed:
        assert [field.name for field in block.fields[:2]] == ["block_id", "scan_a"]
        assert block.fields[-1].name == "scan_b"
        assert block.field("scan_b").offset == block.size - 1


def test_fields_are_found_by_name() -> None:
    assert BAYS.field("bay8_inhibit").address == 449
    assert CONTROL.field("jog_lease").address == 895
    with pytest.raises(MapError, match="block H has no field 'nonsense'"):
        IDENTITY.field("nonsense")


def test_every_enum_and_bit_word_has_names() -> None:
    nameless = [f for f in FIELDS if f.type in {"enum", "bits"} and meaning_of(f) is None]
    assert nameless == []


def test_states_of_machine_and_job_are_not_mixed_up() -> None:
    assert [state.value for state in MachineState] == list(range(1, 18))
    assert [state.value for state in JobState] == list(range(7))


def test_done_results_are_job_errors_but_for_success() -> None:
    errors = {error.name: error.value for error in JobError}
    results = {result.name: result.value for result in DoneResult}
    assert results.pop("DONE") == 1
    assert results == errors


@pytest.mark.parametrize(
    ("type_name", "words"),
    [("u16", 1), ("i16", 1), ("enum", 1), ("bits", 1), ("u32", 2), ("i32", 2), ("bits[32]", 32)],
)
def test_widths(type_name: str, words: int) -> None:
    assert type_words(type_name) == words


@pytest.mark.parametrize("type_name", ["u64", "f32", "u32[2]", "bits[]", "bits[x]", ""])
def test_unknown_types_are_refused(type_name: str) -> None:
    with pytest.raises(MapError, match="unknown type"):
        type_words(type_name)


def _block(*fields: Field) -> Block:
    return Block("X", "test", fields[0].address, "R", fields)


FIRST = Field(10, "X", 0, "first", "u32", "", "R", "")


def test_overlap_is_refused_and_both_are_named() -> None:
    second = replace(FIRST, address=11, offset=1, name="second", type="u16")
    with pytest.raises(MapError, match=r"X\.second and X\.first share address 11"):
        check_map((_block(FIRST, second),))


def test_field_beyond_the_map_is_refused() -> None:
    beyond = replace(FIRST, address=1023)
    with pytest.raises(MapError, match=r"reaches address 1024, expected 0\.\.1023"):
        check_map((_block(beyond),))


def test_block_that_no_read_carries_is_refused() -> None:
    far = replace(FIRST, address=130, offset=120, name="far", type="u16")
    with pytest.raises(MapError, match="takes 121 words, at most 120"):
        check_map((_block(FIRST, far),))
