"""A small company for the tests, and the sales that its stations tell it of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import msgspec
from sqlalchemy import select

from cloud import app
from cloud.coupons import issuing, keys
from cloud.coupons import settings as coupon_settings
from cloud.coupons.issuing import IssuedCoupon, NewCampaign
from cloud.coupons.sealing import Seal
from cloud.settings import Settings
from cloud.stations import register
from cloud.stations.register import NewStation
from cloud.store.arrivals import Arrived
from cloud.store.database import Books
from cloud.store.kinds import Row
from cloud.store.tables import table_of
from shared.clock import Stamp, TimeQuality
from shared.coupon import CouponKind, CouponTerms, Filling, Reason
from shared.messages import CouponClaim, Fact, SaleRecorded
from shared.sale import Delivery, Proof, Redemption, Sale, SaleStatus, prove
from shared.station import Key

NOW: Final = 1_795_300_000_000
"""A Saturday morning in Shanghai: 2026-11-21, about half past ten."""
MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
EPOCH: Final = 1_795_000_000
STATIONS: Final = ("pudong-1", "pudong-2", "minhang-1")
SETTINGS: Final = Settings(data="unused")


def stamp(at: int, quality: TimeQuality = TimeQuality.SYNCED, boot: int = 1, mono: int | None = None) -> Stamp:
    """A stamp whose monotonic time counts from the first second of ``EPOCH``."""
    return Stamp(at, quality, boot, at - EPOCH * 1_000 if mono is None else mono)


def a_sale(at: int = NOW, **changes: Any) -> Sale:
    """30 litres of 92# for 235.50 yuan, proved; the totaliser has moved on with the time."""
    delivery = Delivery(
        changes.pop("point", 1),
        changes.pop("nozzle", 1),
        changes.pop("grade", "92#"),
        changes.pop("volume", 30_000),
        changes.pop("amount", 23_550),
        changes.pop("unit_price", 7_850),
    )
    finished = changes.pop("finished", stamp(at))
    before = 1_000_000 + abs(finished.at - NOW) % 10**10
    proof: Proof = changes.pop("proof", prove(before, before + delivery.volume, delivery.volume, 10**11))
    base = Sale(delivery, proof, SaleStatus.SETTLED, 0, stamp(at - 2 * MINUTE), finished, 0)
    used: Sequence[Redemption] = changes.get("redemptions", ())
    changes.setdefault("payable", delivery.amount - sum(one.discount for one in used))
    return msgspec.structs.replace(base, **changes)


def used(terms: CouponTerms, discount: int = 1_500, *, leased: bool = False, online: bool = False) -> Redemption:
    """A coupon as a station has used it."""
    return Redemption(terms, discount, Reason.ACCEPTED, leased, online)


def arrived(
    body: Fact, station: str = STATIONS[0], seq: int = 1, epoch: int = EPOCH, at: int | None = None, **more: Any
) -> Arrived:
    """A fact as the intake hands it on, three seconds after it happened."""
    told = more.pop("stamp", None)
    when: Stamp = told or (body.sale.finished if isinstance(body, SaleRecorded) else stamp(at or NOW))
    letter = sha256(f"{station} {epoch} {seq}".encode()).digest()
    return Arrived(station, epoch, seq, when, at if at is not None else when.at + 3_000, letter, body, **more)


@dataclass
class Scene:
    """The company and its books."""

    books: Books
    seal: Seal
    seqs: dict[str, int] = field(default_factory=dict)

    @classmethod
    def founded(cls, books: Books, seal: Seal) -> "Scene":
        """Two dealers, one region, three stations, a signing key."""
        with books.begin() as connection:
            coupon_settings.draw_salt(connection, "init", NOW - DAY)
            keys.add(connection, seal, "init", NOW - DAY)
            register.add_region(connection, "华东", "王总", NOW - DAY)
            for dealer in ("东方石油", "南方加油"):
                register.add_dealer(connection, dealer, "王总", NOW - DAY)
            for station in STATIONS:
                dealer = "南方加油" if station.startswith("minhang") else "东方石油"
                register.add(connection, NewStation(station, f"{station}站", dealer, "华东"), "王总", NOW - DAY)
        return cls(books, seal)

    def tell(self, *facts: Arrived) -> None:
        """What the intake does with facts: each trade gets its own, all in one transaction."""
        handlers = app.handlers(SETTINGS)
        with self.books.begin() as connection:
            for kind in {type(fact.body) for fact in facts}:
                handlers[kind](connection, [fact for fact in facts if type(fact.body) is kind])

    def sell(self, sale: Sale, station: str = STATIONS[0], at: int | None = None, **more: Any) -> Key:
        """A sale made at a station, told to the company."""
        seq = self.seqs[station] = self.seqs.get(station, 0) + 1
        fact = arrived(SaleRecorded(sale), station, seq, at=at, **more)
        self.tell(fact)
        return fact.key

    def campaign(self, name: str = "满减券", value: int = 1_500, **changes: Any) -> str:
        """A campaign of coupons worth 15 yuan, good for thirty days."""
        base = NewCampaign(name, CouponKind.AMOUNT, value, NOW - HOUR, NOW + 30 * DAY)
        with self.books.begin() as connection:
            return issuing.create_campaign(connection, msgspec.structs.replace(base, **changes), "王总", NOW).id

    def coupon(self, typed: bool = False, **changes: Any) -> IssuedCoupon:
        """One coupon of a new campaign."""
        campaign = self.campaign(changes.pop("name", f"活动{len(self.rows_of('coupon_campaign')) + 1}"), **changes)
        return issuing.issue(self.books, self.seal, campaign, 1, "王总", NOW, typed=typed)[0]

    def claim(
        self, coupon: str, station: str = STATIONS[0], ask: str = "", at: int = NOW, code: str = "", grade: str = ""
    ) -> Any:
        """A station asks for a use."""
        from cloud.coupons.claims import claim

        asked = CouponClaim(ask or f"{station} {at}", Filling(station, grade, 0, 0), coupon, code)
        with self.books.begin() as connection:
            return claim(connection, station, asked, at)

    def rows(self, model: type[Row]) -> Sequence[Any]:
        """Everything in a table, by its key."""
        table = table_of(model)
        with self.books.read() as connection:
            return connection.execute(select(table).order_by(*table.primary_key.columns)).all()

    def rows_of(self, name: str) -> Sequence[Any]:
        """Everything in the table of this name."""
        with self.books.read() as connection:
            return connection.execute(select(Row.metadata.tables[name])).all()

    def read(self, look: Any, *words: Any) -> Any:
        """What a trade's function finds."""
        with self.books.read() as connection:
            return look(connection, *words)

    def write(self, act: Any, *words: Any) -> Any:
        """What a trade's function does."""
        with self.books.begin() as connection:
            return act(connection, *words)
