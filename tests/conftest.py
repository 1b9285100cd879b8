"""What holds for all tests."""

from pathlib import Path

import pytest

from tests.bench.loops import runs_sealed

REAL_WIRES = {"contract", "system", "wires"}
"""Folders whose tests talk over real sockets, serial lines and processes, and wait for them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the flow tests run on real sockets instead of the sealed loop."""
    parser.addoption(
        "--real-wires",
        action="store_true",
        help="run the flow tests on real sockets, serial lines and time",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the quick ones to ``-m "not slow"``: what waits for real wires is slow.

    On real wires a test competes with whatever else the machine does, so that one which fails
    is run once more, and named in the summary. On the sealed loop none is.
    """
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in REAL_WIRES:
            item.add_marker(pytest.mark.slow)
            if not runs_sealed(config, item):
                item.add_marker(pytest.mark.flaky(reruns=1))
