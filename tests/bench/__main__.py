"""``make bench``: run the benchmarks and print their figures."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable

from tests.bench import agent, commit, drain, line, peers, slow, swarm
from tests.bench.figure import Figure

BENCHMARKS: dict[str, Callable[[], Iterable[Figure]]] = {
    "commit": commit.figures,
    "drain": drain.figures,
    "slow": slow.figures,
    "peers": peers.figures,
    "swarm": swarm.figures,
    "line": line.figures,
    "agent": agent.figures,
}


def main() -> int:
    """Exit code 0 when every figure met its goal, 1 when one did not, 2 for a wrong command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Benchmarks as ratios.")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    parser.add_argument("only", nargs="*", choices=[*BENCHMARKS, []], help="run these alone: " + ", ".join(BENCHMARKS))
    wishes = parser.parse_args()
    figures = [figure for name in wishes.only or BENCHMARKS for figure in run(name)]
    print(as_json(figures) if wishes.json else as_table(figures))
    return 0 if all(figure.met for figure in figures) else 1


def run(name: str) -> list[Figure]:
    """One benchmark, announced on stderr, since some take a minute."""
    print(f"… {name}", file=sys.stderr, flush=True)
    return list(BENCHMARKS[name]())


def as_json(figures: list[Figure]) -> str:
    """The figures by key."""
    return json.dumps({figure.key: round(figure.value, 4) for figure in figures})


def as_table(figures: list[Figure]) -> str:
    """The figures for a person."""
    rows = [
        f"{f.key:34} {f.value:>12,.3f} {f.unit:14} {f.goal:>8}  {'  ' if f.met else '✗ '}{f.against}" for f in figures
    ]
    head = f"{'figure':34} {'value':>12} {'unit':14} {'goal':>8}    against, in the same run"
    return "\n".join([head, "─" * len(head), *rows])


if __name__ == "__main__":
    sys.exit(main())
