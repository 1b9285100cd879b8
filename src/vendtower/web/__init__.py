"""Screens and the local control interface over HTTP."""
