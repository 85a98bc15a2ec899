"""A station's store and link as a process of their own.

``python -m tests.fakes.station_process STORE STATION PORT PASSWORD``; with a number behind, so many sales are made
first. It says ``ready`` when its sales are on the disk, and works until it is killed.
"""

import asyncio
import sys
from pathlib import Path

from shared.mqtt import Broker
from tests.fakes.ends import HASTY, station_end


async def main(store: str, station: str, port: str, password: str, sales: str = "0") -> None:
    """Sells, then stays on the line."""
    broker = Broker("127.0.0.1", int(port), station, password)
    async with station_end(Path(store), station, broker, HASTY) as end:
        for _ in range(0, int(sales), 100):
            await end.sell(min(100, int(sales)))
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
