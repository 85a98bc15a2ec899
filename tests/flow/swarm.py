"""A station swarm as a process of its own, and its truth held against the company's books, fen for fen.

``python -m tests.flow.swarm BOOKS TRUTH…`` says of any trial where the two differ.
"""

import asyncio
import json
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Row, func, select

from cloud.store.database import Books
from cloud.store.tables import DeadLetterRow, InboxRow, RedemptionRow, SaleRow, StationLineRow, table_of
from hardware.swarm.truth import LineTruth, SwarmTruth, read
from tests.company.programs import BIN
from tests.flow import conserved
from tests.flow.conserved import Line


class Swarm:
    """Its lines, as they are printed, and its truth once it has ended."""

    def __init__(self, process: asyncio.subprocess.Process, report: Path) -> None:
        self._process = process
        self._report = report
        self._reading = asyncio.create_task(self._read())
        self.standing: dict[str, Any] = {}
        """The newest line."""

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    async def until(self, look: str, least: int, seconds: float) -> dict[str, Any]:
        """The first standing in which this figure has reached its least value."""
        async with asyncio.timeout(seconds):
            while self.standing.get(look, -1) < least:
                assert not self._reading.done(), f"the swarm has ended: {self.standing}"
                await asyncio.sleep(0.01)
        return self.standing

    async def ended(self, seconds: float) -> SwarmTruth:
        """What it wrote, every letter of it acknowledged."""
        async with asyncio.timeout(seconds):
            code = await self._process.wait()
            await self._reading
        assert code == 0, f"the swarm ended with {code}: {self.standing}"
        return read(self._report.read_bytes())

    def stop(self) -> None:
        """No more cars come."""
        if self._process.returncode is None:
            self._process.terminate()

    async def kill(self) -> None:
        """At once."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.standing = json.loads(line)


@asynccontextmanager
async def swarm(directory: Path, port: int, passwords: Mapping[str, str], *words: str) -> AsyncIterator[Swarm]:
    """These stations on the line, until the end of the block."""
    listed, report = _listed(directory, passwords), directory / "truth.json"
    process = await asyncio.create_subprocess_exec(
        BIN / "jiayou-sim", "station-swarm", "--broker", f"127.0.0.1:{port}", "--credentials", str(listed),
        "--report", str(report), "--every", "0.1", *words, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    running = Swarm(process, report)
    try:
        yield running
    finally:
        await running.kill()


def _listed(directory: Path, passwords: Mapping[str, str]) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "credentials.jsonl"
    path.write_text("".join(json.dumps({"station": s, "password": p}) + "\n" for s, p in passwords.items()))
    return path


def disagreements(books: Books, truths: Sequence[SwarmTruth]) -> Iterator[str]:
    """Everything that is not as it must be once all is acknowledged, each in a sentence."""
    written = {(one.station, line.epoch): line for truth in truths for one in truth.stations for line in one.lines}
    inbox, sales = _by_line(books, InboxRow), _by_line(books, SaleRow)
    used, dead = _by_line(books, RedemptionRow), _by_line(books, DeadLetterRow)
    if strangers := sorted((inbox.keys() | sales.keys() | used.keys() | dead.keys()) - written.keys()):
        yield f"lines that no station wrote: {strangers[:10]} ({len(strangers)})"
    for line, truth in written.items():
        yield from _letters(line, truth, inbox[line])
        yield from _sums(line, truth, sales[line])
        yield from _redemptions(line, truth, used[line])
        if (kept := sorted(row.seq for row in dead[line])) != list(truth.unreadable):
            yield f"{line}: letters {list(truth.unreadable)} can't be read, and {kept} lie among the dead"
    yield from _marks(books, written)
    yield from conserved.coupons(books)


def sums(truths: Sequence[SwarmTruth]) -> dict[str, int]:
    """What the stations sold, for comparison with :func:`conserved.figures`."""
    lines = [line for truth in truths for one in truth.stations for line in one.lines]
    figures = {name: sum(getattr(line, name) for line in lines) for name in ("sales", "volume", "amount", "payable")}
    used = [use for line in lines for use in line.redemptions]
    facts = sum(line.letters for line in lines)
    return {**figures, "facts": facts, "coupons": len(used), "discount": sum(use.discount for use in used)}


def _letters(line: Line, truth: LineTruth, rows: Sequence[Row[Any]]) -> Iterator[str]:
    """The same bytes, each letter once, none between and none behind."""
    here = sorted((row.seq, bytes(row.sha256)) for row in rows)
    if missing := sorted(set(range(1, truth.letters + 1)) - {seq for seq, _ in here}):
        yield f"{line}: letters lost on the way: {missing[:10]} ({len(missing)} of {truth.letters})"
    elif len(here) != truth.letters:
        yield f"{line}: {len(here)} letters in the books, and {truth.letters} were written"
    elif sha256(b"".join(hashed for _, hashed in here)).hexdigest() != truth.digest:
        yield f"{line}: letters arrived with other content"
    if truth.stored != truth.letters:
        yield f"{line}: {truth.letters - truth.stored} letters were never acknowledged"


def _sums(line: Line, truth: LineTruth, rows: Sequence[Row[Any]]) -> Iterator[str]:
    names = ("volume", "amount", "payable")
    here = (len(rows), *(sum(getattr(row, name) for row in rows) for name in names))
    told = (truth.sales, *(getattr(truth, name) for name in names))
    if here != told:
        yield f"{line}: sales, millilitres, fen and fen paid are {told} at the station and {here} in the books"


def _redemptions(line: Line, truth: LineTruth, rows: Sequence[Row[Any]]) -> Iterator[str]:
    told = Counter((use.seq, use.coupon, use.discount) for use in truth.redemptions)
    here = Counter((row.seq, row.coupon, row.discount) for row in rows)
    if told != here:
        yield f"{line}: redemptions only at the station {told - here}, only in the books {here - told}"


def _marks(books: Books, written: Mapping[Line, LineTruth]) -> Iterator[str]:
    """The company's own mark stands behind the last letter."""
    lines = _by_line(books, StationLineRow)
    for line, truth in written.items():
        marks = [(row.contiguous, row.highest) for row in lines[line]]
        if marks != [(truth.letters, truth.letters)]:
            yield f"{line}: {truth.letters} letters were written, and the company's marks are {marks}"


def _by_line(books: Books, model: type[Any]) -> dict[Line, list[Row[Any]]]:
    rows: dict[Line, list[Row[Any]]] = defaultdict(list)
    with books.read() as connection:
        for row in connection.execute(select(table_of(model))):
            rows[row.station, row.epoch].append(row)
    return rows


def facts(books: Books) -> int:
    """How many letters are in the books."""
    with books.read() as connection:
        return connection.execute(select(func.count()).select_from(table_of(InboxRow))).scalar_one()


def main(words: Sequence[str]) -> int:
    """0 when both books agree, 1 when they differ; each difference is a line."""
    books = Books(words[0])
    try:
        found = list(disagreements(books, [read(Path(path).read_bytes()) for path in words[1:]]))
        print(*found, conserved.figures(books), sep="\n")
    finally:
        books.close()
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
