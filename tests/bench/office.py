"""Head office as a process of its own: ``python -m tests.bench.office CONFIG``. The program is the real one.

On standard output it says ``ready`` and the token of somebody who is logged in. Each line on its input is a price of
92#, in milliyuan a litre: it is decided and pushed as the page does it, and the version is printed.
"""

import asyncio
import signal
import sys
from pathlib import Path

from cloud import app, founding, settings
from cloud.access import accounts, login
from cloud.access.accounts import Role
from cloud.app import Company
from cloud.console.programs import set_up_log
from cloud.tariffs import deciding
from cloud.tariffs.deciding import NewTariff


async def main(config: str) -> None:
    """Until it is told to end."""
    wanted = settings.read(Path(config))
    set_up_log(wanted.log)
    company, over = app.build(wanted), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    async with company:
        print("ready", _token(company), flush=True)
        pricing = asyncio.create_task(_price(company))
        await over.wait()
        pricing.cancel()


def _token(company: Company) -> str:
    now = founding.now()
    with company.books.begin() as connection:
        code = accounts.add(connection, "王总", Role.OWNER, "bench", now).code
    return login.first_login(company.books, "王总", code, "correct horse 95", now).token


async def _price(company: Company) -> None:
    wishes = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(wishes), sys.stdin)
    async for line in wishes:
        with company.books.begin() as connection:
            made = deciding.make(connection, NewTariff({"92#": int(line)}, 0), "王总", founding.now())
        print(made.version, flush=True)
        await company.line.dispatch.tariffs_changed()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
