"""The wire contract with the machine: addresses, bytes and handshakes. Knows no reservations."""
