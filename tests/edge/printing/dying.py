"""``python -m tests.edge.printing.dying DIRECTORY``: an agent that prints a slip and dies before it has recorded that.

The slip is out of the printer, whole; nobody but the customer knows. The sale's number stands in ``DIRECTORY/key``.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from edge.store import printing
from hardware.printers.virtual import VirtualPrinter
from tests.edge.printing.station import open_station


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def main(directory: Path) -> None:
    """Sells once."""
    printing.end = _die
    async with open_station(directory, VirtualPrinter(directory / "tray", 58)) as station:
        (directory / "key").write_text(str(await station.sell()))
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
