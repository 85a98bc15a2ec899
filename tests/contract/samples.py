"""One of each message that travels between station and company, with every field filled."""

from msgspec import Struct

from shared.clock import Stamp, TimeQuality
from shared.coupon import Allowance, CouponKind, CouponTerms, Filling, Lease, Reason
from shared.disputes import Basis, DisputeReason, MeterKind, MeterReason, Settlement
from shared.messages import (
    AgentStarted,
    AuthorisePoint,
    ClaimAnswer,
    CodesRefused,
    Command,
    CommandEnded,
    CommandKeys,
    CouponBook,
    CouponClaim,
    CouponPart,
    DisputeSettled,
    FreePoint,
    GaugeState,
    Held,
    Hello,
    Letter,
    ListedCoupon,
    MeterExplained,
    MeterMoved,
    OrderRefused,
    PartsWanted,
    PaymentTakenBack,
    PointState,
    PriceClimbed,
    PumpAlarmed,
    ReprintSlip,
    Rung,
    SaleDrivenOff,
    SalePaid,
    SaleRecorded,
    SaleRefunded,
    SettingsBook,
    SlipJournalled,
    SlipState,
    StationSwitched,
    StopPoint,
    Stored,
    StoreReason,
    StoreRenewed,
    SwitchStation,
    TankAlarmed,
    TankDelivered,
    TankRead,
    TariffBook,
    Welcome,
)
from shared.payment import BackReason, Payment, Refund, Tender, TenderKind
from shared.sale import Delivery, Finding, Preset, PresetKind, Proof, Redemption, Sale, SaleStatus
from shared.site import SiteSettings
from shared.tanks import TankLevel
from shared.tariff import PriceBounds, Tariff

STAMP = Stamp(1_795_305_600_000, TimeQuality.SYNCED, 3, 86_400_123)
TERMS = CouponTerms(
    coupon="9f1c2a7e",
    campaign="中秋满减",
    kind=CouponKind.AMOUNT,
    value=2_000,
    not_before=1_795_000_000_000,
    not_after=1_796_000_000_000,
    min_spend=20_000,
    max_discount=2_000,
    uses=3,
    grades=("92#", "95#"),
    stations=("pudong-1",),
    member="m-100234",
)
SALE = Sale(
    delivery=Delivery(point=3, nozzle=2, grade="95#", volume=40_780, amount=34_092, unit_price=8_360),
    proof=Proof(before=1_234_567_890, after=1_234_608_670, finding=Finding.PROVED),
    status=SaleStatus.SETTLED,
    tariff=17,
    started=Stamp(1_795_305_480_000, TimeQuality.SYNCED, 3, 86_280_123),
    finished=STAMP,
    payable=32_092,
    tender="cash",
    authorised_by="attendant:小李",
    preset=Preset(PresetKind.AMOUNT, 40_000),
    redemptions=(Redemption(TERMS, 2_000, Reason.ACCEPTED, leased=True, online=True),),
    member="m-100234",
    plate="沪A12345",
)
LEVEL = TankLevel(18_000_250, 17_950_100, 12_000_000, 1_440_020, 20_000, 250_000, -4_980)

PAYMENT = Payment(
    (Tender(TenderKind.CARD, 10_000, "6222 7788"), Tender(TenderKind.CASH, 13_550)), "attendant:小李", 20_000, 6_450
)

LETTERS: dict[str, Letter] = {
    "sale": Letter(1, STAMP, SaleRecorded(SALE)),
    "price": Letter(2, STAMP, PriceClimbed(17, Rung.READ_BACK, 3, 2, "95#", 8_360, "shown on the display")),
    "started": Letter(3, STAMP, AgentStarted("jiayou-edge 0.1.0", "5f3a9c0011223344")),
    "switched": Letter(4, STAMP, StationSwitched(False, "attendant:小李")),
    "codes_refused": Letter(5, STAMP, CodesRefused(5, 1_795_306_500_000, "attendant:小李")),
    "slip": Letter(6, STAMP, SlipJournalled(1_790_000_000, 1, 2, SlipState.UNCONFIRMED, "usb:0416:5011", "no answer")),
    "command_ended": Letter(7, STAMP, CommandEnded("c0ffee", False, "The deadline has passed.")),
    "pump_alarm": Letter(8, STAMP, PumpAlarmed(3, "unauthorised_delivery", "40.78 L")),
    "dispute_settled": Letter(
        9,
        STAMP,
        DisputeSettled(
            1_790_000_000,
            7,
            Settlement(Basis.TOTALISER, 40_780, 34_092, DisputeReason.DISPLAY_WRONG, "attendant:小李", "与顾客核对过"),
        ),
    ),
    "meter_moved": Letter(
        10, STAMP, MeterMoved(MeterKind.FALLBACK, 3, 2, "95#", 1_234_567_890, 1_234_608_670, 40_780, 1_795_305_000_000)
    ),
    "meter_explained": Letter(
        11,
        STAMP,
        MeterExplained(1_790_000_000, 10, MeterReason.SOLD_BY_HAND, 34_092, "attendant:小李", "停电时手工"),
    ),
    "tank_read": Letter(12, STAMP, TankRead("液位仪", 1, LEVEL, "1 号罐", "92#", 30_000_000, True)),
    "tank_delivered": Letter(
        13, STAMP, TankDelivered("液位仪", 1, "2026-11-21 06:10", "2026-11-21 06:42", LEVEL, LEVEL, "92#")
    ),
    "tank_alarm": Letter(14, STAMP, TankAlarmed("液位仪", 1, "high_water", 3, True, "92#")),
    "order_refused": Letter(15, STAMP, OrderRefused("tariffs", "forged", "The signature of this order is wrong.", 3)),
    "store_renewed": Letter(
        16,
        STAMP,
        StoreRenewed(StoreReason.RESTORED, 1_790_000_000, "5f3a9c0011223344", 981, 12, 1_795_305_000_000, "backup.db"),
    ),
    "sale_paid": Letter(17, STAMP, SalePaid(1_790_000_000, 7, PAYMENT)),
    "payment_taken_back": Letter(
        18,
        STAMP,
        PaymentTakenBack(1_790_000_000, 7, 1_790_000_000, 17, BackReason.WRONG_TENDER, "attendant:王站长", "应为刷卡"),
    ),
    "sale_refunded": Letter(
        19,
        STAMP,
        SaleRefunded(
            1_790_000_000,
            7,
            Refund(Tender(TenderKind.CASH, 1_000, "收据 12"), BackReason.CUSTOMER, "attendant:王站长", "少加了"),
        ),
    ),
    "sale_driven_off": Letter(20, STAMP, SaleDrivenOff(1_790_000_000, 8, 23_550, "attendant:小李", "白色越野车，沪A")),
}
"""Facts, by the tag that they carry."""

MESSAGES: dict[str, Struct] = {
    "hello": Hello(
        station="pudong-1",
        epoch=1_790_000_000,
        store_id="5f3a9c0011223344",
        boot=3,
        mono=86_400_123,
        wall=1_795_305_600_250,
        next_seq=1_001,
        stored_upto=990,
        oldest_unsent=1_795_305_000_000,
        tariffs=17,
        coupons=42,
        program="jiayou-edge 0.1.0",
        open=True,
        points=(PointState(3, "fuelling", 2, ""), PointState(4, "inoperative", 0, "silent")),
        printer="paper_out",
        live=True,
        gauges=(GaugeState("液位仪", "gauge_no_answer"),),
        versions={"keys": 2},
        parts=PartsWanted(43, bytes(range(32)), (3, 4)),
        asks=(1_780_000_000,),
    ),
    "ask": CouponClaim("a1b2", Filling("pudong-1", "95#", 34_092, 40_780), coupon="9f1c2a7e", code=""),
    "welcome": Welcome(
        1_795_305_600_300,
        1_795_305_600_250,
        86_400_123,
        990,
        "Another machine is running.",
        {1_780_000_000: (Held(1, 90), Held(95, 99))},
    ),
    "stored": Stored(1_790_000_000, 1_000),
    "keys": CommandKeys({1: bytes(range(32)), 2: bytes(range(32, 64))}),
    "tariffs": TariffBook(
        17,
        (Tariff(17, 1_795_392_000_000, {"92#": 7_850, "95#": 8_360}, "王经理", "李经理"),),
        (Tariff(16, 1_795_305_600_000, {"92#": 6_850, "95#": 7_360}, "王经理", "李经理"),),
        PriceBounds(5, 2_000, 20_000),
    ),
    "coupons": CouponBook(
        version=42,
        keys={1: bytes(range(32)), 2: bytes(range(32, 64))},
        salt=b"salt of the chain",
        allowance=Allowance(10_000, 20_000, 200_000, 259_200_000),
        revoked=("0bad0bad",),
        leases=(Lease("9f1c2a7e", "pudong-1", 1_795_307_400_000),),
        listed=(ListedCoupon(bytes(reversed(range(32))), TERMS),),
        parts=7,
        whole=bytes(range(32)),
    ),
    "settings": SettingsBook(
        3, SiteSettings(("浦东新区世纪大道 1 号", "电话 021-5555 0000"), ("投诉 400-000-0000",), False, 150)
    ),
    "coupon_part": CouponPart(42, bytes(range(32)), 6, (ListedCoupon(bytes(reversed(range(32))), TERMS),)),
    "command-authorise": Command(
        "c1", 1_795_305_660_000, "王经理", AuthorisePoint(3, Preset(PresetKind.VOLUME, 30_000))
    ),
    "command-stop": Command("c2", 1_795_305_660_000, "王经理", StopPoint(0)),
    "command-switch": Command("c3", 1_795_305_660_000, "王经理", SwitchStation(True)),
    "command-free": Command("c5", 1_795_305_660_000, "王经理", FreePoint(3)),
    "command-reprint": Command("c4", 1_795_305_660_000, "王经理", ReprintSlip(1_790_000_000, 1)),
    "answer": ClaimAnswer("a1b2", "accepted", TERMS, Lease("9f1c2a7e", "pudong-1", 1_795_307_400_000)),
}
"""All that is no fact, by the last word of its topic; commands by what they want."""
