"""Who is at the touchscreen: choosing a name, the PIN, handing over, leaving, and the lock when nobody touches it."""

import asyncio
from typing import Any

import structlog
from aiohttp import web

from edge.attendant import pins
from edge.store import attendants
from edge.store.attendants import Attendant, Role
from edge.store.database import Store
from shared.face import Person, Visit, new_token, token_hash

IDLE = 15 * 60_000
"""Milliseconds without a touch after which the PIN is asked for again."""
LONGEST = 14 * 3_600_000
"""Milliseconds after which it is asked for in any case: nobody's shift is longer."""
_NOTE_EVERY = 20_000
MANAGE = "manage"
"""The power to give money back."""
POWERS = {Role.ATTENDANT: frozenset[str](), Role.MANAGER: frozenset({MANAGE})}

_log = structlog.get_logger(__name__)


class Door:
    """The book of who is logged in, and the pages that write in it. :class:`shared.face.Sessions` for the kit."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._one_pin = asyncio.Lock()
        """Guesses wait for each other: ten at once must count as ten."""

    async def whose(self, token: str, *, quiet: bool = False) -> Person | None:
        """Whose token this is, unless they were away for too long."""
        name = token_hash(token)
        session = await self._store.read(attendants.session, name)
        now = self._store.clock.wall()
        if session is None or now - session.seen > IDLE or now - session.since > LONGEST:
            return None
        if not quiet and abs(now - session.seen) > _NOTE_EVERY:
            await self._store.run(attendants.seen, name, now)
        return Person(session.name, session.name, POWERS[session.role])

    async def ask(self, visit: Visit) -> web.StreamResponse:
        """The log-in: as a dialog over the forecourt, or as a page of its own."""
        return await self._asked(visit)

    async def enter(self, visit: Visit) -> web.StreamResponse:
        """A name and a PIN."""
        fields = await visit.fields()
        name, pin = fields.get("name", ""), fields.get("pin", "")
        async with self._one_pin:
            wrong = await self._against(visit, name, pin)
            if wrong:
                return await self._asked(visit, wrong, name)
            token = await self._begun(name)
        if token is None:
            return await self._asked(visit, visit.say("login.unknown"))
        if visit.person is not None and visit.person.name != name:
            _log.info("handed_over", was=visit.person.name, now=name)
        await self._forget(visit)
        _log.info("attendant_entered", name=name)
        return visit.enter(visit.go(fields.get("next", ""), "login.welcome"), token)

    async def leave(self, visit: Visit) -> web.StreamResponse:
        """Out."""
        await self._forget(visit)
        return visit.leave(visit.go("/", "login.left"))

    async def _asked(self, visit: Visit, wrong: str = "", name: str = "") -> web.StreamResponse:
        people = [person.name for person in await self._store.read(attendants.everybody)]
        chosen = name or (people[0] if len(people) == 1 else "")
        fields = await visit.fields() if visit.request.method == "POST" else visit.request.query
        values: dict[str, Any] = {"people": people, "chosen": chosen, "wrong": wrong, "next": fields.get("next", "/")}
        if visit.by_htmx:
            return visit.sheet("sheets/login.html", **values)
        return visit.page("login.html", **values)

    async def _against(self, visit: Visit, name: str, pin: str) -> str:
        """Why this PIN does not open, as a sentence; empty when it does."""
        person = await self._store.read(attendants.find, name) if name else None
        if person is None:
            return visit.say("login.choose")
        left = person.locked_until - self._store.clock.wall()
        if left > 0:
            return visit.say("login.locked", minutes=-(-left // 60_000))
        if pins.is_pin(pin) and await asyncio.to_thread(pins.matches, pin, person.salt, person.pin_hash):
            return ""
        return await self._wrong(visit, person)

    async def _wrong(self, visit: Visit, person: Attendant) -> str:
        until = pins.locked_until(person.failures + 1, self._store.clock.wall())
        await self._store.run(attendants.note_wrong_pin, person.name, until)
        _log.warning("wrong_pin", name=person.name, failures=person.failures + 1)
        if until:
            return visit.say("login.locked", minutes=-(-(until - self._store.clock.wall()) // 60_000))
        return visit.say("login.wrong")

    async def _begun(self, name: str) -> str | None:
        token, now = new_token(), self._store.clock.wall()
        begun = await self._store.run(attendants.enter, name, token_hash(token), now, now - LONGEST)
        return token if begun else None

    async def _forget(self, visit: Visit) -> None:
        if visit.session:
            await self._store.run(attendants.leave, token_hash(visit.session))
