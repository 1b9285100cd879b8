"""The port `TowerPlc` over Modbus.

`tower_plc` is the port's implementation, `snapshots` turns the PLC's words into the domain's
types, `jobs` turns the domain's jobs into mailbox words and the PLC's answers back.
"""

from vendtower.adapters.plc_modbus.tower_plc import ModbusTowerPlc, link_config

__all__ = ["ModbusTowerPlc", "link_config"]
