"""One company on one computer, in one directory: who listens where, and how its programs are told to start."""

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from tests.company.attendant import Attendant
from tests.company.pages import page_answers
from tests.company.programs import Program, call, ended_in_order, free_port, until
from tests.company.pumps import Pumps

STATION = "demo-001"
DEALER, REGION = "示范经销商", "华东"
PRICES = {"92#": "7.85", "95#": "8.36", "98#": "9.36", "0#": "7.52"}


class Island(Struct, frozen=True):
    """A line with its dispensers."""

    name: str
    protocol: str
    first_address: int
    grades: tuple[tuple[str, ...], ...]
    """Of the nozzles of each fuelling point."""


FIRST = Island("一号线", "wayne-dart", 0x50, (("92#", "95#"), ("92#", "95#"), ("98#", "0#"), ("98#", "0#")))
"""Two dispensers, four fuelling points, eight nozzles."""
SECOND = Island("二号线", "gilbarco-two-wire", 1, (("92#", "95#"), ("98#", "0#")))
"""An older dispenser of another make."""
TANKS = (("92#", 30_000), ("95#", 30_000), ("98#", 20_000), ("0#", 20_000))
"""Grade and litres that each tank holds, from tank 1 on."""


class Speed(enum.Enum):
    """How time passes at the pumps; the line itself always runs at its true 9600 bits a second."""

    DEMO = ("2.0", "20")  # flow twice as fast as life, a car every twenty seconds
    SMOKE = ("20.0", "0")  # flow twenty times as fast, no cars by themselves


class Ports(Struct, frozen=True):
    """Where the programs listen, all on loopback."""

    broker: int
    door: int
    office: int
    page: int
    line: int
    pumps: int
    second: int
    gauge: int

    @classmethod
    def free(cls) -> "Ports":
        """As many that nobody uses now."""
        return cls(*(free_port() for _ in cls.__struct_fields__))


class Secrets(Struct):
    """What is said once, when the company is founded. Kept beside its stores, for its owner's eyes only."""

    account: str = ""
    first_login: str = ""
    pins: dict[str, str] = {}


class Company:
    """Broker, cloud, simulated pumps and one station's agent, each a process."""

    def __init__(self, directory: Path, speed: Speed, ports: Ports | None = None, database: str = "") -> None:
        self.ports = ports or Ports.free()
        self.directory = directory
        self.logs = directory / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.secrets = Secrets()
        self._cloud_config = directory / "cloud.toml"
        self._edge_config = directory / "edge.toml"
        self._database = database
        self._islands = ((FIRST, self.ports.line), (SECOND, self.ports.second))[: 2 if speed is Speed.DEMO else 1]
        self._gauged = self._tilled = speed is Speed.DEMO
        self.pumps = Pumps(self._program("pumps", "jiayou-sim", *self._pump_words(*speed.value)), self.ports.pumps)
        self.gauge = self._program("gauge", "jiayou-sim", *self._gauge_words())
        self.broker = self._program("broker", "jiayou-cloud", "broker", "--config", self._cloud_config)
        self.cloud = self._program("cloud", "jiayou-cloud", "run", "--config", self._cloud_config)
        self.edge = self._program("edge", "jiayou-edge", "run", "--config", self._edge_config)
        self.attendant = Attendant(self.page)

    @property
    def programs(self) -> list[Program]:
        """In the order in which they start."""
        return [self.broker, self.cloud, self.pumps.program, *([self.gauge] if self._gauged else []), self.edge]

    @property
    def page(self) -> str:
        """The attendants' touchscreen."""
        return f"http://127.0.0.1:{self.ports.page}"

    @property
    def office(self) -> str:
        """Head office."""
        return f"http://127.0.0.1:{self.ports.office}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Founded if it is new, then up; ended at the end of the block."""
        self._configure()
        new = not self._kept.exists()
        self._found() if new else self._remember()
        with ended_in_order(self.programs):
            for program in (self.broker, self.cloud):
                program.start()
            until("head office's page", lambda: self._answers(self.cloud, self.office), 40)
            if new:
                self._enrol()
            for program in self.programs[2:]:
                program.start()
            until("the attendants' page", lambda: self._answers(self.edge, self.page), 40)
            yield

    def _answers(self, program: Program, page: str) -> bool:
        program.must_live()
        return page_answers(page)

    def _program(self, name: str, *command: str | Path) -> Program:
        return Program(name, command, self.logs)

    def _pump_words(self, flow: str, arrivals: str) -> list[str | Path]:
        lines = [word for island, port in self._islands for word in ("--line", _line_words(island, port))]
        return [
            "station", *lines, "--speed", flow, "--arrivals", arrivals, "--seed", "7",
            "--control", f"127.0.0.1:{self.ports.pumps}", "--report", self.directory / "pumps.json",
        ]  # fmt: skip

    def _gauge_words(self) -> list[str | Path]:
        tanks = [word for _, litres in TANKS for word in ("--tank", f"{litres}:{litres * 2 // 3}")]
        return ["gauge", "--listen", f"tcp:127.0.0.1:{self.ports.gauge}", *tanks, "--sales", "25"]

    # ── Founding ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _configure(self) -> None:
        """The configuration files, anew at each start: the ports may be others."""
        self._cloud_config.write_text(self._cloud_toml(), "utf-8")
        self._edge_config.write_text(self._edge_toml(), "utf-8")

    def _found(self) -> None:
        first = self._cloud("init")
        self._cloud("dealer", "add", DEALER)
        self._cloud("region", "add", REGION)
        self._cloud("station", "add", STATION, "--name", "示范加油站", "--dealer", DEALER, "--region", REGION)
        self.set_prices(PRICES)
        pins = {name: self._attendant(name) for name in ("小李", "小王")}
        pins["王站长"] = self._attendant("王站长", "--manager")
        self.secrets = Secrets(first["account"], first["code"], pins)
        self._keep(self._kept.name, msgspec.json.encode(self.secrets).decode())
        self.attendant.knows(pins)

    def _enrol(self) -> None:
        """The station's machine gets its certificate, as a new one does."""
        code = self._cloud("station", "code", STATION)["code"]
        call("jiayou-edge", "enrol", code, "--config", self._edge_config)

    def _attendant(self, name: str, *more: str) -> str:
        return str(call("jiayou-edge", "attendant", "add", name, *more, "--config", self._edge_config)["pin"])

    def _remember(self) -> None:
        self.secrets = msgspec.json.decode(self._kept.read_bytes(), type=Secrets)
        self.attendant.knows(self.secrets.pins)

    def _keep(self, name: str, secret: str) -> None:
        path = self.directory / name
        path.touch(mode=0o600)
        path.write_text(secret, "utf-8")

    @property
    def _kept(self) -> Path:
        return self.directory / "secrets.json"

    def _cloud_toml(self) -> str:
        return f"""
data = "{self.directory / "cloud"}"
name = "示范加油"

[database]
url = "{self._database}"

[broker]
port = {self.ports.broker}
names = ["127.0.0.1"]

[line]
port = {self.ports.broker}

[door]
hosts = ["127.0.0.1"]
port = {self.ports.door}

[office]
port = {self.ports.office}
"""

    def _edge_toml(self) -> str:
        return f"""
authorise = "automatic"
pay = "{"till" if self._tilled else "pump"}"

[station]
id = "{STATION}"
name = "示范加油站"

[store]
path = "{self.directory / "station.sqlite"}"

[broker]
host = "127.0.0.1"
port = {self.ports.broker}
tls = true

[head_office]
door = "https://127.0.0.1:{self.ports.door}"

[page]
port = {self.ports.page}

[printer]
url = "virtual:{self.directory / "slips"}"
width = 80

{self._lines_toml()}{self._gauge_toml() if self._gauged else ""}"""

    def _lines_toml(self) -> str:
        text, number = "", 0
        for island, port in self._islands:
            text += f'[[lines]]\nname = "{island.name}"\nprotocol = "{island.protocol}"\n'
            text += f'url = "socket://127.0.0.1:{port}"\n'
            for at, nozzles in enumerate(island.grades):
                number += 1
                address = island.first_address + at
                text += f"\n[[lines.points]]\nnumber = {number}\naddress = {address}\nnozzles = {list(nozzles)}\n"
            text += "\n"
        return text

    def _gauge_toml(self) -> str:
        tanks = "".join(
            f'\n[[gauges.tanks]]\nnumber = {number}\nname = "{number} 号罐"\ngrade = "{grade}"\ncapacity = {litres}\n'
            for number, (grade, litres) in enumerate(TANKS, 1)
        )
        place = f"socket://127.0.0.1:{self.ports.gauge}"
        return f'[[gauges]]\nname = "液位仪"\nprotocol = "veeder-root"\nurl = "{place}"\nevery = 10\n{tanks}'

    # ── The station by command line ───────────────────────────────────────────────────────────────────────────────

    def station(self) -> dict[str, Any]:
        """What the station's own books say."""
        said: dict[str, Any] = call("jiayou-edge", "status", "--config", self._edge_config)
        return said

    # ── Head office by command line ───────────────────────────────────────────────────────────────────────────────

    def _cloud(self, *words: str) -> Any:
        return call("jiayou-cloud", *words, "--config", self._cloud_config)

    def set_prices(self, prices: dict[str, str]) -> int:
        """A tariff for all stations, now, in yuan a litre by grade; its version."""
        words = [f"{grade}={price}" for grade, price in prices.items()]
        return int(self._cloud("price", "set", *words, "--by", "demo")["version"])

    def read_back(self, version: int) -> int:
        """How many nozzles show this tariff, once all that should do."""
        ladder = self._cloud("price", "ladder", str(version))
        return int(ladder["read_back"]) if ladder["read_back"] == ladder["nozzles"] else 0

    def issue_coupon(self, fen: int) -> str:
        """A coupon worth so much, for every station; its typed code."""
        words = ("--value", f"{fen // 100}.{fen % 100:02d}", "--days", "30", "--typed", "--by", "demo")
        issued = self._cloud("coupon", "issue", "冒烟券", *words)
        return str(issued["coupons"][0]["code"])

    def redemptions(self) -> int:
        """Redemptions in the cloud's books."""
        return int(self.sums()["redemptions"])

    def sums(self) -> dict[str, int]:
        """The cloud's books in a line: sales, settled, disputed, volume, amount, redemptions."""
        sums: dict[str, int] = self._cloud("sales")
        return sums

    def days(self) -> dict[str, int]:
        """The proof that the days agree with the sales: so many days, so many sales in them."""
        proof: dict[str, int] = self._cloud("days", "check")
        return proof

    def coupon_book_is_current(self) -> bool:
        """Whether the station holds the newest coupon book."""
        (station,) = self._cloud("station", "list")
        return bool(station["coupons_held"] == station["coupons_current"])

    def sold_at(self, point: int) -> int:
        """Sales of a fuelling point in the cloud's books."""
        return int(self._cloud("sales", "--point", str(point))["sales"])

    def slips(self) -> int:
        """Whole receipts that came out of the virtual printer."""
        return len(list((self.directory / "slips").glob("*.png")))


def _line_words(island: Island, port: int) -> str:
    grades = ";".join("+".join(nozzles) for nozzles in island.grades)
    return f"{island.protocol},listen=tcp:127.0.0.1:{port},points={len(island.grades)},grades={grades}"
