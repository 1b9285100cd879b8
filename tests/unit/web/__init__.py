"""Screens: views, streams, guards and pages."""
