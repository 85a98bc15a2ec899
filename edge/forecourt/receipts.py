"""What stands on a receipt: a sale, told to the customer. Pure.

Chinese first, English small beside it. Every figure is the one in the sale's record; nothing is reckoned here.
"""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from hardware.printers.slip import Align, Banner, BigRow, Gap, Part, QrCode, Row, Rule, Slip, Text, Title
from shared.clock import Stamp, TimeQuality
from shared.disputes import Basis, Settlement
from shared.money import per_litre, yuan
from shared.payment import OPEN, Payment
from shared.sale import Finding, Redemption, Sale, SaleStatus
from shared.station import GRADES, Key
from shared.volume import litres

QR_MARK = "JYS:"
"""A receipt's QR code is this and the sale's number: whoever scans it finds the sale, and it is worth nothing else."""

TENDERS = {
    "cash": "现金 CASH",
    "card": "银行卡 CARD",
    "unionpay": "云闪付 UnionPay",
    "wechat": "微信支付 WeChat Pay",
    "alipay": "支付宝 Alipay",
    "wallet": "加油卡 WALLET",
    "credit": "挂账 CREDIT",
    OPEN: "待付 NOT PAID YET",
}
_FINDINGS = {Finding.PROVED: "相符 OK", Finding.MISMATCH: "不符 MISMATCH", Finding.UNREADABLE: "未读到 UNREAD"}
_BASES = {
    Basis.DISPLAY: "按显示 DISPLAY",
    Basis.TOTALISER: "按泵码 TOTALISER",
    Basis.AGREED: "按协商 AGREED",
    Basis.VOID: "作废 VOID",
}
_CLOCK_WRONG = (TimeQuality.FLOOR, TimeQuality.OFF)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the station's own day is added in minutes


class ReceiptHead(Struct, frozen=True):
    """The station as its receipts name it."""

    name: str
    utc_offset: int = 480
    """Minutes that its day is ahead of UTC."""
    top: tuple[str, ...] = ()
    """Lines of head office below the name; so the next ones above the farewell."""
    bottom: tuple[str, ...] = ()


def receipt(
    sale: Sale, key: Key, head: ReceiptHead, settlement: Settlement | None = None, payment: Payment | None = None
) -> Slip:
    """The receipt of a sale. A disputed one says that nothing was charged, until a person has settled it; one that is
    to be paid at the till says so until it is."""
    if settlement is not None:
        sale = as_settled(sale, settlement)
    settled = sale.status is SaleStatus.SETTLED
    return Slip(
        (
            *_heading(head, settled),
            Rule(),
            *_what(sale, key, head),
            Rule(),
            *_figures(sale),
            *(_decided(settlement) if settlement else ()),
            *(_paid(sale, payment) if settled else _not_charged()),
            Rule(),
            *_who(sale),
            *_proof(sale),
            Gap(16),
            QrCode(QR_MARK + str(key)),
            *_lines(head.bottom),
            *_farewell(settled),
        )
    )


def as_settled(sale: Sale, settlement: Settlement) -> Sale:
    """The sale with the figures that were decided."""
    delivery = replace(sale.delivery, volume=settlement.volume, amount=settlement.amount)
    return replace(sale, delivery=delivery, status=SaleStatus.SETTLED, payable=settlement.amount)


def copy_banner(copy: int) -> Slip:
    """What stands above every slip of a sale but the first, so that no two can pass for two sales."""
    return Slip((Banner(f"重打 #{copy}"), Gap(6), Text("补打小票，非原件  REPRINT", Align.CENTER), Gap(10)))


def local_time(stamp: Stamp, utc_offset: int) -> str:
    """The station's date and time. A ``*`` behind it: the clock was known to be wrong."""
    at = _EPOCH + timedelta(milliseconds=stamp.at, minutes=utc_offset)
    return f"{at:%Y-%m-%d %H:%M:%S}{' *' * (stamp.quality in _CLOCK_WRONG)}"


def _heading(head: ReceiptHead, settled: bool) -> tuple[Part, ...]:
    name = (Title(head.name), *_lines(head.top), Gap(8), Text("加油小票  FUEL RECEIPT", Align.CENTER), Gap(4))
    if settled:
        return name
    return (
        *name,
        Gap(6),
        Banner("争议 未收费"),
        Gap(6),
        Text("DISPUTED - NOT CHARGED", Align.CENTER, bold=True),
        Gap(4),
    )


def _lines(lines: tuple[str, ...]) -> tuple[Part, ...]:
    return (Gap(6), *(Text(line, Align.CENTER) for line in lines), Gap(6)) if lines else ()


def _what(sale: Sale, key: Key, head: ReceiptHead) -> tuple[Part, ...]:
    delivery = sale.delivery
    when = Row("时间 Time", local_time(sale.finished, head.utc_offset))
    wrong = (Text("* 时钟未校准 clock not set", Align.RIGHT),)
    return (
        Row("单号 No.", str(key)),
        when,
        *(wrong if sale.finished.quality in _CLOCK_WRONG else ()),
        Row("加油位 Point", f"{delivery.point}号位 {delivery.nozzle}号枪"),
        Row("油品 Grade", GRADES.get(delivery.grade, delivery.grade)),
    )


def _figures(sale: Sale) -> tuple[Part, ...]:
    delivery = sale.delivery
    return (
        Row("单价 Price", f"￥{per_litre(delivery.unit_price)}/升"),
        Row("油量 Volume", f"{litres(delivery.volume)} 升"),
        Row("金额 Amount", f"￥{yuan(delivery.amount)}"),
        *(part for redemption in sale.redemptions for part in _discount(redemption)),
    )


def _discount(redemption: Redemption) -> tuple[Part, ...]:
    terms = redemption.terms
    return (
        Row(f"优惠 {terms.campaign or 'Discount'}", f"-￥{yuan(redemption.discount)}"),
        Row("  券号 Coupon", terms.coupon),
    )


def _paid(sale: Sale, payment: Payment | None) -> tuple[Part, ...]:
    waits = sale.tender == OPEN and payment is None
    return (
        Gap(8),
        BigRow("应付" if waits else "实付", f"￥{yuan(sale.payable)}"),
        Gap(10),
        *(_tenders(payment) if payment else (Row("支付 Tender", TENDERS.get(sale.tender, sale.tender)),)),
    )


def _tenders(payment: Payment) -> tuple[Part, ...]:
    parts: list[Part] = []
    for tender in payment.tenders:
        parts.append(Row(TENDERS.get(tender.kind.value, tender.kind.value), f"￥{yuan(tender.amount)}"))
        if tender.reference:
            parts.append(Row("  凭证 Ref.", tender.reference))
    if payment.change:
        parts += [Row("收现 Given", f"￥{yuan(payment.given)}"), Row("找零 Change", f"￥{yuan(payment.change)}")]
    return (*parts, Row("收银员 Cashier", payment.by.partition(":")[2] or payment.by))


def _decided(settlement: Settlement) -> tuple[Part, ...]:
    """A disputed sale that a person has settled says so, and by whom."""
    return (
        Row("争议处理 Settled", _BASES[settlement.basis]),
        Row("处理人 By", settlement.by.partition(":")[2] or settlement.by),
    )


def _not_charged() -> tuple[Part, ...]:
    return (
        Gap(8),
        Text("加油机计量与泵码未能核对，本单未收款，请与站长联系。", bold=True),
        Text("The totaliser does not prove this filling. Nothing has been charged; please ask the manager."),
    )


def _who(sale: Sale) -> tuple[Part, ...]:
    by, _, name = sale.authorised_by.partition(":")
    rows = (
        ("车牌 Plate", sale.plate),
        ("会员 Member", masked(sale.member)),
        ("加油员 Attendant", name if by == "attendant" else ""),
    )
    return tuple(Row(left, right) for left, right in rows if right)


def masked(member: str) -> str:
    """A member's number as others may see it: 13812345678 → ``138****5678``. A short one stays."""
    return f"{member[:3]}****{member[-4:]}" if len(member) > 10 else member


def _proof(sale: Sale) -> tuple[Part, ...]:
    proof = sale.proof
    tariff = (Row("油价版本 Tariff", f"#{sale.tariff}"),) if sale.tariff else ()
    return (
        Row("泵码起 Totaliser", _meter(proof.before)),
        Row("泵码止 Totaliser", _meter(proof.after)),
        Row("核对 Proof", _FINDINGS[proof.finding]),
        *tariff,
    )


def _meter(reading: int | None) -> str:
    return "----" if reading is None else litres(reading)


def _farewell(settled: bool) -> tuple[Part, ...]:
    if not settled:
        return (Text("本单不作付款凭证", Align.CENTER, bold=True), Text("not a proof of payment", Align.CENTER))
    return (
        Text("谢谢惠顾  欢迎再次光临", Align.CENTER, bold=True),
        Text("Thank you, and a safe journey", Align.CENTER),
    )
