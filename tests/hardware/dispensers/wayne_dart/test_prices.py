"""Prices and totalisers: what the pump shows, and what it can't show."""

from collections.abc import Mapping
from typing import Literal

import pytest

from hardware.dispensers.wayne_dart import commands as c
from hardware.dispensers.wayne_dart.commands import Dcc
from hardware.dispensers.wayne_dart.options import Habits
from hardware.dispensers.wayne_dart.readings import Alarm, Prices
from hardware.dispensers.wayne_dart.simulator import DartPump
from hardware.figures import Figures, rescale
from hardware.ports import (
    AlarmRaised,
    Authorise,
    Decimals,
    NozzleLifted,
    PriceRead,
    PumpState,
    ReadTotaliser,
    SetPrices,
    TotaliserRead,
)
from tests.hardware.dispensers.wayne_dart.island import Island

NEW = {1: 7_460, 2: 7_950}


def test_a_new_agent_reads_the_prices_that_the_pump_shows() -> None:
    island = Island()
    island.wire.run(2_000_000)
    assert island.told(PriceRead) == [PriceRead(1, 1, 7_360), PriceRead(1, 2, 7_850)]


def test_prices_are_set_for_all_nozzles_and_read_back() -> None:
    island = Island().ready()
    island.done(SetPrices(1, NEW))
    assert island.told(PriceRead) == [PriceRead(1, 1, 7_460), PriceRead(1, 2, 7_950)]
    assert island.pump().prices == NEW


def test_a_new_dispenser_works_once_it_has_prices() -> None:
    island = Island(programmed=False).start()
    assert island.pump().word == PumpState.UNPROGRAMMED
    island.done(SetPrices(1, NEW))
    island.done(Authorise(1, (1,)))
    assert island.state() is PumpState.AUTHORISED


def test_prices_are_not_touched_in_mid_filling() -> None:
    island = Island().ready()
    island.lift()
    island.done(Authorise(1, (1,)))
    island.flow(5_000)
    assert "fuelling" in island.failed(SetPrices(1, NEW))
    assert island.said(c.PriceUpdate) == []


@pytest.mark.parametrize(
    ("prices", "why"),
    [({1: 7_460}, "no price for nozzle 2"), ({1: 7_465, 2: 7_950}, "7.465"), ({1: 7_460, 2: 99_999_990}, "nozzle 2")],
)
def test_a_price_that_the_pump_cannot_show_is_refused_and_not_rounded(prices: dict[int, int], why: str) -> None:
    island = Island().ready()
    assert why in island.failed(SetPrices(1, prices))
    assert island.said(c.PriceUpdate) == []


def test_without_a_price_list_the_price_is_read_when_a_nozzle_is_lifted() -> None:
    island = Island(habits=Habits(price_list=False)).ready()
    island.done(SetPrices(1, NEW))
    assert island.told(PriceRead) == []
    island.lift(2)
    island.wire.run(500_000)
    assert island.told(PriceRead) == [PriceRead(1, 2, 7_950)]
    assert island.told(NozzleLifted) == [NozzleLifted(1, 2, 7_950)]


def test_without_a_price_list_the_selected_nozzle_tells_its_price_at_once() -> None:
    island = Island(habits=Habits(price_list=False)).ready()
    island.lift(2)
    island.hang_up()
    island.wire.run(500_000)
    island.wire.events.clear()
    island.done(SetPrices(1, NEW))
    assert island.told(PriceRead) == [PriceRead(1, 2, 7_950)]


class KeepsOldPrices(DartPump):
    """It acknowledges new prices and keeps the old ones."""

    def set_prices(self, prices: Mapping[int, int], now: int) -> bool:
        return True


def test_prices_that_did_not_take_are_no_success() -> None:
    island = Island(pumps=KeepsOldPrices).ready()
    assert island.failed(SetPrices(1, NEW)) == "It kept its old prices."
    assert island.told(PriceRead) == [PriceRead(1, 1, 7_360), PriceRead(1, 2, 7_850)]


# ── Totalisers ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("form", "modulus", "after"), [(16, 10**11, 12_340), (13, 10**13, 12_340), (6, 10**11, 12_340), (0, 0, None)]
)
def test_the_totaliser_in_each_form(form: Literal[16, 13, 6, 0], modulus: int, after: int | None) -> None:
    """Wayne's 16 bytes, the China card pumps' 13, Mepsan's 6, and a pump that never answers the question."""
    island = Island(habits=Habits(totals=form)).ready()
    island.fuel(12_340)
    island.done(ReadTotaliser(1, 1))
    assert island.told(TotaliserRead) == [TotaliserRead(1, 1, after, modulus)]


def test_a_totaliser_starts_again_after_ten_digits() -> None:
    island = Island().ready()
    island.pump().body.totalisers[1] = 10**11 - 5_000
    island.fuel(10_000)
    island.done(ReadTotaliser(1, 1))
    assert island.told(TotaliserRead) == [TotaliserRead(1, 1, 5_000, 10**11)]


def test_a_nozzle_without_a_totaliser_is_refused() -> None:
    island = Island().ready()
    assert "no totaliser" in island.failed(ReadTotaliser(1, 3))


# ── Decimals ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("number", "decimals", "to", "is_"), [(2_548, 2, 3, 25_480), (25_489, 3, 2, 2_548), (7, 0, 2, 700)]
)
def test_decimals_move_by_whole_numbers(number: int, decimals: int, to: int, is_: int) -> None:
    assert rescale(number, decimals, to) == is_


def test_figures_in_the_decimals_of_a_pump() -> None:
    whole_yuan = Figures(Decimals(volume=3, amount=0, price=3, totaliser=1))
    assert (whole_yuan.volume(25_489), whole_yuan.amount(200), whole_yuan.price(7_855)) == (25_489, 20_000, 7_855)
    assert (whole_yuan.totaliser(123_456), whole_yuan.modulus(10)) == (12_345_600, 10**12)
    assert whole_yuan.pump_amount(20_050) == 200  # a preset never grows
    assert whole_yuan.pump_price(7_855) == 7_855
    assert Figures(Decimals(price=2)).pump_price(7_855) is None


# ── Alarms ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Pulser(DartPump):
    """Its pulser is broken, and it says so when asked for its state."""

    def _command(self, code: Dcc, now: int) -> None:
        super()._command(code, now)
        if code is Dcc.RETURN_STATUS:
            self._tell(Alarm(0x06))


def test_an_alarm_is_told_in_a_word() -> None:
    island = Island(pumps=Pulser)
    island.wire.run(2_000_000)
    assert island.told(AlarmRaised) == [AlarmRaised(1, "pulser", 6)]


def test_the_price_list_is_asked_for_with_each_change() -> None:
    island = Island().ready()
    island.done(SetPrices(1, NEW))
    assert c.Command(Dcc.RETURN_PRICES) in island.said(c.Command)
    assert Prices((746, 795)).data() == bytes.fromhex("000746 000795")
