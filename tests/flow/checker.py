"""Reads the books of both houses and the pumps' own truth when a story is over, and says where they differ.

Every fact once, in both houses the same; litres and fen as they really flowed; nothing invented; no key twice; no mark
ahead of the books. ``python -m tests.flow.checker BOOKS STORE…`` says it of any chain, whoever filled its stores.
"""

import sqlite3
import sys
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
from tests.flow import conserved
from tests.flow.conserved import Figures, Line

Place = tuple[str, int, int]
"""Station, epoch, sequence."""
Poured = tuple[int, int, str, int, int, int]
"""Point, nozzle, grade, millilitres, fen, milliyuan a litre."""


class StationBooks(Struct, frozen=True):
    """What a station's store holds."""

    station: str
    epoch: int
    store: str
    """Drawn when it was made."""
    stored_upto: int
    letters: dict[int, bytes]
    older: dict[tuple[int, int], bytes]
    """Letters of epochs before this one, by epoch and sequence."""
    sales: tuple[int, ...]
    """Sequences of the rows beside the letters."""
    redemptions: Counter[str]
    """How often each coupon was redeemed."""
    open_fillings: int
    waiting_slips: int
    slips: tuple[tuple[int, int], ...]
    """Of which fact, by epoch and sequence, something was printed."""

    @property
    def line(self) -> Line:
        """Under which its letters go."""
        return self.station, self.epoch

    def written(self) -> dict[Place, bytes]:
        """Every letter that it ever wrote."""
        now = {(self.epoch, seq): body for seq, body in self.letters.items()}
        return {(self.station, *place): body for place, body in (self.older | now).items()}

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
        station, epoch, store, stored = connection.execute(
            "SELECT station, epoch, store_id, stored_upto FROM station"
        ).fetchone()
        own = f"place >> 31 = {epoch:d}"
        return StationBooks(
            station,
            epoch,
            store,
            stored,
            dict(connection.execute("SELECT seq, body FROM letter WHERE epoch = ?", (epoch,))),
            {
                (row[0], row[1]): row[2]
                for row in connection.execute("SELECT epoch, seq, body FROM letter WHERE epoch <> ?", (epoch,))
            },
            tuple(
                row[0] & (1 << 31) - 1
                for row in connection.execute(f"SELECT place FROM sale WHERE {own} ORDER BY place")
            ),
            Counter(row[0] for row in connection.execute(f"SELECT coupon FROM redemption WHERE {own}")),
            connection.execute("SELECT count(*) FROM filling WHERE ended IS NULL").fetchone()[0],
            connection.execute("SELECT count(*) FROM print_job WHERE state IN ('queued', 'printing')").fetchone()[0],
            tuple(connection.execute("SELECT epoch, seq FROM print_job WHERE state IN ('printed', 'unconfirmed')")),
        )
    finally:
        connection.close()


def agree(books: Books, stations: Sequence[StationBooks]) -> Figures:
    """Head office has every fact of these stations once, and no other."""
    complaints = list(disagreements(books, stations))
    assert not complaints, "\n".join(complaints)
    return conserved.figures(books)


def disagreements(books: Books, stations: Sequence[StationBooks]) -> Iterator[str]:
    """Everything that is not as it must be when a story is over, each in a sentence."""
    yield from _company_against(books, stations)
    yield from conserved.marks(books, {station.line: station.stored_upto for station in stations})
    yield from conserved.coupons(books)
    yield from conserved.identities([(station.line, station.store) for station in stations])
    for station in stations:
        yield from _within(station)


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
    if unsold := [place for place in station.slips if (name, *place) not in station.written()]:
        yield f"{name}: something was printed of {unsold}, and there is no such fact"
    if charged := [seq for seq, sale in station.sold() if not _fair(sale)]:
        yield f"{name}: sales {charged} owe another sum than their figures less their discounts"


def _fair(sale: Sale) -> bool:
    """A settled sale costs its amount less its discounts; a disputed one has no discounts."""
    if sale.status is SaleStatus.DISPUTED:
        return not sale.redemptions
    return sale.payable == sale.delivery.amount - sum(use.discount for use in sale.redemptions)


def _company_against(books: Books, stations: Sequence[StationBooks]) -> Iterator[str]:
    written = {place: body for station in stations for place, body in station.written().items()}
    inbox = {_place(row): bytes(row.sha256) for row in _rows(books, InboxRow)}
    yield from _sets("letters", set(written), set(inbox))
    if changed := [place for place, hashed in inbox.items() if sha256(written.get(place, b"")).digest() != hashed]:
        yield f"letters arrived with other content: {changed}"
    if dead := _rows(books, DeadLetterRow):
        yield f"dead letters: {[(*_place(row), row.reason) for row in dead]}"
    yield from _sales_against(books, stations)
    slips = {place for place, body in written.items() if _is_slip(read_letter(body, place[2]))}
    yield from _sets("slips", slips, {_place(row) for row in _rows(books, SlipRow)})


def _sales_against(books: Books, stations: Sequence[StationBooks]) -> Iterator[str]:
    sold = {place: sale for station in stations for place, sale in _sold(station)}
    rows = {_place(row): row for row in _rows(books, SaleRow)}
    yield from _sets("sales", set(sold), set(rows))
    for place in sold.keys() & rows.keys():
        if _of_row(rows[place]) != _of_sale(sold[place]):
            yield f"sale {place} differs: {_of_sale(sold[place])} at the station, {_of_row(rows[place])} in the cloud"
    used = Counter((*place, use.terms.coupon) for place, sale in sold.items() for use in sale.redemptions)
    kept = Counter((*_place(row), row.coupon) for row in _rows(books, RedemptionRow))
    if used != kept:
        yield f"redemptions differ: {used - kept} only at the station, {kept - used} only in the cloud"


def _sold(station: StationBooks) -> Iterator[tuple[Place, Sale]]:
    for place, raw in station.written().items():
        body = read_letter(raw, place[2]).body
        if isinstance(body, SaleRecorded):
            yield place, body.sale


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


def main(words: Sequence[str]) -> int:
    """0 when both houses agree, 1 when they differ; each difference is a line."""
    books = Books(words[0])
    try:
        found = list(disagreements(books, [station_books(Path(path)) for path in words[1:]]))
        print(*found, conserved.figures(books), sep="\n")
    finally:
        books.close()
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
