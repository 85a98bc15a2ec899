"""Compares what was sold with what really flowed, fen for fen and millilitre for millilitre. Pure.

Sales are read as whoever wrote them has them: a JSON array, an object with ``sales``, or an object a line; each flat,
or with its figures under ``sale`` and ``delivery``. An object whose ``sales`` is a number has the sums of the books,
and is compared with the sums of the truth.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from shared.errors import Refused
from shared.money import per_litre, yuan

T = TypeVar("T")


class Flown(Struct, frozen=True, order=True):
    """A filling or a sale: millilitres, fen, milliyuan a litre."""

    point: int
    nozzle: int
    volume: int
    amount: int
    unit_price: int
    disputed: bool = False

    def __str__(self) -> str:
        ml = f"{self.volume // 1000}.{self.volume % 1000:03d}"
        return f"{ml} L, {yuan(self.amount)} yuan at {per_litre(self.unit_price)}"


class _Told(Struct):
    """A filling of the report, or a drip that the display counted."""

    point: int
    nozzle: int
    volume: int
    amount: int
    unit_price: int = 0
    ended: int = 0
    at: int = 0


class Sums(Struct, frozen=True):
    """What the books come to."""

    sales: int
    volume: int
    amount: int


class Judged(Struct, frozen=True):
    """What the comparison found."""

    fillings: int
    sales: int
    agree: bool
    differences: tuple[str, ...]
    held: tuple[str, ...]
    """Sales with wrong figures that the station saw to be doubtful: disputed, and charged to nobody."""

    @property
    def summary(self) -> str:
        """In a sentence."""
        verdict = "they agree" if self.agree else f"{len(self.differences)} differences"
        return f"{self.fillings} fillings, {self.sales} sales: {verdict}; {len(self.held)} held as disputed."


def read_truth(data: bytes) -> list[Flown]:
    """The fillings of a report, as a sound display showed them in the end. :exc:`Refused` when it is none."""
    report = _decode(data)
    if not isinstance(report, dict) or not isinstance(report.get("fillings"), list):
        raise Refused("no_truth", "The truth has no “fillings”: give the file that jiayou-sim wrote with --report.")
    fillings = _convert(report["fillings"], list[_Told])
    for drip in _convert(report.get("drips", []), list[_Told]):
        if drip.amount:
            _add(drip, fillings)
    return [Flown(f.point, f.nozzle, f.volume, f.amount, f.unit_price) for f in fillings]


def read_sales(data: bytes) -> list[Flown] | Sums:
    """Sales one by one, or their sums. :exc:`Refused` when they are neither."""
    found = _decode(data)
    if isinstance(found, dict) and isinstance(found.get("sales"), int):
        return _convert(found, Sums)
    rows = found.get("sales", found) if isinstance(found, dict) else found
    return [_flown(row) for row in (rows if isinstance(rows, list) else [rows])]


def judge(truth: Sequence[Flown], sales: Sequence[Flown] | Sums) -> Judged:
    """Every filling must have its sale, with the same figures, and every sale its filling."""
    if isinstance(sales, Sums):
        return _judge_sums(truth, sales)
    sold = [sale for sale in sales if sale.volume or sale.amount]
    differences, held = list[str](), list[str]()
    for flown, sale in _unlike(truth, sold):
        (held if flown and sale and sale.disputed else differences).append(_sentence(flown, sale))
    return Judged(len(truth), len(sold), not differences, tuple(differences), tuple(held))


def _judge_sums(truth: Sequence[Flown], sums: Sums) -> Judged:
    real = Sums(len(truth), sum(flown.volume for flown in truth), sum(flown.amount for flown in truth))
    pairs = zip(msgspec.structs.asdict(real).items(), msgspec.structs.astuple(sums), strict=True)
    differences = tuple(f"{name}: {flown} flowed, {sold} sold" for (name, flown), sold in pairs if flown != sold)
    return Judged(real.sales, sums.sales, not differences, differences, ())


def _unlike(truth: Iterable[Flown], sales: Iterable[Flown]) -> list[tuple[Flown | None, Flown | None]]:
    """What has no equal on the other side, in pairs of the same nozzle, in order."""
    left: defaultdict[tuple[int, int], tuple[list[Flown], list[Flown]]] = defaultdict(lambda: ([], []))
    equal = Counter(map(_figures, truth)) & Counter(map(_figures, sales))
    for side, rows in enumerate((truth, sales)):
        found = equal.copy()
        for row in rows:
            if found[_figures(row)]:
                found[_figures(row)] -= 1
            else:
                left[row.point, row.nozzle][side].append(row)
    return [pair for _, (flown, sold) in sorted(left.items()) for pair in _side_by_side(flown, sold)]


def _side_by_side(flown: list[Flown], sold: list[Flown]) -> list[tuple[Flown | None, Flown | None]]:
    longest = max(len(flown), len(sold))
    return [(flown[at] if at < len(flown) else None, sold[at] if at < len(sold) else None) for at in range(longest)]


def _figures(row: Flown) -> tuple[int, ...]:
    return row.point, row.nozzle, row.volume, row.amount, row.unit_price


def _sentence(flown: Flown | None, sale: Flown | None) -> str:
    where = flown or sale
    place = f"point {where.point}, nozzle {where.nozzle}" if where else ""
    if flown is None:
        return f"{place}: {sale} was sold, and nothing like it flowed"
    if sale is None:
        return f"{place}: {flown} flowed, and no sale says so"
    return f"{place}: {flown} flowed, and was sold as {sale}"


def _add(drip: _Told, fillings: list[_Told]) -> None:
    """To the last filling of its nozzle before it."""
    same = [f for f in fillings if (f.point, f.nozzle) == (drip.point, drip.nozzle) and f.ended <= drip.at]
    if same:
        last = max(same, key=lambda filling: filling.ended)
        last.volume, last.amount = last.volume + drip.volume, drip.amount


def _flown(row: Any) -> Flown:
    flat: dict[str, Any] = {}
    while isinstance(row, dict):
        flat |= row
        row = row.get("delivery", row.get("sale"))
    return _convert(flat | {"disputed": flat.get("status") == "disputed"}, Flown)


def _convert(row: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError as why:
        raise Refused("no_sales", f"{row} is no filling and no sale: {why}.") from None


def _decode(data: bytes) -> Any:
    """A JSON value, or an object a line."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    try:
        return [msgspec.json.decode(line) for line in data.splitlines() if line.strip()]
    except (msgspec.DecodeError, UnicodeDecodeError) as why:
        raise Refused("no_json", f"That is no JSON: {why}.") from None
