"""A station that sells without a pause until it is killed: ``python -m tests.edge.forecourt.busy_station STORE PAPER``.

Its printer writes a receipt's number and amount to PAPER as soon as it is told that a sale is recorded.
"""

import asyncio
import os
import sys
from pathlib import Path

import structlog

from edge.forecourt.ending import Patience
from edge.forecourt.views import SaleView
from edge.settings import Authorise
from tests.edge.forecourt.yard import Yard, two_pumps

HASTY = Patience(confirm=1, lost=50, again=2, pulse=1)


async def main(store: str, paper: str) -> None:
    """Sell at both points for ever. Standard output says when, and nothing else."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    async with Yard(Path(store), two_pumps(), Authorise.AUTOMATIC, patience=HASTY) as yard:
        file = os.open(paper, os.O_WRONLY | os.O_APPEND)
        printing = asyncio.create_task(print_receipts(yard, file))
        await asyncio.sleep(0)
        print("selling", flush=True)
        await asyncio.gather(sell(yard, 1), sell(yard, 2), printing)


async def sell(yard: Yard, point: int) -> None:
    """One customer after the other."""
    pump, litres = yard.pumps[point], 1_000
    while True:
        pump.lift(1)
        await yard.phase(point, "started")
        litres = litres % 60_000 + 730
        pump.fill(litres)
        await yard.phase(point, "idle")


async def print_receipts(yard: Yard, file: int) -> None:
    """Paper can't be taken back: what is written here was printed."""
    async for change in yard.forecourt.changes():
        if isinstance(change, SaleView):
            os.write(file, f"{change.key} {change.sale.delivery.amount}\n".encode())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
