"""Commands from head office."""

import asyncio
from pathlib import Path

from edge.store import inbox
from hardware.ports import Authorise, Stop
from shared.messages import AuthorisePoint, Command, CommandEnded, ReprintSlip, StopPoint, SwitchStation
from shared.sale import Preset, PresetKind
from tests.edge.forecourt.yard import Yard, two_pumps

FOR_EVER = 2**50


def order(action: object, name: str = "k1", deadline: int = FOR_EVER) -> Command:
    return Command(name, deadline, "王经理", action)  # type: ignore[arg-type]


async def test_f53_a_command_that_is_delivered_three_times_acts_once(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        release = order(AuthorisePoint(1, Preset(PresetKind.VOLUME, 10_000)))
        at_once = await asyncio.gather(yard.forecourt.execute(release), yard.forecourt.execute(release))
        await yard.phase(1, "authorised")
        yard.pumps[1].lift(1)
        await yard.phase(1, "started")
        yard.pumps[1].fill(90_000)
        sale = (await yard.sold(1))[0].sale
        later = await yard.forecourt.execute(release)
        assert {*at_once, later} == {CommandEnded("k1", True, "")}
        assert yard.pumps[1].said(Authorise) == 1
        assert (sale.authorised_by, sale.delivery.volume) == ("command:k1", 10_000)
        assert await yard.facts(CommandEnded) == [CommandEnded("k1", True, "")]


async def test_f53_a_price_a_stop_and_a_reprint_are_not_doubled_either(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        key = (await yard.serve(1, 5_000)).key
        await yard.phase(1, "idle")
        stops = yard.pumps[1].said(Stop)
        for _ in range(3):
            await yard.forecourt.execute(order(StopPoint(0), "stop"))
            await yard.forecourt.execute(order(ReprintSlip(key.epoch, key.seq), "print"))
            await yard.forecourt.execute(order(SwitchStation(open=False), "close"))
        assert yard.pumps[1].said(Stop) == stops + 1
        assert yard.printer.reprinted == [key]
        assert len(await yard.facts(CommandEnded)) == 3
        assert not (await yard.forecourt.view()).open


async def test_f53_after_a_restart_the_command_is_still_known(tmp_path: Path) -> None:
    pumps, close = two_pumps(), order(SwitchStation(open=False))
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.forecourt.execute(close)
        await yard.forecourt.switch(True, "attendant:小李")
    async with Yard(tmp_path / "s.db", pumps) as yard:
        assert (await yard.forecourt.execute(close)).done
        assert (await yard.forecourt.view()).open


async def test_after_its_deadline_a_command_does_nothing_and_says_so(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        late = order(AuthorisePoint(1), deadline=yard.store.clock.now() - 1)
        assert not (await yard.forecourt.execute(late)).done
        assert yard.pumps[1].said(Authorise) == 0
        assert len(await yard.facts(CommandEnded)) == 1


async def test_the_deadline_is_read_on_the_companys_clock(tmp_path: Path) -> None:
    """Our wall clock is an hour behind: the command is not late, and a late one is."""
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        now = yard.store.clock.wall()
        yard.store.clock.compared(-3_600_000)
        assert not (await yard.forecourt.execute(order(AuthorisePoint(1), "late", now + 1_800_000))).done
        assert (await yard.forecourt.execute(order(AuthorisePoint(1), "good", now + 3_660_000))).done


async def test_a_wish_that_can_not_be_granted_is_answered_with_its_reason(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.forecourt.switch(False, "attendant:小李")
        ended = await yard.forecourt.execute(order(AuthorisePoint(1)))
        assert not ended.done
        assert ended.detail.startswith("closed: ")
        unknown = await yard.forecourt.execute(order(AuthorisePoint(9), "k2"))
        assert unknown.detail.startswith("no_such_point")


async def test_a_command_over_which_the_agent_died_is_answered_when_it_is_back(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.store.run(inbox.begin, "k9", FOR_EVER)
    async with Yard(tmp_path / "s.db", pumps) as yard:
        (ended,) = await yard.facts(CommandEnded)
        assert isinstance(ended, CommandEnded)
        assert (ended.command, ended.done) == ("k9", False)
        assert not (await yard.forecourt.execute(order(AuthorisePoint(1), "k9"))).done
        assert yard.pumps[1].said(Authorise) == 0
