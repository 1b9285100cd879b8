"""The only place where things are constructed: settings, wiring, supervision."""
