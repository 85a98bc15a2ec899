"""Prices: which hold now, and how each fuelling point comes to show them. Pure: the controller sends and records.

A price is changed while a point is idle or its customer still waits, never from its release to its end. It climbs on
each nozzle: *applied* when the dispenser has taken it, *read back* when the dispenser shows it, *failed* when it does
not; each rung is told once, and a failure is told again only after it was mended in between.
"""

from collections.abc import Iterable, Iterator, Mapping

from edge.forecourt.authorisation import PriceTag
from edge.forecourt.views import ComingPrice
from edge.store.nozzles import KnownNozzle
from hardware.ports import SetPrices
from shared.messages import PriceClimbed, Rung
from shared.tariff import GradePrice, Tariff, next_start, prices_at


class PriceBoard:
    """The prices of the station by grade."""

    def __init__(self) -> None:
        self._tariffs: tuple[Tariff, ...] = ()
        self._prices: dict[str, GradePrice] = {}
        self._next: int | None = None
        self._at = 0

    def keep(self, tariffs: Iterable[Tariff], now: int) -> None:
        """Head office sent these; all others are forgotten."""
        self._tariffs = tuple(tariffs)
        self._turn(now)

    def turn(self, now: int) -> bool:
        """Time passes; True when a tariff has started, or was started too early by a clock that is put right now."""
        if self._at <= now and (self._next is None or now < self._next):
            self._at = now
            return False
        self._turn(now)
        return True

    def wished(self, grade: str) -> GradePrice | None:
        """What a litre of this grade should cost now; None while head office has not said."""
        return self._prices.get(grade)

    def coming(self, now: int) -> list[ComingPrice]:
        """The tariffs that have not started yet, the next first."""
        waiting = sorted((t for t in self._tariffs if t.starts_at > now), key=lambda t: (t.starts_at, t.version))
        return [ComingPrice(t.version, t.starts_at, dict(t.prices)) for t in waiting]

    @property
    def versions(self) -> list[int]:
        """The tariffs that are held."""
        return sorted(t.version for t in self._tariffs)

    def _turn(self, now: int) -> None:
        self._prices = prices_at(self._tariffs, now)
        self._next = next_start(self._tariffs, now)
        self._at = now


class NozzlePrice:
    """The price of one nozzle, and how far it has climbed there."""

    def __init__(self, grade: str, known: KnownNozzle) -> None:
        self.grade = grade
        self.shown: int | None = None
        """As the dispenser reported it since it last answered or took a new price."""
        self.taken: int | None = None
        self.unit_price = known.unit_price
        """The price that has climbed last, with its tariff: what a filling is sold at when the dispenser shows it."""
        self.tariff = known.tariff
        self._told = _told_before(known.rung)

    def tag(self, board: PriceBoard) -> PriceTag:
        """The price as authorisation looks at it."""
        wished = board.wished(self.grade)
        return PriceTag(self.shown, self.taken, wished.unit_price if wished else None)

    def climb(self, wished: GradePrice, rung: Rung) -> bool:
        """It has reached this rung; False when that was told already."""
        if (self.tariff, self.unit_price) != (wished.tariff, wished.unit_price):
            self.tariff, self.unit_price, self._told = wished.tariff, wished.unit_price, set()
        if rung in self._told:
            return False
        self._told.add(rung)
        self._told.discard(Rung.FAILED if rung is Rung.READ_BACK else Rung.READ_BACK)
        return True


class PointPrices:
    """The prices of one fuelling point. Times are monotonic milliseconds."""

    def __init__(
        self, point: int, grades: Mapping[int, str], known: Mapping[int, KnownNozzle], board: PriceBoard
    ) -> None:
        self._point = point
        self._board = board
        self.nozzles = {n: NozzlePrice(grade, known.get(n, KnownNozzle())) for n, grade in grades.items()}
        self._not_before = 0
        self._sent: SetPrices | None = None

    def tags(self) -> dict[int, PriceTag]:
        """By nozzle, as authorisation looks at it."""
        return {nozzle: price.tag(self._board) for nozzle, price in self.nozzles.items()}

    @property
    def restless(self) -> bool:
        """Whether another price than the one shown holds, or another tariff for it."""
        return any(not self._climbed(price) for price in self.nozzles.values())

    def due(self, now: int, again: int) -> SetPrices | None:
        """What to tell the dispenser now; None when all is well, on its way, or can't be told.

        It takes the prices of all its nozzles at once; one for which none is known keeps it from being told any.
        """
        tags = self.tags()
        if self._sent is not None or now < self._not_before or all(tag.right for tag in tags.values()):
            return None
        prices = {n: tag.wished if tag.wished is not None else tag.known for n, tag in tags.items()}
        known = {nozzle: price for nozzle, price in prices.items() if price is not None}
        if len(known) < len(prices):
            return None
        self._sent = SetPrices(self._point, known)
        self._not_before = now + again
        return self._sent

    def taken(self, command: SetPrices) -> list[PriceClimbed]:
        """The dispenser took them. What it showed before counts no more, unless it is this very price."""
        self._sent = None
        return list(self._taken(command))

    def refused(self, detail: str) -> list[PriceClimbed]:
        """The dispenser did not take them."""
        self._sent = None
        return list(self._failed(detail))

    def read(self, nozzle: int, unit_price: int) -> list[PriceClimbed]:
        """The dispenser shows this price."""
        price = self.nozzles.get(nozzle)
        if price is None:
            return []
        price.shown = unit_price
        wished = self._board.wished(price.grade)
        if wished is None or self._sent is not None:
            return []
        if unit_price == wished.unit_price:
            return [*self._told(nozzle, wished, Rung.APPLIED), *self._told(nozzle, wished, Rung.READ_BACK)]
        return list(self._failed_on(nozzle, unit_price))

    def look_again(self) -> list[PriceClimbed]:
        """Another tariff holds: where it asks for the price that is shown already, it has climbed with it."""
        climbs: list[PriceClimbed] = []
        for nozzle, price in self.nozzles.items():
            wished = self._board.wished(price.grade)
            if wished is not None and price.tag(self._board).right:
                climbs += self._told(nozzle, wished, Rung.APPLIED)
                climbs += self._told(nozzle, wished, Rung.READ_BACK) if price.shown is not None else []
        return climbs

    def forget(self) -> None:
        """The dispenser was away: what it shows must be read anew."""
        self._sent, self._not_before = None, 0
        for price in self.nozzles.values():
            price.shown = price.taken = None

    def sold_at(self, nozzle: int) -> tuple[int, int]:
        """Tariff and unit price at which this nozzle sells: the dispenser's price, and the tariff that set it."""
        price = self.nozzles[nozzle]
        tag = price.tag(self._board)
        shown = tag.known if tag.known is not None else price.unit_price or 0
        return (price.tariff if price.unit_price == shown else 0), shown

    def _climbed(self, price: NozzlePrice) -> bool:
        wished = self._board.wished(price.grade)
        return wished is None or (price.tag(self._board).right and price.tariff == wished.tariff)

    def _taken(self, command: SetPrices) -> Iterator[PriceClimbed]:
        for nozzle, unit_price in command.prices.items():
            price = self.nozzles[nozzle]
            price.taken = unit_price
            wished = self._board.wished(price.grade)
            if wished is not None and wished.unit_price == unit_price:
                yield from self._told(nozzle, wished, Rung.APPLIED)
                if price.shown == unit_price:
                    yield from self._told(nozzle, wished, Rung.READ_BACK)
            if price.shown != unit_price:
                price.shown = None

    def _failed(self, detail: str) -> Iterator[PriceClimbed]:
        for nozzle, price in self.nozzles.items():
            wished = self._board.wished(price.grade)
            if wished is not None and not price.tag(self._board).right:
                yield from self._told(nozzle, wished, Rung.FAILED, detail)

    def _failed_on(self, nozzle: int, shown: int) -> Iterator[PriceClimbed]:
        """It shows another price than the one it took."""
        price = self.nozzles[nozzle]
        wished = self._board.wished(price.grade)
        if wished is not None and price.taken == wished.unit_price:
            price.taken = None
            yield from self._told(nozzle, wished, Rung.FAILED, f"It shows {shown}.")

    def _told(self, nozzle: int, wished: GradePrice, rung: Rung, detail: str = "") -> Iterator[PriceClimbed]:
        price = self.nozzles[nozzle]
        if price.climb(wished, rung):
            yield PriceClimbed(wished.tariff, rung, self._point, nozzle, price.grade, wished.unit_price, detail)


def _told_before(rung: str) -> set[Rung]:
    if rung == Rung.READ_BACK:
        return {Rung.APPLIED, Rung.READ_BACK}
    return {Rung(rung)} if rung else set()
