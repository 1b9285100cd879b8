"""What happens before one camera; scripted people change it, the camera renders it.

```python
scene.person(GRACE_HOPPER, distance_m=0.6)      # she stands there
scene.phone("VT-7H2K")                          # a phone is held up, nobody's face in view
scene.person(EILEEN_COLLINS, phone_code="VT-7H2K")  # both at once
scene.walk_up(GRACE_HOPPER, over_s=2.0)         # comes from 2 m to 0.6 m and stays
scene.perform(present(Presented.GENUINE, ...))  # somebody who follows the screen
scene.ask("turn_left")                              # which says this now
scene.nobody()
scene.black()                                   # lens covered
scene.off()                                     # the camera is unplugged
```
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from threading import Lock

from hardware_sim.people.acting import Actor
from hardware_sim.people.optics import Pose, Thing
from hardware_sim.people.phone import Phone
from hardware_sim.people.portraits import PORTRAITS
from hardware_sim.people.relief import Person
from hardware_sim.people.renderer import View

Act = Callable[[float], View]
"""What is seen this many seconds after the act began."""


class Scene:
    """The changeable view of one camera; may be changed from any thread.

    ``now`` tells seconds that only grow; acts with movement read their progress from it.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = Lock()
        self._act: Act = _still(View())
        self._listen: Callable[[str], None] = _nobody_reads
        self._since_s = now()
        self._light = 1.0
        self._blur_px = 0.0
        self._noise = 2.0
        self._plugged_in = True
        self._frozen = False

    # --- who stands there

    def nobody(self) -> None:
        """Everybody went away."""
        self.play(_still(View()))

    def person(
        self,
        portrait: str,
        *,
        distance_m: float = 0.6,
        yaw_deg: float = 0.0,
        pitch_deg: float = 0.0,
        x_m: float = 0.0,
        phone_code: str | None = None,
        phone_brightness: float = 1.0,
    ) -> None:
        """One person stands there, perhaps holding up a phone beside the face."""
        pose = Pose(distance_m, x_m=x_m, yaw_deg=yaw_deg, pitch_deg=pitch_deg)
        things: list[Thing] = [_somebody(portrait, pose)]
        if phone_code is not None:
            things.append(Phone(phone_code, _BESIDE, brightness=phone_brightness))
        self.show(*things)

    def several(self, *portraits: str, distance_m: float = 0.75) -> None:
        """Several people stand side by side."""
        middle = (len(portraits) - 1) / 2
        self.show(
            *(
                _somebody(name, Pose(distance_m + 0.01 * place, x_m=(place - middle) * 0.36))
                for place, name in enumerate(portraits)
            )
        )

    def phone(
        self,
        code: str,
        *,
        pose: Pose | None = None,
        brightness: float = 1.0,
        cracks: int = 0,
        glare: float = 0.0,
    ) -> None:
        """A phone is held so near that nothing else counts."""
        where = pose or _NEAR
        self.show(Phone(code, where, brightness=brightness, cracks=cracks, glare=glare))

    def walk_up(
        self, portrait: str, *, from_m: float = 2.0, to_m: float = 0.6, over_s: float = 2.0
    ) -> None:
        """One person comes nearer and then stays, moving a little as people do."""
        _somebody(portrait, Pose(to_m))

        def act(after_s: float) -> View:
            share = min(1.0, after_s / over_s) if over_s > 0 else 1.0
            pose = Pose(
                from_m + (to_m - from_m) * share,
                x_m=0.02 * math.sin(1.3 * after_s),
                yaw_deg=3.0 * math.sin(0.9 * after_s),
                pitch_deg=1.5 * math.sin(0.7 * after_s + 1),
            )
            return View((Person(portrait, pose),))

        self.play(act)

    def perform(self, actor: Actor) -> None:
        """Somebody who can read the kiosk's screen; tell them what it says by `ask`."""
        began_s, one_at_a_time = self._now(), Lock()

        def act(after_s: float) -> View:
            with one_at_a_time:
                return actor.view(after_s)

        def listen(hint: str) -> None:
            with one_at_a_time:
                actor.ask(hint, self._now() - began_s)

        self.play(act)
        self._listen = listen

    def ask(self, hint: str) -> None:
        """The screen says this now; nobody reads it unless somebody `perform`s."""
        self._listen(hint)

    def show(self, *things: Thing) -> None:
        """Exactly these things are in view."""
        self.play(_still(View(tuple(things))))

    def play(self, act: Act) -> None:
        """Let an act of one's own begin; also uncovers the lens and plugs the camera in."""
        with self._lock:
            self._act = act
            self._listen = _nobody_reads
            self._since_s = self._now()
            self._plugged_in = True
            self._frozen = False

    # --- light and lens

    def light(self, light: float) -> None:
        """1 is a well-lit kiosk, 0.1 a dark evening without lamps."""
        with self._lock:
            self._light = light

    def blur(self, blur_px: float) -> None:
        """How far out of focus the camera is."""
        with self._lock:
            self._blur_px = blur_px

    def noise(self, noise: float) -> None:
        """Sensor noise in grey levels of 255."""
        with self._lock:
            self._noise = noise

    def black(self) -> None:
        """The lens is covered."""
        self.play(_still(View(black=True)))

    # --- the camera itself

    def off(self) -> None:
        """Unplug the camera: viewers are cut off, new ones are refused."""
        with self._lock:
            self._plugged_in = False

    def freeze(self) -> None:
        """The camera hangs: connections stay open, no further picture comes."""
        with self._lock:
            self._frozen = True

    @property
    def plugged_in(self) -> bool:
        """False after `off`, until something is shown again."""
        return self._plugged_in

    @property
    def frozen(self) -> bool:
        """True after `freeze`, until something is shown again."""
        return self._frozen

    def view(self) -> View:
        """What is seen now."""
        with self._lock:
            act, since_s = self._act, self._since_s
            light, blur_px, noise = self._light, self._blur_px, self._noise
        view = act(self._now() - since_s)
        return replace(
            view, light=view.light * light, blur_px=max(view.blur_px, blur_px), noise=noise
        )


_BESIDE = Pose(0.34, x_m=0.1, y_m=0.05, yaw_deg=-8, roll_deg=6)
_NEAR = Pose(0.22, yaw_deg=6, roll_deg=-4)


def _nobody_reads(_hint: str) -> None:
    """The people of the simpler scenes do not look at the screen."""


def _still(view: View) -> Act:
    return lambda _after_s: view


def _somebody(portrait: str, pose: Pose) -> Person:
    if portrait not in PORTRAITS:
        raise KeyError(f"no portrait {portrait!r}, expected one of {sorted(PORTRAITS)}")
    return Person(portrait, pose)
