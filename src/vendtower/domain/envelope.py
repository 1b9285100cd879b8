"""Whether a measured car may stay: judged against bay, lifts and slot classes; pure.

The PLC's gauge judges as well, and refuses a lift job for a car that exceeds its own limits; this
judgement comes first, so that the driver learns every reason at once and drives out again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from vendtower.domain.machine import BayReport
from vendtower.domain.site import LiftSpec, Site, SlotSpec
from vendtower.domain.vehicle import Vehicle

SAME_CAR_LENGTH_MM = 200
SAME_CAR_WIDTH_MM = 200
SAME_CAR_HEIGHT_MM = 100
"""A car that differs from what is known of it by more is another car, or carries something.

The height is the PLC's own tolerance for an announced car (plc contract); folded mirrors and a
loaded bumper rack are what length and width leave room for.
"""


class Misfit(Enum):
    """Why a car cannot be put away; shown to the driver and told to the cloud."""

    TOO_LONG = "too_long"
    TOO_WIDE = "too_wide"
    TOO_HIGH = "too_high"
    TOO_HEAVY = "too_heavy"
    AXLE_TOO_HEAVY = "axle_too_heavy"
    OFF_CENTRE = "off_centre"
    OVERHANG = "overhang"
    PART_OPEN = "part_open"
    """A door, the bonnet or the boot stands open."""
    GAUGE = "gauge"
    """The PLC's gauge reports something that this version has no name for."""
    OTHER_CAR = "other_car"
    """What was measured is not the car that was announced."""
    NO_CLASS = "no_class"
    """Every figure by itself is within some class, but no class takes all of them."""
    NO_ROOM = "no_room"
    """A class takes the car, and all its slots are taken."""


_BITS = {
    "too_long": Misfit.TOO_LONG,
    "too_wide": Misfit.TOO_WIDE,
    "too_high": Misfit.TOO_HIGH,
    "too_heavy": Misfit.TOO_HEAVY,
    "off_centre": Misfit.OFF_CENTRE,
    "overhang": Misfit.OVERHANG,
    "door_open": Misfit.PART_OPEN,
}
"""The contract's profile bits by name."""


@dataclass(frozen=True)
class Measurement:
    """What a bay's gauge and scale said of the car that stands in it."""

    length_mm: int
    width_mm: int
    height_mm: int
    weight_kg: int
    axle1_kg: int
    """The front axle's part of the weight."""
    offset_mm: int
    profile: tuple[str, ...] = ()
    """Names of the gauge's complaints, in the PLC contract's words."""

    @property
    def axle_kg(self) -> int:
        """The heavier of the two axles."""
        return max(self.axle1_kg, self.weight_kg - self.axle1_kg)

    def of(self, vehicle: Vehicle) -> Vehicle:
        """The same car with the figures that were measured."""
        return replace(
            vehicle,
            length_mm=self.length_mm,
            width_mm=self.width_mm,
            height_mm=self.height_mm,
            weight_kg=self.weight_kg,
        )


def measured(bay: BayReport) -> Measurement:
    """The bay's measuring words; valid while its activity is ``READY``."""
    return Measurement(
        length_mm=bay.length_mm,
        width_mm=bay.width_mm,
        height_mm=bay.height_mm,
        weight_kg=bay.weight_kg,
        axle1_kg=bay.axle1_kg,
        offset_mm=bay.offset_mm,
        profile=tuple(sorted(bay.profile)),
    )


@dataclass(frozen=True)
class Fits:
    """The car may be put away."""

    classes: tuple[str, ...]
    """Names of the slot classes that take it, reached from the bay by a lift that carries it."""


@dataclass(frozen=True)
class DoesNotFit:
    """The car has to drive out again."""

    misfits: tuple[Misfit, ...]
    """Every reason, none twice."""


Judgement = Fits | DoesNotFit


def judge(site: Site, bay: int, measurement: Measurement, known: Vehicle) -> Judgement:
    """Which classes take the measured car, or every reason why none does.

    ``known`` is the car as the ledger or its announcement has it.

    Raises:
        NotInSite: when the tower has no such bay.

    """
    found = dict.fromkeys(_gauge(measurement))
    found |= dict.fromkeys(_beyond_bay(site, bay, measurement))
    if _differs(measurement, known):
        found[Misfit.OTHER_CAR] = None
    car = measurement.of(known)
    classes = classes_for(site, bay, car)
    if not classes:
        found |= dict.fromkeys(_beyond_classes(site, bay, car) or (Misfit.NO_CLASS,))
    return DoesNotFit(tuple(found)) if found else Fits(classes)


def classes_for(site: Site, bay: int, car: Vehicle) -> tuple[str, ...]:
    """Slot classes that take the car and are reached from this bay by a lift that carries it."""
    return tuple(dict.fromkeys(slot.class_name for slot in slots_for(site, bay, car)))


def slots_for(site: Site, bay: int, car: Vehicle) -> tuple[SlotSpec, ...]:
    """Slots, free or not, that the car could go to from this bay."""
    lifts = [lift for lift in _lifts_at(site, bay) if car.weight_kg <= lift.load_kg_max]
    return tuple(slot for slot in _reached(site, lifts) if slot.limits.admits(car))


def _lifts_at(site: Site, bay: int) -> list[LiftSpec]:
    return [lift for lift in site.lifts if bay in lift.serves_bays]


def _reached(site: Site, lifts: Iterable[LiftSpec]) -> list[SlotSpec]:
    levels = {level for lift in lifts for level in lift.serves_levels}
    return [slot for slot in site.slots.values() if slot.level in levels]


def _gauge(measurement: Measurement) -> list[Misfit]:
    return [_BITS.get(bit, Misfit.GAUGE) for bit in measurement.profile]


def _beyond_bay(site: Site, bay: int, found: Measurement) -> list[Misfit]:
    limits = site.bay(bay)
    beyond = {
        Misfit.TOO_LONG: found.length_mm > limits.length_mm_max,
        Misfit.TOO_WIDE: found.width_mm > limits.width_mm_max,
        Misfit.TOO_HIGH: found.height_mm > limits.height_mm_max,
        Misfit.TOO_HEAVY: found.weight_kg > limits.weight_kg_max,
        Misfit.AXLE_TOO_HEAVY: (
            limits.axle_kg_max is not None and found.axle_kg > limits.axle_kg_max
        ),
        Misfit.OFF_CENTRE: abs(found.offset_mm) > limits.offset_mm_max,
    }
    return [misfit for misfit, holds in beyond.items() if holds]


def _differs(found: Measurement, known: Vehicle) -> bool:
    return (
        abs(found.length_mm - known.length_mm) > SAME_CAR_LENGTH_MM
        or abs(found.width_mm - known.width_mm) > SAME_CAR_WIDTH_MM
        or abs(found.height_mm - known.height_mm) > SAME_CAR_HEIGHT_MM
    )


def _beyond_classes(site: Site, bay: int, car: Vehicle) -> list[Misfit]:
    """What exceeds even the most generous class; empty when only the mix does not fit."""
    lifts = _lifts_at(site, bay)
    classes = [slot.limits for slot in _reached(site, lifts)]
    loads = [lift.load_kg_max for lift in lifts]
    beyond = {
        Misfit.TOO_LONG: all(car.length_mm > limits.length_mm_max for limits in classes),
        Misfit.TOO_WIDE: all(car.width_mm > limits.width_mm_max for limits in classes),
        Misfit.TOO_HIGH: all(car.height_mm > limits.height_mm_max for limits in classes),
        Misfit.TOO_HEAVY: all(car.weight_kg > limits.weight_kg_max for limits in classes)
        or all(car.weight_kg > load_kg for load_kg in loads),
    }
    return [misfit for misfit, holds in beyond.items() if holds]
