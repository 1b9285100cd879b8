"""vendtower: the controller of an automated car vending tower."""

__version__ = "0.1.0"
