"""``make smoke``: the demo's story without a person, on free ports. One JSON line says what happened; exit 0 or 1.

The story: cars fuel by themselves and their sales reach head office; head office changes a price and the nozzles show
it; the broker is stopped, a coupon is redeemed all the same, and reaches head office when the broker is back; the agent
is killed in the middle of a filling, and the filling is there, once; each settled sale has its receipt.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.company.company import Company, Speed
from tests.company.programs import StoryFailed, until

COUPON_FEN = 1_500
NEW_PRICE = "7.99"


def main() -> int:
    """Play the story in a directory of its own; the directory stays when the story fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.company.smoke", description=__doc__.partition("\n")[0])
    parser.add_argument("--keep", action="store_true", help="keep the directory with the stores and logs")
    parser.add_argument("--database", default="", help="a PostgreSQL address for the cloud, instead of SQLite")
    wishes = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="jiayou-smoke-"))
    said = play(directory, wishes.database)
    print(json.dumps(said, ensure_ascii=False))
    if said["ok"] and not wishes.keep:
        _remove(directory)
    return 0 if said["ok"] else 1


def play(directory: Path, database: str = "") -> dict[str, Any]:
    """The whole story, and what is true at its end."""
    started = time.monotonic()
    company = Company(directory, speed=Speed.SMOKE, database=database)
    said: dict[str, Any] = {"ok": False}
    try:
        with company.running():
            said |= _price_reaches_the_nozzle(company)
            said |= _coupon_without_a_network(company)
            said |= _agent_killed_in_mid_filling(company)
            said |= _books_agree(company)
    except StoryFailed as why:
        said |= {"ok": False, "failed": str(why), "logs": str(company.logs)}
    said["seconds"] = round(time.monotonic() - started, 1)
    return said


def _price_reaches_the_nozzle(company: Company) -> dict[str, Any]:
    """A price is made while a car is fuelling: its sale keeps the old one, the nozzles then show the new one."""
    company.pumps.customer(point=1, nozzle=1)
    until("the first car to fuel", lambda: company.pumps.fuelling(1))
    version = company.set_prices({"92#": NEW_PRICE})
    company.pumps.hang_up(1)
    nozzles = until("the price to be read back on each 92# nozzle", lambda: company.read_back(version), 40)
    return {"price_applied_and_read_back": True, "price_nozzles": nozzles}


def _coupon_without_a_network(company: Company) -> dict[str, Any]:
    """A coupon's code is typed at the station while the broker is down."""
    code = company.issue_coupon(COUPON_FEN)
    until("the coupon book to reach the station", lambda: company.coupon_book_is_current(), 30)
    company.broker.stop()
    company.attendant.enter()
    company.attendant.present(point=2, code=code)
    company.pumps.customer(point=2, nozzle=2, volume=20_000)
    until("the sale with its coupon at the station", lambda: _given_away(company) == COUPON_FEN, 40)
    waited = company.station()["backlog"] > 0 and company.redemptions() == 0
    company.broker.start()
    until("the redemption to reach head office", lambda: company.redemptions() == 1, 60)
    return {"coupon_redeemed_offline": waited, "coupon_in_cloud": True}


def _given_away(company: Company) -> int:
    """Discounts of today in the station's own books, in fen."""
    today = company.station()["today"]
    return int(today["amount"] - today["payable"])


def _agent_killed_in_mid_filling(company: Company) -> dict[str, Any]:
    """SIGKILL while a car is fuelling; the car goes on, and its filling is sold once."""
    company.pumps.customer(point=3, nozzle=1)
    until("the car at point 3 to fuel", lambda: company.pumps.fuelling(3))
    company.edge.kill()
    time.sleep(1)
    company.edge.start()
    company.pumps.hang_up(3, volume=15_000)
    until("the car at point 3 to be done", lambda: not company.pumps.fuelling(3), 40)
    sold = until("the killed agent's filling in the cloud", lambda: company.sold_at(3), 60)
    return {"filling_survived_kill": sold == 1}


def _books_agree(company: Company) -> dict[str, Any]:
    """The pumps' own truth against head office's books, and a receipt for each settled sale."""
    truth = company.pumps.close()
    until("all letters to be in the cloud", lambda: company.sums()["sales"] >= truth["fillings"], 60)
    books = company.sums()
    slips = until("a receipt for each sale", lambda: company.slips() >= books["settled"] and company.slips(), 30)
    equal = (books["sales"], books["volume"], books["amount"]) == (
        truth["fillings"], truth["volume"], truth["amount"]
    )  # fmt: skip
    said = {
        "fillings": truth["fillings"], "sales": books["sales"],
        "pump_ml": truth["volume"], "cloud_ml": books["volume"],
        "pump_fen": truth["amount"], "cloud_fen": books["amount"],
        "disputed": books["disputed"], "receipts": slips,
    }  # fmt: skip
    proved = company.days()["sales"] == books["sales"]
    whole = equal and proved and slips == books["settled"] and not books["disputed"]
    return said | {"equal": equal, "days_agree": proved, "ok": whole}


def _remove(directory: Path) -> None:
    for path in sorted(directory.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    directory.rmdir()


if __name__ == "__main__":
    sys.exit(main())
