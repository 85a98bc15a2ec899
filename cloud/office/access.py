"""Coming in and going out, and one's own account."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from aiohttp import web

from cloud.access import login, sessions
from cloud.access.login import LoggedIn
from cloud.access.sessions import SessionLife
from cloud.office.forms import Form
from cloud.office.office import Office, form_of, query_of
from cloud.store.database import Books, Connection
from shared.errors import Refused
from shared.face import Face, Person, Visit

T = TypeVar("T")
AT_ONCE: Final = 2
"""Passwords that are tried at once: each is slow on purpose, and the other pages need the machine, too."""
WAITING: Final = 20
_STATUS: Final = {"locked": 429}


class BookSessions:
    """The sessions in the company's books, as the face kit asks for them."""

    def __init__(self, books: Books, life: SessionLife, now: Callable[[], int]) -> None:
        self.books = books
        self.life = life
        self.now = now

    async def whose(self, token: str, *, quiet: bool = False) -> Person | None:
        """Whose token this is."""
        visitor = await asyncio.to_thread(sessions.whose, self.books, token, self.now(), self.life, quiet=quiet)
        return None if visitor is None else Person(visitor.account, visitor.account, frozenset(visitor.powers))


class Turnstile:
    """Lets few passwords be tried at once, and turns away a crowd."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def pass_(self, attempt: Callable[[], T]) -> T:
        """The attempt, in a thread. :exc:`Refused` (``crowded``)."""
        if self._waiting >= WAITING:
            raise Refused("crowded", "Too many people are logging in right now. Please try again in a moment.")
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(attempt)
        finally:
            self._waiting -= 1


class LoginPages:
    """The door: name and password, or a one-time code and then a password of one's own."""

    def __init__(self, office: Office, life: SessionLife) -> None:
        self._office = office
        self._life = life
        self._turnstile = Turnstile()

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/login", self.page, anyone=True)
        face.post("/login", self.log_in, anyone=True)
        face.post("/first-login", self.first_login, anyone=True)
        face.post("/logout", self.log_out, anyone=True)

    async def page(self, visit: Visit) -> web.Response:
        """The form."""
        return _login(visit, Form({"next": (query_of(visit).raw("next"),)}))

    async def log_in(self, visit: Visit) -> web.StreamResponse:
        """By password; with a one-time code the way leads to a password of one's own."""
        form = await form_of(visit)
        name, password = form.text("name", 40), form.raw("password")
        if not form.wrong:
            try:
                return await self._enter(
                    visit, form, lambda: login.log_in(self._office.books, name, password, self._now)
                )
            except Refused as why:
                if why.reason == "first_login":
                    return _first(visit, form)
                return _login(visit, form, why)
        return _login(visit, form, Refused("wrong", "Please enter your name and your password."))

    async def first_login(self, visit: Visit) -> web.StreamResponse:
        """A password of one's own, in exchange for the one-time code."""
        form = await form_of(visit)
        name, code, own = form.text("name", 40), form.raw("password"), form.raw("own")
        if own != form.raw("again"):
            form.complain("again", "passwords_differ")
        if form.wrong:
            return _first(visit, form)
        try:
            return await self._enter(
                visit, form, lambda: login.first_login(self._office.books, name, code, own, self._now)
            )
        except Refused as why:
            if why.reason == "weak_password":
                form.complain("own", "weak_password", least=login.SHORTEST_PASSWORD)
                return _first(visit, form)
            return _login(visit, form, why)

    async def log_out(self, visit: Visit) -> web.StreamResponse:
        """Ends this session."""
        token, now = visit.session, self._now
        if token:
            await self._office.write(lambda connection: sessions.log_out(connection, token, now))
        return visit.leave(visit.go("/login"))

    @property
    def _now(self) -> int:
        return self._office.now()

    async def _enter(self, visit: Visit, form: Form, attempt: Callable[[], LoggedIn]) -> web.StreamResponse:
        entered = await self._turnstile.pass_(attempt)
        now = self._now
        await self._office.write(lambda connection: sessions.forget(connection, now, self._life))
        return visit.enter(visit.go(form.raw("next") or "/"), entered.token)


class AccountPages:
    """One's own account: the password, and where one is logged in."""

    def __init__(self, office: Office, life: SessionLife) -> None:
        self._office = office
        self._life = life
        self._turnstile = Turnstile()

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/account", self.page)
        face.post("/account/password", self.password)
        face.post("/account/sessions/{id}/end", self.end)

    async def page(self, visit: Visit) -> web.Response:
        """The account."""
        return await self._page(visit, Form({}))

    async def password(self, visit: Visit) -> web.StreamResponse:
        """Another password; every other session ends."""
        form = await form_of(visit)
        old, own = form.raw("old"), form.raw("own")
        if own != form.raw("again"):
            form.complain("again", "passwords_differ")
        if form.wrong:
            return await self._page(visit, form)
        name, now = visit.somebody.id, self._office.now()
        try:
            entered = await self._turnstile.pass_(
                lambda: login.change_password(self._office.books, name, old, own, now)
            )
        except Refused as why:
            field = {"weak_password": "own", "wrong": "old"}.get(why.reason)
            if field is None:
                raise
            form.complain(field, why.reason, least=login.SHORTEST_PASSWORD)
            return await self._page(visit, form)
        return visit.enter(visit.go("/account", "notice.password"), entered.token)

    async def end(self, visit: Visit) -> web.StreamResponse:
        """Ends a session of one's own."""
        name, id, now = visit.somebody.id, visit.request.match_info["id"], self._office.now()
        await self._office.write(lambda connection: sessions.end(connection, name, id, now))
        return visit.go("/account", "notice.session_ended")

    async def _page(self, visit: Visit, form: Form) -> web.Response:
        name, token, now = visit.somebody.id, visit.session, self._office.now()

        def look(connection: Connection) -> Mapping[str, Any]:
            return {"sessions": sessions.of_account(connection, name, token, now, self._life)}

        return await self._office.page(visit, "account.html", look, 400 if form.wrong else 200, form=form)


def _login(visit: Visit, form: Form, why: Refused | None = None) -> web.Response:
    status = 200 if why is None else _STATUS.get(why.reason, 400)
    sentence = "" if why is None else visit.say.reason(why.reason, str(why), "login_refused")
    return visit.page("login.html", status=status, form=form, sentence=sentence, live="")


def _first(visit: Visit, form: Form) -> web.Response:
    return visit.page("first_login.html", status=400 if form.wrong else 200, form=form, live="")
