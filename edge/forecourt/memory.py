"""What the agent remembers of one fuelling point. What must survive a crash lies in the store as well."""

from collections.abc import Mapping

from edge.forecourt.authorisation import Circumstances, Release, against
from edge.forecourt.ending import Ending, Figures
from edge.forecourt.fuelling_point import TABLE, Event
from edge.forecourt.grounds import Grounds
from edge.forecourt.prices import PointPrices
from edge.forecourt.views import CouponView, NozzleView, PointPhase, PointView
from edge.settings import PointSettings
from edge.store.fillings import OpenFilling
from edge.store.nozzles import KnownNozzle
from edge.store.presented import Presented
from hardware.ports import PumpState
from shared.coupon import Filling, Knowledge, judge
from shared.sale import Sale
from shared.station import Key


class Remembered:
    """How a point was left, from the store."""

    def __init__(self) -> None:
        self.leave: OpenFilling | None = None
        self.shown: Presented | None = None
        self.nozzles: Mapping[int, KnownNozzle] = {}
        self.last: tuple[Key, Sale] | None = None
        self.last_settled = False
        self.doubted_from = 0


class PointMemory:
    """One fuelling point."""

    def __init__(self, settings: PointSettings, grounds: Grounds, left: Remembered) -> None:
        self.settings = settings
        self.grounds = grounds
        self.number = settings.number
        self.grades = dict(enumerate(settings.nozzles, 1))
        self.prices = PointPrices(self.number, self.grades, left.nozzles, grounds.board)
        self.totalisers = {nozzle: left.nozzles.get(nozzle, KnownNozzle()).totaliser for nozzle in self.grades}
        self.read_at = {nozzle: left.nozzles.get(nozzle, KnownNozzle()).totaliser_at for nozzle in self.grades}
        self._doubted_from = left.doubted_from
        self.look_again_at: int | None = None
        """When the totalisers are read once more after a sale; None when that was done."""
        self.phase = PointPhase.INOPERATIVE
        self.since = grounds.clock.now()
        self.answering = False
        self.pump: PumpState | None = None
        self.looking_since: int | None = None
        """When the dispenser was asked for its state; None when its answer is known."""
        self.releasing_since: int | None = None
        """When it was told to release; None when it has said that it did, or did not."""
        self.out: bool | None = None
        """Whether a nozzle is out; None until the dispenser has said."""
        self.nozzle = 0
        """The nozzle that is out, or was last."""
        self.held = False
        """This lifting is not served any more: the filling was ended or stopped with the nozzle still out."""
        self.display: Figures | None = None
        """What the display shows; None until it was read."""
        self.figures = Figures()
        """What the page shows: after a filling its last figures, until the next begins."""
        self.highest = Figures()
        self.leave = left.leave
        self.ending: Ending | None = None
        self.shown = left.shown
        self.known: Knowledge | None = None
        """What the judge would be told of the coupon shown."""
        self.alarm = ""
        self.unrecorded = ""
        """Why the last filling could not be recorded yet."""
        self.last_key: Key | None = left.last[0] if left.last else None
        self.last_sale: Sale | None = left.last[1] if left.last else None
        self.last_settled = left.last_settled
        """Whether a person has settled the last sale, where it was disputed."""
        self.customers = 0
        """Counts fillings, so that what was asked for one customer is not given to the next."""

    @property
    def doubted(self) -> bool:
        """Whether what its totalisers have moved may be a sale that head office has, and this restored store not."""
        return any(at < self._doubted_from for at in self.read_at.values())

    @property
    def settling(self) -> bool:
        """Whether a filling is being proved and recorded."""
        return self.ending is not None

    @property
    def restless(self) -> bool:
        """Whether anything here waits for time to pass."""
        waits = self.ending, self.looking_since, self.releasing_since, self.shown, self.look_again_at
        if any(each is not None for each in waits) or self.phase is PointPhase.CALLING:
            return True
        return self.leave is None and self.prices.restless

    @property
    def lifted(self) -> int:
        """The nozzle in the customer's hand, 0 for none."""
        return self.nozzle if self.out else 0

    @property
    def in_use(self) -> int:
        """The nozzle lifted, or of the filling that is open."""
        if self.lifted:
            return self.nozzle
        return self.leave.nozzle if self.leave else 0

    def price_of(self, nozzle: int) -> int:
        """What a litre costs on this nozzle as far as is known, 0 when nothing is."""
        return self.prices.sold_at(nozzle)[1]

    def circumstances(self) -> Circumstances:
        """Everything that speaks for or against a release."""
        grounds = self.grounds
        return Circumstances(
            open=grounds.open,
            phase=self.phase,
            released=self.leave is not None,
            settling=self.settling,
            looking=self.looking_since is not None,
            store_fails=grounds.store_fails,
            disk_full=grounds.disk_full,
            lifted=self.lifted,
            prices=self.prices.tags(),
        )

    def filling(self) -> Filling:
        """The figures so far, as a coupon is held against them."""
        return Filling(
            self.grounds.store.station, self.grades.get(self.in_use, ""), self.figures.amount, self.figures.volume
        )

    def view(self) -> PointView:
        """The point as the page shows it."""
        leave, shown = self.leave, self.shown
        unit_price = leave.unit_price if leave and leave.unit_price else 0
        if not unit_price and self.in_use in self.grades:
            unit_price = self.price_of(self.in_use)
        return PointView(
            point=self.number,
            phase=self.phase,
            settling=self.settling,
            nozzles=tuple(self._nozzle_view(nozzle) for nozzle in self.grades),
            nozzle=self.in_use,
            volume=self.figures.volume,
            amount=self.figures.amount,
            unit_price=unit_price,
            preset=leave.preset if leave else None,
            since=self.since,
            can=self._can(),
            coupon=self._coupon_view(),
            last_sale=self.last_key,
            disputed=self._disputed(),
            trouble=self._trouble(),
            member=shown.member if shown else "",
            plate=shown.plate if shown else "",
        )

    def _disputed(self) -> bool:
        """The last filling failed its proof, and nobody has settled it yet."""
        last = self.last_sale
        return self.leave is None and last is not None and last.status == "disputed" and not self.last_settled

    def may_present(self) -> bool:
        """Whether a coupon may be shown now."""
        away = self.phase in (PointPhase.INOPERATIVE, PointPhase.CLOSED)
        return self.grounds.open and not away and not self.settling

    def _can(self) -> tuple[str, ...]:
        now, row = self.circumstances(), TABLE[self.phase]
        tried = (
            ("authorise", against(Release(), now) is None),
            ("stop", self.leave is not None and not self.settling),
            ("suspend", Event.SUSPEND in row),
            ("resume", Event.RESUME in row),
            ("present", self.may_present()),
            ("free", self.leave is not None and not self.answering),
        )
        return tuple(word for word, may in tried if may)

    def _nozzle_view(self, nozzle: int) -> NozzleView:
        tag, grade = self.prices.tags()[nozzle], self.grades[nozzle]
        wished = self.grounds.board.wished(grade)
        return NozzleView(
            nozzle, grade, tag.shown, tag.wished, wished.tariff if wished else 0, self.totalisers.get(nozzle)
        )

    def _coupon_view(self) -> CouponView | None:
        coupon = self.shown.coupon if self.shown else None
        if coupon is None or self.known is None:
            return None
        verdict = judge(coupon.terms, self.filling(), self.known)
        return CouponView(coupon.terms.coupon, coupon.terms.campaign, verdict, coupon.online)

    def _trouble(self) -> str:
        if not self.answering:
            return "silent"
        if self.unrecorded:
            return "unrecorded"
        if self.alarm:
            return self.alarm
        if self.pump is PumpState.OFF:
            return "off"
        tags = self.prices.tags().values()
        if any(tag.known is None and tag.wished is None for tag in tags):
            return "no_price"
        return "" if all(tag.right for tag in tags) else "price_pending"
