"""What was sold is judged by what flowed, fen for fen and millilitre for millilitre."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hardware.__main__ import main
from hardware.simulation.check import Flown, Sums, judge, read_sales, read_truth
from shared.errors import Refused

FIRST = Flown(1, 1, 27_180, 20_004, 7_360)
SECOND = Flown(1, 1, 40_780, 30_014, 7_360)
THIRD = Flown(3, 2, 10_000, 7_850, 7_850)
CHENGDU = Flown(1, 1, 67_960, 50_018, 7_360)
"""The previous sale in this one."""


def test_what_is_the_same_agrees_in_any_order() -> None:
    judged = judge([FIRST, SECOND, THIRD], [THIRD, SECOND, FIRST])
    assert judged.agree
    assert judged.summary == "3 fillings, 3 sales: they agree; 0 held as disputed."


@pytest.mark.parametrize(
    ("sales", "sentence"),
    [
        ([FIRST, THIRD], "point 1, nozzle 1: 40.780 L, 300.14 yuan at 7.36 flowed, and no sale says so"),
        (
            [FIRST, SECOND, THIRD, THIRD],
            "point 3, nozzle 2: 10.000 L, 78.50 yuan at 7.85 was sold, and nothing like it flowed",
        ),
        (
            [FIRST, CHENGDU, THIRD],
            "point 1, nozzle 1: 40.780 L, 300.14 yuan at 7.36 flowed, and was sold as 67.960 L, 500.18 yuan at 7.36",
        ),
    ],
    ids=["lost", "twice", "previous sale added"],
)
def test_what_differs_is_listed_in_sentences(sales: list[Flown], sentence: str) -> None:
    judged = judge([FIRST, SECOND, THIRD], sales)
    assert not judged.agree
    assert judged.differences == (sentence,)


@pytest.mark.parametrize("field", ["point", "nozzle", "volume", "amount", "unit_price"])
def test_each_figure_counts(field: str) -> None:
    wrong = msgspec.structs.replace(FIRST, **{field: getattr(FIRST, field) + 1})
    assert not judge([FIRST], [wrong]).agree


def test_a_wrong_figure_that_the_station_holds_as_disputed_is_listed_and_no_difference() -> None:
    judged = judge([SECOND], [msgspec.structs.replace(CHENGDU, disputed=True)])
    assert judged.agree
    assert len(judged.held) == 1


def test_a_disputed_sale_of_nothing_that_flowed_is_a_difference() -> None:
    assert not judge([], [msgspec.structs.replace(CHENGDU, disputed=True)]).agree


def test_what_a_display_counted_after_the_end_belongs_to_the_filling_before_it() -> None:
    late = {"point": 1, "nozzle": 1, "volume": 20, "amount": 20_019, "at": 5_400}
    unseen = {"point": 1, "nozzle": 1, "volume": 30, "amount": 0, "at": 9_000}
    fillings = [row(FIRST) | {"ended": 5_000}, row(SECOND) | {"ended": 8_000}, row(THIRD) | {"ended": 5_200}]
    truth = read_truth(json.dumps({"fillings": fillings, "drips": [late, unseen]}).encode())
    assert truth == [msgspec.structs.replace(FIRST, volume=27_200, amount=20_019), SECOND, THIRD]


def test_a_sale_of_nothing_is_no_sale() -> None:
    assert judge([FIRST], [FIRST, Flown(1, 1, 0, 0, 7_360)]).agree


def test_the_sums_of_the_books_are_compared_with_the_sums_of_the_truth() -> None:
    assert judge([FIRST, SECOND], Sums(2, 67_960, 50_018)).agree
    assert judge([FIRST, SECOND], Sums(2, 67_960, 50_017)).differences == ("amount: 50018 flowed, 50017 sold",)
    assert read_sales(b'{"sales": 2, "volume": 5, "amount": 6, "payable": 1}') == Sums(2, 5, 6)


def row(flown: Flown) -> dict[str, Any]:
    return {name: getattr(flown, name) for name in ("point", "nozzle", "volume", "amount", "unit_price")}


@pytest.mark.parametrize(
    "data",
    [
        [row(FIRST)],
        {"sales": [row(FIRST) | {"status": "settled", "plate": "沪A12345"}]},
        {"sales": [{"sale": {"status": "settled", "delivery": row(FIRST)}}]},
        row(FIRST),
    ],
    ids=["array", "object", "as the books have it", "a line"],
)
def test_sales_are_read_as_whoever_wrote_them_has_them(data: Any) -> None:
    assert read_sales(json.dumps(data).encode()) == [FIRST]


def test_an_object_a_line() -> None:
    data = "\n".join(json.dumps({"sale": {"status": "disputed", "delivery": row(sale)}}) for sale in (FIRST, SECOND))
    assert read_sales(data.encode()) == [msgspec.structs.replace(sale, disputed=True) for sale in (FIRST, SECOND)]


@pytest.mark.parametrize("data", [b"", b"\xff", b"nonsense", b'{"fillings": 3}', b"[]"])
def test_what_is_no_truth_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        read_truth(data)


@pytest.mark.parametrize("data", [b"\xff", b"nonsense", b"[3]", b'[{"point": 1}]', b'{"sales": 3}'])
def test_what_are_no_sales_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        read_sales(data)


def test_the_command_says_it_with_its_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth, sales = tmp_path / "truth.json", tmp_path / "sales.json"
    truth.write_text(json.dumps({"fillings": [row(FIRST), row(SECOND)]}))
    words = ["check", "--truth", str(truth), "--sales", str(sales)]
    sales.write_text(json.dumps([row(FIRST), row(SECOND)]))
    assert main(words) == 0
    sales.write_text(json.dumps([row(FIRST), row(CHENGDU)]))
    assert main(words) == 1
    assert "was sold as 67.960 L" in capsys.readouterr().out
    assert main([*words, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["agree"] is False
    sales.unlink()
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "can't be read" in capsys.readouterr().err
