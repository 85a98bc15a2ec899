"""All stations of a swarm, on one event loop."""

import asyncio
import resource
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from hardware.swarm.company import Company
from hardware.swarm.dice import Dice
from hardware.swarm.line import Line, Place, now
from hardware.swarm.station import Habits, SwarmStation
from hardware.swarm.truth import SwarmTruth
from shared.errors import Refused

_OTHER_FILES: Final = 64


class Standing(Struct, frozen=True):
    """How they are just now."""

    at: int
    """UTC milliseconds."""
    stations: int
    welcomed: int
    """Head office talks with them."""
    connections: int
    """Made in all."""
    turned_away: int
    letters: int
    """Written in all."""
    waiting: int
    """Not acknowledged."""
    selling: int
    """Stations to which more cars will come."""
    tariffs: int
    """The version of the price book that every one of them holds, or a later one."""
    disbelieved: int
    """Orders whose signature or address was wrong."""
    refused: str
    """Why head office does not talk with one of them."""


class Crowd:
    """Stations by name, with the password of each; all belongs to the running event loop."""

    def __init__(self, passwords: Mapping[str, str], habits: Habits, place: Place) -> None:
        self._habits = habits
        company, start = Company(habits.checks), now()
        self._lines = [
            Line(SwarmStation(name, start // 1000, habits, company, start), word, place)
            for name, word in passwords.items()
        ]

    def start(self, within: float) -> None:
        """They come on the line one after the other, spread over so many seconds."""
        for line in self._lines:
            after = Dice(self._habits.seed, line.station.name, "start").below(1_000_000) / 1_000_000
            line.start(after * within)

    def rest(self) -> None:
        """No more cars come to any of them."""
        for line in self._lines:
            line.rest()

    async def end(self) -> None:
        """Hangs up, all of them."""
        for line in self._lines:
            line.end()
        await asyncio.sleep(0.1)  # for what was written last

    def standing(self) -> Standing:
        """How they are."""
        lines, stations = self._lines, [line.station for line in self._lines]
        return Standing(
            at=now(),
            stations=len(stations),
            welcomed=sum(station.greeted for station in stations),
            connections=sum(line.connections for line in lines),
            turned_away=sum(line.turned_away for line in lines),
            letters=sum(station.written for station in stations),
            waiting=sum(station.waiting for station in stations),
            selling=sum(station.sells for station in stations),
            tariffs=min((station.tariff_version for station in stations), default=0),
            disbelieved=sum(station.refusals for station in stations),
            refused=next((station.refused for station in stations if station.refused), ""),
        )

    def truth(self) -> SwarmTruth:
        """What they have really written."""
        return SwarmTruth(self._habits.seed, tuple(line.station.truth() for line in self._lines))


def must_have_room(stations: int) -> None:
    """Lets this process open a file for each. :exc:`Refused` (``too_few_files``) when the machine forbids it."""
    needed = stations + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= needed or soft == resource.RLIM_INFINITY:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise Refused(
            "too_few_files",
            f"{stations} stations need {needed} open files, and here a program may open {hard}. "
            f"Allow more (ulimit -Hn), or take fewer stations. The broker needs as many.",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
