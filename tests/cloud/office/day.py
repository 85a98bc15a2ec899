"""A busy Saturday of a small chain, told by its stations and decided by its people, for pages to show."""

import random
from typing import Final

import msgspec

from cloud.coupons import issuing
from cloud.coupons.issuing import NewCampaign
from cloud.office.moments import day_of, day_start
from cloud.stations import commands
from cloud.tariffs import deciding
from cloud.tariffs.deciding import NewTariff
from shared.coupon import CouponKind, Reason
from shared.messages import (
    AgentStarted,
    CodesRefused,
    CommandEnded,
    PriceClimbed,
    PumpAlarmed,
    Rung,
    SaleRecorded,
    SlipJournalled,
    SlipState,
    StopPoint,
)
from shared.messages import PointState as Point
from shared.money import amount_of
from shared.sale import Finding, Proof, Redemption, SaleStatus
from tests.cloud.office.stage import OWNER, Stage
from tests.cloud.scene import DAY, EPOCH, HOUR, MINUTE, STATIONS, a_sale

PRICES: Final = {"92#": 7_850, "95#": 8_360, "98#": 9_360, "0#": 7_520}
NOZZLES: Final = ((1, 1, "92#"), (1, 2, "95#"), (2, 1, "92#"), (2, 2, "95#"), (3, 1, "98#"), (3, 2, "0#"))
PLATES: Final = ("沪A12345", "沪B8K6Q9", "苏E77301", "", "", "浙F0D112")


def busy_day(stage: Stage, seed: int = 7) -> None:
    """Prices, a week's two Saturdays of sales, a double use, a dispute, gaps, a dead letter, commands."""
    chance = random.Random(seed)
    _prices(stage)
    coupons = _coupons(stage)
    for place, station in enumerate(STATIONS):
        stage.tell(station, AgentStarted("0.1.0", f"store of {station}"))
        for weeks in (1, 0):
            _sales(stage, chance, station, weeks, 34 - 9 * place)
    _double_use(stage, coupons)
    _trouble(stage)
    _coming(stage)
    _states(stage)


def _prices(stage: Stage) -> None:
    early = stage.clock - 9 * DAY
    with stage.books.begin() as connection:
        version = deciding.make(connection, NewTariff(PRICES), OWNER, early).version
    now, stage.clock = stage.clock, early
    for station in STATIONS:
        stage.greet(station)
        rungs = [PriceClimbed(version, Rung.RECEIVED), PriceClimbed(version, Rung.ARMED)]
        for point, nozzle, grade in NOZZLES:
            there = (point, nozzle, grade, PRICES[grade])
            rungs += [PriceClimbed(version, rung, *there) for rung in (Rung.APPLIED, Rung.READ_BACK)]
        stage.tell(station, *rungs, at=early + MINUTE)
    stage.clock = now


def _coupons(stage: Stage) -> list[issuing.IssuedCoupon]:
    with stage.books.begin() as connection:
        times = (stage.clock - 2 * DAY, stage.clock + 28 * DAY)
        for new in (
            NewCampaign("周末满减券", CouponKind.AMOUNT, 2_000, *times, min_spend=20_000),
            NewCampaign("95号每升优惠", CouponKind.PER_LITRE, 300, *times, grades=("95#",), max_discount=3_000),
        ):
            issuing.create_campaign(connection, new, OWNER, stage.clock - 2 * DAY)
    return list(issuing.issue(stage.books, stage.seal, "周末满减券", 12, OWNER, stage.clock - DAY))


def _sales(stage: Stage, chance: random.Random, station: str, weeks: int, count: int) -> None:
    midnight = day_start(day_of(stage.clock)) - 7 * DAY * weeks
    last = midnight + DAY if weeks else stage.clock - MINUTE
    times = sorted(chance.randrange(midnight + 5 * HOUR, last) for _ in range(count))
    for at in times:
        point, nozzle, grade = chance.choice(NOZZLES)
        volume = chance.randrange(8_000, 58_000, 10)
        amount = amount_of(volume, PRICES[grade])
        sale = a_sale(
            at, point=point, nozzle=nozzle, grade=grade, volume=volume, amount=amount, unit_price=PRICES[grade],
            plate=chance.choice(PLATES),
        )  # fmt: skip
        stage.tell(station, SaleRecorded(sale), at=at)
        if not weeks:
            seq = stage.seqs[station]
            state = SlipState.UNCONFIRMED if chance.random() < 0.1 else SlipState.PRINTED
            stage.tell(station, SlipJournalled(EPOCH, seq, 1, state, "小票机"), at=at + 4_000)


def _double_use(stage: Stage, coupons: list[issuing.IssuedCoupon]) -> None:
    """Two stations that can't hear each other take the same coupon."""
    for minutes, station in ((50, STATIONS[0]), (35, STATIONS[2])):
        at = stage.clock - minutes * MINUTE
        use = Redemption(coupons[0].terms, 2_000, Reason.ACCEPTED, False, False)
        sale = a_sale(at, amount=27_475, volume=35_000, redemptions=(use,), plate="沪A12345")
        stage.tell(station, SaleRecorded(sale), at=at)
    at = stage.clock - 20 * MINUTE
    use = Redemption(coupons[1].terms, 2_000, Reason.ACCEPTED, True, True)
    stage.tell(STATIONS[1], SaleRecorded(a_sale(at, amount=31_400, volume=40_000, redemptions=(use,))), at=at)


def _trouble(stage: Stage) -> None:
    """The last customer's litres billed once more; missing letters; one that can't be read; alarms."""
    at = stage.clock - 12 * MINUTE
    sale = a_sale(
        at, volume=67_960, amount=53_349, point=2, status=SaleStatus.DISPUTED,
        proof=Proof(81_234_560, 81_275_340, Finding.MISMATCH), plate="川A6D90X",
    )  # fmt: skip
    stage.tell(STATIONS[0], SaleRecorded(sale), PumpAlarmed(2, "pulser", "code 06"), at=at)
    late = a_sale(stage.clock - 6 * MINUTE, tariff=77)
    stage.tell(STATIONS[2], SaleRecorded(late), skip=3, at=stage.clock - 6 * MINUTE)
    letter = msgspec.json.decode(msgspec.json.encode({"seq": stage.seqs[STATIONS[1]] + 1}))
    body = msgspec.to_builtins(SaleRecorded(a_sale(stage.clock - 9 * MINUTE)))
    body["sale"]["delivery"]["volume"] = "3O.25"
    stamp = {"at": stage.clock - 9 * MINUTE, "quality": "synced", "boot": 1, "mono": 5}
    stage.tell(STATIONS[1], msgspec.json.encode({**letter, "stamp": stamp, "body": body}))
    stage.tell(STATIONS[1], CodesRefused(5, stage.clock + 10 * MINUTE, "小李"))
    with stage.books.begin() as connection:
        command = commands.create(connection, STATIONS[0], StopPoint(2), OWNER, stage.clock - 11 * MINUTE, 300)
        commands.create(connection, STATIONS[0], StopPoint(0), OWNER, stage.clock - MINUTE, 300)
    stage.tell(STATIONS[0], CommandEnded(command.id, True, ""), at=stage.clock - 10 * MINUTE)


def _coming(stage: Stage) -> None:
    """A price that has climbed half its ladder, and one that waits."""
    with stage.books.begin() as connection:
        half = deciding.make(connection, NewTariff({"92#": 7_920}), OWNER, stage.clock - 5 * MINUTE).version
        deciding.make(connection, NewTariff({"95#": 8_410}, stage.clock + 9 * HOUR), OWNER, stage.clock)
    stage.clock -= 5 * MINUTE
    stage.greet(STATIONS[0])
    stage.greet(STATIONS[1])
    stage.clock += 5 * MINUTE
    stage.tell(
        STATIONS[0],
        PriceClimbed(half, Rung.RECEIVED),
        PriceClimbed(half, Rung.ARMED),
        PriceClimbed(half, Rung.APPLIED, 1, 1, "92#", 7_920),
        PriceClimbed(half, Rung.READ_BACK, 1, 1, "92#", 7_920),
        PriceClimbed(half, Rung.FAILED, 2, 1, "92#", 7_920, "The dispenser did not take it."),
        at=stage.clock - 4 * MINUTE,
    )
    stage.tell(STATIONS[1], PriceClimbed(half, Rung.RECEIVED), at=stage.clock - 3 * MINUTE)


def _states(stage: Stage) -> None:
    """One station is well, one has no paper, one is away."""
    busy = (Point(1, "fuelling", 1), Point(2, "idle", 0, "pulser"), Point(3, "calling", 2), Point(4, "idle"))
    stage.clock -= 14 * MINUTE
    stage.greet(STATIONS[2], wall=stage.clock + 8_000, next_seq=stage.seqs[STATIONS[2]] + 12)
    stage.clock += 14 * MINUTE
    stage.greet(STATIONS[0], points=busy, tariffs=2, coupons=2)
    stage.greet(STATIONS[1], printer="paper_out", tariffs=3, coupons=2)
