"""The desk: cases that a person must decide, and letters that could not be read."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

from cloud.access import accounts
from cloud.access.accounts import POWERS, Power
from cloud.cases import desk as cases
from cloud.cases.desk import CaseView, Decision, Kind
from cloud.office.forms import Form
from cloud.office.news import Topic
from cloud.office.office import Look, Office, form_of, query_of
from cloud.sales.trace import Trace, trace
from cloud.stations import dead_letters, register
from cloud.store.cases import CaseFilter
from cloud.store.database import Connection
from shared.errors import Refused
from shared.face import Face, Visit
from shared.station import Key

PAGE: Final = 50
NOTE: Final = 500
_CASE_FILTERS: Final = ("kind", "station", "with", "late")
_CHANGED_BY_A_LETTER: Final = (Topic.LETTERS, Topic.SALES, Topic.STATIONS, Topic.PRICES, Topic.CASES, Topic.COUPONS)


class CasePages:
    """Cases: what happened, the rule, who bears the cost, and a person's word."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/cases", self.index)
        face.get("/live/cases", self.index_live)
        face.get("/live/counts/cases", self.count)
        face.get(r"/cases/{number:\d{1,12}}", self.one)
        face.post(r"/cases/{number:\d{1,12}}/decide", self.decide, power=Power.CASE)
        face.post(r"/cases/{number:\d{1,12}}/note", self.note, power=Power.CASE)
        face.post(r"/cases/{number:\d{1,12}}/assign", self.assign, power=Power.CASE)
        face.post(r"/cases/{number:\d{1,12}}/reopen", self.reopen, power=Power.CASE)

    async def index(self, visit: Visit) -> web.Response:
        """Cases in a state."""
        return await self._office.page(visit, "cases.html", self._list(query_of(visit)))

    async def index_live(self, visit: Visit) -> web.Response:
        """The list anew."""
        return await self._office.part(visit, "cases_live.html", self._list(query_of(visit)))

    async def count(self, visit: Visit) -> web.Response:
        """How many are open."""
        return await self._office.part(visit, "count.html", lambda c: {"number": cases.open_count(c)})

    def _list(self, query: Form) -> Look:
        before, now = _before(query), self._office.now()
        wanted = _wanted(query, now)
        here = {name: query.raw(name) for name in _CASE_FILTERS if query.raw(name)}

        def look(connection: Connection) -> Mapping[str, Any]:
            rows = cases.page(connection, wanted, PAGE + 1, before)
            names = register.names(connection)
            return {
                **_paged(rows, lambda row: row.number),
                "state": wanted.state,
                "first": before is None,
                "names": names,
                "kinds": list(Kind),
                "people": _who_decide(connection),
                "overdue": cases.overdue_count(connection, now),
            }

        found = {"form": query, "query": here, "here": {"state": wanted.state, **here}}
        return lambda connection: {**found, **look(connection)}

    async def one(self, visit: Visit) -> web.Response:
        """A case with the facts on both sides."""
        return await self._one(visit, visit.number("number"), Form({}))

    async def _one(self, visit: Visit, number: int, form: Form) -> web.Response:
        def look(connection: Connection) -> Mapping[str, Any]:
            case = cases.one(connection, number)
            return {
                "case": case,
                "sale": _trace(connection, str(case.sale)),
                "winner": _winner(connection, case),
                "history": cases.history(connection, number),
                "people": _who_decide(connection),
                "letters": dead_letters.at(connection, case.sale) if case.kind == Kind.LETTER_DIFFERS else (),
            }

        status = 400 if form.wrong else 200
        return await self._office.page(visit, "case.html", look, status, form=form, decisions=list(Decision))

    async def decide(self, visit: Visit) -> web.StreamResponse:
        """A person's word."""
        number, form = visit.number("number"), await form_of(visit)
        decision = form.chosen("decision", [one.value for one in Decision])
        note = form.text("note", NOTE)
        if form.wrong:
            return await self._one(visit, number, form)
        by, now = visit.somebody.id, self._office.now()
        await self._office.write(
            lambda connection: cases.decide(connection, number, Decision(decision), by, note, now), Topic.CASES
        )
        return visit.go(f"/cases/{number}", "notice.decided")

    async def note(self, visit: Visit) -> web.StreamResponse:
        """What somebody has found out."""
        return await self._with_words(visit, "said", cases.note, "notice.noted")

    async def reopen(self, visit: Visit) -> web.StreamResponse:
        """Takes a decision back."""
        return await self._with_words(visit, "why", cases.reopen, "notice.reopened")

    async def assign(self, visit: Visit) -> web.StreamResponse:
        """Hands it to somebody who may decide."""
        number, form = visit.number("number"), await form_of(visit)
        people = await self._office.read(_who_decide)
        to = form.chosen("to", ["", *people], "")
        by, now = visit.somebody.id, self._office.now()
        await self._office.write(lambda connection: cases.assign(connection, number, to, by, now), Topic.CASES)
        return visit.go(f"/cases/{number}", "notice.assigned")

    async def _with_words(
        self, visit: Visit, field: str, act: Callable[[Connection, int, str, str, int], object], notice: str
    ) -> web.StreamResponse:
        number, form = visit.number("number"), await form_of(visit)
        words = form.text(field, NOTE)
        if form.wrong:
            return await self._one(visit, number, form)
        by, now = visit.somebody.id, self._office.now()
        await self._office.write(lambda connection: act(connection, number, by, words, now), Topic.CASES)
        return visit.go(f"/cases/{number}", notice)


class LetterPages:
    """Dead letters: mended and replayed, or waived with a reason."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/letters", self.index)
        face.get("/live/letters", self.index_live)
        face.get("/live/counts/letters", self.count)
        face.get(r"/letters/{number:\d{1,12}}", self.one)
        face.post(r"/letters/{number:\d{1,12}}/replay", self.replay, power=Power.LETTER)
        face.post(r"/letters/{number:\d{1,12}}/waive", self.waive, power=Power.LETTER)
        face.post(r"/letters/{number:\d{1,12}}/alike", self.replay_alike, power=Power.LETTER)

    async def index(self, visit: Visit) -> web.Response:
        """Dead letters in a state."""
        return await self._office.page(visit, "letters.html", self._list(query_of(visit)))

    async def index_live(self, visit: Visit) -> web.Response:
        """The list anew."""
        return await self._office.part(visit, "letters_live.html", self._list(query_of(visit)))

    async def count(self, visit: Visit) -> web.Response:
        """How many wait."""
        return await self._office.part(visit, "count.html", lambda c: {"number": dead_letters.waiting_count(c)})

    def _list(self, query: Form) -> Look:
        state, before = _state(query, ("waiting", "replayed", "waived")), _before(query)

        def look(connection: Connection) -> Mapping[str, Any]:
            rows = dead_letters.page(connection, state, PAGE + 1, before)
            return {**_paged(rows, lambda row: row.number), "state": state, "first": before is None}

        return look

    async def one(self, visit: Visit) -> web.Response:
        """A letter, whole."""
        return await self._one(visit, visit.number("number"), Form({}))

    async def _one(self, visit: Visit, number: int, form: Form) -> web.Response:
        def look(connection: Connection) -> Mapping[str, Any]:
            letter = dead_letters.one(connection, number)
            return {"letter": letter, "text": form.raw("text") or readable(letter.text)}

        return await self._office.page(visit, "letter.html", look, 400 if form.wrong else 200, form=form)

    async def replay(self, visit: Visit) -> web.StreamResponse:
        """Reads the mended letter like any other, and posts it."""
        number, form = visit.number("number"), await form_of(visit)
        text, handlers = form.raw("text"), self._office.company.handlers
        if not text.strip():
            form.complain("text", "needed")
            return await self._one(visit, number, form)
        by, now = visit.somebody.id, self._office.now()
        try:
            await self._office.write(
                lambda connection: dead_letters.replay(connection, handlers, number, text, by, now),
                *_CHANGED_BY_A_LETTER,
            )
        except Refused as why:
            if why.reason != "misread":
                raise
            form.complain("text", "letter", detail=str(why))
            return await self._one(visit, number, form)
        return visit.go(f"/letters/{number}", "notice.replayed")

    async def replay_alike(self, visit: Visit) -> web.StreamResponse:
        """Reads all letters with the same trouble again, as they came."""
        number, handlers = visit.number("number"), self._office.company.handlers
        await form_of(visit)
        by, now = visit.somebody.id, self._office.now()
        await self._office.write(
            lambda connection: dead_letters.replay_alike(connection, handlers, number, by, now), *_CHANGED_BY_A_LETTER
        )
        return visit.go("/letters", "notice.replayed")

    async def waive(self, visit: Visit) -> web.StreamResponse:
        """Lets it rest, with a reason."""
        number, form = visit.number("number"), await form_of(visit)
        reason = form.text("reason", NOTE)
        if form.wrong:
            return await self._one(visit, number, form)
        by, now = visit.somebody.id, self._office.now()
        await self._office.write(
            lambda connection: dead_letters.waive(connection, number, by, reason, now), Topic.LETTERS
        )
        return visit.go(f"/letters/{number}", "notice.waived")


def _wanted(query: Form, now: int) -> CaseFilter:
    return CaseFilter(
        _state(query, ("open", "decided")),
        query.chosen("kind", ["", *Kind], ""),
        query.text("station", needed=False),
        query.text("with", needed=False),
        now if query.raw("late") else 0,
    )


def _who_decide(connection: Connection) -> list[str]:
    everyone = accounts.everyone(connection)
    return [one.name for one in everyone if one.disabled_at is None and Power.CASE in POWERS[one.role]]


def readable(text: str) -> str:
    """A letter with a line for each of its fields, if it is JSON; as it is, if not. Says the same to a reader."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text


def _winner(connection: Connection, case: CaseView) -> Trace | None:
    return _trace(connection, case.winner) if case.winner else None


def _trace(connection: Connection, key: str) -> Trace | None:
    try:
        return trace(connection, Key.parse(key))
    except (Refused, ValueError):
        return None


def _state(query: Form, known: tuple[str, ...]) -> str:
    return query.chosen("state", known, known[0])


def _before(query: Form) -> int | None:
    return query.whole("before", 1, 10**12, 0) or None


def _paged(rows: tuple[Any, ...], place: Callable[[Any], int]) -> Mapping[str, Any]:
    more = place(rows[PAGE - 1]) if len(rows) > PAGE else 0
    return {"rows": rows[:PAGE], "more": more}
