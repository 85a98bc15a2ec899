"""What the fuelling points of a station share."""

from collections.abc import Callable

from edge.forecourt.closing import Slips
from edge.forecourt.ending import Patience
from edge.forecourt.journal import Journal
from edge.forecourt.prices import PriceBoard
from edge.forecourt.redemption import Desk
from edge.store.database import Store
from edge.store.timepiece import Timepiece
from shared.site import SiteSettings
from shared.station import Key


class Grounds:
    """Handed to each controller."""

    def __init__(
        self,
        store: Store,
        slips: Slips,
        *,
        utc_offset: int,
        automatic: bool,
        budget: int,
        patience: Patience,
        tender: str,
    ) -> None:
        self.store = store
        self.slips = slips
        self.automatic = automatic
        self.tender = tender
        """Of a new sale: ``cash``, or ``open`` where sales are paid at the till."""
        self.patience = patience
        self.utc_offset = utc_offset
        self.site = SiteSettings()
        """What head office has set."""
        self.board = PriceBoard()
        self.desk = Desk(store, utc_offset)
        self.journal = Journal(store)
        self.open = True
        self.on_point: Callable[[int], None] = lambda _: None
        """Something about this fuelling point has changed."""
        self.on_sale: Callable[[Key], None] = lambda _: None
        """This sale was recorded."""
        self.on_meter: Callable[[], None] = lambda: None
        """A totaliser has moved with no sale to show for it."""
        self.disk_full = False
        """Whether the disk budget was in its last tenth when it was measured last."""
        self.budget = budget

    @property
    def clock(self) -> Timepiece:
        """The station's time."""
        return self.store.clock

    @property
    def store_fails(self) -> bool:
        """Whether nothing can be recorded now."""
        return self.store.trouble is not None or self.journal.refused

    def measure(self) -> None:
        """See how much of the disk budget is left."""
        self.disk_full = self.store.room(self.budget).last_tenth
