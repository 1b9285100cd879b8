"""Evidence of a car's condition, at the hand-over and at the return; it never stops a customer."""

from collections.abc import Callable
from dataclasses import dataclass

from vendtower.domain.condition import (
    Condition,
    Entered,
    EvidenceFile,
    Moment,
    Piece,
    PieceKind,
    signature_svg,
)
from vendtower.domain.dropoff import Dropoff, DropoffState
from vendtower.domain.errors import LocalFault
from vendtower.domain.pickup import Visit, VisitState
from vendtower.flows.patience import Patience
from vendtower.flows.storing import report_of
from vendtower.flows.telling import as_data, tell
from vendtower.flows.tower import Kiosk, Tower
from vendtower.ports.bay_cameras import NoPicture
from vendtower.ports.journal import Change
from vendtower.ports.screens import KioskPhase


async def note_hand_over(visit: Visit, tower: Tower) -> None:
    """Before the street door opens: pictures of the car, and the customer's word."""

    def present() -> bool:
        current = tower.book.visits[visit.visit_id]
        held = current.reservation_id in tower.book.reservations
        return held and current.state is VisitState.PRESENTED

    if visit.bay is not None:
        taking = _Taking(tower, Moment.HAND_OVER, visit.visit_id, visit.vin, visit.bay, present)
        await taking.run()


async def note_return(dropoff: Dropoff, tower: Tower) -> None:
    """Behind the closed street door: pictures, and what the driver reads off the instruments."""

    def parked() -> bool:
        bay = report_of(tower, dropoff.bay)
        state = tower.book.dropoffs[dropoff.dropoff_id].state
        quiet = bay is not None and bay.sealed and not bay.person_inside
        return quiet and state is DropoffState.MEASURED

    # Who takes a car over from a customer signs nothing for them.
    if not dropoff.put_back:
        taking = _Taking(tower, Moment.RETURN, dropoff.dropoff_id, dropoff.vin, dropoff.bay, parked)
        await taking.run()


@dataclass
class _Taking:
    """The evidence of one moment; taken once for one car, also over restarts."""

    tower: Tower
    moment: Moment
    errand_id: str
    vin: str
    bay: int
    wanted: Callable[[], bool]
    """Whether the customer still waits for it."""

    async def run(self) -> None:
        site, tower = self.tower.site, self.tower
        known = tower.book.conditions.get(self.errand_id)
        # Before a second try the cloud may have given the customer another car.
        if (known is not None and known.vin == self.vin) or not self.wanted():
            return
        if not site.bay(self.bay).cameras and not site.condition.ask:
            return
        missing: list[str] = []
        files = await self._pictures(missing)
        typed = await self._ask(tower.kiosk_at(self.bay))
        if typed is None and site.condition.ask:
            missing.append("customer: nothing was entered at the kiosk")
        typed = typed or Entered()
        if typed.strokes:
            files += await self._kept(
                signature_svg(typed.strokes),
                ("image/svg+xml", PieceKind.SIGNATURE, f"kiosk of bay {self.bay}"),
                missing,
            )
        await self._record(files, typed, tuple(missing))

    async def _pictures(self, missing: list[str]) -> list[EvidenceFile]:
        """Nobody is in the closed bay, so that no face is kept on purpose."""
        bay, cameras = report_of(self.tower, self.bay), self.tower.bay_cameras
        configured = self.tower.site.bay(self.bay).cameras
        if not configured or cameras is None:
            return []
        if bay is None or not bay.sealed or bay.person_inside:
            missing.append(f"bay {self.bay}: not closed and empty of people, no picture was taken")
            return []
        files: list[EvidenceFile] = []
        for found in await cameras.pictures(self.bay):
            if isinstance(found, NoPicture):
                missing.append(f"{found.source}: {found.why}")
                continue
            kind = ("image/jpeg", PieceKind.BAY_PICTURE, found.source)
            files += await self._kept(found.jpeg, kind, missing)
        return files

    async def _kept(
        self, content: bytes, what: tuple[str, PieceKind, str], missing: list[str]
    ) -> list[EvidenceFile]:
        media_type, kind, source = what
        store = self.tower.evidence
        if store is None:
            return []
        try:
            sha256 = await store.keep(content)
        except LocalFault as error:
            missing.append(f"{source}: {error}")
            return []
        piece = Piece(sha256, len(content), media_type, kind, source)
        return [EvidenceFile(piece, self.errand_id, self.tower.clock.utc())]

    async def _ask(self, kiosk: Kiosk) -> Entered | None:
        spec = self.tower.site.condition
        if not spec.ask:
            return None
        kiosk.condition_typed = None
        self.tower.show(kiosk, KioskPhase.CONDITION, self.moment.value)
        patience = Patience.begin(self.tower, kiosk, spec.ask_s)

        def look() -> bool | None:
            return True if kiosk.condition_typed is not None or not self.wanted() else None

        await patience.until(look)
        typed, kiosk.condition_typed = kiosk.condition_typed, None
        return typed

    async def _record(
        self, files: list[EvidenceFile], typed: Entered, missing: tuple[str, ...]
    ) -> None:
        condition = Condition(
            errand_id=self.errand_id,
            moment=self.moment,
            vin=self.vin,
            bay=self.bay,
            utc=self.tower.clock.utc(),
            pieces=tuple(file.piece for file in files),
            missing=missing,
            odometer_km=typed.odometer_km,
            energy_percent=typed.energy_percent,
            accepted=typed.accepted or bool(typed.strokes),
        )
        told = tell(
            self.tower,
            "car",
            "ConditionNoted",
            subject=f"car/{self.vin}",
            correlation_id=self.errand_id,
            data={"vin": self.vin, "condition": as_data(condition)},
        )
        change = Change(conditions=(condition,), evidence=tuple(files), events=(told,))
        await self.tower.book.record(lambda: change)
