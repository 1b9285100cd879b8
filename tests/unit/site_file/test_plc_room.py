"""A site file takes no number that the register map has no room for, and every one that it has."""

from firmware_bridge import register_map
from vendtower.domain import site_machine


def test_numbers_end_where_the_register_map_ends() -> None:
    assert site_machine.SLOT_NUMBER_MAX == register_map.SLOT_NUMBER_MAX
    assert site_machine.SOCKET_NUMBER_MAX == register_map.SOCKET_NUMBER_MAX
    assert site_machine.LIFT_NUMBER_MAX == register_map.LIFTS_MAX
    assert site_machine.BAY_NUMBER_MAX == register_map.BAYS_MAX
