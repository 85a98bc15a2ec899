"""The company's figures for Prometheus. Pure. Durations in seconds."""

from collections.abc import Iterator, Mapping

from msgspec import Struct
from prometheus_client.metrics_core import Metric

from cloud.store.watching import Chain
from shared.face.watch import counters, durations, gauge
from shared.tally import Tally


class GateSeen(Struct, frozen=True):
    """The broker's gate, as this worker keeps it."""

    open: bool
    counts: Mapping[str, int]
    turned: Mapping[str, int]
    """By reason."""


class Gathered(Struct, frozen=True):
    """What the parts of this worker show at one moment, and the chain as the books have it (None: out of reach)."""

    now: int
    started: int
    connected: bool
    """The broker is there."""
    shards: int
    workers: int
    intake: Mapping[str, int]
    dispatch: Mapping[str, int]
    waiting: int
    """Messages that wait to be written."""
    postings: Tally
    watchers: int
    """Who is told at once what is new: open pages."""
    chain: Chain | None
    certificates_ending: int = 0
    """Stations whose last certificate ends within two weeks."""
    gate: GateSeen | None = None
    """None: this broker has no gate, it knows its stations from a file."""


def metrics(seen: Gathered) -> Iterator[Metric]:
    """All of them."""
    yield gauge("jiayou_cloud_start_time_seconds", "When this worker started.", seen.started / 1000)
    yield gauge("jiayou_cloud_broker_connected", "Whether the broker is there.", int(seen.connected))
    yield gauge("jiayou_cloud_shards", "Shards that this worker serves.", seen.shards)
    yield gauge("jiayou_cloud_workers", "Workers that share the shards, as far as known here.", seen.workers)
    yield gauge("jiayou_cloud_messages_waiting", "Messages of stations that wait to be written.", seen.waiting)
    yield gauge("jiayou_cloud_watchers", "Open pages that are told at once what is new.", seen.watchers)
    yield durations("jiayou_cloud_posting_seconds", "Writing a group of letters with all postings.", seen.postings)
    intake = [({"what": word}, float(seen.intake.get(word, 0))) for word in _INTAKE]
    yield counters("jiayou_cloud_intake", "What arrived from stations.", intake)
    dispatch = [({"what": word}, float(seen.dispatch.get(word, 0))) for word in _DISPATCH]
    yield counters("jiayou_cloud_dispatch", "What stations asked.", dispatch)
    if seen.gate is not None:
        yield from _gate(seen.gate)
    yield gauge("jiayou_cloud_books_reachable", "Whether the books can be read.", int(seen.chain is not None))
    if seen.chain is not None:
        yield from _chain(seen.chain, seen.now, seen.certificates_ending)


_INTAKE = ("messages", "letters", "dead", "let_go", "failures")
_DISPATCH = ("hellos", "claims", "misread", "let_go", "failures")
_GATE = ("admitted", "turned", "late", "cut", "failures")


def _gate(gate: GateSeen) -> Iterator[Metric]:
    yield gauge("jiayou_cloud_gate_open", "Whether a broker asks this worker who may come in.", int(gate.open))
    asked = [({"what": word}, float(gate.counts.get(word, 0))) for word in _GATE]
    yield counters("jiayou_cloud_gate", "Who came to the broker, and who was cut off.", asked)
    turned = [({"reason": reason}, float(times)) for reason, times in sorted(gate.turned.items())]
    yield counters("jiayou_cloud_gate_turned_away", "Who was not let in, by reason.", turned)


def _chain(chain: Chain, now: int, ending: int) -> Iterator[Metric]:
    oldest = max(0, now - chain.oldest_unsent) / 1000 if chain.oldest_unsent else 0
    yield gauge("jiayou_stations", "Stations that were not shut out.", chain.stations)
    yield gauge("jiayou_stations_heard", "Of these, heard within three heartbeats.", chain.heard)
    yield gauge("jiayou_stations_backlog_letters", "Letters that stations still have to send.", chain.backlog)
    yield gauge("jiayou_stations_oldest_unsent_seconds", "Age of the oldest fact that has not arrived.", oldest)
    yield gauge("jiayou_stations_with_gaps", "Stores with letters missing below later ones.", chain.gaps)
    yield gauge("jiayou_stations_certificates_ending", "Stations whose certificate ends within two weeks.", ending)
    yield gauge("jiayou_dead_letters", "Letters that wait for a person.", chain.dead)
    yield gauge("jiayou_cases_open", "Cases that wait for a decision.", chain.cases)
    yield gauge("jiayou_cases_overdue", "Of these, past their deadline.", chain.overdue)
