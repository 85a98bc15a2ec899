"""Holds the days against the sales themselves: what was added up piece by piece must be what a whole look gives."""

from collections import Counter

from msgspec import Struct

from cloud.store import days
from cloud.store.database import Connection
from cloud.store.days import FIGURES, Totals


class Difference(Struct, frozen=True):
    """A day that does not agree with its sales."""

    station: str
    day: str
    cause: str
    """``not_added_up`` (sales are there and no day), ``waits`` (it is still to be added up) or ``differs``."""
    day_says: Totals
    sales_say: Totals

    @property
    def sentence(self) -> str:
        """For a person."""
        what = {
            "not_added_up": "has sales that no day was made of",
            "waits": "is still to be added up: look again in a minute, with head office running",
            "differs": "does not agree with its sales",
        }[self.cause]
        apart = [
            f"{name} {getattr(self.day_says, name)} and {getattr(self.sales_say, name)}"
            for name in FIGURES
            if getattr(self.day_says, name) != getattr(self.sales_say, name)
        ]
        return f"{self.station} {self.day} {what}" + (f": {', '.join(apart)}." if apart else ".")


class Proof(Struct, frozen=True):
    """The result."""

    days: int
    sales: int
    provisional: int
    final: int
    restated: int
    differences: tuple[Difference, ...]


def prove(connection: Connection, station: str = "") -> Proof:
    """Looks at every day of every station, or of one, and at every sale."""
    sold = days.sold(connection, station)
    rows = {(row.station, row.day): row for row in days.every(connection, station)}
    found: list[Difference] = []
    for key in sorted(sold.keys() | rows.keys()):
        row, right = rows.get(key), sold.get(key, Totals())
        says = Totals() if row is None else Totals(*(int(getattr(row, name)) for name in FIGURES))
        if says != right or row is None:
            waits = row is not None and row.marks != row.settled_marks
            cause = "not_added_up" if row is None else "waits" if waits else "differs"
            found.append(Difference(key[0], key[1], cause, says, right))
    states = Counter(row.state for row in rows.values())
    sales = sum(one.sales for one in sold.values())
    return Proof(len(rows), sales, states["provisional"], states["final"], states["restated"], tuple(found))
