"""The company, looked at: whole chain figures out of the books, and health that says what to do."""

import msgspec
import pytest
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import CollectorRegistry

from cloud.live import Live
from cloud.stations import register
from cloud.store.database import Books
from cloud.store.watching import Chain, chain
from cloud.watching.figures import GateSeen, Gathered, metrics
from cloud.watching.gathering import TEXTS
from cloud.watching.how import how
from shared.face.texts import Texts
from shared.face.watch import _Told
from shared.health import Level
from shared.tally import Tally
from tests.cloud.office.stage import Stage
from tests.cloud.scene import HOUR, STATIONS
from tests.shared.face import proof


@pytest.fixture
def stage(sqlite_books: Books) -> Stage:
    """A company with three stations and nothing sold yet."""
    return Stage.founded(sqlite_books)


WELL = Chain(stations=3, heard=3, backlog=0, oldest_unsent=0, gaps=0, dead=0, cases=0, overdue=0)


def gathered(found: Chain | None = WELL, **changes: object) -> Gathered:
    seen = Gathered(
        now=10_000, started=0, connected=True, shards=64, workers=1, intake={"letters": 7}, dispatch={"hellos": 3},
        waiting=0, postings=Tally(), watchers=2, chain=found,
    )  # fmt: skip
    return msgspec.structs.replace(seen, **changes)


GATE = GateSeen(True, {"admitted": 12, "turned": 3, "cut": 1}, {"wrong_password": 2, "certificate_needed": 1})
SHUT = GateSeen(False, {}, {})


def look(stage: Stage) -> Chain:
    with stage.books.read() as connection:
        return chain(connection, stage.now() - 45_000, stage.now())


def test_the_chain_is_as_its_books_say(stage: Stage) -> None:
    assert look(stage) == Chain(3, 0, 0, 0, 0, 0, 0, 0)
    for station in STATIONS[:2]:
        stage.greet(station, next_seq=11, oldest_unsent=stage.now() - HOUR)
    seen = look(stage)
    assert (seen.stations, seen.heard, seen.backlog, seen.oldest_unsent) == (3, 2, 20, stage.now() - HOUR)
    stage.tell(STATIONS[0], b"{}", b"{")
    assert look(stage).dead == 2
    stage.clock += HOUR
    assert look(stage).heard == 0


def test_letters_that_are_missing_are_counted(stage: Stage) -> None:
    stage.tell(STATIONS[0], b"{}", skip=3)
    assert look(stage).gaps == 1


def test_a_station_that_was_shut_out_counts_no_more(stage: Stage) -> None:
    stage.greet(STATIONS[0], next_seq=11)
    with stage.books.begin() as connection:
        register.revoke(connection, STATIONS[0], "王总", stage.now())
    seen = look(stage)
    assert (seen.stations, seen.heard, seen.backlog) == (2, 0, 0)


def test_prometheus_reads_the_companys_figures() -> None:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(metrics(gathered())))
    text = generate_latest(registry).decode()
    read = {(s.name, *s.labels.values()): s.value for one in text_string_to_metric_families(text) for s in one.samples}
    assert read[("jiayou_stations",)] == 3
    assert read[("jiayou_cloud_intake_total", "letters")] == 7
    assert len(read) < 60, "ten thousand stations are one figure, not ten thousand"


def test_prometheus_reads_who_was_let_in_turned_away_and_cut_off() -> None:
    read = {(s.name, *s.labels.values()): s.value for one in metrics(gathered(gate=GATE)) for s in one.samples}
    assert read[("jiayou_cloud_gate_open",)] == 1
    assert [read[("jiayou_cloud_gate_total", word)] for word in ("admitted", "turned", "cut")] == [12, 3, 1]
    assert read[("jiayou_cloud_gate_turned_away_total", "wrong_password")] == 2
    without = {s.name for one in metrics(gathered()) for s in one.samples}
    assert "jiayou_cloud_gate_open" not in without, "a Mosquitto knows its stations from a file"


@pytest.mark.parametrize(
    ("seen", "part", "level"),
    [
        (gathered(connected=False), "broker", Level.FAILING),
        (gathered(gate=SHUT), "gate", Level.FAILING),
        (gathered(gate=SHUT, workers=2), "gate", Level.UNWELL),
        (gathered(gate=SHUT, connected=False), "broker", Level.FAILING),
        (gathered(None), "books", Level.FAILING),
        (gathered(shards=0), "shards", Level.FAILING),
        (gathered(WELL._replace(heard=1)), "stations", Level.UNWELL),
        (gathered(WELL._replace(dead=4)), "dead_letters", Level.UNWELL),
        (gathered(WELL._replace(overdue=1)), "cases", Level.UNWELL),
        (gathered(WELL._replace(gaps=1)), "gaps", Level.UNWELL),
        (gathered(certificates_ending=2), "certificates", Level.UNWELL),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_wrong_stands_first_with_what_to_do(seen: Gathered, part: str, level: Level, language: str) -> None:
    told = how("jiayou-cloud", seen, Texts(TEXTS).say(language))
    assert (told.level, told.parts[0].name) == (level, part)
    assert told.parts[0].said
    assert told.parts[0].do
    assert (told.status == 503) == (level is Level.FAILING)


def test_a_company_that_is_well_says_so() -> None:
    told = how("jiayou-cloud", gathered(), Texts(TEXTS).say("zh"))
    assert (told.level, told.status) == (Level.WELL, 200)
    assert "✓ broker" in told.text()


def test_another_worker_may_hold_all_shards() -> None:
    assert how("x", gathered(shards=0, workers=3), Texts(TEXTS).say("en")).status == 200


def test_both_languages_say_the_same_things() -> None:
    assert proof.differences(TEXTS) == set()
    assert proof.blanks_apart(TEXTS) == set()


def test_who_listens_is_counted() -> None:
    live = Live()
    stop = live.listen(lambda _: None)
    assert live.listeners == 1
    stop()
    assert live.listeners == 0
