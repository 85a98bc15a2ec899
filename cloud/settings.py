"""What can be set for the company's server. Every option is explained in ``configs/cloud.example.toml``."""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from cloud.broker import BrokerPlace, Cluster, is_loopback
from shared.errors import SettingsMisread
from shared.mqtt import Broker
from shared.settings import Watch, load, must_be_closed

Port = Annotated[int, Meta(ge=1, le=65_535)]


class Database(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the books are."""

    url: str = ""
    """``postgresql://user:password@host/name``; empty for a SQLite file in the data directory."""
    password_file: str = ""
    """A file with the password, so that it need not stand in the configuration."""


class ClusterNode(Struct, frozen=True, forbid_unknown_fields=True):
    """This broker's place in a cluster of three."""

    node: Annotated[str, Meta(pattern=r"^[\w-]{1,32}$")]
    """Its own name, another for each."""
    port: Port
    routes: Annotated[tuple[str, ...], Meta(min_length=2)]
    """``host:port`` of the nodes, as they reach each other."""
    host: str = "127.0.0.1"
    certificate: str = ""
    """PEM files for the way between the nodes; empty: those of the listener."""
    key: str = ""
    ca: str = ""


class BrokerListener(Struct, frozen=True, forbid_unknown_fields=True):
    """Where ``jiayou-cloud broker`` listens for the stations."""

    host: str = "127.0.0.1"
    port: Port = 1883
    names: tuple[Annotated[str, Meta(min_length=1)], ...] = ()
    """Names and addresses under which stations reach it. With them and no certificate of another authority it speaks
    TLS with one of the company's own, and asks each station for its certificate."""
    certificate: str = ""
    key: str = ""
    ca: str = ""
    gate_host: str = "127.0.0.1"
    """Where ``jiayou-cloud run`` comes in to be asked who may connect."""
    gate_port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    """0: any free one, which a company on this machine finds by itself."""
    cluster: ClusterNode | None = None


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """How ``jiayou-cloud run`` reaches the broker."""

    host: str = "127.0.0.1"
    port: Port = 1883
    hosts: tuple[str, ...] = ()
    """``host`` or ``host:port`` of each node of a cluster, in the place of ``host``."""
    gates: tuple[str, ...] = ()
    """``host:port`` of the gates of brokers on other machines; empty: those that run here."""
    tls: bool = False
    ca: str = ""
    certificate: str = ""
    key: str = ""


class Door(Struct, frozen=True, forbid_unknown_fields=True):
    """Where machines become stations, over HTTPS with a certificate of the company's own authority."""

    hosts: Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1)]
    """Names and addresses under which stations reach it."""
    host: str = "127.0.0.1"
    port: Port = 8443


class Office(Struct, frozen=True, forbid_unknown_fields=True):
    """The pages of head office."""

    host: str = "127.0.0.1"
    port: Port = 8080
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    """Names under which browsers may call; any other name is refused."""
    secure: bool = False
    """True when a proxy in front speaks HTTPS: cookies then go over HTTPS only."""
    idle_minutes: Annotated[int, Meta(ge=1, le=1_440)] = 30
    session_hours: Annotated[int, Meta(ge=1, le=168)] = 12


class Coupons(Struct, frozen=True, forbid_unknown_fields=True):
    """Rules of coupons that are not their terms."""

    lease_minutes: Annotated[int, Meta(ge=1, le=1_440)] = 30
    case_days: Annotated[int, Meta(ge=1, le=365)] = 7
    """Days until a case must be decided."""


class Prices(Struct, frozen=True, forbid_unknown_fields=True):
    """How far one person may move a price."""

    percent: Annotated[int, Meta(ge=1, le=100)] = 10
    stations: dict[str, Annotated[int, Meta(ge=1, le=100)]] = {}
    """Stations with a percentage of their own."""


class Log(Struct, frozen=True, forbid_unknown_fields=True):
    """What goes to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    json: bool = False


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything."""

    data: Annotated[str, Meta(min_length=1)]
    """The directory of keys, of the broker's files and, without another database, of the books."""
    name: str = "Jiayou"
    """The name of the chain, as it stands on the pages."""
    database: Database = field(default_factory=Database)
    broker: BrokerListener = field(default_factory=BrokerListener)
    line: Line = field(default_factory=Line)
    door: Door | None = None
    """None: nobody can be enrolled here."""
    office: Office = field(default_factory=Office)
    coupons: Coupons = field(default_factory=Coupons)
    prices: Prices = field(default_factory=Prices)
    watch: Watch | None = None
    """None: nobody looks."""
    log: Log = field(default_factory=Log)

    @property
    def directory(self) -> Path:
        """The data directory."""
        return Path(self.data)

    @property
    def database_url(self) -> str:
        """The address of the books."""
        return self.database.url or f"sqlite:///{self.directory / 'company.sqlite'}"

    @property
    def database_password(self) -> str:
        """From the password file; empty when none is named. :exc:`SettingsMisread` when it can't be read."""
        return _read(Path(self.database.password_file)).strip() if self.database.password_file else ""

    @property
    def place(self) -> BrokerPlace:
        """Where the broker listens and keeps its files."""
        own, node = self.broker, self.broker.cluster
        tls = own.certificate, own.key, own.ca
        if self.certifies_broker:
            mine = Path(self.broker_directory)
            tls = str(mine / "broker.pem"), str(mine / "broker.key"), str(mine / "root.pem")
        cluster = None
        if node is not None:
            between = (node.certificate, node.key, node.ca) if node.certificate else tls
            cluster = Cluster(node.node, node.port, node.routes, node.host, *between)
        return BrokerPlace(
            self.broker_directory,
            own.host,
            own.port,
            *tls,
            gate_host=own.gate_host,
            gate_port=own.gate_port,
            cluster=cluster,
        )

    @property
    def certifies_broker(self) -> bool:
        """Whether the broker's certificate is one of the company's own authority."""
        return bool(self.broker.names) and not self.broker.certificate

    @property
    def authority_directory(self) -> Path:
        """Where the company's authority lies."""
        return self.directory / "keys" / "authority"

    @property
    def root_file(self) -> Path:
        """PEM file of what everybody trusts."""
        return self.authority_directory / "root.pem"

    @property
    def broker_directory(self) -> str:
        """Where the broker keeps its files; each node of a cluster below it, by its name."""
        own = self.directory / "broker"
        return str(own / self.broker.cluster.node if self.broker.cluster else own)


def read(path: Path) -> Settings:
    """The settings in a file. :exc:`SettingsMisread` with a sentence that says what to mend."""
    found = load(_read(path), Settings)
    for table, pair in (("broker", found.broker), ("line", found.line)):
        if bool(pair.certificate) != bool(pair.key):
            raise SettingsMisread(f"In [{table}] a certificate needs its key, and a key its certificate.")
    must_be_closed(found.watch)
    if not (found.broker.certificate or found.broker.names or is_loopback(found.broker.host)):
        raise SettingsMisread(
            f"The broker would listen at {found.broker.host} without TLS. Give broker.names (the names under which "
            "stations reach it), and it gets a certificate of the company's own authority."
        )
    try:
        _ = Broker("", hosts=(*found.line.hosts, *found.line.gates)).places
    except ValueError as why:
        raise SettingsMisread("In line.hosts and line.gates each node is a host, or host:port with a number.") from why
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as why:
        raise SettingsMisread(f"The file “{path}” can't be read: {why}") from why
