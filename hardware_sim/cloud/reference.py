"""The reference cloud as a thing to start, book with, break and ask."""

import asyncio
import random
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from aiohttp import web

from hardware_sim.cloud.bookings import Booked, BookedCar, Booking, Seal
from hardware_sim.cloud.compensation import Compensations
from hardware_sim.cloud.contract import contract_app
from hardware_sim.cloud.control import control_app
from hardware_sim.cloud.event_store import DuplicateEvent, EventStore, ReceivedEvent
from hardware_sim.cloud.faults import Fault, FaultPlan
from hardware_sim.cloud.state import CloudState
from hardware_sim.list_signing import ListSigner

DEMO_TOKENS: Mapping[str, str] = {"guangzhou-01": "demo-token-of-guangzhou-01"}


class ReferenceCloud:
    """A cloud in this process, on real sockets.

    What it knows outlives `line_down` and `line_up`, as a real cloud outlives its line.
    """

    def __init__(self, state: CloudState, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        """Use `start`."""
        self.state = state
        self._tls = tls
        self._host = host
        self._port = port
        self._control_port = 0
        self._stopping = asyncio.Event()
        self._contract: web.AppRunner | None = None
        self._control: web.AppRunner | None = None

    @classmethod
    async def start(
        cls,
        *,
        tokens: Mapping[str, str] = DEMO_TOKENS,
        seal: Seal | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        control_port: int | None = None,
        tls: ssl.SSLContext | None = None,
        chance: random.Random | None = None,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        signer: ListSigner | None = None,
    ) -> "ReferenceCloud":
        """Serve the contract on `port`, and the control API on `control_port` unless it is None.

        Args:
            tokens: tower id to its bearer token.
            seal: encrypts portraits to the tower, for instance `hardware_sim.sealing.seal`.
            host: the address to listen on.
            port: 0 takes a free one, and keeps it over `line_down` and `line_up`.
            control_port: for people at a keyboard; it asks for no token, so only listen on
                loopback. 0 takes a free one.
            tls: the server's certificate; None serves plain HTTP, which a tower takes from its own
                machine alone.
            chance: makes codes, salts and ids; the default cannot be predicted.
            utc: the cloud's wall clock.
            signer: signs the list of reservations; the default has a new key.

        """
        signer = signer or ListSigner()
        state = CloudState(
            tokens=tokens,
            seal=seal,
            chance=chance or random.SystemRandom(),
            utc=utc,
            signer=signer,
        )
        cloud = cls(state, host, port, tls)
        await cloud.line_up()
        if control_port is not None:
            app = control_app(cloud)
            cloud._control, cloud._control_port = await _listen(app, host, control_port, None)
        return cloud

    async def stop(self) -> None:
        """Close everything."""
        await self.line_down()
        if self._control is not None:
            await self._control.cleanup()
            self._control = None

    async def line_down(self) -> None:
        """Refuse connections and cut the open ones; nothing is forgotten."""
        self._stopping.set()
        # Whoever cuts it meanwhile finds it cut.
        contract, self._contract = self._contract, None
        if contract is not None:
            await contract.cleanup()

    async def line_up(self) -> None:
        """Listen again, on the same port."""
        if self._contract is not None:
            return
        self._stopping = asyncio.Event()
        app = contract_app(self.state, self._stopping)
        self._contract, self._port = await _listen(app, self._host, self._port, self._tls)

    @property
    def is_up(self) -> bool:
        """Whether it listens."""
        return self._contract is not None

    async def going_down(self) -> None:
        """Return when it stops to listen."""
        await self._stopping.wait()

    @property
    def url(self) -> str:
        """The base address for towers."""
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://{self._host}:{self._port}"

    @property
    def control_url(self) -> str:
        """The base address of the control API."""
        return f"http://{self._host}:{self._control_port}"

    def add_reservation(
        self,
        car: BookedCar,
        *,
        starts_at: datetime,
        ends_at: datetime,
        tower: str | None = None,
        language: str = "en",
        face_consent: bool = False,
        portrait: bytes | None = None,
        slot: int | None = None,
        greeting: str = "",
        returns_by: datetime | None = None,
        key_compartment: int | None = None,
        swap_for: str | None = None,
        cards: Sequence[str] = (),
        reservation_id: str | None = None,
        code: str | None = None,
    ) -> Booked:
        """Book a car; code, salt and id are made up where they are not given.

        Args:
            car: what the customer will collect.
            starts_at: start of the window, with a zone.
            ends_at: end of the window, with a zone.
            tower: may be left out while there is one tower.
            language: BCP 47 tag.
            face_consent: whether the customer agreed to be recognised.
            portrait: the enrolment picture in clear; needs consent and a seal.
            slot: where the cloud believes the car to stand.
            greeting: what the kiosk may show in view of others.
            returns_by: when the car is due back, with a zone.
            key_compartment: of the tower's key cabinet, where the car's key lies.
            swap_for: VIN of the car that the customer brings back for this one.
            cards: UIDs in lower-case hex of the cards that may bring the car back; hashed here.
            reservation_id: 1 to 64 letters, digits and ._:-
            code: the check-in code.

        Raises:
            ValueError: when the contract does not allow it, naming the member.

        """
        return self.state.add_reservation(
            car=car,
            starts_at=starts_at,
            ends_at=ends_at,
            tower=tower,
            language=language,
            face_consent=face_consent,
            portrait=portrait,
            slot=slot,
            greeting=greeting,
            returns_by=returns_by,
            key_compartment=key_compartment,
            swap_for=swap_for,
            cards=cards,
            reservation_id=reservation_id,
            code=code,
        )

    def change(self, reservation_id: str, **changes: object) -> Booking:
        """Make the next revision, with these fields of `Booking` changed.

        Raises:
            ValueError: for an unknown reservation, or a value the contract does not allow.

        """
        return self.state.tower_with(reservation_id).log.change(reservation_id, **changes)

    def withdraw(self, reservation_id: str) -> None:
        """Delete the reservation; raises ValueError when there is none."""
        self.state.tower_with(reservation_id).log.withdraw(reservation_id)

    def add_raw_change(
        self, item: object, tower: str | None = None, *, signed: bool = False
    ) -> None:
        """Put an item among the changes as it is, to see what the tower does with it.

        `signed` puts the cloud's signature on it, right or wrong as it is.
        """
        record = self.state.tower_of(tower)
        record.log.put_raw(record.teller.signed(item) if signed else item)

    def forget_cursors(self, tower: str | None = None) -> None:
        """Answer 410 to every cursor given out so far, as after a restored backup."""
        self.state.tower_of(tower).log.forget_cursors(self.state.new_epoch())

    def forget_boot(self, tower: str | None = None) -> None:
        """Answer 409 until the tower boots again."""
        self.state.tower_of(tower).booted = False

    def refuse_boots(self, reason: str | None) -> None:
        """Accept no boot, for this reason; None accepts again."""
        self.state.boot_refusal = reason

    def rotate_token(self, token: str, tower: str | None = None) -> None:
        """Take this token from now on, and the old one no more."""
        self.state.tower_of(tower).token = token

    def list_keys(self, tower: str | None = None) -> dict[str, str]:
        """For `cloud.list_keys` of the tower's site file; empty when nothing is signed."""
        signer = self.state.tower_of(tower).teller.signer
        return {} if signer is None else signer.public_keys

    def sign_with(self, signer: ListSigner | None, tower: str | None = None) -> None:
        """Sign the list with another key from now on; None signs nothing any more."""
        self.state.tower_of(tower).teller.change_signer(signer)

    def add_fault(self, fault: Fault, times: int = 1) -> None:
        """Fail the next requests of the fault's operation."""
        self.state.faults.add(fault, times)

    @property
    def faults(self) -> FaultPlan:
        """Faults that still wait for their request."""
        return self.state.faults

    @property
    def store(self) -> EventStore:
        """Everything about events; `reject_types` makes the cloud refuse kinds of them."""
        return self.state.events

    @property
    def compensations(self) -> Compensations:
        """What failed visits are owed, and what was decided."""
        return self.state.compensations

    @property
    def events_received(self) -> Sequence[ReceivedEvent]:
        """Events in the order of their first arrival, each once."""
        return tuple(self.state.events.events)

    @property
    def duplicates(self) -> Sequence[DuplicateEvent]:
        """Later arrivals of events."""
        return tuple(self.state.events.duplicates)

    def boots(self, tower: str | None = None) -> Sequence[Mapping[str, object]]:
        """Boot reports, oldest first."""
        return tuple(self.state.tower_of(tower).boots)

    def requests(self, operation: str) -> int:
        """How many requests of this operation came, failed ones too."""
        return self.state.requests[operation]


async def _listen(
    app: web.Application, host: str, port: int, tls: ssl.SSLContext | None
) -> tuple[web.AppRunner, int]:
    # Nothing is owed to open requests: a cloud that goes down takes them with it.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    site = web.TCPSite(runner, host, port, ssl_context=tls)
    try:
        await site.start()
    except OSError:
        await runner.cleanup()
        raise
    found = runner.addresses[0][1]
    return runner, int(found)
