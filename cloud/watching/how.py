"""The company's health. Pure.

Failing is what keeps facts from reaching the books: no broker, nobody at its gate, no books, nobody who serves the
shards. What waits for a person (dead letters, overdue cases, stations that are away) is something to look at.
"""

from collections.abc import Iterator

from cloud.watching.figures import GateSeen, Gathered
from shared.face.texts import Say
from shared.health import Health, Level, Part, health


def how(program: str, seen: Gathered, say: Say) -> Health:
    """Every part with the reason and what to do."""
    return health(program, list(_parts(seen, say)))


def _parts(seen: Gathered, say: Say) -> Iterator[Part]:
    yield _part(say, "broker", Level.FAILING if not seen.connected else Level.WELL)
    if seen.connected and seen.gate is not None:  # without a broker there is no gate to speak of
        yield _part(say, "gate", _at_the_gate(seen, seen.gate))
    yield _part(say, "books", Level.FAILING if seen.chain is None else Level.WELL)
    yield _part(say, "shards", Level.FAILING if not seen.shards and seen.workers <= 1 else Level.WELL)
    if seen.chain is None:
        return
    chain = seen.chain
    away = chain.stations - chain.heard
    yield _counted(say, "stations", away)
    yield _counted(say, "gaps", chain.gaps)
    yield _counted(say, "dead_letters", chain.dead)
    yield _counted(say, "cases", chain.overdue)
    yield _counted(say, "certificates", seen.certificates_ending)


def _at_the_gate(seen: Gathered, gate: GateSeen) -> Level:
    """Where several workers share the gate, another may stand there."""
    if gate.open:
        return Level.WELL
    return Level.FAILING if seen.workers <= 1 else Level.UNWELL


def _counted(say: Say, name: str, count: int) -> Part:
    return _part(say, name, Level.UNWELL if count else Level.WELL, count)


def _part(say: Say, name: str, level: Level, count: int = 0) -> Part:
    if level is Level.WELL:
        return Part(name, level)
    return Part(name, level, name, say(f"part.{name}", count=count), say(f"do.{name}"))
