"""What a station can be told in its configuration file. Every option is explained in ``configs/edge.example.toml``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from hardware.gauges.ports import LengthUnit, TemperatureUnit, VolumeUnit
from hardware.ports import Decimals
from shared.errors import SettingsMisread
from shared.mqtt import Broker
from shared.settings import Watch, load, must_be_closed
from shared.station import is_station_id

_Text = Annotated[str, Meta(min_length=1)]
_Port = Annotated[int, Meta(ge=1, le=65_535)]
_MEGABYTE = 1_000_000


class Authorise(StrEnum):
    """Who releases a fuelling point."""

    ATTENDANT = "attendant"  # a person at the touchscreen, or head office
    AUTOMATIC = "automatic"  # the agent, when a nozzle is lifted


class Pay(StrEnum):
    """Where a sale is paid."""

    PUMP = "pump"  # nobody asks: it counts as cash when the nozzle is hung up
    TILL = "till"  # by an attendant at the touchscreen; until then it is owed


class Language(StrEnum):
    """The first language of the pages and slips; each person may choose the other on the page."""

    CHINESE = "zh"
    ENGLISH = "en"


class LogLevel(StrEnum):
    """From which weight on the log is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class StationSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``[station]``"""

    id: _Text
    name: _Text
    utc_offset: Annotated[int, Meta(ge=-720, le=840)] = 480
    """Minutes that the station's day is ahead of UTC."""


class StoreSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``[store]``"""

    path: _Text
    budget_mb: Annotated[int, Meta(ge=1)] = 4_000

    @property
    def budget(self) -> int:
        """The disk budget in bytes."""
        return self.budget_mb * _MEGABYTE


class PointSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``[[lines.points]]``: a fuelling point."""

    number: Annotated[int, Meta(ge=1, le=999)]
    address: Annotated[int, Meta(ge=0, le=255)]
    nozzles: Annotated[tuple[_Text, ...], Meta(min_length=1, max_length=15)]
    """The grade of each nozzle, the first for nozzle 1."""
    decimals: Decimals | None = None
    """None: as dispensers of the line's protocol leave the works."""
    totaliser_modulus: Annotated[int, Meta(ge=0)] = 0
    """Millilitres at which the totaliser starts again; 0: as the protocol says."""
    totaliser_tolerance: Annotated[int, Meta(ge=0)] = 10
    """Millilitres by which display and totaliser may round apart."""
    drip_limit: Annotated[int, Meta(ge=0)] = 100
    """Millilitres that may drop from a nozzle that was hung up; more must be explained."""


class LineSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``[[lines]]``: a serial line with its dispensers."""

    name: _Text
    protocol: _Text
    url: _Text
    points: Annotated[tuple[PointSettings, ...], Meta(min_length=1, max_length=32)]
    baud_rate: Annotated[int, Meta(ge=0)] = 0
    """0: as the protocol wants; so it is with the next three."""
    data_bits: Annotated[int, Meta(ge=0, le=8)] = 0
    parity: Annotated[str, Meta(pattern="^[NEO]?$")] = ""
    stop_bits: Annotated[int, Meta(ge=0, le=2)] = 0
    echo: bool = False
    """The converter hands back what is sent."""
    software_parity: bool = False
    """The port can only do eight bits without parity."""
    error_budget: Annotated[int, Meta(ge=1, le=1_000)] = 20
    """Exchanges of a thousand that may fail before the page asks to check the cable."""
    site_tested: bool = False
    """Somebody has tried this protocol with the dispensers of this site."""
    options: dict[str, Any] = {}
    """What this protocol can be told besides."""


class TankSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``[[gauges.tanks]]``: a tank."""

    number: Annotated[int, Meta(ge=1, le=99)]
    """As the console numbers it."""
    grade: _Text
    name: _Text
    capacity: Annotated[int, Meta(ge=1, le=10_000_000)]
    """Litres; so is the next one."""
    low: Annotated[int, Meta(ge=0)] = 0
    """Below this the station raises an alarm of its own; 0: never."""
    high_water: Annotated[int, Meta(ge=0)] = 0
    """Likewise above so many millimetres of water."""


class GaugeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``[[gauges]]``: the console of a tank gauge."""

    name: _Text
    url: _Text
    tanks: Annotated[tuple[TankSettings, ...], Meta(min_length=1, max_length=99)]
    protocol: _Text = "veeder-root"
    every: Annotated[int, Meta(ge=10, le=60)] = 30
    """Seconds between two readings."""
    report_every: Annotated[int, Meta(ge=1, le=1_440)] = 15
    """Minutes after which head office is told a level at the latest."""
    report_change: Annotated[int, Meta(ge=1)] = 200
    """Litres by which a level must change to be told before that."""
    volume_unit: VolumeUnit = VolumeUnit.LITRE
    length_unit: LengthUnit = LengthUnit.MILLIMETRE
    temperature_unit: TemperatureUnit = TemperatureUnit.CELSIUS
    security_code: str = ""
    baud_rate: Annotated[int, Meta(ge=0)] = 0
    """0: as the protocol wants; so it is with the next three."""
    data_bits: Annotated[int, Meta(ge=0, le=8)] = 0
    parity: Annotated[str, Meta(pattern="^[NEO]?$")] = ""
    stop_bits: Annotated[int, Meta(ge=0, le=2)] = 0


class BrokerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``[broker]``"""

    host: str = ""
    port: _Port = 1883
    hosts: tuple[_Text, ...] = ()
    """``host`` or ``host:port`` of each node of a cluster, in the place of ``host``."""
    user: str = ""
    """Empty: the station's id."""
    password: str = ""
    password_file: str = ""
    tls: bool = False
    ca: str = ""
    certificate: str = ""
    key: str = ""

    @property
    def by_papers(self) -> bool:
        """Whether this station shows the papers that it was enrolled with."""
        return self.tls and not (self.password or self.password_file or self.certificate)

    def broker(self, station: str, papers: Path) -> Broker:
        """As the pipe wants it; :exc:`SettingsMisread` when the password's file can't be read.

        ``papers``: the directory of :mod:`edge.identity.papers`, whose files may come later.
        """
        ca, certificate, key = self.ca, self.certificate, self.key
        if self.by_papers:
            now = papers / "now"
            ca, certificate, key = ca or str(now / "authority.pem"), str(now / "certificate.pem"), str(now / "key.pem")
        user, password = self.user or station, self._password()
        return Broker(self.host, self.port, user, password, tls=self.tls, ca=ca, certificate=certificate, key=key)

    def _password(self) -> str:
        if not self.password_file:
            return self.password
        try:
            return Path(self.password_file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as why:
            raise SettingsMisread(f"broker.password_file can't be read: {why}. Check the path and its rights.") from why


class HeadOfficeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``[head_office]``"""

    door: Annotated[str, Meta(pattern="^(https://[^/]+)?$")] = ""
    """Where this machine is enrolled and its certificate renewed; empty: nowhere."""


class PageSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``[page]``: the attendants' touchscreen."""

    host: _Text = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8100
    allowed_hosts: tuple[str, ...] = ()
    """Names and addresses under which it may be opened, besides its own host and loopback."""


class PrinterSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``[printer]``"""

    url: _Text = "none"
    width: Annotated[int, Meta(ge=58, le=80)] = 58
    automatic: bool = True
    """Print a receipt for each settled sale without being asked."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    station: StationSettings
    store: StoreSettings
    lines: tuple[LineSettings, ...] = ()
    authorise: Authorise = Authorise.ATTENDANT
    broker: BrokerSettings | None = None
    page: PageSettings = field(default_factory=PageSettings)
    printer: PrinterSettings = field(default_factory=PrinterSettings)
    language: Language = Language.CHINESE
    log_level: LogLevel = LogLevel.INFO
    gauges: tuple[GaugeSettings, ...] = ()
    head_office: HeadOfficeSettings = field(default_factory=HeadOfficeSettings)
    watch: Watch | None = None
    """None: nobody looks."""
    pay: Pay = Pay.PUMP

    @property
    def papers(self) -> Path:
        """The directory of the station's key and certificates, beside its store."""
        return Path(self.store.path).with_name("identity")


def read(path: Path) -> Settings:
    """The settings in a file; :exc:`SettingsMisread` says what is wrong with it, and how to mend it."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as why:
        raise SettingsMisread(f"The configuration file can't be read: {why}") from why
    return checked(load(text, Settings))


def checked(settings: Settings) -> Settings:
    """The same settings, when their parts agree with each other; :exc:`SettingsMisread` otherwise."""
    if not is_station_id(settings.station.id):
        raise SettingsMisread(
            f"station.id “{settings.station.id}” can't be used: small letters, digits and hyphens, at most 32."
        )
    must_be_closed(settings.watch)
    if settings.printer.width not in (58, 80):
        raise SettingsMisread("printer.width is 58 or 80, in millimetres of paper.")
    if settings.broker and settings.broker.password and settings.broker.password_file:
        raise SettingsMisread("Give broker.password or broker.password_file, not both.")
    if settings.broker:
        _check_places(settings.broker)
    _refuse_twins([line.name for line in settings.lines], "Two lines have the name")
    urls = [line.url for line in settings.lines] + [gauge.url for gauge in settings.gauges]
    _refuse_twins(urls, "Two lines have the url")
    _refuse_twins([gauge.name for gauge in settings.gauges], "Two gauges have the name")
    for gauge in settings.gauges:
        _refuse_twins([tank.number for tank in gauge.tanks], f"On gauge “{gauge.name}” two tanks have the number")
    _refuse_twins(
        [point.number for line in settings.lines for point in line.points], "Two fuelling points have the number"
    )
    for line in settings.lines:
        _refuse_twins([point.address for point in line.points], f"On line “{line.name}” two points have the address")
    return settings


def _check_places(broker: BrokerSettings) -> None:
    if not (broker.host or broker.hosts):
        raise SettingsMisread("Give broker.host for one broker, or broker.hosts for the nodes of a cluster.")
    try:
        _ = Broker("", broker.port, hosts=broker.hosts).places
    except ValueError as why:
        raise SettingsMisread("In broker.hosts each node is a host, or host:port with a number.") from why


def _refuse_twins(names: list[str] | list[int], sentence: str) -> None:
    twins = sorted({name for name in names if names.count(name) > 1}, key=str)  # type: ignore[arg-type]
    if twins:
        raise SettingsMisread(f"{sentence} {twins[0]}. Each needs its own.")
