"""The reference cloud: docs/cloud_openapi.yaml from the operator's side, to be compared with.

It keeps everything in memory, fails on request, and remembers what the tower told it.
"""

from hardware_sim.cloud.bookings import Booked, BookedCar, Booking
from hardware_sim.cloud.event_store import DuplicateEvent, ReceivedEvent
from hardware_sim.cloud.faults import Fault, FaultKind, FaultPlan, Operation
from hardware_sim.cloud.reference import ReferenceCloud

__all__ = [
    "Booked",
    "BookedCar",
    "Booking",
    "DuplicateEvent",
    "Fault",
    "FaultKind",
    "FaultPlan",
    "Operation",
    "ReceivedEvent",
    "ReferenceCloud",
]
