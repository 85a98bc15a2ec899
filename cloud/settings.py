"""What can be set for the company's server. Every option is explained in ``configs/cloud.example.toml``."""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from cloud.broker import BrokerPlace
from shared.errors import SettingsMisread
from shared.settings import load

Port = Annotated[int, Meta(ge=1, le=65_535)]


class Database(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the books are."""

    url: str = ""
    """``postgresql://user:password@host/name``; empty for a SQLite file in the data directory."""
    password_file: str = ""
    """A file with the password, so that it need not stand in the configuration."""


class BrokerListener(Struct, frozen=True, forbid_unknown_fields=True):
    """Where ``jiayou-cloud broker`` listens for the stations."""

    host: str = "127.0.0.1"
    port: Port = 1883
    certificate: str = ""
    key: str = ""
    ca: str = ""


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """How ``jiayou-cloud run`` reaches the broker."""

    host: str = "127.0.0.1"
    port: Port = 1883
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
        own = self.broker
        return BrokerPlace(str(self.directory / "broker"), own.host, own.port, own.certificate, own.key, own.ca)


def read(path: Path) -> Settings:
    """The settings in a file. :exc:`SettingsMisread` with a sentence that says what to mend."""
    found = load(_read(path), Settings)
    for table, pair in (("broker", found.broker), ("line", found.line)):
        if bool(pair.certificate) != bool(pair.key):
            raise SettingsMisread(f"In [{table}] a certificate needs its key, and a key its certificate.")
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as why:
        raise SettingsMisread(f"The file “{path}” can't be read: {why}") from why
