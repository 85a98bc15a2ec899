"""The parts of the kit by themselves: news, taps, drawings, figures, colours."""

import asyncio
import re
from pathlib import Path

import pytest
from aiohttp import web

import shared.face
from shared.face import Hub
from shared.face.charts import bars, sparkline, step_of
from shared.face.hub import TOPICS_WAITING
from shared.face.once import LIFE, Once
from shared.face.shown import CHINA, day_start, filters, span
from shared.face.texts import OWN, Texts

STATIC = Path(shared.face.__file__).parent / "static"


async def test_a_slow_page_hears_the_latest_of_each_topic_and_no_more() -> None:
    hub = Hub()
    with hub.listening() as page:
        for litres in range(10_000):
            hub.tell("run-3", litres)
            hub.tell("run-4", -litres)
        assert [(story.topic, story.value) for story in await page.news()] == [("run-3", 9_999), ("run-4", -9_999)]
    assert len(hub) == 0


async def test_a_page_that_reads_nothing_is_told_everything_anew_instead_of_a_growing_heap() -> None:
    hub = Hub()
    with hub.listening() as page:
        for sale in range(5 * TOPICS_WAITING):
            hub.tell(f"sale-{sale}")
        assert page.lost
        assert len(await page.news()) <= TOPICS_WAITING


async def test_news_is_drawn_once_for_each_language_however_many_listen() -> None:
    hub, drawn = Hub(), []

    def draw(topic: str, value: object, language: str) -> str:
        drawn.append(language)
        return f"{topic}{value}{language}"

    with hub.listening() as one, hub.listening() as two:
        hub.tell("point-1", 7)
        stories = [*(await one.news()), *(await two.news())]
    assert [story.shown("zh", draw) for story in stories] == ["point-17zh"] * 2
    assert drawn == ["zh"]


async def test_an_act_that_a_browser_walked_away_from_is_still_done_once() -> None:
    once, done = Once(), 0

    async def act() -> web.StreamResponse:
        nonlocal done
        await asyncio.sleep(0.02)
        done += 1
        return web.Response(text=str(done), headers={"HX-Trigger": "x"})

    walker = asyncio.ensure_future(once.answer("tap", act))
    await asyncio.sleep(0)
    walker.cancel()
    answer = await once.answer("tap", act)
    assert (done, answer.text, answer.headers["HX-Trigger"]) == (1, "1", "x")


async def test_old_answers_are_forgotten() -> None:
    now = [0.0]
    once, done = Once(lambda: now[0]), []

    async def act() -> web.StreamResponse:
        done.append(1)
        return web.Response()

    await once.answer("tap", act)
    now[0] = LIFE + 1
    await once.answer("other", act)
    await once.answer("tap", act)
    assert len(done) == 3


def test_bars_stand_on_the_floor_and_reach_their_value() -> None:
    chart = bars([0, 5, 20], ["a", "b", "c"], 360, 200, 60)
    assert [bar.height for bar in chart.bars] == [0, 40, 160]
    assert all(bar.y + bar.height == chart.floor for bar in chart.bars)
    assert [tick.value for tick in chart.ticks] == [0, 5, 10, 15, 20]
    assert bars([0, 0], ["", ""]).empty
    assert bars([], []).bars == ()


@pytest.mark.parametrize(("highest", "step"), [(0, 1), (4, 1), (5, 2), (41, 20), (399_999, 100_000)])
def test_a_scale_has_round_steps(highest: int, step: int) -> None:
    assert step_of(highest) == step


def test_a_sparkline_goes_from_floor_to_top() -> None:
    assert sparkline([0, 10], 120, 32) == "2,30 118,2"


def test_figures_are_shown_as_people_read_them() -> None:
    show = filters(CHINA)
    assert show["yuan"](123_456_789) == "1,234,567.89"
    assert show["yuan"](-5) == "-0.05"
    assert show["litres"](25_486) == "25.48"
    assert show["moment"](1_763_800_000_000) == "2025-11-22 16:26:40"
    assert show["moment"](10**18) == "1970-01-01 08:00:00"
    assert day_start(1_763_800_000_000, CHINA) == 1_763_740_800_000
    assert span(Texts(OWN).say("zh"), 200_000) == "3 分钟"
    assert span(Texts(OWN).say("en"), -4) == "0 s"


def test_night_has_every_colour_of_day_and_nothing_else() -> None:
    day, night = tokens("jiayou.css"), tokens("dark.css")
    assert set(night) <= set(day)
    colours = {name for name, value in day.items() if value.startswith("#")}
    assert colours <= set(night)


PAIRS = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in ("ground", "surface", "raised", "sunken")),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
    ("on-bad", "bad-fill"),
    ("brand-strong", "brand-soft"),
    *((tone, ground) for tone in ("good", "call", "ready", "hold", "bad") for ground in (f"{tone}-soft", "surface")),
]


@pytest.mark.parametrize("sheet", ["jiayou.css", "dark.css"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_every_word_stands_out_from_its_ground(sheet: str, ink: str, ground: str) -> None:
    colours = tokens("jiayou.css") | tokens(sheet)
    assert contrast(colours[ink], colours[ground]) >= 4.5


def tokens(sheet: str) -> dict[str, str]:
    """The custom properties of a style sheet."""
    return dict(re.findall(r"--([a-z0-9-]+): ([^;]+);", (STATIC / sheet).read_text(encoding="utf-8")))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG 2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """How bright a colour is, from 0 to 1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
