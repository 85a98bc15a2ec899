"""Money, unit prices and litres: whole numbers, read from people and shown to them, and never a float."""

import ast
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import shared
from shared.money import amount_of, parse_per_litre, parse_yuan, per_litre, yuan
from shared.volume import litres, parse_litres


@pytest.mark.parametrize(
    ("fen", "shown"), [(0, "0.00"), (5, "0.05"), (20_000, "200.00"), (-5, "-0.05"), (123_456_789, "1234567.89")]
)
def test_fen_are_shown_as_yuan(fen: int, shown: str) -> None:
    assert yuan(fen) == shown


@pytest.mark.parametrize(("milli", "shown"), [(7_850, "7.85"), (7_855, "7.855"), (8_000, "8.00"), (10, "0.01")])
def test_a_unit_price_is_shown_with_two_decimals_or_three(milli: int, shown: str) -> None:
    assert per_litre(milli) == shown


@pytest.mark.parametrize(("ml", "shown"), [(25_480, "25.48"), (25_489, "25.48"), (999, "0.99"), (-1_500, "-1.50")])
def test_litres_are_cut_and_never_rounded_up(ml: int, shown: str) -> None:
    assert litres(ml) == shown


@given(st.integers(0, 10**9))
def test_what_is_shown_is_read_back(figure: int) -> None:
    assert parse_yuan(yuan(figure)) == figure
    assert parse_per_litre(per_litre(figure % 999_999)) == figure % 999_999
    assert parse_litres(f"{figure % 10**6}") == figure % 10**6 * 1_000


@pytest.mark.parametrize("text", ["", "-1", "1.234", "1,50", "1e3", " ", "1.", ".5", "NaN", "9999999999", "¥5", "一百"])
def test_what_is_no_money_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount in yuan"):
        parse_yuan(text)


def test_digits_of_a_chinese_keyboard_are_digits() -> None:
    assert parse_yuan("２００.５０") == 20_050


@given(st.text())
def test_any_text_is_money_or_a_value_error(text: str) -> None:
    for parse in (parse_yuan, parse_per_litre, parse_litres):
        with suppress(ValueError):
            assert parse(text) >= 0


@pytest.mark.parametrize(
    ("ml", "unit_price", "fen"),
    [(25_478, 7_850, 20_000), (1, 7_850, 1), (0, 7_850, 0), (54_400, 1_339, 7_284), (1_000_000, 30_000, 3_000_000)],
)
def test_an_estimate_rounds_half_a_fen_up(ml: int, unit_price: int, fen: int) -> None:
    assert amount_of(ml, unit_price) == fen


@given(st.integers(0, 10**7), st.integers(0, 10**5))
def test_f96_an_estimate_is_the_nearest_fen_whatever_the_size(ml: int, unit_price: int) -> None:
    """Where floats gave another fen 83 times in 200,000."""
    exact_in_ten_thousandths = ml * unit_price
    assert abs(amount_of(ml, unit_price) * 10_000 - exact_in_ten_thousandths) <= 5_000


def test_f96_no_float_is_near_the_figures() -> None:
    """Neither a literal, nor a division, nor the word itself stands in the files that reckon."""
    for name in ("money", "volume", "coupon", "sale", "tariff"):
        path = Path(shared.__file__).parent / f"{name}.py"
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), path
            assert not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)), path
            assert not (isinstance(node, ast.Name) and node.id in ("float", "Decimal", "round")), path
