"""Builds head office's application: the face with its templates and texts, the pages, and the ear for what is new."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from cloud import live
from cloud.access.sessions import SessionLife
from cloud.office import words
from cloud.office.access import AccountPages, BookSessions, LoginPages
from cloud.office.campaigns import CampaignPages
from cloud.office.coupons import AllowancePages, CouponPages
from cloud.office.days import DayPages
from cloud.office.desk import CasePages, LetterPages
from cloud.office.enrolment import EnrolmentPages
from cloud.office.news import News, Topic
from cloud.office.office import Company, Office
from cloud.office.overview import OverviewPages
from cloud.office.owners import OwnerPages
from cloud.office.people import PeoplePages
from cloud.office.prices import PricePages
from cloud.office.records import RecordPages
from cloud.office.sales import SalePages
from cloud.office.site_settings import SiteSettingsPages
from cloud.office.stations import StationPages
from cloud.office.tanks import TankPages
from cloud.office.tariffs import NewTariffPages
from cloud.settings import Settings
from shared.face import Face, Visit

HERE: Final = Path(__file__).parent
LIVE: Final = "/live"
_TOPICS: Final[Mapping[type, tuple[Topic, ...]]] = {
    live.SalesArrived: (Topic.SALES,),
    live.StationsHeard: (Topic.STATIONS,),
    live.TanksMoved: (Topic.TANKS,),
    live.PricesMoved: (Topic.PRICES,),
    live.CasesOpened: (Topic.CASES,),
    live.LettersDied: (Topic.LETTERS, Topic.STATIONS),
    live.CouponsChanged: (Topic.COUPONS,),
    live.DaysMoved: (Topic.DAYS,),
    live.LineChanged: (Topic.STATIONS,),
}


def machine_now() -> int:
    """The company's clock, UTC milliseconds."""
    return time.time_ns() // 1_000_000


def build(company: Company, now: Callable[[], int] = machine_now) -> web.Application:
    """Head office's pages on top of the books, ready to be served."""
    settings = company.settings
    life = life_of(settings)
    face = Face(
        "office",
        templates=HERE / "templates",
        texts=HERE / "texts",
        sessions=BookSessions(company.books, life, now),
        hosts=settings.office.hosts,
        secure=settings.office.secure,
    )
    face.static(HERE / "static")
    _teach(face, settings)
    office = Office(face, company, now)
    for pages in _pages(office, life):
        pages.add(face)
    face.live(LIVE, lambda _topic, _value, _language: "", lambda visit: _missed(office.news, visit))
    application = face.application()
    application.cleanup_ctx.append(lambda _app: _listening(company.live, office.news))
    return application


def life_of(settings: Settings) -> SessionLife:
    """How long somebody stays logged in, as configured."""
    return SessionLife(settings.office.idle_minutes * 60_000, settings.office.session_hours * 3_600_000)


def _pages(office: Office, life: SessionLife) -> list[Any]:
    return [
        LoginPages(office, life),
        AccountPages(office, life),
        PeoplePages(office),
        OverviewPages(office),
        StationPages(office),
        EnrolmentPages(office),
        SiteSettingsPages(office),
        TankPages(office),
        OwnerPages(office),
        SalePages(office),
        DayPages(office),
        NewTariffPages(office),
        PricePages(office),
        CampaignPages(office),
        AllowancePages(office),
        CouponPages(office),
        CasePages(office),
        LetterPages(office),
        RecordPages(office),
    ]


def _teach(face: Face, settings: Settings) -> None:
    """What the templates know besides the kit's own words."""
    face.environment.globals |= {
        "house": settings.name,
        "clock_words": words.clock_words,
        "case_act_words": words.case_act_words,
        "cost_words": words.cost_words,
        "preset_words": words.preset_words,
        "action_words": words.action_words,
        "event_words": words.event_words,
        "fact_words": words.fact_words,
        "terms_words": words.terms_words,
        "phase_tones": words.PHASE_TONES,
        "command_tones": words.COMMAND_TONES,
        "slip_tones": words.SLIP_TONES,
    }
    face.environment.filters |= {
        "dictionary": dict,
        "dict_with": lambda given, **more: {**given, **more},
        "dict_without": lambda given, name: {key: value for key, value in given.items() if key != name},
    }


async def _missed(news: News, visit: Visit) -> list[tuple[str, object]]:
    return list(news.missed(visit.request.query.get("seen", "")))


async def _listening(told: live.Live, news: News) -> AsyncIterator[None]:
    """As long as the pages are served they hear what is new."""
    stop = told.listen(lambda notice: news.tell(*_TOPICS[type(notice)]))
    yield
    stop()
    await news.close()
