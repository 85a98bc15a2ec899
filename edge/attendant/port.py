"""What the touchscreen asks of the forecourt: the part of its facade that people use.

Every wish is made in a name (``attendant:NAME``) and may be refused (:exc:`shared.errors.Refused`).
"""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from edge.forecourt.views import ComingPrice, CouponView, PointView, SaleView, SlipView, StationView
from edge.store.disputes import MeterLine
from shared.disputes import Basis, DisputeReason, MeterReason, Settlement
from shared.payment import BackReason, Payment, Refund, Tender
from shared.sale import Preset
from shared.station import Key


class TillDoor(Protocol):
    """The money of sales that are paid at the till: ``edge.forecourt.tills.Tills``."""

    async def owing(self) -> Sequence[SaleView]:
        """Sales that wait for their payment, the oldest first."""

    async def pay(self, key: Key, tenders: Sequence[Tender], by: str, given: int = 0) -> Payment:
        """Take the money of a sale; ``given`` fen of cash were handed over, 0 for exactly enough."""

    async def take_back(self, key: Key, reason: BackReason, by: str, note: str = "") -> None:
        """A payment was wrong, or a car is back: the sale owes again."""

    async def refund(self, key: Key, tender: Tender, reason: BackReason, by: str, note: str = "") -> Refund:
        """Give money back."""

    async def drive_off(self, key: Key, by: str, note: str = "") -> None:
        """The car has left, and nobody paid."""


class ForecourtDoor(Protocol):
    """Implemented by ``edge.forecourt.forecourt.Forecourt``, and in tests by a forecourt of straw."""

    @property
    def tills(self) -> TillDoor:
        """Where sales are paid."""

    async def view(self) -> StationView:
        """The station as a whole."""

    async def points(self) -> tuple[PointView, ...]:
        """Every fuelling point as it is now, by number."""

    def changes(self) -> AsyncIterator[PointView | StationView | SaleView]:
        """What changes from now on; of each thing the latest."""

    async def authorise(self, point: int, by: str, preset: Preset | None = None, nozzle: int = 0) -> None:
        """Let a point fuel."""

    async def stop(self, point: int, by: str) -> None:
        """End what a point does."""

    async def stop_all(self, by: str) -> None:
        """End it at every point."""

    async def suspend(self, point: int, by: str) -> None:
        """Pause a filling."""

    async def resume(self, point: int, by: str) -> None:
        """Go on with it."""

    async def present(self, point: int, text: str, by: str) -> CouponView:
        """A customer at this point shows a code, scanned or typed."""

    async def withdraw(self, point: int, by: str) -> None:
        """Take the coupon off again."""

    async def free(self, point: int, by: str) -> None:
        """Give up a release whose dispenser does not answer any more."""

    async def identify(self, point: int, member: str, plate: str, by: str) -> None:
        """Who is at this point."""

    async def switch(self, open: bool, by: str) -> None:
        """Open or close the station."""

    async def sales(self, day_start: int, limit: int = 200, until: int = 2**62) -> Sequence[SaleView]:
        """Sales since a time, and before another, the newest first."""

    async def sale(self, key: Key) -> SaleView:
        """One sale. Refused as ``unknown_sale`` when there is none."""

    async def reprint(self, key: Key, by: str) -> SlipView:
        """Another slip of a sale, marked as such."""

    async def settle(
        self,
        key: Key,
        basis: Basis,
        reason: DisputeReason,
        by: str,
        note: str = "",
        agreed: tuple[int, int] | None = None,
    ) -> Settlement:
        """Settle a disputed sale; ``agreed`` are millilitres and fen."""

    async def unexplained(self) -> Sequence[MeterLine]:
        """Litres with no sale to show for them that nobody has explained yet."""

    async def meter_lines(self, since: int) -> Sequence[MeterLine]:
        """All such lines since a time, the newest first."""

    async def meter_line(self, key: Key) -> MeterLine:
        """One of them. Refused as ``unknown_line`` when there is none."""

    async def explain(self, key: Key, reason: MeterReason, amount: int, by: str, note: str = "") -> None:
        """Explain one; ``amount`` in fen was taken by hand."""

    async def coming_prices(self) -> Sequence[ComingPrice]:
        """Tariffs that have not started yet."""
