"""Facts that must be written wait for the disk; what is only on its way there is no trouble to anybody."""

import asyncio
from pathlib import Path
from threading import Event

from edge.store.database import Database
from edge.store.errors import StoreUnavailable
from tests.edge.forecourt.yard import Yard, two_pumps


async def test_a_neighbours_fact_on_its_way_to_the_disk_refuses_nobody(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        grounds = yard.forecourt._grounds
        written = Event()

        def slow(_: Database) -> None:
            written.wait(2)

        on_its_way = asyncio.create_task(grounds.journal.write(slow))
        await asyncio.sleep(0.02)
        assert not grounds.store_fails
        written.set()
        assert await on_its_way


async def test_what_the_disk_refuses_waits_in_order_and_is_told(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        grounds = yard.forecourt._grounds
        done: list[str] = []
        full = True

        def first(_: Database) -> None:
            if full:
                raise StoreUnavailable("The disk is full.")
            done.append("first")

        assert not await grounds.journal.write(first)
        assert not await grounds.journal.write(lambda _: done.append("second"))
        assert grounds.store_fails
        assert done == []
        full = False
        assert await grounds.journal.catch_up()
        assert done == ["first", "second"]
        assert not grounds.store_fails


async def test_a_fact_that_cannot_be_written_for_a_bug_holds_up_no_other(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        grounds = yard.forecourt._grounds

        def broken(_: Database) -> None:
            raise ValueError("a bug")

        assert await grounds.journal.write(broken)
        assert not grounds.store_fails
