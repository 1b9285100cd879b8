"""Puts one tower together: every adapter is made here and handed to the flows."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from vendtower import __version__
from vendtower.adapters.bay_cameras_http import HttpBayCameras
from vendtower.adapters.cloud_http import HttpReservationCloud, SignedList, trusted_keys
from vendtower.adapters.evidence_files import EvidenceFiles
from vendtower.adapters.identity.client import ProcessIdentityVerifier
from vendtower.adapters.identity.limits import Limits, LivenessLimits, face_limits
from vendtower.adapters.identity.sealed_box import public_key_of
from vendtower.adapters.journal_sqlite import SqliteJournal
from vendtower.adapters.kiosk_board_serial import SerialKeyCabinet, SerialKioskBoard
from vendtower.adapters.plc_modbus import ModbusTowerPlc, link_config
from vendtower.daemon.board_signals import ScreensAndBoards, hear_board
from vendtower.daemon.cloud_flows import deliver, sync
from vendtower.daemon.site_file import LoadedSite
from vendtower.daemon.surroundings import IdentityService, Surroundings
from vendtower.domain.job import OPEN_JOB_STATES
from vendtower.domain.site import Site
from vendtower.domain.site_sections import IdentitySection
from vendtower.flows import reservation_list
from vendtower.flows.alarm_watch import AlarmWatch
from vendtower.flows.book import Book
from vendtower.flows.cloud_watch import WatchedCloud
from vendtower.flows.desk_controls import DeskControls
from vendtower.flows.dispatch import Dispatcher
from vendtower.flows.doors import keep_doors_shut
from vendtower.flows.evidence_upload import upload_evidence
from vendtower.flows.front_desk import attend
from vendtower.flows.housekeeping import keep_house
from vendtower.flows.interruptions import InterruptionWatch
from vendtower.flows.jog import JogDesk
from vendtower.flows.key_exchange import watch_keys
from vendtower.flows.latched_faults import keep_latched_faults
from vendtower.flows.ledger_desk import LedgerDesk
from vendtower.flows.ledger_watch import LedgerWatch
from vendtower.flows.list_time import ListTimeDesk
from vendtower.flows.loop_lag import LoopLag
from vendtower.flows.machine_desk import MachineDesk
from vendtower.flows.machine_watch import watch_machine
from vendtower.flows.overrides import OverrideDesk
from vendtower.flows.picture import keep_picture
from vendtower.flows.put_back import watch_bays
from vendtower.flows.recovery import begin_recovery, recover
from vendtower.flows.start_up import start_up
from vendtower.flows.tower import Kiosk, Tower
from vendtower.flows.verification import forget_unknown_ages
from vendtower.flows.wear_desk import WearDesk
from vendtower.flows.wear_watch import WearWatch
from vendtower.ports.key_cabinet import KeyCabinet
from vendtower.ports.reservation_cloud import BootReport
from vendtower.web import list_routes, loop_routes, wear_routes
from vendtower.web.app import create_app
from vendtower.web.board import PictureBoard
from vendtower.web.servers import WebServers

CAPABILITIES = ("pickup", "dropoff", "qr_code")
JOURNAL_FILE = "journal.sqlite"
QUESTIONS_FROM_MAX = 2**31
"""No two starts ask under the same numbers, but once in two thousand million."""

Flow = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Running:
    """A tower with its doors open to the world, and the flows that make it live."""

    tower: Tower
    flows: Mapping[str, Flow]
    servers: WebServers
    plc: ModbusTowerPlc
    controls: DeskControls
    lag: LoopLag
    journal_lost: Callable[[], Coroutine[Any, Any, None]]
    """Returns when only a new start can read what the disk holds."""

    def moves(self) -> bool:
        """Whether a job is open, so that this is a bad moment to leave."""
        return any(job.state in OPEN_JOB_STATES for job in self.tower.book.jobs.values())

    def stands(self) -> bool:
        """Whether the PLC shows that every lift rests; false while nothing is known.

        Between two phases of a job a lift stands for a moment, and has its job.
        """
        machine = self.tower.machine()
        return machine is not None and all(lift.rests for lift in machine.lifts.values())


@asynccontextmanager
async def open_tower(
    loaded: LoadedSite, control_socket: Path | None, around: Surroundings | None = None
) -> AsyncIterator[Running]:
    """Construct everything, in the order in which it may fail; close it the other way round.

    Raises:
        LocalFault: journal, key, token, port, or socket cannot be used; nothing has moved.
    """
    site = loaded.site
    around = around or Surroundings()
    clock, chance = around.clock, around.chance
    async with AsyncExitStack() as stack:
        executor = stack.enter_context(around.journal_executor())
        journal = await SqliteJournal.open(
            Path(site.storage.directory) / JOURNAL_FILE, executor=executor, utc=clock.utc
        )
        stack.push_async_callback(journal.close)
        book = Book(journal)
        await book.open()
        plc = ModbusTowerPlc(link_config(site), clock, around.session_number(), around.plc_link)
        identity = around.identity or _identity_process(site)
        tower = Tower(
            site=site,
            book=book,
            plc=plc,
            identity=identity,
            clock=clock,
            chance=chance,
            kiosks={
                kiosk.number: Kiosk(
                    kiosk.number,
                    kiosk.bay,
                    site.tower.languages[0],
                    question=int(chance.uniform(0, QUESTIONS_FROM_MAX)),
                )
                for kiosk in site.kiosks
            },
        )
        begin_recovery(tower)
        await forget_unknown_ages(tower)
        signed_list = _signed_list(site)
        tower.proofs = signed_list if site.cloud.list_signature == "required" else None
        reservation_list.resume(tower)
        cloud = HttpReservationCloud(
            url=site.cloud.url,
            tower_id=site.tower.id,
            token_file=Path(site.cloud.token_file),
            ca_file=_optional(site.cloud.ca_file),
            clock=clock,
            signed_list=signed_list,
            request_timeout_s=site.cloud.request_timeout_s,
            exchange=around.cloud_exchange and around.cloud_exchange(site, clock),
        )
        stack.push_async_callback(cloud.close)
        watched_cloud = WatchedCloud(cloud, tower.alarm_facts, tower.bell.ring)
        boards = _boards(site, around)
        tower.cabinets = _cabinets(site, boards, tower)
        evidence = EvidenceFiles(Path(site.storage.directory))
        tower.evidence = evidence
        tower.bay_cameras = HttpBayCameras({bay.number: bay.cameras for bay in site.bays})
        picture_board, controls = PictureBoard(clock.monotonic_s), DeskControls(tower)
        screens = ScreensAndBoards(picture_board, boards, site.tower.languages[0])
        override_desk = OverrideDesk(tower)
        app = create_app(
            picture_board,
            controls,
            site,
            LedgerDesk(tower),
            MachineDesk(tower),
            jog=JogDesk(tower),
            overrides=override_desk,
        )
        wear_routes.add_routes(app, WearDesk(tower))
        list_routes.add_routes(app, ListTimeDesk(tower))
        lag = LoopLag(clock)
        loop_routes.add_routes(app, lag)
        servers = WebServers(app, site.web.host, site.web.port, control_socket)
        report = _boot_report(loaded, tower)
        await servers.start()
        stack.push_async_callback(servers.stop)
        plc.start()
        stack.push_async_callback(plc.stop)
        await identity.start()
        stack.push_async_callback(identity.close)
        flows: dict[str, Flow] = {
            "machine watch": partial(watch_machine, tower),
            "alarm watch": AlarmWatch(tower, around.host(Path(site.storage.directory))).watch,
            "interruptions": InterruptionWatch(tower).watch,
            "overrides": override_desk.keep_time,
            "start-up": partial(start_up, tower),
            "dispatch": Dispatcher(tower).dispatch,
            "ledger watch": LedgerWatch(tower).watch,
            "recovery": partial(recover, tower),
            "counters": WearWatch(tower).watch,
            "housekeeping": partial(keep_house, tower),
            "bay doors": partial(keep_doors_shut, tower),
            "keys": partial(watch_keys, tower),
            # Not the watched cloud: one without this operation is no refused tower.
            "evidence": partial(upload_evidence, tower, cloud, evidence),
            "exposed cars": partial(watch_bays, tower),
            "latched faults": partial(keep_latched_faults, tower),
            "picture": partial(keep_picture, tower, screens),
            "identity watch": partial(_enrol_after_each_start, tower, identity),
            "faces": partial(_notice_faces, identity, tower.bell.ring),
            "reservation sync": partial(sync, tower, watched_cloud, report),
            "reservation list": partial(reservation_list.keep_list_age, tower),
            "event delivery": partial(deliver, tower, watched_cloud),
        }
        flows |= {f"kiosk {k.number}": partial(attend, tower, k) for k in tower.kiosks.values()}
        flows |= {"boards' signals": screens.signal} if boards else {}
        flows |= {f"board {number}": board.run for number, board in boards.items()}
        flows |= {
            f"board {number} events": partial(hear_board, tower, controls, board)
            for number, board in boards.items()
        }
        yield Running(tower, flows, servers, plc, controls, lag, journal.wait_lost)


def _boards(site: Site, around: Surroundings) -> dict[int, SerialKioskBoard]:
    return {
        kiosk.number: SerialKioskBoard(
            kiosk.number,
            kiosk.board,
            clock=around.clock,
            chance=around.chance,
            open_line=around.board_line,
        )
        for kiosk in site.kiosks
        if kiosk.board is not None
    }


def _cabinets(
    site: Site, boards: Mapping[int, SerialKioskBoard], tower: Tower
) -> dict[int, KeyCabinet]:
    found: dict[int, KeyCabinet] = {}
    for kiosk in site.kiosks:
        if kiosk.key_cabinet is not None and kiosk.number in boards:
            boards[kiosk.number].changed = tower.bell.ring
            found[kiosk.number] = SerialKeyCabinet(boards[kiosk.number])
    return found


def _signed_list(site: Site) -> SignedList:
    required = site.cloud.list_signature == "required"
    keys = {key.id: key.ed25519 for key in site.cloud.list_keys}
    return SignedList(site.tower.id, trusted_keys(keys), required=required)


def _identity_process(site: Site) -> ProcessIdentityVerifier:
    return ProcessIdentityVerifier(
        cameras={kiosk.number: kiosk.camera for kiosk in site.kiosks},
        key_file=Path(site.identity.key_file),
        vault_key_file=_optional(site.identity.vault_key_file),
        memory_max_mb=site.identity.memory_max_mb,
        engine=site.identity.engine,
        models_directory=Path(site.identity.models_directory),
        limits=_limits(site.identity),
    )


def _optional(path: str | None) -> Path | None:
    return None if path is None else Path(path)


def _limits(identity: IdentitySection) -> Limits:
    challenges = identity.liveness_challenges if identity.liveness else 0
    return Limits(
        face=face_limits(identity.engine, identity.distance_max),
        liveness=LivenessLimits(challenges=challenges),
    )


def _boot_report(loaded: LoadedSite, tower: Tower) -> Callable[[], BootReport]:
    site = loaded.site
    public_key = public_key_of(Path(site.identity.key_file))
    return lambda: BootReport(
        software_version=__version__,
        site_sha256=loaded.sha256,
        levels=len(site.levels),
        slots=len(site.slots),
        lifts=len(site.lifts),
        bays=len(site.bays),
        capabilities=(*CAPABILITIES, f"face_{site.identity.engine}"),
        public_key=public_key,
        utc=tower.clock.utc(),
    )


async def _enrol_after_each_start(tower: Tower, identity: IdentityService) -> None:
    """A new identity process knows nobody: everybody expected is enrolled again."""
    starts = 0
    while True:
        starts = await identity.wait_started(after=starts)
        tower.enrolled.clear()
        tower.bell.ring()


async def _notice_faces(identity: IdentityService, ring: Callable[[], None]) -> None:
    """For ever: ring when faces can be verified, or no longer."""
    while True:
        await identity.wait_faces(identity.why_unavailable)
        ring()
