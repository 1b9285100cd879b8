"""Cameras and the identity process fail; the visit goes on all the same."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from hardware_sim.demo.daemon_process import Screens
from hardware_sim.demo.visitor import Ending, Visitor, VisitorScript, VisitRecord
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER, PORTRAITS
from tests.bench.returns import Returns
from tests.bench.tower_bench import Customer, TowerBench, bare_bench
from vendtower.adapters.identity.client import ProcessIdentityVerifier
from vendtower.domain.alarm import AlarmKey
from vendtower.domain.identity import IdentityRefusal, NobodyIdentified
from vendtower.domain.pickup import VisitState
from vendtower.flows import camera_wait

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "reason",
    [
        IdentityRefusal.CAMERA_UNAVAILABLE,
        IdentityRefusal.TOO_DARK,
        IdentityRefusal.FACE_UNAVAILABLE,
    ],
)
async def test_what_the_machine_cannot_judge_goes_to_staff(
    reason: IdentityRefusal, bench: TowerBench
) -> None:
    customer = await bench.book(0)
    await bench.check_in(customer)
    bench.people.fail(1, reason)
    await bench.phase(1, "staff_route")
    await bench.settled("identity", "customer_verified")
    await bench.depart(customer)


@pytest.mark.parametrize(
    "reason", [IdentityRefusal.CAMERA_UNAVAILABLE, IdentityRefusal.FACE_UNAVAILABLE]
)
async def test_a_blind_kiosk_says_so(reason: IdentityRefusal, bench: TowerBench) -> None:
    """And, when nobody types a code either, ends the check-in with that reason."""
    policies = bench.tower.site.policies.model_copy(update={"identity_timeout_s": 0.5})
    bench.tower.site = bench.tower.site.model_copy(update={"policies": policies})
    if reason is IdentityRefusal.FACE_UNAVAILABLE:
        bench.identity.die()
    else:
        bench.people.arrive(1, NobodyIdentified(reason))
    await bench.touch(1)
    await bench.phase(1, "refused", reason.value)
    assert (await bench.event("kiosk.check_in_refused"))["reason"] == reason.value


async def test_two_faces_are_nobody(bench: TowerBench) -> None:
    customer = await bench.book(0)
    await bench.check_in(customer)
    bench.people.fail(1, IdentityRefusal.SEVERAL_FACES)
    await bench.phase(1, "free")
    assert bench.visit_state(customer) is VisitState.EXPECTED
    assert bench.doors_opened(1) == 0


async def test_the_identity_process_dies_and_comes_back(bench: TowerBench) -> None:
    customer, later = await bench.book(0), await bench.book(1)
    await bench.check_in(customer)
    await bench.phase(1, "verifying")
    bench.identity.die()
    await bench.phase(1, "staff_route")
    status = await bench.status()
    assert status is not None
    assert not status["face_available"]
    await bench.settled("identity", "customer_verified")
    await bench.depart(customer)
    await bench.identity.start()
    await bench.until(lambda: later.reservation_id in bench.identity.held, "nobody is enrolled")
    await bench.collect(later)


async def real(bench: TowerBench) -> tuple[ProcessIdentityVerifier, Customer]:
    """The real process, with one customer enrolled."""
    bench.real_identity = True
    bench.policies["identity_timeout_s"] = 12.0
    await bench.start()
    await bench.opened()
    identity = bench.tower.identity
    assert isinstance(identity, ProcessIdentityVerifier)
    await identity.wait_started()
    customer = await bench.book(0, portrait=PORTRAITS[GRACE_HOPPER].jpeg())
    await bench.until(lambda: customer.reservation_id in bench.tower.enrolled, "not enrolled")
    return identity, customer


@pytest.mark.real_wires
async def test_real_faces_the_owner_and_a_stranger(tmp_path: Path) -> None:
    async with bare_bench(tmp_path) as bench, aiohttp.ClientSession() as http:
        _, customer = await real(bench)
        owner = Visitor("the owner", GRACE_HOPPER, customer.code, 1, customer.vin)
        refused = await visit(bench, http, replace(owner, portrait=EILEEN_COLLINS))
        assert (refused.ending, refused.reason) == (Ending.REFUSED, "different_person")
        await bench.home(customer)
        assert bench.doors_opened(1) == 0
        assert (await visit(bench, http, owner)).ending is Ending.DROVE_OFF
        await bench.state(customer, VisitState.DEPARTED)


async def visit(bench: TowerBench, http: aiohttp.ClientSession, who: Visitor) -> VisitRecord:
    """One person before the camera, who reads the screen and follows it."""
    screens = Screens(bench.world.web_url, http)
    return await VisitorScript(bench.world, screens, who, lambda where, what: None).play(60.0)


@pytest.mark.real_wires
async def test_real_process_killed_while_it_looks(tmp_path: Path) -> None:
    """With the lens covered it looks for long; killed, the way without a face goes on."""
    async with bare_bench(tmp_path) as bench:
        identity, owner = await real(bench)
        scene = bench.world.cameras.scene(1)
        await bench.touch(1)
        scene.phone(owner.code)
        await bench.phase(1, "verifying")
        scene.black()
        await bench.until(lambda: bench.tower.kiosks[1].hint is not None, "no hint is given")
        assert identity.pid is not None
        os.kill(identity.pid, signal.SIGKILL)
        await bench.phase(1, "staff_route")
        await bench.settled("identity", "customer_verified")
        await bench.depart(owner)


@pytest.mark.parametrize("how", ["off", "black"])
@pytest.mark.real_wires
async def test_real_camera_without_a_usable_picture(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unplugged, or with its lens covered: nobody is kept before it for their whole minute."""
    monkeypatch.setattr(camera_wait, "BLIND_S", 1.0)
    async with bare_bench(tmp_path) as bench:
        _, customer = await real(bench)
        bench.tower.site.policies.__dict__["identity_timeout_s"] = 600.0
        scene = bench.world.cameras.scene(1)
        getattr(scene, how)()
        await bench.touch(1)

        async def told() -> bool:
            return bool((await bench.kiosk(1))["hint"] == "camera_unavailable")

        await bench.until(told, "the screen does not say that the keypad is left")
        camera = AlarmKey("C21", "kiosk 1")
        await bench.until(lambda: camera in bench.tower.book.alarms, "nobody hears of it")
        for key in f"{customer.code}#":
            assert (await Returns(bench).press("key", 1, key=key))["done"]
        await bench.phase(1, "staff_route")
        assert "camera_unavailable" in (await bench.case("identity"))["question"]
        await bench.settled("identity", "customer_verified")
        await bench.depart(customer)


@pytest.mark.real_wires
async def test_real_camera_unplugged(tmp_path: Path) -> None:
    async with bare_bench(tmp_path) as bench:
        bench.policies["identity_timeout_s"] = 1.5
        bench.real_identity = True
        await bench.start()
        await bench.opened()
        identity = bench.tower.identity
        assert isinstance(identity, ProcessIdentityVerifier)
        await identity.wait_started()
        bench.world.cameras.scene(1).off()
        await bench.touch(1)
        await bench.phase(1, "refused", "camera_unavailable")
        assert bench.tower.faults == {}
