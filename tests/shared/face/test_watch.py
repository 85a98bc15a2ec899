"""Whoever may look sees figures and reasons; whoever may not sees nothing."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from shared.errors import SettingsMisread, Unavailable
from shared.face.watch import Place, WatchDoor, counters, durations, gauge, gauges
from shared.health import Health, Level, Part, health
from shared.settings import Watch, must_be_closed
from shared.tally import Tally
from tests.company.programs import free_port


async def figures() -> Iterable[Metric]:
    tally = Tally()
    tally.add(1_500)
    tally.add(9_000_000)
    return [
        gauge("outbox", "Letters.", 3),
        gauges("points", "By phase.", [({"phase": "idle"}, 2), ({"phase": 'odd "one"\n'}, 1)]),
        counters("sent", "Letters.", [({"what": "letters"}, 7)]),
        durations("commit_seconds", "Commits.", tally),
        gauges("nothing", "None.", []),
    ]


async def unwell(language: str) -> Health:
    said = {"zh": "磁盘已满", "en": "The disk is full"}[language]
    return health("edge", [Part("store", Level.FAILING, "disk_full", said)])


@asynccontextmanager
async def watched(token: str = "") -> AsyncIterator[str]:
    place = Place("127.0.0.1", free_port(), token)
    door = WatchDoor(place, figures, unwell)
    await door.open()
    try:
        yield f"http://127.0.0.1:{place.port}"
    finally:
        await door.close()


async def look(url: str, **headers: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_prometheus_reads_the_figures() -> None:
    async with watched() as where:
        status, text = await look(f"{where}/metrics")
    assert status == 200
    read = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert read[("outbox",)] == 3
    assert read[("points", "idle")] == 2
    assert read[("points", 'odd "one"\n')] == 1
    assert read[("sent_total", "letters")] == 7
    assert read[("commit_seconds_count",)] == 2
    assert read[("commit_seconds_bucket", "0.002")] == 1
    assert read[("commit_seconds_bucket", "+Inf")] == 2


@pytest.mark.parametrize(("language", "said"), [("zh-CN,zh;q=0.9", "磁盘已满"), ("en", "full"), ("fr", "磁盘已满")])
async def test_health_says_why_in_the_askers_language(language: str, said: str) -> None:
    async with watched() as where:
        status, text = await look(f"{where}/health", **{"Accept-Language": language})
        plain = await look(f"{where}/health", Accept="text/plain", **{"Accept-Language": language})
    assert status == plain[0] == 503
    assert said in text
    assert said in plain[1]
    assert '"reason":"disk_full"' in text


async def test_who_does_not_know_the_token_sees_nothing() -> None:
    async with watched("a long enough word for this") as where:
        for path in ("/metrics", "/health"):
            assert (await look(where + path))[0] == 401
            assert (await look(where + path, Authorization="Bearer guess"))[0] == 401
            assert (await look(where + path, Authorization="Bearer a long enough word for this"))[0] in (200, 503)


async def test_an_address_that_is_taken_is_one_sentence() -> None:
    async with watched() as where:
        second = WatchDoor(Place("127.0.0.1", int(where.rpartition(":")[2])), figures, unwell)
        with pytest.raises(Unavailable, match=r"watch\.port"):
            await second.open()
        await second.close()


def test_a_network_may_look_only_with_a_token() -> None:
    must_be_closed(None)
    must_be_closed(Watch(9101))
    must_be_closed(Watch(9101, "0.0.0.0", "token"))
    with pytest.raises(SettingsMisread, match="token_file"):
        must_be_closed(Watch(9101, "0.0.0.0"))


def test_a_token_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    with pytest.raises(SettingsMisread, match="can't be read"):
        _ = Watch(9101, token_file=str(file)).token
    file.write_text("short\n")
    with pytest.raises(SettingsMisread, match="too short"):
        _ = Watch(9101, token_file=str(file)).token
    file.write_text("x" * 24 + "\n")
    assert Watch(9101, token_file=str(file)).token == "x" * 24
    assert Watch(9101).token == ""
