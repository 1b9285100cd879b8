"""What the tower's sensors say: the truth, unless one has been made to lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from hardware_sim.plant.bay import DriveState
from hardware_sim.plant.safety_functions import SAFETY_FUNCTIONS, sensor_of

if TYPE_CHECKING:
    from hardware_sim.plant.plant import Plant

SensorValue = bool | int


class UnknownSensorError(KeyError):
    """There is no sensor of that name in this tower."""


class Sensors:
    """Sensors by name, e.g. `bay1.presence`, `slot7.occupied`, `lift1.load_kg`, `tower.estop_ok`.

    `override` makes one show a fixed value (stuck), `heal` makes it honest again. An emergency
    stop has two channels (ISO 13849-1, category 3): one that sticks can feign a stop and hide none.
    """

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._honest: dict[str, Callable[[], SensorValue]] = dict(_sensors_of(plant))
        self._stuck: dict[str, SensorValue] = {}

    def names(self) -> list[str]:
        """All sensors of the tower."""
        return sorted(self._honest)

    def override(self, name: str, value: SensorValue) -> None:
        """Let a sensor show `value` whatever happens; raises `UnknownSensorError`."""
        self._known(name)
        self._stuck[name] = value
        self._plant.happened()

    def heal(self, name: str | None = None) -> None:
        """Let one sensor (or all) tell the truth again; raises `UnknownSensorError`."""
        if name is None:
            self._stuck.clear()
        else:
            self._known(name)
            self._stuck.pop(name, None)
        self._plant.happened()

    @property
    def overridden(self) -> Mapping[str, SensorValue]:
        """The sensors that lie now, with what they show."""
        return dict(self._stuck)

    def on(self, name: str) -> bool:
        """A yes-or-no sensor."""
        return bool(self._read(name))

    def number(self, name: str) -> int:
        """A measuring sensor, in the unit that its name ends in."""
        return int(self._read(name))

    def shown(self, name: str) -> SensorValue:
        """What it shows, of either kind; raises `UnknownSensorError`."""
        return self._read(name)

    def honest(self, name: str) -> SensorValue:
        """What it would show if it told the truth; raises `UnknownSensorError`."""
        self._known(name)
        return self._honest[name]()

    def _read(self, name: str) -> SensorValue:
        self._known(name)
        if name not in self._stuck:
            return self._honest[name]()
        stuck = self._stuck[name]
        return min(stuck, self._honest[name]()) if name.endswith(".estop_ok") else stuck

    def _known(self, name: str) -> None:
        if name not in self._honest:
            raise UnknownSensorError(
                f"sensor {name!r} is not in this tower; they are called like "
                f"{', '.join(self.names()[:3])}"
            )


def _sensors_of(plant: Plant) -> dict[str, Callable[[], SensorValue]]:
    sensors: dict[str, Callable[[], SensorValue]] = {"tower.estop_ok": lambda: not plant.estop}
    for function in SAFETY_FUNCTIONS:
        sensors[sensor_of(function)] = _healthy(plant, function)
    for number in plant.bays:
        sensors.update(_bay_sensors(plant, number))
    for number in plant.lifts:
        sensors.update(_lift_sensors(plant, number))
    for number in plant.slots:
        sensors[f"slot{number}.occupied"] = _occupied(plant, number)
    return sensors


def _bay_sensors(plant: Plant, number: int) -> dict[str, Callable[[], SensorValue]]:
    bay = plant.bays[number]

    def of_car(attribute: str) -> Callable[[], SensorValue]:
        # The profile scanner looks at a car that stands; a moving one gives it no figures.
        def measured() -> int:
            if bay.car is None or bay.drive is not DriveState.STANDS:
                return 0
            return int(getattr(bay.car, attribute))

        return measured

    named: dict[str, Callable[[], SensorValue]] = {
        "presence": lambda: bay.car is not None,
        "person_inside": lambda: bay.people_inside > 0,
        "curtain_clear": lambda: bay.curtain_clear,
        "weight_kg": lambda: bay.weight_kg,
        "axle1_kg": lambda: bay.front_axle_kg,
        "length_mm": of_car("length_mm"),
        "width_mm": of_car("width_mm"),
        "height_mm": of_car("height_mm"),
        "offset_mm": of_car("offset_mm"),
        "part_open": of_car("part_open"),
        "inner_closed": lambda: bay.inner.closed(plant.now_s),
        "inner_locked": lambda: bay.inner.locked(plant.now_s),
        "outer_closed": lambda: bay.outer.closed(plant.now_s),
        "outer_locked": lambda: bay.outer.locked(plant.now_s),
        "estop_ok": lambda: not bay.estop_pressed,
        "call": lambda: bay.call_pressed,
    }
    return {f"bay{number}.{name}": read for name, read in named.items()}


def _lift_sensors(plant: Plant, number: int) -> dict[str, Callable[[], SensorValue]]:
    lift = plant.lifts[number]
    return {
        f"lift{number}.loaded": lambda: lift.car is not None,
        f"lift{number}.load_kg": lambda: lift.load_kg,
        f"lift{number}.estop_ok": lambda: number not in plant.lift_estops,
    }


def _healthy(plant: Plant, function: str) -> Callable[[], SensorValue]:
    if function == "overload":
        # The switch in the rope's end gives way by itself, and is whole again without the load.
        return lambda: (
            function not in plant.tripped
            and all(lift.load_kg <= lift.lift.load_kg_max for lift in plant.lifts.values())
        )
    return lambda: function not in plant.tripped


def _occupied(plant: Plant, number: int) -> Callable[[], SensorValue]:
    return lambda: plant.slots[number] is not None
