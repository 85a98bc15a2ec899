"""Where letters are sent. MQTT 3.1.1 names; the shard lets the company's workers share the stations out.

jiayou/1/{shard}/{station}/up/{kind}      the station writes, the company reads
jiayou/1/{shard}/{station}/down/{kind}    the company writes, the station reads
"""

from typing import Final, NamedTuple

from shared.station import is_station_id, shard_of

ROOT: Final = "jiayou/1"

LETTERS: Final = "letters"
HELLO: Final = "hello"
ASK: Final = "ask"

WELCOME: Final = "welcome"
STORED: Final = "stored"
TARIFFS: Final = "tariffs"
COUPONS: Final = "coupons"
COUPON_PART: Final = "coupon_part"
KEYS: Final = "keys"
SETTINGS: Final = "settings"
COMMAND: Final = "command"
ANSWER: Final = "answer"

EVERY_UP: Final = f"{ROOT}/+/+/up/+"
"""What a company's only worker subscribes to."""


class Address(NamedTuple):
    """A topic, taken apart."""

    station: str
    kind: str


def up(station: str, kind: str) -> str:
    """The topic on which a station writes letters of this kind."""
    return f"{ROOT}/{shard_of(station):02d}/{station}/up/{kind}"


def down(station: str, kind: str) -> str:
    """The topic on which the company writes to a station; ``+`` for all kinds."""
    return f"{ROOT}/{shard_of(station):02d}/{station}/down/{kind}"


def shard_up(shard: int) -> str:
    """What a worker subscribes to that serves this shard."""
    return f"{ROOT}/{shard:02d}/+/up/+"


def sender(topic: str) -> Address | None:
    """Who writes on this upward topic; None when it is not one of ours or lies in a foreign shard."""
    parts = topic.split("/")
    if len(parts) != 6 or parts[4] != "up" or not is_station_id(parts[3]):
        return None
    address = Address(parts[3], parts[5])
    return address if up(address.station, address.kind) == topic else None


def kind_of(topic: str) -> str:
    """The last word of a topic."""
    return topic.rpartition("/")[2]
