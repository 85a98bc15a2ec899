"""The agent's figures for Prometheus. Pure.

Labels are lines, points and phases of this station, and nothing that grows: a few hundred series at the most. Durations
in seconds, volumes of data in bytes, as Prometheus wants them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from prometheus_client.metrics_core import Metric

from edge.forecourt.views import PointPhase, PointView, StationView
from hardware.watch.reports import LineReport
from shared.face.watch import counters, durations, gauge, gauges
from shared.tally import Tally


class Gathered(Struct, frozen=True):
    """What the parts show of themselves at one moment, the station's time ``now`` in UTC milliseconds."""

    now: int
    started: int
    station: StationView
    points: Sequence[PointView]
    lines: Sequence[LineReport]
    commits: Tally
    store_bytes: int
    store_budget: int
    slips_waiting: int
    sent: Mapping[str, int]
    """Of the line to head office: ``letters``, ``batches``, ``connections``, ``welcomes``."""
    trip: int
    """Milliseconds of the last round trip; 0 for none yet."""


def metrics(seen: Gathered) -> Iterator[Metric]:
    """All of them."""
    yield gauge("jiayou_edge_start_time_seconds", "When the agent started.", seen.started / 1000)
    yield from _line_to_head_office(seen)
    yield from _store(seen)
    yield from _forecourt(seen)
    yield from _serial(seen.lines)


def _line_to_head_office(seen: Gathered) -> Iterator[Metric]:
    station = seen.station
    age = (seen.now - station.oldest_unsent) / 1000 if station.oldest_unsent else 0
    yield gauge("jiayou_edge_connected", "Whether head office answers.", int(station.connected))
    yield gauge("jiayou_edge_outbox_letters", "Facts that head office does not have yet.", station.backlog)
    yield gauge("jiayou_edge_outbox_oldest_seconds", "Age of the oldest of them.", max(0, age))
    yield gauge("jiayou_edge_round_trip_seconds", "Of the last hello.", seen.trip / 1000)
    words = ("letters", "batches", "connections", "welcomes")
    said = [({"what": word}, seen.sent.get(word, 0)) for word in words]
    yield counters("jiayou_edge_line", "What went over the line to head office, and how often it was made.", said)
    if station.clock_difference is not None:
        what = "The machine's clock minus head office's."
        yield gauge("jiayou_edge_clock_difference_seconds", what, station.clock_difference / 1000)


def _store(seen: Gathered) -> Iterator[Metric]:
    yield durations("jiayou_edge_commit_seconds", "One commit to disk, synced.", seen.commits)
    yield gauge("jiayou_edge_store_bytes", "Size of the store.", seen.store_bytes)
    yield gauge("jiayou_edge_store_budget_bytes", "What the store may use.", seen.store_budget)
    yield gauge("jiayou_edge_slips_waiting", "Receipts that wait for the printer.", seen.slips_waiting)


def _forecourt(seen: Gathered) -> Iterator[Metric]:
    phases = Counter(point.phase for point in seen.points)
    shown = [({"phase": str(phase)}, float(phases[phase])) for phase in PointPhase]
    yield gauges("jiayou_edge_points", "Fuelling points by phase.", shown)
    nozzles = [nozzle for point in seen.points for nozzle in point.nozzles]
    wrong = sum(nozzle.wished is not None and nozzle.shown != nozzle.wished for nozzle in nozzles)
    yield gauge("jiayou_edge_nozzles_without_their_price", "Nozzles that do not show what they should.", wrong)
    yield gauge("jiayou_edge_disputes", "Disputed sales that nobody has settled.", seen.station.disputes)
    yield gauge("jiayou_edge_unexplained", "Litres without a sale that nobody has explained.", seen.station.unexplained)
    parts = Counter(trouble.part.partition(":")[0] for trouble in seen.station.troubles)
    yield gauges("jiayou_edge_troubles", "Parts that are unwell.", [({"part": p}, float(n)) for p, n in parts.items()])


def _serial(lines: Sequence[LineReport]) -> Iterator[Metric]:
    what = "Exchanges on a serial line, by how they ended."
    ends = [
        ({"line": line.line, "end": end}, float(value))
        for line in lines
        for end, value in (
            ("answered", line.health.exchanges - line.health.time_outs),
            ("timed_out", line.health.time_outs),
            ("retried", line.health.retries),
        )
    ]
    yield counters("jiayou_edge_serial_exchanges", what, ends)
    blemishes = [
        ({"line": line.line, "kind": kind}, float(n)) for line in lines for kind, n in line.health.blemishes.items()
    ]
    yield counters("jiayou_edge_serial_blemishes", "What came and was not right.", blemishes)
    trips = [({"line": line.line, "quantile": "0.99"}, line.health.times.p99 / 1e6) for line in lines]
    yield gauges("jiayou_edge_serial_round_trip_seconds", "From a question to its answer.", trips)
    silent = [({"line": line.line}, float(sum(not point.answers for point in line.points))) for line in lines]
    yield gauges("jiayou_edge_serial_silent_points", "Fuelling points that do not answer.", silent)
