"""The tower's PLC: its program, its registers, and the Modbus server in front of them."""
