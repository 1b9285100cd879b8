"""Whatever ends a visit says in the receipt why the customer's face was erased."""

import pytest

from tests.unit.test_tables import VISIT_EVENTS
from vendtower.domain.erasure import ErasureReason
from vendtower.domain.pickup import ENDED, PICKUP_TABLE
from vendtower.flows.erasure import reason_of

ENDING = sorted(
    {event for _, event, after in PICKUP_TABLE.rows if after in ENDED},
    key=lambda each: each.__name__,
)


@pytest.mark.parametrize("event", ENDING)
def test_every_end_has_its_reason(event: type) -> None:
    assert isinstance(reason_of(VISIT_EVENTS[event]), ErasureReason)
