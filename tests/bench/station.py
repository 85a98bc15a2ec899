"""The station's end of the drain, as a process: ``python -m tests.bench.station STORE STATION PORT PASSWORD``.

It says ``ready``, waits for a line on its input, goes on the line, says ``heard`` when head office has welcomed it, and
``done`` when its outbox is empty.
"""

import asyncio
import sys
from pathlib import Path

import structlog

from edge.sync.pace import UNHURRIED
from shared.mqtt import Broker
from tests.fakes.ends import StationEnd
from tests.fakes.waiting import until


async def main(path: str, station: str, port: str, password: str) -> None:
    """With the pace and the window of the road, not those of tests."""
    end = StationEnd(Path(path), station, Broker("127.0.0.1", int(port), station, password), UNHURRIED)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    end.link.start(end.forecourt)
    await until(lambda: end.link.state.connected, 20, "head office to answer")
    print("heard", flush=True)
    await end.emptied(120)
    print("done", flush=True)
    await end.link.stop()
    end.store.close()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))  # standard output is for three words
    asyncio.run(main(*sys.argv[1:]))
