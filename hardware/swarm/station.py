"""A station without a forecourt: what it says next, and what it makes of what it hears. Pure; the caller has the clock.

Times in UTC milliseconds.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Final

import msgspec
from msgspec import Struct

from hardware.swarm import trade
from hardware.swarm.company import Company
from hardware.swarm.dice import Dice
from hardware.swarm.outbox import NEVER, Deed, HangUp, Outbox, Say
from hardware.swarm.trade import Wallet
from hardware.swarm.truth import StationTruth
from shared import topics
from shared.clock import Stamp, TimeQuality
from shared.coupon import Allowance, CouponTerms
from shared.errors import LetterMisread, Refused
from shared.messages import (
    AgentStarted,
    CouponBook,
    Fact,
    Hello,
    Letter,
    PointState,
    PriceClimbed,
    Rung,
    SaleRecorded,
    Stored,
    TariffBook,
    Welcome,
)
from shared.sale import Sale
from shared.tariff import GradePrice, Tariff, next_start, prices_at
from shared.wire import letter_bytes, pack, unpack

FAULTS: Final[Mapping[str, str]] = {
    "cut": "the connection breaks behind a letter",
    "lost-letters": "a message with letters never arrives",
    "repeated-letters": "it arrives twice",
    "late-letters": "its first half arrives after the second",
    "lost-stored": "an acknowledgement is not heard",
    "boot": "the agent starts again",
    "unreadable": "a letter is written that nobody can read",
}
"""Odds of ``boot`` and ``unreadable`` are by sale, of ``lost-stored`` by acknowledgement, of the others by message."""
PROGRAM: Final = "station-swarm"
_UNTOLD: Final = GradePrice(7_850, 0)
"""What a litre costs where head office has set no price yet."""


class Habits(Struct, frozen=True):
    """What all stations of a swarm do alike. Times in milliseconds."""

    seed: int = 1
    sale_every: int = 0
    """On the average; 0 sells nothing."""
    most_sales: int = 0
    """0 for no bound."""
    redeem: float = 0.0
    """How many customers show a coupon."""
    faults: Mapping[str, float] = {}
    nozzles: tuple[str, ...] = ("92#", "0#")
    """Their grades, one at each fuelling point."""
    heartbeat: int = 15_000
    greeting_again: int = 2_000
    patience: int = 5_000
    """Until letters that nobody acknowledged are sent again."""
    checks: bool = True
    """Whether signatures are checked."""


class SwarmStation:
    """One of them."""

    def __init__(self, name: str, epoch: int, habits: Habits, company: Company, now: int) -> None:
        self._name, self._epoch, self._habits, self._company = name, epoch, habits, company
        self._dice = Dice(habits.seed, name, "faults")
        self._outbox = Outbox(name, epoch, habits.patience, self._strikes)
        self._sales = self._given = 0
        self._boot, self._boot_at = 1, now
        self._connected = self._greeted = False
        self._greetings, self._hello_at, self._heard_at = 0, NEVER, 0
        self._tariffs: Sequence[Tariff] = ()
        self._tariff_version = self._coupon_version = 0
        self._next_price = NEVER
        self._shown: list[GradePrice | None] = [None] * len(habits.nozzles)
        self._totals = [0] * len(habits.nozzles)
        self._coupons: Sequence[CouponTerms] = ()
        self._revoked: frozenset[str] = frozenset()
        self._allowance = Allowance()
        self._used: dict[str, int] = {}
        self.refused = ""
        """Why head office does not talk with it."""
        self.refusals = 0
        """Orders that it did not believe."""
        self._next_sale = now + self._until_next_sale() if habits.sale_every else NEVER
        self._write(AgentStarted(PROGRAM, self._store_id), now)

    @property
    def name(self) -> str:
        """Its id."""
        return self._name

    @property
    def greeted(self) -> bool:
        """Whether head office has welcomed it on this connection."""
        return self._greeted

    @property
    def connected_now(self) -> bool:
        """Whether its line stands."""
        return self._connected

    @property
    def waiting(self) -> int:
        """Letters that are not acknowledged."""
        return self._outbox.written - self._outbox.stored

    @property
    def sells(self) -> bool:
        """Whether more cars will come."""
        return self._next_sale != NEVER

    @property
    def tariff_version(self) -> int:
        """Of the tariff book that it holds."""
        return self._tariff_version

    @property
    def written(self) -> int:
        """How many letters it has made."""
        return self._outbox.written

    def due(self) -> int:
        """When :meth:`act` has something to do next."""
        hello = self._hello_at if self._connected else NEVER
        return min(self._next_sale, self._next_price, hello, self._outbox.due if self._greeted else NEVER)

    def truth(self) -> StationTruth:
        """What it has really written."""
        return StationTruth(self._name, (self._outbox.truth,))

    # ── what happens to it ──

    def connected(self, now: int) -> list[Deed]:
        """The line stands anew."""
        self._connected, self._greeted, self._greetings = True, False, 0
        self._outbox.rewind()
        return [self._hello(now)]

    def lost(self) -> None:
        """The line is gone."""
        self._connected = self._greeted = False
        self._outbox.rewind()

    def rest(self) -> None:
        """No more cars come."""
        self._next_sale = NEVER

    def act(self, now: int) -> list[Deed]:
        """What it does when its time has come, or later."""
        deeds: list[Deed] = []
        while self._next_sale <= now:
            deeds += self._sell(now)
        if self._next_price <= now:
            self._show_prices(now)
        if self._connected and self._hello_at <= now:
            deeds.append(self._hello(now))
        return deeds + self._send(now)

    def heard(self, kind: str, data: bytes, now: int) -> list[Deed]:
        """Something came down, of whatever kind."""
        reader = _READERS.get(kind)
        try:
            message = self._company.believed(self._name, kind, data, now)
            if reader is not None:
                reader(self, message, now)
        except (LetterMisread, Refused):
            self.refusals += 1
        return self._send(now)

    # ── what comes down ──

    def _welcomed(self, message: bytes, now: int) -> None:
        welcome = unpack(message, Welcome)
        if welcome.hello_mono > now - self._boot_at:
            return  # an answer to the agent that ran before
        self.refused = welcome.refused
        self._greeted = not welcome.refused
        if self._greeted:
            self._heard_at = now
            self._outbox.take_mark(welcome.stored_upto, now)

    def _kept(self, message: bytes, now: int) -> None:
        stored = unpack(message, Stored)
        if stored.epoch == self._epoch and not self._strikes("lost-stored"):
            self._outbox.take_mark(stored.upto, now)

    def _priced(self, message: bytes, now: int) -> None:
        book = unpack(message, TariffBook)
        if book.version <= self._tariff_version:
            return
        held = {tariff.version for tariff in self._tariffs}
        self._tariffs, self._tariff_version = self._company.tariffs(book.tariffs), book.version
        for tariff in self._tariffs:
            if tariff.version not in held:
                self._write(PriceClimbed(tariff.version, Rung.RECEIVED), now)
        self._show_prices(now)

    def _show_prices(self, now: int) -> None:
        """Every nozzle takes at once what holds now, and shows it."""
        prices = prices_at(self._tariffs, now)
        for place, grade in enumerate(self._habits.nozzles):
            price = prices.get(grade)
            if price is not None and price != self._shown[place]:
                self._shown[place] = price
                for rung in (Rung.APPLIED, Rung.READ_BACK):
                    self._write(PriceClimbed(price.tariff, rung, place + 1, 1, grade, price.unit_price), now)
        self._next_price = next_start(self._tariffs, now) or NEVER

    def _given_coupons(self, message: bytes, _now: int) -> None:
        book = unpack(message, CouponBook)
        if book.version > self._coupon_version:
            self._coupon_version, self._coupons = book.version, self._company.coupons(book.listed)
            self._revoked, self._allowance = frozenset(book.revoked), book.allowance

    # ── what it sells ──

    def _sell(self, now: int) -> list[Deed]:
        habits = self._habits
        self._sales += 1
        car = trade.customer(habits.seed, self._name, self._sales, habits.nozzles, habits.redeem)
        place = car.point - 1
        price = self._shown[place] or _UNTOLD
        self._record(trade.sale(car, self._name, price, self._totals[place], self._stamp(now), self._wallet()), now)
        self._totals[place] += car.volume
        over = habits.most_sales and self._sales >= habits.most_sales
        self._next_sale = NEVER if over else self._next_sale + self._until_next_sale()
        if self._strikes("unreadable"):
            self._write_unreadable(now)
        return self._start_again(now) if self._strikes("boot") else []

    def _record(self, sale: Sale, now: int) -> None:
        self._write(SaleRecorded(sale), now)
        self._outbox.book.sold(sale.delivery.volume, sale.delivery.amount, sale.payable)
        for use in sale.redemptions:
            self._outbox.book.redeemed(use.terms.coupon, use.discount)
            self._used[use.terms.coupon] = self._used.get(use.terms.coupon, 0) + 1
            self._given += use.discount

    def _wallet(self) -> Wallet:
        return Wallet(self._coupons, self._used, self._revoked, self._allowance, self._given, self._heard_at)

    def _until_next_sale(self) -> int:
        return Dice(self._habits.seed, self._name, "gap", self._sales).gap(self._habits.sale_every)

    def _start_again(self, now: int) -> list[Deed]:
        """The agent is another one, its store is the same."""
        self._boot, self._boot_at = self._boot + 1, now
        self._write(AgentStarted(PROGRAM, self._store_id), now)
        connected = self._connected
        self.lost()
        return [HangUp()] if connected else []

    # ── letters ──

    def _write(self, fact: Fact, now: int) -> None:
        self._outbox.keep(letter_bytes(Letter(self._outbox.written + 1, self._stamp(now), fact)), now)

    def _write_unreadable(self, now: int) -> None:
        """Of a kind that no company knows."""
        strange = {"type": "from_tomorrow", "at": now}
        letter = {"seq": self._outbox.written + 1, "stamp": self._stamp(now), "body": strange}
        self._outbox.keep(msgspec.json.encode(letter), now, readable=False)

    def _send(self, now: int) -> list[Deed]:
        deeds = self._outbox.send(now) if self._greeted else []
        if HangUp() in deeds[-1:]:
            self.lost()
        return deeds

    # ── hello ──

    def _hello(self, now: int) -> Say:
        habits = self._habits
        pause = habits.heartbeat if self._greeted else habits.greeting_again << min(self._greetings, 8)
        self._greetings += 1
        self._hello_at = now + min(pause, habits.heartbeat)
        hello = Hello(
            station=self._name,
            epoch=self._epoch,
            store_id=self._store_id,
            boot=self._boot,
            mono=now - self._boot_at,
            wall=now,
            next_seq=self._outbox.written + 1,
            stored_upto=self._outbox.stored,
            oldest_unsent=self._outbox.oldest,
            tariffs=self._tariff_version,
            coupons=self._coupon_version,
            program=PROGRAM,
            points=tuple(PointState(number, "idle") for number, _ in enumerate(habits.nozzles, 1)),
            live=self._greeted,
            versions={topics.KEYS: self._company.key_version},
        )
        return Say(topics.HELLO, pack(hello))

    def _stamp(self, now: int) -> Stamp:
        quality = TimeQuality.SYNCED if self._heard_at >= self._boot_at else TimeQuality.UNCHECKED
        return Stamp(now, quality, self._boot, now - self._boot_at)

    @property
    def _store_id(self) -> str:
        return sha256(f"{self._habits.seed} {self._name} {self._epoch}".encode()).hexdigest()[:16]

    def _strikes(self, fault: str) -> bool:
        return self._dice.strikes(self._habits.faults.get(fault, 0.0))


_READERS: Final[Mapping[str, Callable[[SwarmStation, bytes, int], None]]] = {
    topics.WELCOME: SwarmStation._welcomed,
    topics.STORED: SwarmStation._kept,
    topics.TARIFFS: SwarmStation._priced,
    topics.COUPONS: SwarmStation._given_coupons,
}
