"""``python -m tests.fakes.worker BOOKS HOST PORT USER PASSWORD``: one of several workers of a company, without pages.

It says on standard output, a line each time, how many shards it serves. It ends when it is killed.
"""

import asyncio
import sys
from collections.abc import Sequence

from cloud.store.database import Books
from shared.mqtt import Broker
from tests.fakes.ends import company_end


async def main(words: Sequence[str]) -> None:
    """Works for ever."""
    url, host, port, user, password = words
    async with company_end(Books(url), Broker(host, int(port), user, password)) as end:
        told = -1
        while True:
            served = len(end.line.team.shards)
            if served != told:
                told = served
                print(served, flush=True)
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
