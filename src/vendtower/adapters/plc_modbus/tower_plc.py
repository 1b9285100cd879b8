"""`TowerPlc` over a Modbus link."""

import asyncio
from collections.abc import Set as AbstractSet

from firmware_bridge import link_types, meanings, serial_timing
from firmware_bridge.handshake import Handshake, Phase, classify
from firmware_bridge.job_mailbox import JobRequest
from firmware_bridge.link_port import LinkMaker, LinkPort
from firmware_bridge.link_types import HEARTBEAT_S, LinkConfig, NotSent
from firmware_bridge.modbus_link import PlcLink as ModbusLink
from firmware_bridge.modbus_wire import SerialEndpoint, TcpEndpoint
from firmware_bridge.plc_identity import ExpectedPlc
from firmware_bridge.plc_image import PlcImage
from firmware_bridge.register_map import LIFTS_MAX
from vendtower.adapters.plc_modbus.jobs import (
    abort_fate_of,
    abort_of,
    answer_of,
    fate_of,
    mark_of,
    request_of,
)
from vendtower.adapters.plc_modbus.snapshots import Translated, snapshot_of
from vendtower.domain.errors import LocalFault
from vendtower.domain.job import ACKNOWLEDGE_MARGIN_S, Fate, Job, JobAnswer, JobFate, Verb
from vendtower.domain.jog import JogAxis
from vendtower.domain.machine import (
    ControlMode,
    LinkState,
    MachineCommand,
    MachineSnapshot,
    PlcLink,
)
from vendtower.domain.site import PlcRtu, PlcTcp, Site
from vendtower.ports.clock import Clock

COMMAND_TIMEOUT_S = 1.0

_UNPROVEN = frozenset({Phase.WRITTEN, Phase.ADOPTED_STALE, Phase.UNKNOWN})

_PARITY = {"even": "E", "odd": "O", "none": "N"}


def link_config(site: Site) -> LinkConfig:
    """How the PLC of this site is reached and what it must say of itself."""
    plc = site.plc
    expected = ExpectedPlc(
        site_id=site.tower.site_id,
        lifts=len(site.lifts),
        bays=len(site.bays),
        slots=len(site.slots),
    )
    # Two polls and a request timeout fit into the age at which a snapshot counts as none.
    poll_s = min(0.4, 0.4 * site.policies.snapshot_age_s_max)
    if isinstance(plc, PlcTcp):
        return LinkConfig(
            endpoint=TcpEndpoint(plc.host, plc.port),
            device_id=plc.device_id,
            request_timeout_s=plc.request_timeout_s,
            expected=expected,
            idle_poll_s=poll_s,
            slots_poll_s=poll_s,
        )
    return _serial_config(plc, expected, poll_s)


def _serial_config(plc: PlcRtu, expected: ExpectedPlc, poll_s: float) -> LinkConfig:
    """A serial line's times follow from its baud rate where the site file names none."""
    stop_bits = 2 if plc.parity == "none" else 1
    plan = serial_timing.poll_plan(
        plc.baud, lifts=expected.lifts or 0, heartbeat_s=HEARTBEAT_S, poll_s_max=poll_s
    )
    return LinkConfig(
        endpoint=SerialEndpoint(
            plc.serial_device, plc.baud, _PARITY[plc.parity], stop_bits, plc.quiet_s
        ),
        device_id=plc.device_id,
        request_timeout_s=plc.request_timeout_s or serial_timing.request_timeout_s(plc.baud),
        expected=expected,
        fast_poll_s=plan.fast_poll_s,
        idle_poll_s=plan.idle_poll_s,
        slots_poll_s=plan.slots_poll_s,
    )


class ModbusTowerPlc:
    """The port's implementation. Create inside the running loop, then :meth:`start`.

    ``session`` is drawn at random at every start of the controller, 1..2^32-1: by it the PLC
    tells this run's jobs from those of an earlier one.
    """

    def __init__(
        self, config: LinkConfig, clock: Clock, session: int, make_link: LinkMaker = ModbusLink
    ) -> None:
        """``make_link`` makes what carries the words; another one where frames are no subject."""
        self._clock = clock
        self._link: LinkPort = make_link(
            config,
            clock=clock.monotonic_s,
            utc_s=lambda: clock.utc().timestamp(),
            session=session,
        )
        self._translated: Translated | None = None
        self._looked_in = session
        """The session in which that image was looked at; a later one may not be accepted yet."""
        self._told: tuple[link_types.LinkStatus, PlcLink] | None = None
        self._asking: set[int] = set()
        self._sent_in: dict[int, int] = {}

    def start(self) -> None:
        """Begin to connect, beat and poll."""
        self._link.start()

    async def stop(self) -> None:
        """End the heartbeat and close the line, after the request in flight."""
        await self._link.stop()

    @property
    def link(self) -> PlcLink:
        """The line's state now."""
        status, told = self._link.status, self._told
        if told is None or told[0] is not status:
            told = self._told = status, PlcLink(LinkState[status.state.name], status.reason)
        return told[1]

    @property
    def snapshot(self) -> MachineSnapshot | None:
        """The last complete snapshot, None before the first."""
        image, session, known = self._link.image, self._link.session, self._translated
        if image is None:
            return None
        if known is None or known.image is not image or self._looked_in != session:
            self._looked_in = session
            known = self._translated = Translated(image, self._translate(image, known))
        return known.snapshot

    @property
    def read_at_s(self) -> float:
        """Monotonic time of the oldest part of the snapshot."""
        return self._link.read_at_s

    def _translate(self, image: PlcImage, known: Translated | None) -> MachineSnapshot:
        """The image in the domain's words; most of the time only its age has changed."""
        accepted = self._link.session_accepted
        same_session = known is not None and known.snapshot.session_accepted is accepted
        if known is not None and same_session and image.tells_the_same_as(known.image):
            return known.snapshot
        return snapshot_of(image, session_accepted=accepted, before=known)

    @property
    def turned_s(self) -> float:
        """Monotonic time at which the link's owner last went round, up or down."""
        return self._link.turned_s

    async def wait_news(self) -> None:
        """Return when a newer snapshot has come or the link's state has changed."""
        await self._link.wait_news()

    async def wait_older_than(self, age_s: float) -> None:
        """Return once the last snapshot is older than this, or when there is none."""
        await self._link.wait_older_than(age_s)

    async def ask(self, job: Job) -> JobAnswer:
        """Write the job to its mailbox once and await the PLC's acknowledgement.

        Raises:
            LocalFault: when the job does not fit the mailbox; nothing was sent then.

        """
        request = request_of(job, self._link.session)
        asking = asyncio.ensure_future(self._ask(job, request))
        # A caller that goes away takes nothing back: the job may be written all the same.
        return answer_of(await asyncio.shield(asking), job, self._link.image)

    async def _ask(self, job: Job, request: JobRequest) -> Handshake | NotSent:
        """Ask, and note under which session the job may have gone out."""
        self._asking.add(job.job_id)
        reply = await self._link.ask(
            job.mailbox, request, timeout_s=job.valid_s + ACKNOWLEDGE_MARGIN_S
        )
        self._asking.discard(job.job_id)
        self._sent_in = {
            known: session
            for known, session in self._sent_in.items()
            if session == self._link.session
        }
        if isinstance(reply, Handshake) and reply.phase in _UNPROVEN:
            self._sent_in[job.job_id] = reply.session
        return reply

    def fate(self, job: Job) -> JobFate:
        """What the newest snapshot proves of a job that this or an earlier run has planned."""
        image = self._link.image
        if self._link.status.state is not link_types.LinkState.UP or image is None:
            return JobFate(Fate.UNHEARD, f"PLC link is {self._link.status.state.value}")
        if job.mailbox != 0 and job.mailbox not in image.lifts:
            return JobFate(Fate.UNKNOWN, f"the PLC has no lift {job.mailbox}")
        verdict = classify(
            image.mailbox(job.mailbox),
            job.seq,
            job.job_id,
            before=mark_of(job),
            settled=self._settled(job, image),
            abort=abort_of(job),
        )
        return abort_fate_of(verdict) if job.verb is Verb.ABORT else fate_of(verdict)

    def _settled(self, job: Job, image: PlcImage) -> bool:
        """No copy of the job's write can count any more, and the image was read after that.

        A job of this run was sent in some session; once the PLC echoes a later one it refuses
        every copy that is still under way. A job of an earlier run never had a session of ours.
        """
        since_s = self._link.session_accepted_at_s
        if since_s is None or job.job_id in self._asking:
            return False
        if self._sent_in.get(job.job_id) == self._link.session:
            return False
        block = image.system if job.mailbox == 0 else image.lifts[job.mailbox]
        return max(block.read_at_s, self._link.read_at_s) >= since_s

    async def command(self, command: MachineCommand) -> bool:
        """Give one PackML command to the whole machine; False when the line is down."""
        if self._link.status.state is not link_types.LinkState.UP:
            return False
        wanted = meanings.ControlCommand[command.name]
        return await self._link.command(wanted, timeout_s=COMMAND_TIMEOUT_S)

    def permit(self, lifts: AbstractSet[int]) -> None:
        """Set which lifts may move; the lease is renewed with every heartbeat.

        Raises:
            LocalFault: for a lift number that no PLC can have.

        """
        bits = 0
        for number in lifts:
            if not 1 <= number <= LIFTS_MAX:
                raise LocalFault(f"permit for lift {number}, expected 1..{LIFTS_MAX}")
            bits |= 1 << (number - 1)
        self._link.permit(bits)

    def request_mode(self, mode: ControlMode | None) -> None:
        """Ask for a unit mode with every heartbeat; None asks for no change."""
        wanted = meanings.UnitMode.NO_REQUEST if mode is None else meanings.UnitMode[mode.name]
        self._link.request_mode(wanted)

    def jog(self, lift: int, axis: JogAxis, speed: float) -> None:
        """Renew the jog lease once; degrees go over the wire in hundredths."""
        scale = 100 if axis is JogAxis.TURNTABLE else 1
        word = max(-0x7FFF, min(0x7FFF, round(speed * scale)))
        self._link.jog(lift, meanings.Axis[axis.name], word)

    def end_jog(self) -> None:
        """Take the lease back."""
        self._link.end_jog()

    def follow(self, moving: bool) -> None:
        """Say whether a job is open: true makes the polling fast."""
        self._link.follow(moving)
