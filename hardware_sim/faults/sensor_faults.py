"""Sensors that lie, for ever or now and then. Any sensor of the tower can be named."""

from __future__ import annotations

from hardware_sim.faults.fault import Target, TowerFault, Undo, Where
from hardware_sim.plant.agenda import Appointment
from hardware_sim.plant.sensors import SensorValue
from hardware_sim.tower import TowerCore

FLICKERS_EVERY_S = 0.15
HEAVY_KG = 1500
"""What a stuck scale shows when it should show nothing."""


def _opposite(value: SensorValue) -> SensorValue:
    if isinstance(value, bool):
        return not value
    return 0 if value else HEAVY_KG


def _stuck(core: TowerCore, target: Target) -> Undo:
    sensors = core.plant.sensors
    sensors.override(target.sensor, _opposite(sensors.shown(target.sensor)))
    return lambda: sensors.heal(target.sensor)


def _flickering(core: TowerCore, target: Target) -> Undo:
    plant, sensors, name = core.plant, core.plant.sensors, target.sensor
    waiting: list[Appointment] = []

    def turn(lies: bool) -> None:
        if lies:
            sensors.override(name, _opposite(sensors.honest(name)))
        else:
            sensors.heal(name)
        waiting[:] = [plant.later(FLICKERS_EVERY_S, lambda: turn(not lies))]

    def mend() -> None:
        waiting[0].cancelled = True
        sensors.heal(name)

    turn(lies=True)
    return mend


FAULTS = (
    TowerFault(
        "sensor-stuck",
        "A sensor shows the opposite of what it showed when the fault came, whatever happens;"
        " a scale shows nothing, or 1,500 kg.",
        (Where.SENSOR,),
        _stuck,
    ),
    TowerFault(
        "sensor-flickering",
        "A sensor shows the truth and its opposite in turn, every 0.15 s.",
        (Where.SENSOR,),
        _flickering,
    ),
)
