"""Reads the books of both houses and the pumps' own truth when a story is over, and says where they differ.

Every fact once, in both houses the same; litres and fen as they really flowed; nothing invented; no key twice.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, select

from cloud.store.database import Books
from cloud.store.tables import DeadLetterRow, InboxRow, RedemptionRow, SaleRow, SlipRow, table_of
from hardware.simulation.pump import TrueFilling
from shared.messages import Letter, SaleRecorded, SlipJournalled
from shared.sale import Sale, SaleStatus
from shared.wire import read_letter

Place = tuple[str, int, int]
"""Station, epoch, sequence."""
Poured = tuple[int, int, str, int, int, int]
"""Point, nozzle, grade, millilitres, fen, milliyuan a litre."""


class StationBooks(Struct, frozen=True):
    """What a station's store holds."""

    station: str
    epoch: int
    stored_upto: int
    letters: dict[int, bytes]
    sales: tuple[int, ...]
    """Sequences of the rows beside the letters."""
    redemptions: Counter[str]
    """How often each coupon was redeemed."""
    open_fillings: int
    waiting_slips: int

    def letter(self, seq: int) -> Letter:
        """A letter, read."""
        return read_letter(self.letters[seq], seq)

    def sold(self) -> list[tuple[int, Sale]]:
        """All sales with their sequences, as their letters tell them."""
        read = ((seq, self.letter(seq).body) for seq in sorted(self.letters))
        return [(seq, body.sale) for seq, body in read if isinstance(body, SaleRecorded)]

    def facts(self, kind: type) -> list[Any]:
        """All facts of a kind, in order."""
        bodies = (self.letter(seq).body for seq in sorted(self.letters))
        return [body for body in bodies if isinstance(body, kind)]


def station_books(path: Path) -> StationBooks:
    """Reads a store, whether its agent runs or not."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        connection.execute("BEGIN")  # one state of the books throughout
        station, epoch, stored = connection.execute("SELECT station, epoch, stored_upto FROM station").fetchone()
        return StationBooks(
            station,
            epoch,
            stored,
            dict(connection.execute("SELECT seq, body FROM letter WHERE epoch = ?", (epoch,))),
            tuple(row[0] & (1 << 31) - 1 for row in connection.execute("SELECT place FROM sale ORDER BY place")),
            Counter(row[0] for row in connection.execute("SELECT coupon FROM redemption")),
            connection.execute("SELECT count(*) FROM filling WHERE ended IS NULL").fetchone()[0],
            connection.execute("SELECT count(*) FROM print_job WHERE state IN ('queued', 'printing')").fetchone()[0],
        )
    finally:
        connection.close()


def agree(books: Books, stations: Sequence[StationBooks]) -> None:
    """Head office has every fact of these stations once, and no other."""
    complaints = [*_company_against(books, stations), *(c for station in stations for c in _within(station))]
    assert not complaints, "\n".join(complaints)


def poured(station: StationBooks, truth: Iterable[TrueFilling]) -> None:
    """The station sold what really flowed, each filling once."""
    complaints = list(differences(station, truth))
    assert not complaints, "\n".join(complaints)


def differences(station: StationBooks, truth: Iterable[TrueFilling]) -> Iterator[str]:
    """What flowed and was not sold, or was sold and did not flow. A disputed sale is believed for its meter alone."""
    real = Counter(_metered(one) for one in truth if one.volume)
    told = Counter(_told(sale) for _, sale in station.sold())
    for filling, count in (real - told).items():
        yield f"flowed and was not sold ({count}×): {filling}"
    for filling, count in (told - real).items():
        yield f"sold and never flowed ({count}×): {filling}"
    figures = Counter(_figures(one) for one in truth if one.volume)
    settled = Counter(_shown(sale) for _, sale in station.sold() if sale.status is SaleStatus.SETTLED)
    for shown, count in (settled - figures).items():
        yield f"charged other figures than the pump's ({count}×): {shown}"


def _within(station: StationBooks) -> Iterator[str]:
    """A station's own books: no hole, each sale with its row, no coupon twice."""
    name, count = station.station, len(station.letters)
    if sorted(station.letters) != list(range(1, count + 1)):
        yield f"{name}: its letters have holes"
    if tuple(seq for seq, _ in station.sold()) != station.sales:
        yield f"{name}: letters and rows of its sales differ"
    if station.stored_upto != count:
        yield f"{name}: {count - station.stored_upto} letters were never acknowledged"
    told = Counter(use.terms.coupon for _, sale in station.sold() for use in sale.redemptions)
    if told != station.redemptions:
        yield f"{name}: redemptions and sales differ: {told} in letters, {station.redemptions} in rows"
    if charged := [seq for seq, sale in station.sold() if not _fair(sale)]:
        yield f"{name}: sales {charged} owe another sum than their figures less their discounts"


def _fair(sale: Sale) -> bool:
    """A settled sale costs its amount less its discounts; a disputed one has no discounts."""
    if sale.status is SaleStatus.DISPUTED:
        return not sale.redemptions
    return sale.payable == sale.delivery.amount - sum(use.discount for use in sale.redemptions)


def _company_against(books: Books, stations: Sequence[StationBooks]) -> Iterator[str]:
    written = {(s.station, s.epoch, seq): body for s in stations for seq, body in s.letters.items()}
    inbox = {_place(row): bytes(row.sha256) for row in _rows(books, InboxRow)}
    yield from _sets("letters", set(written), set(inbox))
    if changed := [place for place, hashed in inbox.items() if sha256(written.get(place, b"")).digest() != hashed]:
        yield f"letters arrived with other content: {changed}"
    if dead := _rows(books, DeadLetterRow):
        yield f"dead letters: {[(*_place(row), row.reason) for row in dead]}"
    yield from _sales_against(books, stations)
    slips = {(s.station, s.epoch, seq) for s in stations for seq in s.letters if _is_slip(s.letter(seq))}
    yield from _sets("slips", slips, {_place(row) for row in _rows(books, SlipRow)})


def _sales_against(books: Books, stations: Sequence[StationBooks]) -> Iterator[str]:
    sold = {(s.station, s.epoch, seq): sale for s in stations for seq, sale in s.sold()}
    rows = {_place(row): row for row in _rows(books, SaleRow)}
    yield from _sets("sales", set(sold), set(rows))
    for place in sold.keys() & rows.keys():
        if _of_row(rows[place]) != _of_sale(sold[place]):
            yield f"sale {place} differs: {_of_sale(sold[place])} at the station, {_of_row(rows[place])} in the cloud"
    used = Counter((*place, use.terms.coupon) for place, sale in sold.items() for use in sale.redemptions)
    kept = Counter((*_place(row), row.coupon) for row in _rows(books, RedemptionRow))
    if used != kept:
        yield f"redemptions differ: {used - kept} only at the station, {kept - used} only in the cloud"


def _sets(what: str, written: set[Place], kept: set[Place]) -> Iterator[str]:
    if missing := sorted(written - kept):
        yield f"{what} lost on the way: {missing[:10]}{' …' if len(missing) > 10 else ''} ({len(missing)})"
    if invented := sorted(kept - written):
        yield f"{what} that no station wrote: {invented[:10]} ({len(invented)})"


def _rows(books: Books, model: type[Any]) -> Sequence[Row[Any]]:
    table = table_of(model)
    with books.read() as connection:
        return connection.execute(select(table)).all()


def _place(row: Row[Any]) -> Place:
    return row.station, row.epoch, row.seq


def _is_slip(letter: Letter) -> bool:
    return isinstance(letter.body, SlipJournalled)


def _of_row(row: Row[Any]) -> tuple[Any, ...]:
    """What both houses must say alike of a sale."""
    return (
        row.point, row.nozzle, row.grade, row.volume, row.amount, row.unit_price, row.totaliser_before,
        row.totaliser_after, row.finding, row.status, row.tariff, row.payable, row.discount, row.member, row.plate,
        row.authorised_by, row.boot,
    )  # fmt: skip


def _of_sale(sale: Sale) -> tuple[Any, ...]:
    fuel, proof = sale.delivery, sale.proof
    discount = sum(use.discount for use in sale.redemptions)
    return (
        fuel.point, fuel.nozzle, fuel.grade, fuel.volume, fuel.amount, fuel.unit_price, proof.before,
        proof.after, proof.finding, sale.status, sale.tariff, sale.payable, discount, sale.member, sale.plate,
        sale.authorised_by, sale.finished.boot,
    )  # fmt: skip


def _metered(filling: TrueFilling) -> tuple[int, int, int]:
    return filling.point, filling.nozzle, filling.after - filling.before


def _told(sale: Sale) -> tuple[int, int, int]:
    """By the meter where it was read: a display may err."""
    before, after, fuel = sale.proof.before, sale.proof.after, sale.delivery
    read = before is not None and after is not None
    return fuel.point, fuel.nozzle, (after or 0) - (before or 0) if read else fuel.volume


def _figures(filling: TrueFilling) -> Poured:
    return filling.point, filling.nozzle, filling.grade, filling.volume, filling.amount, filling.unit_price


def _shown(sale: Sale) -> Poured:
    fuel = sale.delivery
    return fuel.point, fuel.nozzle, fuel.grade, fuel.volume, fuel.amount, fuel.unit_price
