"""Taking the money: bound to what the dispenser measured, once, with a name, and never rewritten."""

import asyncio
from pathlib import Path

import pytest

from edge.forecourt.views import SaleView
from edge.settings import Pay
from edge.store import payments
from edge.store.database import Database
from shared.disputes import Basis, DisputeReason
from shared.errors import Refused
from shared.messages import PaymentTakenBack, SaleDrivenOff, SalePaid, SaleRecorded, SaleRefunded
from shared.payment import OPEN, BackReason, Tender, TenderKind
from tests.edge.forecourt.yard import PRICES, Yard, two_pumps

LI, WANG = "attendant:小李", "attendant:王站长"
CASH, CARD, ALIPAY = TenderKind.CASH, TenderKind.CARD, TenderKind.ALIPAY


def yard_with_a_till(tmp_path: Path) -> Yard:
    return Yard(tmp_path / "s.db", two_pumps(), pay=Pay.TILL)


async def to_be_paid(yard: Yard) -> SaleView:
    await yard.price()
    return await yard.serve(1, 40_000)


async def cash(yard: Yard, sale: SaleView, by: str = LI, handed: int = 0) -> None:
    await yard.forecourt.tills.pay(sale.key, [Tender(CASH, sale.sale.payable)], by, handed)


async def test_a_sale_owes_until_it_is_paid_and_its_receipt_prints_then(tmp_path: Path) -> None:
    async with yard_with_a_till(tmp_path) as yard:
        sale = await to_be_paid(yard)
        assert (sale.sale.tender, sale.account.owes, sale.slips) == (OPEN, True, ())
        assert (await yard.forecourt.view()).owing == 1
        await cash(yard, sale, handed=40_000)
        paid = await yard.forecourt.sale(sale.key)
        assert paid.account.paid is not None
        assert (paid.account.owes, paid.account.paid.change) == (False, 40_000 - 4 * PRICES["92#"])
        assert len(paid.slips) == 1
        assert await yard.forecourt.tills.owing() == []
        (told,) = await yard.facts(SalePaid)
        assert isinstance(told, SalePaid)
        assert (told.sale_seq, told.payment.by) == (sale.key.seq, LI)
        assert (await yard.facts(SaleRecorded))[0] == SaleRecorded(sale.sale), "the record itself never changes"


async def test_f97_ten_taps_and_two_attendants_take_the_money_once(tmp_path: Path) -> None:
    async with yard_with_a_till(tmp_path) as yard:
        sale = await to_be_paid(yard)
        ends = await asyncio.gather(*[cash(yard, sale, by) for by in [LI, WANG] * 5], return_exceptions=True)
        refused = [end for end in ends if isinstance(end, Refused)]
        assert [end.reason for end in refused] == ["already_paid"] * 9
        assert "小李" in str(refused[0])
        assert len(await yard.facts(SalePaid)) == 1


async def test_money_moves_to_another_tender_by_taking_back_and_paying_anew(tmp_path: Path) -> None:
    async with yard_with_a_till(tmp_path) as yard:
        sale = await to_be_paid(yard)
        await cash(yard, sale)
        await yard.forecourt.tills.take_back(sale.key, BackReason.WRONG_TENDER, WANG)
        assert (await yard.forecourt.sale(sale.key)).account.owes
        await yard.forecourt.tills.pay(sale.key, [Tender(CARD, sale.sale.payable, "6222")], LI)
        after = await yard.forecourt.sale(sale.key)
        assert after.account.paid is not None
        assert after.account.paid.tenders[0].kind is CARD
        assert [slip.copy for slip in after.slips] == [1, 2], "the second paper is marked"
        kinds = [type(body) for body in (letter.body for letter in await yard.letters())]
        assert [kind for kind in kinds if kind in (SalePaid, PaymentTakenBack)] == [
            SalePaid,
            PaymentTakenBack,
            SalePaid,
        ]


async def test_money_goes_back_in_parts_and_never_more_than_came_in(tmp_path: Path) -> None:
    async with yard_with_a_till(tmp_path) as yard:
        sale, tills = await to_be_paid(yard), yard.forecourt.tills
        with pytest.raises(Refused, match="not paid"):
            await tills.refund(sale.key, Tender(CASH, 100), BackReason.CUSTOMER, WANG)
        await cash(yard, sale)
        await tills.refund(sale.key, Tender(CASH, 1_000), BackReason.CUSTOMER, WANG)
        await tills.refund(sale.key, Tender(ALIPAY, sale.sale.payable - 1_000), BackReason.PRICE, WANG)
        assert (await yard.forecourt.sale(sale.key)).account.refunded == sale.sale.payable
        with pytest.raises(Refused, match=r"At most ¥0\.00"):
            await tills.refund(sale.key, Tender(CASH, 1), BackReason.CUSTOMER, WANG)
        with pytest.raises(Refused, match="give back the rest"):
            await tills.take_back(sale.key, BackReason.WRONG_SALE, WANG)
        assert len(await yard.facts(SaleRefunded)) == 2


async def test_a_car_that_drove_off_owes_nothing_here_until_it_is_back(tmp_path: Path) -> None:
    async with yard_with_a_till(tmp_path) as yard:
        sale, tills = await to_be_paid(yard), yard.forecourt.tills
        await tills.drive_off(sale.key, LI, "白色越野车")
        gone = (await yard.forecourt.sale(sale.key)).account
        assert (gone.owes, gone.gone_by) == (False, LI)
        with pytest.raises(Refused, match="come back"):
            await cash(yard, sale)
        await tills.take_back(sale.key, BackReason.CUSTOMER, LI)
        await cash(yard, sale)
        (told,) = await yard.facts(SaleDrivenOff)
        assert isinstance(told, SaleDrivenOff)
        assert (told.amount, told.note) == (sale.sale.payable, "白色越野车")


async def test_a_disputed_filling_is_owed_by_nobody_until_it_is_settled(tmp_path: Path) -> None:
    async with yard_with_a_till(tmp_path) as yard:
        await yard.price()
        yard.pumps[1].replay = (27_180, 20_521)
        sale = await yard.serve(1, 40_780)
        with pytest.raises(Refused, match="nothing to pay"):
            await cash(yard, sale)
        settled = await yard.forecourt.settle(sale.key, Basis.TOTALISER, DisputeReason.DISPLAY_WRONG, WANG)
        after = await yard.forecourt.sale(sale.key)
        assert (after.account.owes, after.slips) == (True, ())
        await yard.forecourt.tills.pay(sale.key, [Tender(CASH, settled.amount)], LI)
        assert len((await yard.forecourt.sale(sale.key)).slips) == 1


async def test_what_was_paid_outlives_a_restart(tmp_path: Path) -> None:
    async with yard_with_a_till(tmp_path) as yard:
        first, second = await to_be_paid(yard), await yard.serve(2, 10_000)
        await cash(yard, first)
        pumps = yard.pumps
    async with Yard(tmp_path / "s.db", pumps, pay=Pay.TILL) as yard:
        assert [view.key for view in await yard.forecourt.tills.owing()] == [second.key]
        with pytest.raises(Refused, match="already"):
            await cash(yard, first)


async def test_where_sales_are_paid_at_the_pump_there_is_no_till(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        sale = await to_be_paid(yard)
        assert (sale.sale.tender, sale.account.owes, len(sale.slips)) == ("cash", False, 1)
        with pytest.raises(Refused, match="nothing to pay"):
            await cash(yard, sale)


async def test_rows_that_a_rebuilt_store_lacks_are_written_again_from_the_letters(tmp_path: Path) -> None:
    async with yard_with_a_till(tmp_path) as yard:
        sale = await to_be_paid(yard)
        await cash(yard, sale)
        await yard.forecourt.tills.refund(sale.key, Tender(CASH, 100), BackReason.CUSTOMER, WANG)
        other = await yard.serve(2, 10_000)
        await yard.forecourt.tills.drive_off(other.key, LI)
        await yard.forecourt.tills.take_back(other.key, BackReason.CUSTOMER, LI)
        before = [(await yard.forecourt.sale(key)).account for key in (sale.key, other.key)]
        letters = await yard.letters()

        def again(db: Database) -> None:
            db.execute("DELETE FROM payment")
            db.execute("UPDATE sale SET owes = 1")
            for letter in letters:
                payments.note(db, sale.key.epoch << 31 | letter.seq, letter.body)

        await yard.store.run(again)
        assert [(await yard.forecourt.sale(key)).account for key in (sale.key, other.key)] == before
