"""What stands on a receipt, and its very bytes."""

import ast
import inspect
from pathlib import Path

import pytest

from edge.forecourt import receipts
from edge.forecourt.receipts import ReceiptHead, copy_banner, local_time, masked, receipt
from hardware.printers.escpos import copy_of, job
from hardware.printers.picture import render
from hardware.printers.slip import Line, QrCode, Slip, lines
from shared.clock import TimeQuality
from shared.sale import Sale
from tests.edge.printing.sales import AT, DISPUTED, FULL, KEY, PLAIN, STRANGE, sale, stamp
from tests.fakes.paper import shows

HEAD = ReceiptHead("中山路加油站")
GOLDEN = Path(__file__).parents[2] / "golden" / "receipts"


def text(slip: Slip, width: int = 80) -> str:
    return "\n".join(" ".join(line.text.split()) for line in lines(slip, width) if isinstance(line, Line))


def said(made: Sale, width: int = 80) -> str:
    return text(receipt(made, KEY, HEAD), width)


def test_everything_that_the_customer_paid_for_stands_on_it() -> None:
    slip = said(FULL)
    for line in (
        "中山路加油站",
        "加油小票 FUEL RECEIPT",
        "单号 No. zhongshan-1767225600-42",
        "时间 Time 2026-03-01 14:05:33",
        "加油位 Point 3号位 2号枪",
        "油品 Grade 95号汽油",
        "单价 Price ￥7.85/升",
        "油量 Volume 25.48 升",
        "金额 Amount ￥200.02",
        "优惠 周末满200减20 -￥20.00",
        "券号 Coupon C7Q2-88413",
        "实付 ￥180.02",
        "支付 Tender 微信支付 WeChat Pay",
        "车牌 Plate 京A·12345",
        "会员 Member 138****5678",
        "加油员 Attendant 王芳",
        "泵码起 Totaliser 123456.78",
        "泵码止 Totaliser 123482.26",
        "核对 Proof 相符 OK",
        "油价版本 Tariff #12",
    ):
        assert line in slip.splitlines(), line


def test_head_offices_lines_stand_below_the_name_and_above_the_farewell() -> None:
    head = ReceiptHead("中山路加油站", top=("中山路 1 号", "税号 9131"), bottom=("投诉 400-000",))
    slip = text(receipt(PLAIN, KEY, head)).splitlines()
    assert slip[:4] == ["中山路加油站", "中山路 1 号", "税号 9131", "加油小票 FUEL RECEIPT"]
    assert slip.index("投诉 400-000") == slip.index("谢谢惠顾 欢迎再次光临") - 1


def test_nobody_is_named_who_was_not_there() -> None:
    slip = said(PLAIN)
    assert all(word not in slip for word in ("车牌", "会员", "加油员", "优惠", "争议", "重打"))


def test_its_code_is_the_sales_number_and_nothing_else() -> None:
    codes = [part for part in lines(receipt(FULL, KEY, HEAD), 80) if isinstance(part, QrCode)]
    assert [code.text for code in codes] == ["JYS:zhongshan-1767225600-42"]


def test_a_disputed_filling_says_that_nothing_was_charged() -> None:
    slip = said(DISPUTED)
    assert "争议 未收费" in slip
    assert "NOT CHARGED" in slip
    assert "实付" not in slip
    assert "支付" not in slip
    assert "泵码止 Totaliser ----" in slip
    assert "核对 Proof 未读到 UNREAD" in slip


def test_a_copy_says_so_above_everything_else() -> None:
    banner = text(copy_banner(3)).splitlines()
    assert banner[0] == "重打 #3"
    assert "补打小票，非原件 REPRINT" in banner


def test_a_clock_that_was_wrong_is_owned_up_to() -> None:
    assert "2026-03-01 14:05:33 *" in said(sale(finished=stamp(TimeQuality.OFF)))
    assert "* 时钟未校准 clock not set" in said(sale(finished=stamp(TimeQuality.FLOOR)))
    assert "*" not in said(sale(finished=stamp(TimeQuality.UNCHECKED)))


@pytest.mark.parametrize(
    ("offset", "written"), [(480, "2026-03-01 14:05:33"), (0, "2026-03-01 06:05:33"), (-720, "2026-02-28 18:05:33")]
)
def test_the_time_is_the_stations_own(offset: int, written: str) -> None:
    assert stamp().at == AT
    assert local_time(stamp(), offset) == written


@pytest.mark.parametrize(
    ("member", "shown"),
    [("13812345678", "138****5678"), ("6222020200012345678", "622****5678"), ("VIP-0042", "VIP-0042")],
)
def test_a_members_number_is_not_for_others_to_read(member: str, shown: str) -> None:
    assert masked(member) == shown


def test_f96_no_float_comes_near_a_figure_on_a_receipt() -> None:
    tree = ast.parse(inspect.getsource(receipts))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, float)]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Div)]
    assert "￥0.10" in said(sale(payable=10))
    assert "￥7.855/升" in said(sale(delivery=STRANGE.delivery))


@pytest.mark.parametrize("width", [58, 80])
@pytest.mark.parametrize(
    ("name", "made"), [("plain", PLAIN), ("full", FULL), ("disputed", DISPUTED), ("strange", STRANGE)]
)
def test_f105_the_bytes_of_a_full_receipt(name: str, made: Sale, width: int) -> None:
    """Golden: any change of a byte is seen here, and looked at as a picture before it is taken over."""
    data = job(receipt(made, KEY, HEAD), width)
    assert data == (GOLDEN / f"{name}-{width}.bin").read_bytes()
    for expected in ("升", "￥", "加油小票"):
        assert expected.encode("gb18030") in data
    assert "¥".encode("gb18030") not in data
    assert "¥".encode() not in data


def test_f105_the_bytes_of_a_copy() -> None:
    original = (GOLDEN / "full-80.bin").read_bytes()
    copy = copy_of(original, copy_banner(2), 80)
    assert copy == (GOLDEN / "full-80-copy-2.bin").read_bytes()
    assert "重打 #2".encode("gb18030") in copy


def test_f105_what_no_printer_knows_becomes_a_box_and_no_command() -> None:
    data = job(receipt(STRANGE, KEY, HEAD), 58)
    assert "□超级".encode("gb18030") in data
    assert "贝壳□".encode("gb18030") in data
    assert "粤Z·￥港".encode("gb18030") in data
    assert data.count(b"\x1b@") == 1, "a name must not reset the printer"


def test_f105_the_picture_of_a_receipt_shows_plate_yuan_and_litres() -> None:
    png = render((GOLDEN / "full-58.bin").read_bytes(), 58)
    assert shows(png, "京") == 1
    assert shows(png, "牌") == 1
    assert shows(png, "升") == 2
    assert shows(png, "￥") == 3
    assert shows(png, "￥", scale=2, bold=True) == 1
