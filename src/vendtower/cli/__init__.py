"""The maintenance commands: they speak to the running daemon over its Unix socket."""
