"""A sale to print."""

from typing import Any

from msgspec import structs

from shared.clock import Stamp, TimeQuality
from shared.coupon import CouponKind, CouponTerms, Reason
from shared.sale import Delivery, Finding, Proof, Redemption, Sale, SaleStatus
from shared.station import Key

KEY = Key("zhongshan", 1767225600, 42)
AT = 1_772_345_133_000
"""1 March 2026, 14:05:33 in Beijing."""


def stamp(quality: TimeQuality = TimeQuality.SYNCED) -> Stamp:
    return Stamp(AT, quality, 1, 0)


COUPON = Redemption(
    CouponTerms("C7Q2-88413", "周末满200减20", CouponKind.AMOUNT, 2_000, 0, 2 * AT, min_spend=20_000),
    2_000,
    Reason.ACCEPTED,
    leased=True,
    online=True,
)
PLAIN = Sale(
    delivery=Delivery(point=3, nozzle=2, grade="95#", volume=25_480, amount=20_002, unit_price=7_850),
    proof=Proof(123_456_780, 123_482_260, Finding.PROVED),
    status=SaleStatus.SETTLED,
    tariff=12,
    started=stamp(),
    finished=stamp(),
    payable=20_002,
)


def sale(**changes: Any) -> Sale:
    return structs.replace(PLAIN, **changes)


FULL = sale(
    payable=18_002,
    tender="wechat",
    authorised_by="attendant:王芳",
    redemptions=(COUPON,),
    member="13812345678",
    plate="京A·12345",
)
DISPUTED = sale(
    status=SaleStatus.DISPUTED, proof=Proof(123_456_780, None, Finding.UNREADABLE), plate="沪B·88888", payable=0
)
STRANGE = sale(
    delivery=Delivery(point=1, nozzle=1, grade="🚗超级", volume=1_005, amount=789, unit_price=7_855),
    tender="贝壳🐚",
    plate="粤Z·¥港",
    member="𠮷野",
    authorised_by="attendant:\x1b@Eve\n",
    tariff=0,
    payable=789,
)
