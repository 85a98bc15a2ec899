"""What was paid for sales, taken back, given back, or driven off with. Each is a letter; the rows say what is in force.

A sale that is to be paid at the till *owes* until it is paid or has driven off, and owes again when that is taken back.
"""

from msgspec.structs import replace
from sqlite_utils import Database

from edge.store import outbox
from edge.store.outbox import place_of
from shared.clock import Stamp
from shared.messages import Fact, PaymentTakenBack, SaleDrivenOff, SalePaid, SaleRefunded
from shared.payment import Account, Payment, Refund
from shared.station import Key
from shared.wire import read_letter

Told = SalePaid | SaleRefunded | SaleDrivenOff


def pay(db: Database, stamp: Stamp, key: Key, payment: Payment) -> bool:
    """Write a payment. False when the sale owes nothing: it was paid meanwhile, or has driven off."""
    return _settle(db, stamp, key, SalePaid(key.epoch, key.seq, payment), "paid", payment.amount)


def drive_off(db: Database, stamp: Stamp, key: Key, gone: SaleDrivenOff) -> bool:
    """Write that the car has left. False when the sale owes nothing."""
    return _settle(db, stamp, key, gone, "gone", gone.amount)


def take_back(db: Database, stamp: Stamp, told: PaymentTakenBack) -> bool:
    """Write that a payment was wrong, so that the sale owes again. False when somebody has taken it back before."""
    sale, letter = place_of(told.sale_epoch, told.sale_seq), place_of(told.letter_epoch, told.letter_seq)
    mine = "SELECT 1 FROM payment WHERE place = ? AND sale = ? AND kind <> 'refunded' AND ended IS NULL"
    if not db.execute(mine, (letter, sale)).fetchone():
        return False
    place = _append(db, stamp, told)
    db.execute("UPDATE payment SET ended = ? WHERE place = ?", (place, letter))
    db.execute("UPDATE sale SET owes = 1 WHERE place = ?", (sale,))
    return True


def refund(db: Database, stamp: Stamp, key: Key, given: Refund) -> None:
    """Write money that was given back."""
    place = _append(db, stamp, SaleRefunded(key.epoch, key.seq, given))
    _insert(db, place, place_of(key.epoch, key.seq), "refunded", given.tender.amount)


def begin_owing(db: Database, key: Key) -> None:
    """A disputed sale was settled: it waits for its payment now."""
    db.execute("UPDATE sale SET owes = 1 WHERE place = ?", (place_of(key.epoch, key.seq),))


def account(db: Database, place: int) -> Account:
    """How it stands with the money of the sale at this place."""
    (owes,) = db.execute("SELECT owes FROM sale WHERE place = ?", (place,)).fetchone() or (0,)
    held = Account(bool(owes))
    rows = db.execute(
        "SELECT payment.place, letter.at, letter.body FROM payment JOIN letter ON letter.place = payment.place"
        " WHERE payment.sale = ? AND payment.ended IS NULL ORDER BY payment.place",
        (place,),
    )
    for letter, at, body in rows.fetchall():
        match read_letter(body, outbox.seq_of(letter)).body:
            case SalePaid(payment=payment):
                held = replace(held, paid=payment, at=at, letter=letter)
            case SaleDrivenOff(by=by):
                held = replace(held, gone_by=by, at=at, letter=letter)
            case SaleRefunded(refund=given):
                held = replace(held, refunds=(*held.refunds, given))
            case other:
                raise TypeError(f"letter {letter} stands as a payment and is {type(other).__name__}")
    return held


def owing(db: Database) -> int:
    """How many sales wait for their payment."""
    return int(db.execute("SELECT count(*) FROM sale WHERE owes = 1").fetchone()[0])


def note(db: Database, place: int, told: Fact) -> bool:
    """Write the row beside a letter that was saved when its row was not; False when it is there, or needs none."""
    if isinstance(told, PaymentTakenBack):
        taken = place_of(told.letter_epoch, told.letter_seq)
        written = db.execute("UPDATE payment SET ended = ? WHERE place = ? AND ended IS NULL", (place, taken))
        db.execute("UPDATE sale SET owes = 1 WHERE place = ?", (place_of(told.sale_epoch, told.sale_seq),))
        return written.rowcount > 0
    match told:
        case SalePaid(payment=payment):
            kind, amount = "paid", payment.amount
        case SaleDrivenOff(amount=amount):
            kind = "gone"
        case SaleRefunded(refund=given):
            kind, amount = "refunded", given.tender.amount
        case _:
            return False
    sale = place_of(told.sale_epoch, told.sale_seq)
    if kind != "refunded":
        db.execute("UPDATE sale SET owes = 0 WHERE place = ?", (sale,))
    row = (place, sale, kind, amount)
    return db.execute("INSERT OR IGNORE INTO payment (place, sale, kind, amount) VALUES (?, ?, ?, ?)", row).rowcount > 0


def _settle(db: Database, stamp: Stamp, key: Key, told: Told, kind: str, amount: int) -> bool:
    sale = place_of(key.epoch, key.seq)
    if not db.execute("UPDATE sale SET owes = 0 WHERE place = ? AND owes = 1", (sale,)).rowcount:
        return False
    _insert(db, _append(db, stamp, told), sale, kind, amount)
    return True


def _append(db: Database, stamp: Stamp, told: Told | PaymentTakenBack) -> int:
    seq = outbox.append(db, stamp, told)
    return place_of(outbox.key(db, seq).epoch, seq)


def _insert(db: Database, place: int, sale: int, kind: str, amount: int) -> None:
    row = (place, sale, kind, amount)
    db.execute("INSERT INTO payment (place, sale, kind, amount) VALUES (?, ?, ?, ?)", row)
