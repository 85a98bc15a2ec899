"""The simulated pumps and the people who use them, told what to do through the simulator's own door."""

import json
import time
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tests.company.programs import Program, StoryFailed, until


class Pumps:
    """The dispensers of the station, and their customers."""

    def __init__(self, program: Program, port: int) -> None:
        self.program = program
        self._door = f"http://127.0.0.1:{port}"

    def customer(self, point: int, nozzle: int, volume: int | None = None) -> None:
        """Somebody comes, lifts, fuels so many millilitres (None: until told) as soon as he may, and hangs up."""
        self._tell("/customer", point=point, nozzle=nozzle, volume=volume)

    def hang_up(self, point: int, volume: int | None = None) -> None:
        """Whoever fuels there hangs up now, or when so many millilitres have flown."""
        self._tell("/hang-up", point=point, volume=volume)

    def fault(self, name: str, odds: float) -> None:
        """From now on the pumps have this fault so often."""
        self._tell("/fault", name=name, odds=odds)

    def fuelling(self, point: int) -> bool:
        """Whether fuel has flown in a filling that is not over."""
        seen = self.at(point)
        return bool(seen["state"] == "fuelling" and seen["volume"] > 0)

    def at(self, point: int) -> dict[str, Any]:
        """How a fuelling point stands."""
        return next(seen for seen in self._ask("/points") if seen["point"] == point)

    def quiet(self) -> bool:
        """Whether every nozzle hangs."""
        return all(not seen["nozzle"] for seen in self._ask("/points"))

    def truth(self) -> list[dict[str, Any]]:
        """Every filling as it really was."""
        fillings: list[dict[str, Any]] = self._ask("/truth")["fillings"]
        return fillings

    def close(self) -> dict[str, int]:
        """Nobody comes any more, the last hang up: the number of fillings, millilitres and fen that really flowed."""
        self._tell("/close")
        until("the last customer to hang up", self.quiet, 60)
        real = [filling for filling in self.truth() if filling["volume"]]
        return {
            "fillings": len(real),
            "volume": sum(filling["volume"] for filling in real),
            "amount": sum(filling["amount"] for filling in real),
        }

    def _tell(self, path: str, **wish: Any) -> None:
        body = json.dumps({key: value for key, value in wish.items() if value is not None}).encode()
        self._ask(path, body)

    def _ask(self, path: str, body: bytes | None = None) -> Any:
        """Patient while the simulator is only just starting."""
        end = time.monotonic() + 10
        while True:
            try:
                with urlopen(Request(self._door + path, data=body), timeout=5) as answer:
                    return json.load(answer)
            except HTTPError as why:
                raise StoryFailed(f"the pumps refuse {path}: {why.read().decode(errors='replace')}") from why
            except (URLError, OSError) as why:
                if time.monotonic() > end:
                    raise StoryFailed(f"the pumps do not answer: {why}") from why
                time.sleep(0.1)
