"""Sales. A sale is its letter in the outbox, with a row beside it for lists and sums."""

from msgspec import Struct
from sqlite_utils import Database

from edge.store import outbox, payments
from shared.clock import Stamp
from shared.disputes import Settlement
from shared.messages import DisputeSettled, SaleRecorded
from shared.payment import OPEN, Account
from shared.sale import Sale, SaleStatus
from shared.station import Key
from shared.wire import read_letter


class KeptSale(Struct, frozen=True):
    """A sale as it was recorded, whether the company has it, how it was settled when it was disputed, and its money."""

    key: Key
    sale: Sale
    delivered: bool
    settled: Settlement | None = None
    account: Account = Account()

    @property
    def due(self) -> int:
        """Fen that are to be paid for it."""
        return self.sale.payable if self.settled is None else self.settled.amount


def record(db: Database, stamp: Stamp, sale: Sale) -> int:
    """Write the sale, its redemptions and its letter; gives its sequence. The caller's transaction makes them one."""
    seq = outbox.append(db, stamp, SaleRecorded(sale))
    note(db, db.execute("SELECT max(place) FROM letter").fetchone()[0], stamp.at, sale)
    return seq


def note(db: Database, place: int, at: int, sale: Sale) -> bool:
    """Write the rows beside the letter at this place; False when they are there already."""
    delivery = sale.delivery
    written = db.execute(
        "INSERT OR IGNORE INTO sale (place, at, point, nozzle, grade, volume, amount, payable, status, owes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            place,
            at,
            delivery.point,
            delivery.nozzle,
            delivery.grade,
            delivery.volume,
            delivery.amount,
            sale.payable,
            sale.status,
            int(sale.tender == OPEN and sale.payable > 0 and sale.status is SaleStatus.SETTLED),
        ),
    )
    for used in sale.redemptions:
        db.execute(
            "INSERT OR IGNORE INTO redemption (place, coupon, member, discount, spends, at) VALUES (?, ?, ?, ?, ?, ?)",
            (place, used.terms.coupon, used.terms.member, used.discount, int(not used.leased), at),
        )
    return written.rowcount > 0


def owing(db: Database, limit: int = 200) -> list[KeptSale]:
    """Sales that wait for their payment at the till, the oldest first."""
    rows = db.execute(f"{_KEPT} WHERE sale.owes = 1 ORDER BY sale.place LIMIT ?", (limit,))
    return [_kept(db, row) for row in rows.fetchall()]


def find(db: Database, epoch: int, seq: int) -> KeptSale | None:
    """One sale; None when this is not the number of one."""
    rows = db.execute(f"{_KEPT} WHERE sale.place = ?", (outbox.place_of(epoch, seq),)).fetchall()
    return _kept(db, rows[0]) if rows else None


def since(db: Database, at: int, limit: int = 200, until: int = 2**62) -> list[KeptSale]:
    """Sales recorded at or after ``at`` and before ``until``, the newest first."""
    # Times never run backwards from letter to letter, so the key does the work of an index on the time.
    day = "coalesce((SELECT place FROM sale WHERE at < ? ORDER BY place DESC LIMIT 1), 0)"
    wanted = f"{_KEPT} WHERE sale.place > {day} AND sale.place <= {day} ORDER BY sale.place DESC LIMIT ?"
    rows = db.execute(wanted, (at, until, limit))
    return [_kept(db, row) for row in rows.fetchall()]


def totals(db: Database, since_at: int) -> dict[str, int]:
    """Number, litres and money of the sales recorded since this time."""
    row = db.execute(
        "SELECT count(*), coalesce(sum(volume), 0), coalesce(sum(amount), 0), coalesce(sum(payable), 0),"
        " coalesce(sum(status = 'disputed'), 0) FROM sale"
        " WHERE place > coalesce((SELECT place FROM sale WHERE at < ? ORDER BY place DESC LIMIT 1), 0)",
        (since_at,),
    ).fetchone()
    return dict(zip(("sales", "volume", "amount", "payable", "disputed"), row, strict=True))


def newest_at(db: Database, point: int) -> KeptSale | None:
    """The last sale of a fuelling point, if it is not too long ago to matter."""
    recent = "(SELECT max(place) FROM letter) - 20000"
    rows = db.execute(
        f"{_KEPT} WHERE sale.point = ? AND sale.place > {recent} ORDER BY sale.place DESC LIMIT 1", (point,)
    ).fetchall()
    return _kept(db, rows[0]) if rows else None


_KEPT = (
    "SELECT station.station, letter.epoch, letter.seq, letter.body,"
    " letter.epoch = station.epoch AND letter.seq <= station.stored_upto, how.place, how.body"
    " FROM sale JOIN letter ON letter.place = sale.place CROSS JOIN station"
    " LEFT JOIN dispute ON dispute.place = sale.place LEFT JOIN letter AS how ON how.place = dispute.letter"
)


def _kept(db: Database, row: tuple[str, int, int, bytes, int, int | None, bytes | None]) -> KeptSale:
    station, epoch, seq, letter, delivered, how_place, how = row
    body = read_letter(letter, seq).body
    if not isinstance(body, SaleRecorded):
        raise TypeError(f"letter {seq} stands beside a sale and is none")
    settled = read_letter(how, outbox.seq_of(how_place)).body if how_place is not None and how is not None else None
    settlement = settled.settlement if isinstance(settled, DisputeSettled) else None
    account = payments.account(db, outbox.place_of(epoch, seq)) if body.sale.tender == OPEN else Account()
    return KeptSale(Key(station, epoch, seq), body.sale, bool(delivered), settlement, account)
