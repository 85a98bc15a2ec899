"""Commands from head office: acted on once, in time, and answered by a letter, however often they are delivered."""

import asyncio
from collections.abc import Awaitable, Callable

from edge.store import inbox, outbox
from edge.store.database import Database, Store
from shared.clock import Stamp
from shared.errors import Refused, Unavailable
from shared.messages import Action, Command, CommandEnded

Act = Callable[[Action, str], Awaitable[str]]
"""Does it in somebody's name; gives a word on what became of it, or raises :exc:`Refused`."""

_DIED = "The agent was restarted while it acted on this. Look what became of it before you order it again."


class Orders:
    """Acts on commands, each in a task of its own, so that a slow one holds up no other."""

    def __init__(self, store: Store, act: Act) -> None:
        self._store = store
        self._act = act
        self._running: dict[str, asyncio.Task[CommandEnded]] = {}

    async def execute(self, command: Command) -> CommandEnded:
        """What became of it. A command that comes again is told the first outcome."""
        task = self._running.get(command.id)
        if task is None:
            task = asyncio.create_task(self._once(command), name=f"command-{command.id}")
            self._running[command.id] = task
            task.add_done_callback(lambda _: self._running.pop(command.id, None))
        return await asyncio.shield(task)

    async def _once(self, command: Command) -> CommandEnded:
        if not await self._store.run(inbox.begin, command.id, command.deadline):
            before = await self._store.read(inbox.outcome, command.id)
            return CommandEnded(command.id, bool(before and before.done), before.detail if before else "")
        ended = await self._try(command)
        await self._store.run(_end, self._store.clock.stamp(), ended)
        return ended

    async def _try(self, command: Command) -> CommandEnded:
        if self._store.clock.now() > command.deadline:
            return CommandEnded(command.id, False, "It came after its deadline; nothing was done.")
        try:
            return CommandEnded(command.id, True, await self._act(command.action, f"command:{command.id}"))
        except Refused as why:
            return CommandEnded(command.id, False, f"{why.reason}: {why}")
        except Unavailable as why:
            return CommandEnded(command.id, False, f"unavailable: {why}")


def _end(db: Database, stamp: Stamp, ended: CommandEnded) -> None:
    inbox.end(db, ended.command, ended.done, ended.detail)
    outbox.append(db, stamp, ended)


def answer_unfinished(db: Database, stamp: Stamp) -> None:
    """Commands that the agent died over are answered at its next start: nobody knows how far they came."""
    for command in inbox.unfinished(db):
        _end(db, stamp, CommandEnded(command, False, _DIED))
