"""What is remembered of a block's last words never changes what new words mean."""

import random
from collections.abc import Sequence

import pytest

from firmware_bridge.block_memory import BlockMemory
from firmware_bridge.errors import WrongAnswer
from firmware_bridge.plc_image import OF_ITS_LIFE, decode_checked
from firmware_bridge.register_map import BAYS, LIFTS, SLOTS, SYSTEM, Block
from firmware_bridge.words import Value
from tests.unit.test_plc_image import words_of

STATUS = [SYSTEM, LIFTS[0], BAYS, SLOTS]


def meant(block: Block, words: Sequence[int]) -> dict[str, Value] | str:
    """The values without any memory, or what is wrong with the words."""
    try:
        return decode_checked(block, words)
    except WrongAnswer as error:
        return str(error)


def remembered(memory: BlockMemory, words: Sequence[int]) -> dict[str, Value] | str:
    try:
        return dict(memory.reading(words, 1.0).values)
    except WrongAnswer as error:
        return str(error)


@pytest.mark.parametrize("block", STATUS, ids=lambda block: block.name)
def test_words_mean_the_same_with_a_memory_and_without(block: Block) -> None:
    chance = random.Random(block.name)
    memory, good, refused = BlockMemory(block), words_of(block), 0
    for scan in range(400):
        words = list(good)
        words[1] = words[block.field("scan_b").offset] = scan
        if chance.random() < 0.5:
            words[chance.randrange(block.size)] = chance.choice([0, 1, 5, 999, 1000, 0xFFFF])
        wanted = meant(block, words)
        assert remembered(memory, words) == wanted
        refused += isinstance(wanted, str)
        good = good if isinstance(wanted, str) or chance.random() < 0.7 else words
    assert 0 < refused < 300


def test_readings_share_what_they_tell_as_long_as_only_clocks_go_on() -> None:
    memory = BlockMemory(SYSTEM)
    first = memory.reading(words_of(SYSTEM, utc_ms=3), 1.0)
    second = memory.reading(words_of(SYSTEM, utc_ms=4, scan_a=6, scan_b=6, hb_plc=6), 2.0)
    assert second.told is first.told
    assert (second.number("utc_ms"), second.number("scan_a"), second.read_at_s) == (4, 6, 2.0)
    third = memory.reading(words_of(SYSTEM, key_switch=1), 3.0)
    assert not third.tells_the_same_as(second)
    assert third.number("key_switch") == 1


def test_a_clock_out_of_range_is_damage_whatever_else_is_known() -> None:
    memory = BlockMemory(SYSTEM)
    memory.reading(words_of(SYSTEM), 1.0)
    with pytest.raises(WrongAnswer, match=r"utc_ms is 1000, expected 0\.\.999"):
        memory.reading(words_of(SYSTEM, utc_ms=1000), 2.0)
    with pytest.raises(WrongAnswer, match="torn"):
        memory.reading(words_of(SYSTEM, scan_b=6), 2.0)
    assert {"utc_ms", "scan_a", "scan_b"} <= OF_ITS_LIFE
