"""Whether a measured car may stay, for every reason why not."""

from dataclasses import replace

import pytest

from tests.unit.web.tower_sample import bay_report, sample_site
from vendtower.domain.envelope import (
    DoesNotFit,
    Fits,
    Measurement,
    Misfit,
    judge,
    measured,
    slots_for,
)
from vendtower.domain.site import Site
from vendtower.domain.vehicle import Vehicle

GOOD = Measurement(4600, 1850, 1500, 1600, 880, 0)
KNOWN = Vehicle("VIN1", "A 1", "Model", 4600, 1850, 1500, 1600)


def with_bay(site: Site, **more: object) -> Site:
    bays = [bay.model_copy(update=more) for bay in site.bays]
    return site.model_copy(update={"bays": tuple(bays)})


def test_a_good_car_fits_every_class_that_takes_it() -> None:
    site = sample_site()
    found = judge(site, 1, GOOD, KNOWN)
    assert isinstance(found, Fits)
    takes = {name for name, limits in site.slot_classes.items() if limits.admits(KNOWN)}
    assert set(found.classes) == takes


def test_a_high_car_fits_the_higher_classes_alone() -> None:
    site = sample_site()
    heights = sorted({limits.height_mm_max for limits in site.slot_classes.values()})
    assert len(heights) > 1
    high = replace(GOOD, height_mm=heights[0] + 1)
    found = judge(site, 1, high, replace(KNOWN, height_mm=heights[0]))
    assert isinstance(found, Fits)
    assert all(site.slot_classes[name].height_mm_max > heights[0] for name in found.classes)


@pytest.mark.parametrize(
    ("change", "misfit"),
    [
        ({"length_mm": 9000}, Misfit.TOO_LONG),
        ({"width_mm": 4000}, Misfit.TOO_WIDE),
        ({"height_mm": 4000}, Misfit.TOO_HIGH),
        ({"weight_kg": 9000}, Misfit.TOO_HEAVY),
        ({"offset_mm": 151}, Misfit.OFF_CENTRE),
        ({"offset_mm": -151}, Misfit.OFF_CENTRE),
        ({"profile": ("overhang",)}, Misfit.OVERHANG),
        ({"profile": ("door_open",)}, Misfit.PART_OPEN),
        ({"profile": ("too_long",)}, Misfit.TOO_LONG),
        ({"profile": ("bit_9",)}, Misfit.GAUGE),
        ({"height_mm": 1601}, Misfit.OTHER_CAR),
        ({"length_mm": 4399}, Misfit.OTHER_CAR),
        ({"width_mm": 2051}, Misfit.OTHER_CAR),
    ],
)
def test_each_reason(change: dict[str, object], misfit: Misfit) -> None:
    found = judge(sample_site(), 1, replace(GOOD, **change), KNOWN)  # type: ignore[arg-type]  # fields by name
    assert isinstance(found, DoesNotFit)
    assert misfit in found.misfits


def test_all_reasons_at_once_and_none_twice() -> None:
    bad = replace(GOOD, length_mm=9000, offset_mm=400, profile=("too_long", "door_open"))
    found = judge(sample_site(), 1, bad, KNOWN)
    assert isinstance(found, DoesNotFit)
    assert len(found.misfits) == len(set(found.misfits))
    assert {Misfit.TOO_LONG, Misfit.OFF_CENTRE, Misfit.PART_OPEN, Misfit.OTHER_CAR} == set(
        found.misfits
    )


@pytest.mark.parametrize(("axle1_kg", "fits"), [(1000, True), (1001, False), (599, False)])
def test_either_axle_counts(axle1_kg: int, fits: bool) -> None:
    site = with_bay(sample_site(), axle_kg_max=1000)
    found = judge(site, 1, replace(GOOD, axle1_kg=axle1_kg), KNOWN)
    assert isinstance(found, Fits) is fits
    if isinstance(found, DoesNotFit):
        assert found.misfits == (Misfit.AXLE_TOO_HEAVY,)


def test_a_car_that_no_lift_carries() -> None:
    site = sample_site()
    weak = site.model_copy(
        update={
            "lifts": tuple(lift.model_copy(update={"load_kg_max": 1500}) for lift in site.lifts)
        }
    )
    found = judge(weak, 1, GOOD, KNOWN)
    assert found == DoesNotFit((Misfit.TOO_HEAVY,))
    assert slots_for(weak, 1, KNOWN) == ()


def test_each_figure_within_some_class_but_all_within_none() -> None:
    site = sample_site()
    low_long = {"length_mm_max": 5300, "height_mm_max": 1400}
    high_short = {"length_mm_max": 4000, "height_mm_max": 2000}
    shapes = [low_long, high_short]
    classes = {
        name: limits.model_copy(update=shapes[nth % 2])
        for nth, (name, limits) in enumerate(site.slot_classes.items())
    }
    # The mapping of slots is made from the classes once, so the sections are checked anew.
    fresh = site.model_copy(update={"slot_classes": classes})
    assert len(classes) > 1
    assert judge(fresh, 1, GOOD, KNOWN) == DoesNotFit((Misfit.NO_CLASS,))


def test_the_measurement_is_the_bays_words() -> None:
    bay = replace(
        bay_report(1),
        length_mm=4600,
        width_mm=1850,
        height_mm=1500,
        weight_kg=1600,
        axle1_kg=880,
        offset_mm=-12,
        profile=frozenset({"too_long", "overhang"}),
    )
    assert measured(bay) == replace(GOOD, offset_mm=-12, profile=("overhang", "too_long"))
